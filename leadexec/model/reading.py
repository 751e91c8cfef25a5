"""Reading a Struct from what a caller sent, field by field, so that every fault is listed.

msgspec stops at the first error. Here each field is read on its own (leaves by msgspec, with its
constraints) and what needs more than the Struct to be judged is set aside in ``Reading``: ids of
other entities, components with their settings, criteria trees.
"""

import difflib
import functools
import types
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any, Union, cast, get_args, get_origin

import msgspec

from leadexec.criteria import Criteria, parse_tree
from leadexec.errors import ConfigurationError
from leadexec.ip_access import rule_faults
from leadexec.model.annotations import strip
from leadexec.model.entity import (
    Amount,
    ComponentKey,
    FieldSpec,
    IpRule,
    Ref,
    TimeZone,
    fields_of,
)
from leadexec.model.findings import REFUSED, FoundComponent, Reading, join, under
from leadexec.model.leaves import read_leaf
from leadexec.model.secret import Secret

_SEQUENCES = (list, tuple, set, frozenset)


def read_fields_of(
    struct: type[msgspec.Struct], raw: Mapping[str, Any], path: str, reading: Reading
) -> dict[str, Any]:
    """Return the fields of ``struct`` that could be read from ``raw``; faults go to ``reading``."""
    names = encoded_names(struct)
    tag = struct.__struct_config__.tag_field
    for name in raw:
        if name not in names and name != tag:
            message = f"There is no field {str(name)[:100]!r} here.{_nearest(str(name), names)}"
            reading.refuse("unknown_field", join(path, str(name)[:100]), message)
    values: dict[str, Any] = {}
    for encoded, spec in names.items():
        here = join(path, encoded)
        if encoded in raw:
            value = _read_field(spec, raw[encoded], here, reading)
            if value is not REFUSED:
                values[spec.name] = value
        elif spec.required:
            reading.refuse("missing", here, "This field is required.")
    _set_component_aside(names, values, path, reading)
    return values


def read_struct(
    struct: type[msgspec.Struct], raw: Any, path: str, reading: Reading
) -> msgspec.Struct | object:
    """Return the Struct that ``raw`` says, or ``REFUSED`` when any of it could not be read."""
    if not isinstance(raw, Mapping):
        reading.refuse("wrong_type", path, f"Expected `object`, got {_kind(raw)}.")
        return REFUSED
    before = len(reading.faults)
    values = read_fields_of(struct, raw, path, reading)
    if len(reading.faults) > before:
        return REFUSED
    made: msgspec.Struct | object = build(struct, values, path, reading)
    return made


def build(
    struct: type[msgspec.Struct], values: Mapping[str, Any], path: str, reading: Reading
) -> Any:
    """Return the Struct of values that were all read; its own checks may still refuse."""
    try:
        return struct(**values)
    except ConfigurationError as error:
        reading.faults.extend(under(path, error.faults))
    except (TypeError, ValueError) as error:
        reading.refuse("invalid_value", path, f"{error}.")
    return REFUSED


@functools.cache
def encoded_names(struct: type[msgspec.Struct]) -> Mapping[str, FieldSpec]:
    """Return name as posted → field."""
    specs = {spec.name: spec for spec in fields_of(struct)}
    return {f.encode_name: specs[f.name] for f in msgspec.structs.fields(struct)}


def _read_field(spec: FieldSpec, raw: Any, path: str, reading: Reading) -> Any:
    if raw is None:
        if spec.optional or spec.type is Any:
            return None
        return reading.refuse("missing", path, "This field cannot be null.")
    value = _read_value(spec.type, spec.marks, raw, path, reading)
    if value is REFUSED:
        return value
    _note_marks(spec.marks, value, path, reading)
    return value


def _note_marks(marks: tuple[Any, ...], value: Any, path: str, reading: Reading) -> None:
    """Note what is still to be looked up, or is more than a type and its constraints say."""
    for mark in marks:
        match mark:
            case Ref():
                reading.references.append((mark, value, path))
            case TimeZone():
                reading.zones.append((value, path))
            case IpRule():
                reading.faults.extend(under(path, rule_faults(value)))


def _read_value(type_: Any, marks: tuple[Any, ...], raw: Any, path: str, reading: Reading) -> Any:
    if type_ is Any:
        return raw
    if type_ == Criteria:
        return _read_tree(raw, path, reading)
    if isinstance(type_, type) and issubclass(type_, msgspec.Struct):
        return read_struct(type_, raw, path, reading)
    return _reader_of(type_)(type_, marks, raw, path, reading)


def _reader_of(type_: Any) -> Callable[[Any, tuple[Any, ...], Any, str, Reading], Any]:
    origin = get_origin(type_)
    if origin in (Union, types.UnionType):
        return _read_union
    if origin in _SEQUENCES and _is_uniform(type_):
        return _read_items
    return _read_dict if origin is dict else _read_leaf


def _read_leaf(type_: Any, marks: tuple[Any, ...], raw: Any, path: str, reading: Reading) -> Any:
    amount = next((m for m in marks if isinstance(m, Amount)), None)
    metas = tuple(m for m in marks if isinstance(m, msgspec.Meta))
    try:
        value = read_leaf(type_, metas, raw, amount)
    except ConfigurationError as error:
        reading.faults.extend(under(path, error.faults))
        return REFUSED
    if isinstance(value, Secret):
        reading.secrets.append((value, path))
    return value


