"""Which fields of a campaign's leads are looked up, and what is wrong with that."""

import enum
from collections.abc import Iterator
from typing import Annotated, Final

from msgspec import Meta, Struct

from leadexec import Fault, FieldKind, LeadTypeInfo, SystemField

_PHONES: Final = (SystemField.PRIMARY_PHONE, SystemField.ALTERNATE_PHONE)
_KINDS: Final = (FieldKind.TEXT, FieldKind.NUMBER)


class OnHit(enum.StrEnum):
    """What becomes of a lead with a listed number."""

    REJECT = "reject"
    HOLD = "hold"


class DncSettings(Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """Which phones are looked up, and what a hit means."""

    fields: Annotated[
        tuple[str, ...],
        Meta(
            title="Fields",
            description="Lead fields with a phone number. None: every field whose system field "
            "is Primary Phone or Alternate Phone.",
            max_length=20,
            examples=[["Phone", "WorkPhone"]],
        ),
    ] = ()
    on_hit: Annotated[
        OnHit,
        Meta(
            title="On a hit",
            description="Reject the lead, or hold it for quality control.",
        ),
    ] = OnHit.REJECT


def watched_fields(settings: DncSettings, lead_type: LeadTypeInfo) -> tuple[str, ...]:
    """Return the names of the fields to look up, in order, without repeats."""
    phones = [info.name for info in lead_type.fields.values() if info.system in _PHONES]
    return tuple(dict.fromkeys(settings.fields or phones))


def faults_of(settings: DncSettings, lead_type: LeadTypeInfo) -> Iterator[Fault]:
    """Yield everything that is wrong with ``settings`` for a campaign of ``lead_type``."""
    if not watched_fields(settings, lead_type):
        yield Fault(
            code="no_phone_fields",
            path="fields",
            message=f"Name the fields with phone numbers: lead type {lead_type.name} has neither "
            f"a Primary Phone nor an Alternate Phone.",
        )
    for place, name in enumerate(settings.fields):
        info = lead_type.fields.get(name)
        if info is None:
            message = f"Lead type {lead_type.name} has no field {name}."
            yield Fault(code="unknown_field", path=f"fields[{place}]", message=message)
        elif info.kind not in _KINDS:
            message = f"{name} holds neither text nor a number, so no phone number."
            yield Fault(code="not_a_phone_field", path=f"fields[{place}]", message=message)
