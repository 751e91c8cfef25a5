"""JSON Schemas of entities and settings, with the docstrings of Structs and of their fields."""

import ast
import functools
import inspect
import itertools
import textwrap
from collections.abc import Iterable, Mapping
from typing import Any, Final

import msgspec

from leadexec.model.entity import (
    SYSTEM_FIELDS,
    Amount,
    ComponentKey,
    EntitySpec,
    Fixed,
    Ref,
    TimeZone,
    fields_of,
)
from leadexec.model.secret import Secret

REF: Final = "#/components/schemas/{name}"
Schema = dict[str, Any]


def schemas_of(types: Iterable[type[Any]]) -> tuple[list[Schema], dict[str, Schema]]:
    """Return a reference to the schema of each type, and all schemas they need by name.

    Unknown fields are refused, as our readers refuse them; amounts may be text or numbers.
    """
    wanted = list(types)
    references, components = msgspec.json.schema_components(
        wanted, schema_hook=_hook, ref_template=REF
    )
    structs = {struct.__name__: struct for struct in _reachable(wanted)}
    for name, schema in components.items():
        _complete(schema, structs.get(name))
    return list(references), components


def entity_schemas(spec: EntitySpec, shown: Schema) -> dict[str, Schema]:
    """Return the schemas of what is sent: ``<Name>Write`` and ``<Name>Patch``.

    Args:
        spec: The entity.
        shown: Its schema as it is read.
    """
    properties = {n: s for n, s in shown["properties"].items() if n not in SYSTEM_FIELDS}
    revision = {"type": ["integer", "null"], "description": "What was read; stale ones get 409"}
    required = [n for n in shown.get("required", []) if n in properties]
    write = {
        "type": "object",
        "title": f"{spec.title}, as sent",
        "description": shown.get("description", ""),
        "properties": {**properties, "revision": revision},
        "required": required,
        "additionalProperties": False,
        "examples": [example_of(spec.struct)],
    }
    change = {**write, "title": f"{spec.title}, what changes", "required": []}
    del change["examples"]
    name = spec.struct.__name__
    return {f"{name}Write": write, f"{name}Patch": change}


def example_of(struct: type[msgspec.Struct]) -> dict[str, Any]:
    """Return an example of ``struct``: its required fields, by their examples or their types."""
    return {
        field.name: _example(field.type, field.marks)
        for field in fields_of(struct)
        if field.required
    }


@functools.cache
def field_docs(struct: type[msgspec.Struct]) -> Mapping[str, str]:
    """Return the docstrings written below the fields of ``struct``; empty without its source."""
    found: dict[str, str] = {}
    for base in reversed(struct.__mro__):
        if base not in (object, msgspec.Struct) and issubclass(base, msgspec.Struct):
            found.update(_docs_in(base))
    return found


def _docs_in(struct: type[Any]) -> dict[str, str]:
    try:
        tree = ast.parse(textwrap.dedent(inspect.getsource(struct)))
    except (OSError, TypeError, SyntaxError):
        return {}
    body = next(node.body for node in tree.body if isinstance(node, ast.ClassDef))
    return {
        field.target.id: inspect.cleandoc(text.value.value)
        for field, text in itertools.pairwise(body)
        if isinstance(field, ast.AnnAssign)
        and isinstance(field.target, ast.Name)
        and isinstance(text, ast.Expr)
        and isinstance(text.value, ast.Constant)
        and isinstance(text.value.value, str)
    }


def _reachable(types: Iterable[Any]) -> set[type[msgspec.Struct]]:
    """Return every Struct that the types are made of."""
    found: set[type[msgspec.Struct]] = set()
    waiting = [msgspec.inspect.type_info(type_) for type_ in types]
    while waiting:
        info = waiting.pop()
        if isinstance(info, msgspec.inspect.StructType):
            if info.cls in found:
                continue
            found.add(info.cls)
            waiting.extend(field.type for field in info.fields)
        for name in ("types", "item_types"):
            waiting.extend(getattr(info, name, ()))
        for name in ("type", "item_type", "key_type", "value_type"):
            inner = getattr(info, name, None)
            if isinstance(inner, msgspec.inspect.Type):
                waiting.append(inner)
    return found


def _hook(type_: type[Any]) -> Schema:
    if type_ is Secret:
        return {
            "type": "string",
            "format": "password",
            "description": "Shown as ***; sent back as ***, it keeps what is stored.",
        }
    message = f"{type_.__qualname__} has no JSON Schema"
    raise NotImplementedError(message)


def _complete(schema: Schema, struct: type[msgspec.Struct] | None) -> None:
    properties = schema.get("properties")
    if not isinstance(properties, dict):
        return
    schema["additionalProperties"] = False
    docs = field_docs(struct) if struct else {}
    marks = {field.name: field for field in fields_of(struct)} if struct else {}
    for name, property_ in properties.items():
        amount = marks[name].mark(Amount) if name in marks else None
        _allow_numbers(property_, amount)
        if name in docs and "description" not in property_:
            property_["description"] = docs[name]


def _allow_numbers(property_: Schema, amount: Amount | None) -> None:
    """Exact numbers are shown as text and may be sent as either."""
    for option in property_.get("anyOf", [property_]):
        if option.get("format") == "decimal":
            option["type"] = ["string", "number"]
            if amount is not None:
                sign = "-?" if amount.signed else ""
                option.update(format="money", pattern=rf"^{sign}\d{{1,14}}(\.\d{{1,4}})?$")


def _example(type_: Any, marks: tuple[Any, ...]) -> Any:
    for mark in marks:
        if isinstance(mark, msgspec.Meta) and mark.examples:
            return mark.examples[0]
    if any(isinstance(mark, Ref) for mark in marks):
        return 1
    if any(isinstance(mark, TimeZone) for mark in marks):
        return "America/New_York"
    if type_ is str:
        return "Example"
    if isinstance(type_, type) and issubclass(type_, msgspec.Struct):
        return example_of(type_)
    return 1 if type_ is int else None


def marks_of(spec: EntitySpec, schema: Schema) -> None:
    """Add to a schema what only our annotations know: references, components, what is fixed."""
    for field in fields_of(spec.struct):
        property_ = schema["properties"].get(field.name)
        if property_ is None:
            continue
        reference, component = field.mark(Ref), field.mark(ComponentKey)
        if reference is not None:
            property_["x-leadexec-entity"] = reference.entity
        if component is not None:
            property_["x-leadexec-component"] = component.contract
        if field.mark(Fixed) is not None:
            property_["x-leadexec-fixed"] = True
        if field.name in SYSTEM_FIELDS:
            property_["readOnly"] = True
