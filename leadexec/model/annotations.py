"""Reading the annotations of an entity's Struct into ``FieldSpec`` objects."""

import types
from typing import Annotated, Any, Union, get_args, get_origin, get_type_hints

import msgspec

from leadexec.model.entity import FieldSpec


def read_fields(struct: type[msgspec.Struct]) -> tuple[FieldSpec, ...]:
    """Return one ``FieldSpec`` per field of ``struct``, in the order of declaration."""
    hints = get_type_hints(struct, include_extras=True)
    return tuple(_read(field, hints[field.name]) for field in msgspec.structs.fields(struct))


def _read(field: msgspec.structs.FieldInfo, hint: Any) -> FieldSpec:
    marks: list[Any] = []
    plain, optional = strip(hint, marks)
    return FieldSpec(
        name=field.name,
        type=plain,
        optional=optional,
        required=field.required,
        default=field.default,
        marks=tuple(marks),
    )


def strip(hint: Any, marks: list[Any]) -> tuple[Any, bool]:
    """Return the bare type and whether None is allowed; collect metadata into ``marks``."""
    if get_origin(hint) is Annotated:
        inner, *metadata = get_args(hint)
        marks.extend(metadata)
        return strip(inner, marks)
    if get_origin(hint) in (Union, types.UnionType):
        members = get_args(hint)
        rest = [m for m in members if m is not type(None)]
        if len(rest) == 1:
            plain, _ = strip(rest[0], marks)
            return plain, len(rest) != len(members)
        if len(rest) != len(members):
            return Union[tuple(rest)], True  # noqa: UP007  made at run time
    supertype = getattr(hint, "__supertype__", None)
    if supertype is not None:
        return strip(supertype, marks)
    return hint, False
