"""Rules of single entities that no annotation can say, checked when they are saved."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Protocol, TypeAlias

from leadexec.contracts.lead import LeadTypeInfo
from leadexec.model.access import Role
from leadexec.model.delivery_account import DeliveryAccount
from leadexec.model.delivery_method import ConfiguredDeliveryMethod
from leadexec.model.entity import Entity
from leadexec.model.findings import Reading
from leadexec.model.lead_type import LeadField, LeadType
from leadexec.model.limits import ScheduleWindow
from leadexec.model.source import Campaign


class Knowledge(Protocol):
    """What rules may ask about everything else."""

    def find(self, entity: str, entity_id: int) -> Entity | None:
        """Return the stored entity, or None."""
        ...

    def lead_type(self, lead_type_id: int) -> LeadTypeInfo | None:
        """Return a stored lead type as plugins see it, or None."""
        ...

    def same_kind(self, one: str, other: str) -> bool:
        """Tell whether two field types hold values of the same kind."""
        ...

    def unknown_permissions(self, permissions: Iterable[str]) -> list[str]:
        """Return those permissions that nothing asks for."""
        ...


Values: TypeAlias = Mapping[str, Any]
Rule: TypeAlias = Callable[[Values, Entity | None, Knowledge, Reading], None]


def check_rules(
    struct: type[Entity],
    values: Values,
    existing: Entity | None,
    knowledge: Knowledge,
    reading: Reading,
) -> None:
    """Run the rules of ``struct`` on the fields that could be read; faults go to ``reading``."""
    for rule in _RULES.get(struct, ()):
        rule(values, existing, knowledge, reading)


def _field_names_are_unique(
    values: Values, existing: Entity | None, knowledge: Knowledge, reading: Reading
) -> None:
    _refuse_repeats([f.name for f in values.get("fields", ())], "fields", reading)
    for plural in ("return_reasons", "categories", "display_groups"):
        _refuse_repeats([item.name for item in values.get(plural, ())], plural, reading)


def _refuse_repeats(names: list[str], path: str, reading: Reading) -> None:
    seen: dict[str, str] = {}
    for index, name in enumerate(names):
        earlier = seen.setdefault(name.lower(), name)
        if sum(other.lower() == name.lower() for other in names[:index]):
            message = f"The name {name!r} is already used (as {earlier!r}); case does not count."
            reading.refuse("name_taken", f"{path}[{index}].name", message)


def _fields_are_kept(
    values: Values, existing: Entity | None, knowledge: Knowledge, reading: Reading
) -> None:
    """A field holds what leads brought: it may be retired, not removed or turned around (LT10)."""
    if not isinstance(existing, LeadType) or "fields" not in values:
        return
    places: dict[str, tuple[int, LeadField]] = {
        field.name: (index, field) for index, field in enumerate(values["fields"])
    }
    for old in existing.fields:
        if old.name not in places:
            message = f"The field {old.name!r} cannot be removed; set it to retired instead."
            reading.refuse("field_removed", "fields", message)
            continue
        index, new = places[old.name]
        if new.type != old.type and not knowledge.same_kind(old.type, new.type):
            message = (
                f"The type {old.type!r} of {old.name!r} cannot become {new.type!r}: stored values "
                f"would no longer fit. Retire the field and add another."
            )
            reading.refuse("kind_changed", f"fields[{index}].type", message)


def _groups_name_fields(
    values: Values, existing: Entity | None, knowledge: Knowledge, reading: Reading
) -> None:
    if "fields" not in values:
        return
    names = {field.name for field in values["fields"]}
    for place, group in enumerate(values.get("display_groups", ())):
        for index, name in enumerate(group.fields):
            if name not in names:
                message = f"The lead type has no field {name[:100]!r}."
                path = f"display_groups[{place}].fields[{index}]"
                reading.refuse("unknown_lead_field", path, message)


def _method_fits(
    values: Values, existing: Entity | None, knowledge: Knowledge, reading: Reading
) -> None:
    """A delivery account delivers by a method of its own client and lead type (``DA1``)."""
    method = knowledge.find("delivery_method", values.get("delivery_method", 0))
    if not isinstance(method, ConfiguredDeliveryMethod):
        return
    for name in ("client", "lead_type"):
        if name in values and values[name] != getattr(method, name):
            message = f"The delivery method belongs to another {name.replace('_', ' ')}."
            reading.refuse(f"other_{name}", "delivery_method", message)


def _mappings_name_fields(
    values: Values, existing: Entity | None, knowledge: Knowledge, reading: Reading
) -> None:
    info = knowledge.lead_type(values.get("lead_type", 0))
    if info is None:
        return
    for index, mapping in enumerate(values.get("mappings", ())):
        source = mapping.source
        if source and source not in info.fields and not _is_tag(source):
            message = f"The lead type has no field {source[:100]!r}."
            reading.refuse("unknown_lead_field", f"mappings[{index}].source", message)
        elif source and mapping.static:
            message = "A mapping has a source or a static text, not both."
            reading.refuse("source_and_static", f"mappings[{index}].static", message)


def _is_tag(source: str) -> bool:
    inner = source[1:-1]
    return source == f"[{inner}]" and inner.replace("_", "a").isalnum()


def _windows_make_sense(
    values: Values, existing: Entity | None, knowledge: Knowledge, reading: Reading
) -> None:
    windows: tuple[ScheduleWindow, ...] = values.get("schedule", ())
    for index, window in enumerate(windows):
        if window.start >= window.end:
            message = "The window must end after it starts; split one that passes midnight."
            reading.refuse("window_empty", f"schedule[{index}].end", message)
        elif any(_overlap(window, earlier) for earlier in windows[:index]):
            message = f"The window overlaps another one on {window.day.value}."
            reading.refuse("window_overlaps", f"schedule[{index}].start", message)


def _overlap(one: ScheduleWindow, other: ScheduleWindow) -> bool:
    # Times are HH:MM, so text order is time order.
    return one.day is other.day and one.start < other.end and other.start < one.end


def _permissions_exist(
    values: Values, existing: Entity | None, knowledge: Knowledge, reading: Reading
) -> None:
    permissions = values.get("permissions", ())
    unknown = set(knowledge.unknown_permissions(permissions))
    for index, permission in enumerate(permissions):
        if permission in unknown:
            message = f"Nothing asks for the permission {permission!r}."
            reading.refuse("unknown_permission", f"permissions[{index}]", message)


def _share_is_a_percentage(
    values: Values, existing: Entity | None, knowledge: Knowledge, reading: Reading
) -> None:
    if values.get("revenue_share", 0) > 100:
        reading.refuse("out_of_range", "revenue_share", "A share is at most 100 percent.")


_RULES: Mapping[type[Entity], tuple[Rule, ...]] = {
    Campaign: (_share_is_a_percentage,),
    LeadType: (_field_names_are_unique, _fields_are_kept, _groups_name_fields),
    ConfiguredDeliveryMethod: (_mappings_name_fields, _windows_make_sense),
    DeliveryAccount: (_method_fits,),
    Role: (_permissions_exist,),
}
