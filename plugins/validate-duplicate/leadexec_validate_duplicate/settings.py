"""What a campaign says about duplicates, and what is wrong with it."""

import enum
from collections.abc import Iterator
from typing import Annotated

from msgspec import Meta, Struct

from leadexec import Fault, LeadTypeInfo


class Scope(enum.StrEnum):
    """Among which leads an earlier one is looked for."""

    LEAD_TYPE = "lead_type"
    LEAD_SOURCE = "lead_source"
    CAMPAIGN = "campaign"


class DuplicateSettings(Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """When a lead is a duplicate, and what becomes of it."""

    fields: Annotated[
        tuple[Annotated[tuple[str, ...], Meta(min_length=1, max_length=20)], ...],
        Meta(
            title="Fields",
            description="Groups of lead fields: a lead is a duplicate when all fields of one "
            "group agree with an earlier lead. None: one group of all the fields that the lead "
            "type marks for duplicate checks.",
            max_length=10,
            examples=[[["Email"], ["LastName", "Phone"]]],
        ),
    ] = ()
    look_back_days: Annotated[
        Annotated[int, Meta(ge=1, le=3650)] | None,
        Meta(
            title="Duplicate day setting",
            description="How many days back earlier leads count, 1 to 3650; none: for ever.",
            examples=[30],
        ),
    ] = 30
    check_rejected: Annotated[
        bool,
        Meta(
            title="Check rejected leads",
            description="Earlier leads that were rejected count, too.",
        ),
    ] = False
    scope: Annotated[
        Scope,
        Meta(
            title="Scope",
            description="Earlier leads of the same lead type (from any source), of the same lead "
            "source, or of this campaign alone.",
        ),
    ] = Scope.LEAD_TYPE
    append_data: Annotated[
        bool,
        Meta(
            title="Append duplicate data",
            description="Fill the empty fields of the earlier lead from the duplicate.",
        ),
    ] = False
    resend_deliveries: Annotated[
        bool,
        Meta(
            title="Resend deliveries",
            description="Send the deliveries of the earlier lead once more.",
        ),
    ] = False
    route: Annotated[
        bool,
        Meta(
            title="Route duplicate leads",
            description="Deliver a duplicate after the original instead of rejecting it.",
        ),
    ] = False
    allow_ping_check: Annotated[
        bool,
        Meta(
            title="Allow ping duplicate API check",
            description="Senders may ask whether a lead would be a duplicate before they send it.",
        ),
    ] = False


def groups_of(settings: DuplicateSettings, lead_type: LeadTypeInfo) -> tuple[tuple[str, ...], ...]:
    """Return the groups of fields to compare, each sorted by name, without repeats."""
    marked = tuple(info.name for info in lead_type.fields.values() if info.duplicate_check)
    groups = settings.fields or ((marked,) if marked else ())
    return tuple(dict.fromkeys(tuple(sorted(set(group))) for group in groups))


def faults_of(settings: DuplicateSettings, lead_type: LeadTypeInfo) -> Iterator[Fault]:
    """Yield everything that is wrong with ``settings`` for a campaign of ``lead_type``."""
    if not groups_of(settings, lead_type):
        yield Fault(
            code="no_duplicate_fields",
            path="fields",
            message=f"Name fields, or mark some of lead type {lead_type.name} for duplicate "
            f"checks.",
        )
    for place, group in enumerate(settings.fields):
        for position, name in enumerate(group):
            if name not in lead_type.fields:
                yield Fault(
                    code="unknown_field",
                    path=f"fields[{place}][{position}]",
                    message=f"Lead type {lead_type.name} has no field {name}.",
                )
    if settings.route and settings.resend_deliveries:
        yield Fault(
            code="route_and_resend",
            path="resend_deliveries",
            message="Routing delivers the duplicate itself; resending as well would send buyers "
            "the same person twice. Choose one of the two.",
        )
