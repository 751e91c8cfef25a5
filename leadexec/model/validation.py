"""From what a caller sent to an entity that can be saved, or to the list of all its faults."""

import functools
import zoneinfo
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, cast

import msgspec

from leadexec.contracts.lead import LeadFieldInfo, LeadTypeInfo
from leadexec.contracts.services import Services
from leadexec.contracts.values import FieldKind
from leadexec.criteria import Resources, compile_criteria
from leadexec.errors import ConfigurationError, Fault
from leadexec.model.component_check import (
    ComponentCheck,
    Components,
    FaultRecorder,
    Sealed,
    Surroundings,
)
from leadexec.model.entity import (
    SYSTEM_FIELDS,
    Entity,
    EntitySpec,
    Fixed,
    enc_hook,
    fields_of,
)
from leadexec.model.entity_rules import check_rules
from leadexec.model.findings import REFUSED, FoundComponent, Reading, under
from leadexec.model.lead_type import LeadField, LeadType
from leadexec.model.permissions import unknown_permissions
from leadexec.model.reading import build, encoded_names, read_fields_of
from leadexec.model.registry import EntityRegistry
from leadexec.model.secret import Secret

Finder = Callable[[str, int], Entity | None]
"""Returns the stored entity of that name and id, or None; reads in the caller's transaction."""


@dataclass(frozen=True, kw_only=True)
class ReadingContext:
    """What is needed to judge an entity besides itself. Made for one transaction."""

    registry: EntityRegistry
    components: Components
    services: Services
    sealer: Sealed
    record: FaultRecorder
    """``FaultLog.record``: told of what a plugin raises while its settings are checked."""
    stored: Finder
    plugin_names: tuple[str, ...] = ()
    """Whose own permissions a role may name."""
    _found: dict[tuple[str, int], Entity | None] = field(default_factory=dict)

    def find(self, entity: str, entity_id: int) -> Entity | None:
        """Return the stored entity, or None; asked for once."""
        key = (entity, entity_id)
        if key not in self._found:
            self._found[key] = self.stored(entity, entity_id) if entity_id > 0 else None
        return self._found[key]

    def lead_type(self, lead_type_id: int) -> LeadTypeInfo | None:
        """Return a stored lead type as plugins see it, or None."""
        found = self.find("lead_type", lead_type_id)
        return lead_type_info(found, self.components) if isinstance(found, LeadType) else None

    def same_kind(self, one: str, other: str) -> bool:
        """Tell whether two field types hold values of the same kind."""
        types = self.components.registry("field_type")
        first, second = types.get(one), types.get(other)
        return first is not None and second is not None and first.kind is second.kind

    def unknown_permissions(self, permissions: Iterable[str]) -> list[str]:
        """Return those permissions that nothing asks for."""
        return unknown_permissions(permissions, self.registry, self.plugin_names)


def lead_type_info(lead_type: LeadType, components: Components) -> LeadTypeInfo:
    """Return a lead type as plugins see it; fields whose type is not installed are left out."""
    types = components.registry("field_type")
    known = [(f, types.get(f.type)) for f in lead_type.fields]
    return LeadTypeInfo(
        id=lead_type.id,
        name=lead_type.name,
        fields={
            f.name: LeadFieldInfo(
                name=f.name,
                description=f.description,
                kind=type_.kind,
                system=f.system,
                duplicate_check=f.duplicate_check,
            )
            for f, type_ in known
            if type_ is not None
        },
    )


def read_entity(
    spec: EntitySpec,
    raw: Mapping[str, Any],
    *,
    existing: Entity | None = None,
    context: ReadingContext,
) -> Entity:
    """Return the entity that ``raw`` describes, ready to be stored.

    Its id, times and revision are those of ``existing``, which it replaces; the caller compares
    ``raw``'s revision. Secrets in component settings are encrypted; a mask keeps the stored one.

    Args:
        spec: What kind of entity it is.
        raw: Decoded JSON; numbers may be ``Decimal``.
        existing: The stored entity it replaces; None for a new one.
        context: What else there is, read in the same transaction.

    Raises:
        ConfigurationError: With every fault: code, path, message.
    """
    reading = Reading()
    own = _without_system_fields(raw, existing, reading)
    values = read_fields_of(spec.struct, own, "", reading)
    _check_fixed(spec, values, existing, reading)
    _keep_secrets(values, existing, reading)
    _check_references(reading, context)
    _check_zones(reading)
    around = Surroundings(
        entity_id=existing.id if existing else 0,
        lead_type=_lead_type_of(spec, values, context),
        values=values,
        schema=_own_schema(values, context),
    )
    _check_components(reading, existing, around, context)
    _check_trees(reading, around.lead_type, context)
    check_rules(spec.struct, values, existing, context, reading)
    if reading.faults:
        raise ConfigurationError(_once(reading.faults))
    made = build(spec.struct, {**_system_values(existing), **values}, "", reading)
    if made is REFUSED:
        raise ConfigurationError(reading.faults)
    return cast("Entity", made)