def _read_union(type_: Any, marks: tuple[Any, ...], raw: Any, path: str, reading: Reading) -> Any:
    """Read a union of tagged Structs by its tag; any other union is left to msgspec."""
    structs = {
        member.__struct_config__.tag: member
        for member in get_args(type_)
        if isinstance(member, type) and issubclass(member, msgspec.Struct)
    }
    rest = [m for m in get_args(type_) if m not in structs.values() and m is not type(None)]
    if raw is None and type(None) in get_args(type_):
        return None
    if not structs or not isinstance(raw, Mapping):
        inner = Union[tuple(rest)] if rest else None  # noqa: UP007  made at run time
        if inner is None:
            return reading.refuse("wrong_type", path, f"Expected `object`, got {_kind(raw)}.")
        return _read_leaf(inner, marks, raw, path, reading)
    if len(structs) == 1 and None in structs:
        return read_struct(structs[None], raw, path, reading)
    field_name = next(iter(structs.values())).__struct_config__.tag_field or "type"
    tag = raw.get(field_name)
    chosen = structs.get(tag) if isinstance(tag, str | int) else None
    if chosen is None:
        known = ", ".join(sorted(str(name) for name in structs))
        return reading.refuse("not_one_of", join(path, field_name), f"One of: {known}.")
    return read_struct(chosen, raw, path, reading)


def _read_items(type_: Any, marks: tuple[Any, ...], raw: Any, path: str, reading: Reading) -> Any:
    if not isinstance(raw, list | tuple):
        return reading.refuse("wrong_type", path, f"Expected `array`, got {_kind(raw)}.")
    if _wrong_length(marks, len(raw), path, reading):
        return REFUSED
    inner, inner_marks = _unwrap(get_args(type_)[0])
    items = [
        _read_value(inner, inner_marks, item, f"{path}[{index}]", reading)
        for index, item in enumerate(raw)
    ]
    for index, item in enumerate(items):
        if item is not REFUSED:
            _note_marks(inner_marks, item, f"{path}[{index}]", reading)
    return REFUSED if REFUSED in items else cast("type", get_origin(type_))(items)


def _read_dict(type_: Any, marks: tuple[Any, ...], raw: Any, path: str, reading: Reading) -> Any:
    if not isinstance(raw, Mapping):
        return reading.refuse("wrong_type", path, f"Expected `object`, got {_kind(raw)}.")
    if _wrong_length(marks, len(raw), path, reading):
        return REFUSED
    (key_type, key_marks), (inner, inner_marks) = map(_unwrap, get_args(type_))
    built: dict[Any, Any] = {}
    for name, item in raw.items():
        here = join(path, str(name)[:100])
        key = _read_leaf(key_type, key_marks, name, here, reading)
        built[key] = _read_value(inner, inner_marks, item, here, reading)
    return REFUSED if REFUSED in built or REFUSED in built.values() else built


def _read_tree(raw: Any, path: str, reading: Reading) -> Any:
    if not isinstance(raw, Mapping):
        return reading.refuse("wrong_type", path, f"Expected `object`, got {_kind(raw)}.")
    try:
        tree = parse_tree(_with_floats(dict(raw)))
    except ConfigurationError as error:
        reading.faults.extend(under(path, error.faults))
        return REFUSED
    reading.trees.append((tree, path))
    return tree


def _with_floats(value: Any) -> Any:
    """Return a tree whose exact numbers are floats: it has none but coordinates and distances."""
    match value:
        case Decimal():
            return float(value)
        case list() | tuple():
            return [_with_floats(item) for item in value]
        case dict():
            return {key: _with_floats(item) for key, item in value.items()}
        case _:
            return value


def _set_component_aside(
    names: Mapping[str, FieldSpec], values: dict[str, Any], path: str, reading: Reading
) -> None:
    for encoded, spec in names.items():
        mark = spec.mark(ComponentKey)
        if mark is None or not isinstance(values.get(spec.name), str):
            continue
        settings = values.setdefault("settings", {}) if "settings" in names else {}
        reading.components.append(
            FoundComponent(
                contract=mark.contract,
                key=values[spec.name],
                key_path=join(path, encoded),
                settings_path=join(path, "settings"),
                settings=settings,
                siblings=values,
            )
        )


def _unwrap(hint: Any) -> tuple[Any, tuple[Any, ...]]:
    marks: list[Any] = []
    plain, optional = strip(hint, marks)
    return (plain | None if optional else plain), tuple(marks)


def _is_uniform(type_: Any) -> bool:
    arguments = get_args(type_)
    return get_origin(type_) is not tuple or (len(arguments) == 2 and arguments[1] is Ellipsis)


def _wrong_length(marks: tuple[Any, ...], length: int, path: str, reading: Reading) -> bool:
    for mark in marks:
        if not isinstance(mark, msgspec.Meta):
            continue
        if mark.max_length is not None and length > mark.max_length:
            reading.refuse("too_long", path, f"At most {mark.max_length} items; here {length}.")
            return True
        if mark.min_length is not None and length < mark.min_length:
            reading.refuse("too_short", path, f"At least {mark.min_length} items; here {length}.")
            return True
    return False


def _nearest(name: str, names: Mapping[str, FieldSpec]) -> str:
    near = difflib.get_close_matches(name.lower(), [*names], n=1, cutoff=0.6)
    return f" Did you mean {near[0]!r}?" if near else ""


def _kind(raw: Any) -> str:
    kinds = {dict: "object", list: "array", str: "str", bool: "bool", int: "int"}
    return f"`{kinds.get(type(raw), 'number' if raw is not None else 'null')}`"
