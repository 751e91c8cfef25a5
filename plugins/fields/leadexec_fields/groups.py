"""Sub fields: a repeated group of fields within one field, such as drivers and their policies."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Annotated, Any, ClassVar, Final

import msgspec
from msgspec import Meta, Struct

from leadexec import (
    ConfigurationError,
    Fault,
    FieldKind,
    FieldSetup,
    FieldType,
    InvalidValueError,
    RawValue,
    Value,
)
from leadexec_fields.numbers import plain
from leadexec_fields.simple import SIMPLE_TYPES

DEPTH: Final = 3
"""How deep groups may be nested: drivers, their policies, the policies' claims."""

_LONGEST: Final = 100_000
_EXACT_IN_JSON: Final = 2**53


class SubField(Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """One field of the group."""

    name: Annotated[
        str,
        Meta(
            title="Field name",
            description="How it is posted; in any case.",
            pattern=r"^[A-Za-z_][A-Za-z0-9_]{0,63}$",
            examples=["DateOfBirth"],
        ),
    ]
    description: Annotated[
        str,
        Meta(title="Description", description="Shown; the name if empty.", max_length=200),
    ] = ""
    type: Annotated[
        str,
        Meta(title="Type", description="The key of a field type.", examples=["text", "datetime"]),
    ] = "text"
    settings: Annotated[
        dict[str, Any], Meta(title="Type settings", description="As the type declares them.")
    ] = {}
    required: Annotated[
        bool, Meta(title="Required", description="Refuse an item of the group without it.")
    ] = False


class SubFieldsSettings(Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """The fields of the group, and how often it may be repeated."""

    fields: Annotated[
        tuple[SubField, ...],
        Meta(title="Fields", description="The fields of each item of the group.", max_length=100),
    ]
    minimum: Annotated[
        int, Meta(title="Fewest", description="The fewest items of the group.", ge=0, le=500)
    ] = 0
    maximum: Annotated[
        int, Meta(title="Most", description="The most items of the group.", ge=1, le=500)
    ] = 20


class SubFieldsType(FieldType[SubFieldsSettings]):
    """A list of items, each with the same fields (``LT4`` Sub fields).

    The types of its fields are those of this plugin, groups included, calculated ones not.
    Numbers with decimals and dates are held within the group as the text in which a lead stores
    them, so that a group read back from storage is the group that was stored.
    """

    key: ClassVar[str] = "sub_fields"
    title: ClassVar[str] = "Sub fields"
    kind: ClassVar[FieldKind] = FieldKind.LIST

    def __init__(self, settings: SubFieldsSettings, setup: FieldSetup) -> None:
        """Make the fields of the group.

        Raises:
            ConfigurationError: ``no_fields``, ``duplicate_field``, ``unknown_field_type``,
                ``nested_too_deep``, ``invalid_settings``, ``empty_range``, and what the fields'
                own types find, with paths such as ``fields[1].settings.options``.
        """
        super().__init__(settings, setup)
        self._fields: dict[str, FieldType[Any]] = {}
        self._required = [field.name for field in settings.fields if field.required]
        faults = _faults_of_shape(settings)
        for index, field in enumerate(settings.fields):
            try:
                self._fields.setdefault(field.name, self._made(field))
            except ConfigurationError as error:
                faults.extend(
                    msgspec.structs.replace(fault, path=f"fields[{index}].{fault.path}".rstrip("."))
                    for fault in error.faults
                )
        if faults:
            raise ConfigurationError(faults)
        self._names = {name.casefold(): name for name in self._fields}

    def parse(self, raw: RawValue) -> Value:
        """Return the items: a list, one object, or either as JSON text is read.

        Names that the group does not have are passed over, as are empty fields and empty items.

        Raises:
            InvalidValueError: With the code of the field that is wrong and a message such as
                "Drivers 2, Date of birth must be a date …"; ``not_a_group``, ``too_many_items``,
                ``too_few_items``, ``required`` for the group itself.
        """
        if isinstance(raw, str):
            raw = self._decoded(raw)
        items = [raw] if isinstance(raw, dict) else raw
        if not isinstance(items, list):
            raise self._no_group()
        most, least = self.settings.maximum, self.settings.minimum
        if len(items) > most:
            raise self.refuse("too_many_items", f"may have {most} items at most.")
        kept: list[Value] = [
            item for n, raw_item in enumerate(items, 1) if (item := self._item(raw_item, n))
        ]
        if len(kept) < least:
            raise self.refuse("too_few_items", f"must have {least} items at least.")
        return kept

    def format(self, value: Value) -> str:
        """Return the items as JSON, each field as its type shows it."""
        if not isinstance(value, list):
            return str(value)
        return msgspec.json.encode([self._shown(item) for item in value]).decode()

    def sample(self) -> str:
        """Return as many samples of the group as it needs at least, as JSON."""
        return msgspec.json.encode(self._samples()).decode()

    def _made(self, field: SubField) -> FieldType[Any]:
        types: dict[str, type[FieldType[Any]]] = {**SIMPLE_TYPES, self.key: SubFieldsType}
        if field.type not in types:
            known = ", ".join(sorted(types))
            message = f"'{field.type}' cannot be the type of a sub field; those are {known}."
            raise ConfigurationError.single("unknown_field_type", "type", message)
        made_of = types[field.type]
        setup = FieldSetup(
            name=field.name,
            description=field.description or field.name,
            delimiter=self.setup.delimiter,
        )
        try:
            settings = msgspec.convert(field.settings, made_of.Settings)
        except msgspec.ValidationError as error:
            raise ConfigurationError.single("invalid_settings", "settings", f"{error}.") from None
        try:
            return made_of(settings, setup)
        except ConfigurationError as error:
            raise ConfigurationError(
                [
                    msgspec.structs.replace(fault, path=f"settings.{fault.path}".rstrip("."))
                    for fault in error.faults
                ]
            ) from None

    def _decoded(self, text: str) -> RawValue:
        if len(text) > _LONGEST:
            raise self.refuse("too_long", f"has more than {_LONGEST:,} characters.")
        try:
            return msgspec.json.decode(text)
        except (ValueError, RecursionError):
            raise self._no_group() from None

    def _item(self, raw: RawValue, number: int) -> dict[str, Value]:
        where = f"{self.setup.description} {number}"
        if not isinstance(raw, dict):
            raise InvalidValueError("not_a_group", f"{where} must be an object of named fields.")
        item: dict[str, Value] = {}
        for name, posted in self._named(raw).items():
            try:
                value = _storable(self._fields[name].parse(posted))
            except InvalidValueError as error:
                raise InvalidValueError(error.code, f"{where}, {error.message}") from None
            if value != []:
                item[name] = value
        if item:
            for name in self._required:
                if name not in item:
                    shown = self._fields[name].setup.description
                    raise InvalidValueError("required", f"{where}, {shown} is required.")
        return item

    def _named(self, raw: dict[Any, Any]) -> dict[str, RawValue]:
        """Return what was posted for each field, in the fields' order; exact names win."""
        found = {
            name: posted
            for key, posted in raw.items()
            if isinstance(key, str)
            and len(key) <= 64
            and (name := self._names.get(key.casefold()))
            and (key == name or name not in raw)
            and not _is_blank(posted)
        }
        return {name: found[name] for name in self._fields if name in found}

    def _samples(self) -> list[dict[str, Any]]:
        item = {
            name: field._samples() if isinstance(field, SubFieldsType) else field.sample()
            for name, field in self._fields.items()
        }
        return [item] * max(1, self.settings.minimum)

    def _shown(self, item: Value) -> Any:
        if not isinstance(item, dict):
            return str(item)
        return {name: self._shown_field(name, value) for name, value in item.items()}

    def _shown_field(self, name: str, value: Value) -> Any:
        field = self._fields.get(name)
        if isinstance(field, SubFieldsType) and isinstance(value, list):
            return [field._shown(item) for item in value]
        try:
            return field.format(field.parse(value)) if field else str(value)
        except InvalidValueError:
            return str(value)  # stored under earlier settings (LT10): shown as it is

    def _no_group(self) -> InvalidValueError:
        return self.refuse("not_a_group", "must be a list of objects, one object, or their JSON.")


def _faults_of_shape(settings: SubFieldsSettings) -> list[Fault]:
    """Return what is wrong with the group itself."""
    faults: list[Fault] = []
    if not settings.fields:
        faults.append(Fault(code="no_fields", path="fields", message="A group needs fields."))
    if settings.minimum > settings.maximum:
        message = "The fewest items are more than the most."
        faults.append(Fault(code="empty_range", path="minimum", message=message))
    seen: set[str] = set()
    for index, field in enumerate(settings.fields):
        if field.name.casefold() in seen:
            message = f"There are two fields called {field.name}."
            faults.append(
                Fault(code="duplicate_field", path=f"fields[{index}].name", message=message)
            )
        seen.add(field.name.casefold())
        if _depth(field.type, field.settings, DEPTH) > DEPTH - 1:
            message = f"Groups may be nested {DEPTH} deep."
            faults.append(Fault(code="nested_too_deep", path=f"fields[{index}]", message=message))
    return faults


def _depth(key: Any, settings: Any, most: int) -> int:
    """Return how many groups are within each other here, at most ``most``."""
    if key != SubFieldsType.key or most == 0:
        return 0
    fields = settings.get("fields") if isinstance(settings, dict) else None
    inner = fields if isinstance(fields, list | tuple) else ()
    return 1 + max(
        (_depth(f.get("type"), f.get("settings"), most - 1) for f in inner if isinstance(f, dict)),
        default=0,
    )


def _is_blank(raw: RawValue) -> bool:
    return raw is None or raw in ([], {}) or (isinstance(raw, str) and not raw.strip())


def _storable(value: Value) -> Value:
    """Return a value as a lead's JSON holds it; see ``SubFieldsType``."""
    if isinstance(value, Decimal):
        return plain(value)
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
    if type(value) is int and abs(value) > _EXACT_IN_JSON:
        return str(value)
    return value
