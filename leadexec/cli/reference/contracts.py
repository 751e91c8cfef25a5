"""The reference page of the contracts: what plugins implement and what they are handed."""

import inspect
from types import ModuleType

import leadexec
from leadexec import contracts
from leadexec.cli.reference.source import ClassDoc, MethodDoc, as_markdown, classes_of, modules_of

_HEAD = """# Contracts

This page is made from the docstrings (`leadexec docs contracts`); edit those, not this.

A plugin subclasses a contract and hands the class to the kernel through a hook
([hooks](hooks.md)). Import every name from `leadexec`; `leadexec.testing` has the standard tests.
"""


def contracts_page() -> str:
    """Return the page: every public class of the contracts, by contract."""
    parts = [_HEAD]
    for module in modules_of(contracts):
        public = [found for found in classes_of(module) if found.name in leadexec.__all__]
        if public:
            parts.append(_contract(module, public))
    return "\n".join(parts).rstrip() + "\n"


def _contract(module: ModuleType, classes: list[ClassDoc]) -> str:
    doc = inspect.getdoc(module) or ""
    return "\n".join([f"## {doc.partition(chr(10))[0].rstrip('.')}\n", *map(_class, classes)])


def _class(found: ClassDoc) -> str:
    bases = f"({found.bases})" if found.bases else ""
    parts = [f"### {found.name}\n", f"```python\nclass {found.name}{bases}\n```\n"]
    parts.append(as_markdown(found.doc) + "\n")
    if found.attributes:
        parts.append("\n".join(["| attribute | type | default | meaning |", "|---|---|---|---|"]))
        for one in found.attributes:
            cells = (_code(one.name), _code(one.type), _code(one.default), _line(one.doc))
            parts.append("| " + " | ".join(cells) + " |")
        parts.append("")
    parts += [_method(method) for method in found.methods if method.doc]
    return "\n".join(parts)


def _method(method: MethodDoc) -> str:
    prefix = "async " if method.is_async else ""
    must = "*Must be implemented.* " if method.abstract else ""
    text = as_markdown(method.doc)
    return f"#### `{prefix}{method.name}{method.signature}`\n\n{must}{text}\n"


def _code(text: str) -> str:
    escaped = text.replace("|", "\\|")
    return f"`{escaped}`" if text else ""


def _line(text: str) -> str:
    return " ".join(as_markdown(text).replace("|", "\\|").split())
