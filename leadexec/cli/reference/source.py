"""Reading modules as they are written: signatures and docstrings, in the order of writing."""

import ast
import importlib
import inspect
import pkgutil
import re
from collections.abc import Iterator
from types import ModuleType

import msgspec


class AttributeDoc(msgspec.Struct, kw_only=True, frozen=True):
    """A field or class attribute."""

    name: str
    type: str
    default: str
    """Its expression; empty when it must be given."""
    doc: str


class MethodDoc(msgspec.Struct, kw_only=True, frozen=True):
    """A method or function."""

    name: str
    signature: str
    """``(lead: Lead) -> Verdict``, without ``self``."""
    doc: str
    is_async: bool
    abstract: bool


class ClassDoc(msgspec.Struct, kw_only=True, frozen=True):
    """A class, or a name that stands for several."""

    name: str
    bases: str
    doc: str
    attributes: tuple[AttributeDoc, ...] = ()
    methods: tuple[MethodDoc, ...] = ()


def modules_of(package: ModuleType) -> Iterator[ModuleType]:
    """Yield the public modules of ``package``, sorted by name."""
    for found in sorted(pkgutil.iter_modules(package.__path__), key=lambda m: m.name):
        if not found.name.startswith("_"):
            yield importlib.import_module(f"{package.__name__}.{found.name}")


def classes_of(module: ModuleType) -> list[ClassDoc]:
    """Return the public classes that are written in ``module``."""
    tree = ast.parse(inspect.getsource(module))
    nodes = [node for node in tree.body if isinstance(node, ast.ClassDef)]
    return [_class(node) for node in nodes if not node.name.startswith("_")]


def as_markdown(text: str) -> str:
    """Return a docstring with its code marks and sections as Markdown has them."""
    single = re.sub(r"``(.+?)``", r"`\1`", text)
    sections = re.sub(
        r"(?m)^(Args|Returns|Raises|Yields):\n((?:[ ]{4}.*\n?|\n(?=[ ]{4}))+)", _section, single
    )
    return re.sub(r"\n{3,}", "\n\n", sections).strip()


def _section(found: re.Match[str]) -> str:
    titles = {"Args": "Arguments", "Returns": "Returns", "Raises": "Raises", "Yields": "Yields"}
    body = inspect.cleandoc(found[2])
    if found[1] in ("Returns", "Yields"):
        return f"**{titles[found[1]]}:** {' '.join(body.split())}\n\n"
    entries = re.split(r"\n(?=\S)", body)
    lines = [" ".join(entry.split()) for entry in entries]
    items = [re.sub(r"^([\w.]+): ", r"`\1`: ", line) for line in lines]
    return f"**{titles[found[1]]}:**\n\n" + "\n".join(f"- {item}" for item in items) + "\n\n"


def _class(node: ast.ClassDef) -> ClassDoc:
    return ClassDoc(
        name=node.name,
        bases=", ".join(ast.unparse(base) for base in node.bases),
        doc=ast.get_docstring(node) or "",
        attributes=tuple(_attributes(node)),
        methods=tuple(_method(n) for n in node.body if _is_public_method(n)),
    )


def _attributes(node: ast.ClassDef) -> Iterator[AttributeDoc]:
    for statement, following in zip(node.body, [*node.body[1:], None], strict=True):
        match statement:
            case ast.AnnAssign(target=ast.Name(id=name), annotation=annotation, value=value):
                type_, default = ast.unparse(annotation), ast.unparse(value) if value else ""
            case ast.Assign(targets=[ast.Name(id=name)], value=value):
                type_, default = "", ast.unparse(value)
            case _:
                continue
        if not name.startswith("_"):
            yield AttributeDoc(name=name, type=type_, default=default, doc=_text(following))


def _text(node: ast.stmt | None) -> str:
    match node:
        case ast.Expr(value=ast.Constant(value=str(text))):
            return inspect.cleandoc(text)
        case _:
            return ""


def _is_public_method(node: ast.stmt) -> bool:
    return isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and (
        not node.name.startswith("_") or node.name == "__init__"
    )


def _method(node: ast.stmt) -> MethodDoc:
    assert isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)  # noqa: S101  filtered above
    arguments = ast.unparse(node.args).removeprefix("self, ").removeprefix("self")
    returns = f" -> {ast.unparse(node.returns)}" if node.returns else ""
    decorators = {ast.unparse(decorator) for decorator in node.decorator_list}
    return MethodDoc(
        name=node.name,
        signature=f"({arguments}){returns}".replace("'", ""),
        doc=ast.get_docstring(node) or "",
        is_async=isinstance(node, ast.AsyncFunctionDef),
        abstract="abstractmethod" in decorators,
    )
