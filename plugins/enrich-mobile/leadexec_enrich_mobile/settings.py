"""What a campaign says about mobile numbers, and what is wrong with it."""

import enum
from collections.abc import Iterator
from typing import Annotated, Final

from msgspec import Meta, Struct

from leadexec import Fault, FieldKind, LeadTypeInfo, SystemField

YES_NO_KINDS: Final = (FieldKind.BOOLEAN, FieldKind.TEXT)
"""Kinds of field that the answer can be written into."""


class Accept(enum.StrEnum):
    """Which leads are taken, of those whose line is known."""

    ANY = "any"
    MOBILE = "mobile"
    NOT_MOBILE = "not_mobile"


class MobileSettings(Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """What follows from knowing whether a number is a mobile one."""

    accept: Annotated[
        Accept,
        Meta(
            title="Accept",
            description="Which leads are taken: any, only those with a mobile number, or only "
            "those without one. A lead whose line is not known is always taken.",
        ),
    ] = Accept.ANY
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
    """Yield what keeps the phone numbers of ``lead_type`` from being checked."""
    if lead_type.named(SystemField.PRIMARY_PHONE) is None:
        message = f"Lead type {lead_type.name} has no field with the meaning Primary Phone."
        yield Fault(code="no_phone_field", path="", message=message)
    name = lead_type.named(SystemField.IS_MOBILE)
    if name is not None and lead_type.fields[name].kind not in YES_NO_KINDS:
        kind = lead_type.fields[name].kind
        message = f"{name} must be of a yes/no or a text type; it is a {kind}."
        yield Fault(code="not_a_yes_no_field", path="", message=message)
