"""What a campaign says about standard addresses, and what is wrong with its lead type."""

from collections.abc import Iterator
from typing import Annotated, Final

from msgspec import Meta, Struct

from leadexec import Fault, FieldKind, LeadTypeInfo, SystemField

WRITTEN: Final = (
    SystemField.ADDRESS,
    SystemField.ADDRESS_2,
    SystemField.CITY,
    SystemField.STATE,
    SystemField.ZIP,
)
"""The meanings of the fields that are brought into standard form."""


class AddressSettings(Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """How addresses are brought into standard form."""

    seconds: Annotated[
        float,
        Meta(
            title="Patience",
            description="Seconds after which the lead goes on without an answer.",
            gt=0,
            le=4,
        ),
    ] = 1.0


def faults_of(lead_type: LeadTypeInfo) -> Iterator[Fault]:
    """Yield what keeps the addresses of ``lead_type`` from being brought into standard form."""
    if lead_type.named(SystemField.ADDRESS) is None:
        message = f"Lead type {lead_type.name} has no field with the meaning Address."
        yield Fault(code="no_address_field", path="", message=message)
    for meaning in (*WRITTEN, SystemField.COUNTRY):
        name = lead_type.named(meaning)
        if name is not None and lead_type.fields[name].kind is not FieldKind.TEXT:
            message = f"{name} must be of a text type; it is a {lead_type.fields[name].kind}."
            yield Fault(code="not_a_text_field", path="", message=message)