def merge_patch(target: Any, patch: Any) -> Any:
    """Return ``target`` changed by ``patch`` (RFC 7396): null removes, objects merge."""
    if not isinstance(patch, Mapping):
        return patch
    merged = dict(target) if isinstance(target, Mapping) else {}
    for name, value in patch.items():
        if value is None:
            merged.pop(name, None)
        else:
            merged[name] = merge_patch(merged.get(name), value)
    return merged


def _without_system_fields(
    raw: Mapping[str, Any], existing: Entity | None, reading: Reading
) -> dict[str, Any]:
    """Leave out what only the system sets; an id that is another's is a mistake worth telling."""
    if existing is None:
        given = [name for name in SYSTEM_FIELDS if raw.get(name) is not None]
        for name in given:
            reading.refuse("read_only_field", name, "The system sets this field.")
    elif raw.get("id", existing.id) != existing.id:
        reading.refuse("read_only_field", "id", f"This is {existing.id}; an id never changes.")
    return {name: value for name, value in raw.items() if name not in SYSTEM_FIELDS}


def _system_values(existing: Entity | None) -> dict[str, Any]:
    return {name: getattr(existing, name) for name in SYSTEM_FIELDS} if existing else {}


def _check_fixed(
    spec: EntitySpec, values: Mapping[str, Any], existing: Entity | None, reading: Reading
) -> None:
    if existing is None:
        return
    for encoded, known in encoded_names(spec.struct).items():
        if known.mark(Fixed) is None or known.name not in values:
            continue
        before = getattr(existing, known.name)
        if values[known.name] != before:
            message = "This cannot be changed after creation."
            reading.refuse("fixed_field", encoded, message)


def _keep_secrets(values: dict[str, Any], existing: Entity | None, reading: Reading) -> None:
    """Put the stored secret where only its mask came back."""
    for name, value in values.items():
        if isinstance(value, Secret) and value.masked:
            kept = getattr(existing, name, None)
            if kept is None:
                reading.refuse("secret_missing", name, "Nothing is stored that it could keep.")
            else:
                values[name] = kept
    for secret, path in reading.secrets:
        if secret.masked and path not in values:
            reading.refuse("secret_missing", path, "Send the secret itself here, not its mask.")


def _check_references(reading: Reading, context: ReadingContext) -> None:
    for mark, entity_id, path in reading.references:
        if context.find(mark.entity, entity_id) is None:
            title = mark.entity.replace("_", " ")
            reading.refuse("unknown_reference", path, f"There is no {title} {entity_id}.")


def _check_zones(reading: Reading) -> None:
    for name, path in reading.zones:
        if name not in _zones():
            message = f"{name[:100]!r} is no IANA time zone, such as America/New_York."
            reading.refuse("unknown_time_zone", path, message)


@functools.cache
def _zones() -> frozenset[str]:
    return frozenset(zoneinfo.available_timezones())


def _lead_type_of(
    spec: EntitySpec, values: Mapping[str, Any], context: ReadingContext
) -> LeadTypeInfo | None:
    named = any(known.name == "lead_type" for known in fields_of(spec.struct))
    number = values.get("lead_type", 0)
    return context.lead_type(number) if named and isinstance(number, int) else None


def _own_schema(values: Mapping[str, Any], context: ReadingContext) -> dict[str, FieldKind]:
    """Return the kinds of a lead type's own fields, for those computed from the others."""
    types = context.components.registry("field_type")
    fields = [f for f in values.get("fields", ()) if isinstance(f, LeadField) and not f.retired]
    known = [(f.name, types.get(f.type)) for f in fields]
    return {name: type_.kind for name, type_ in known if type_ is not None}


def _check_components(
    reading: Reading, existing: Entity | None, around: Surroundings, context: ReadingContext
) -> None:
    check = ComponentCheck(
        context.components, context.services, context.sealer, context.record, reading
    )
    stored = _stored_settings(existing)
    for found in reading.components:
        former = stored.get(_identity(found))
        check.run(found, former.pop(0) if former else None, around)
    check.finish()


def _stored_settings(
    existing: Entity | None,
) -> dict[tuple[str, str, Any], list[dict[str, Any]]]:
    """Return the settings stored so far, by what identifies their component in the entity."""
    stored: dict[tuple[str, str, Any], list[dict[str, Any]]] = {}
    if existing is not None:
        plain = msgspec.to_builtins(existing, enc_hook=enc_hook)
        before = Reading()
        read_fields_of(type(existing), plain, "", before)
        for found in before.components:
            stored.setdefault(_identity(found), []).append(found.settings)
    return stored


def _identity(found: FoundComponent) -> tuple[str, str, Any]:
    return found.contract, found.key, found.siblings.get("name")


def _check_trees(reading: Reading, info: LeadTypeInfo | None, context: ReadingContext) -> None:
    if info is None or not reading.trees:
        return
    functions = {key: made.call for key, made, _ in context.components.registry("function").items()}
    titles = {name: known.description for name, known in info.fields.items()}
    schema = {name: known.kind for name, known in info.fields.items()}
    for tree, path in reading.trees:
        try:
            compile_criteria(tree, schema, Resources(functions=functions, titles=titles))
        except ConfigurationError as error:
            reading.faults.extend(under(path, error.faults))


def _once(faults: list[Fault]) -> list[Fault]:
    """Return each fault once, in order; a place may be reached in two ways."""
    return list(dict.fromkeys(faults))
