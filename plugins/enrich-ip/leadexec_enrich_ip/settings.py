"""What a campaign says about where leads come from, and what is wrong with it."""

from collections.abc import Iterator
from typing import Annotated, Final, TypeAlias

from msgspec import Meta, Struct

from leadexec import Fault, FieldKind, LeadTypeInfo, SystemField

Country: TypeAlias = Annotated[str, Meta(pattern="^[A-Z]{2}$")]
POSITION_KINDS: Final = (FieldKind.NUMBER, FieldKind.TEXT)
"""Kinds of field that a latitude or a longitude can be written into."""


class LocateSettings(Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """Which address is looked up, and what follows from where it is."""

    allow_countries: Annotated[
        tuple[Country, ...],
        Meta(
            title="Allowed countries",
            description="Two-letter codes (ISO 3166). Leads from elsewhere are rejected; those of "
            "which nobody knows where they come from are taken. None: all.",
            max_length=300,
            examples=[["US", "CA"]],
        ),
    ] = ()
    reject_countries: Annotated[
        tuple[Country, ...],
        Meta(
            title="Rejected countries",
            description="Two-letter codes (ISO 3166). Leads from there are rejected.",
            max_length=300,
        ),
    ] = ()
    use_sender: Annotated[
        bool,
        Meta(
            title="Use the sender's address",
            description="When the lead brings no IP address, locate the one it was posted from. "
            "For forms that post from the visitor's browser: a server that posts leads is "
            "somewhere else than the people it posts.",
        ),
    ] = False
    seconds: Annotated[
        float,
        Meta(
            title="Patience",
            description="Seconds after which the lead goes on without an answer.",
            gt=0,
            le=4,
        ),
    ] = 1.0


def faults_of(settings: LocateSettings, lead_type: LeadTypeInfo) -> Iterator[Fault]:
    """Yield everything that is wrong with ``settings`` for a campaign of ``lead_type``."""
    name = lead_type.named(SystemField.IP_ADDRESS)
    if name is None and not settings.use_sender:
        message = f"Lead type {lead_type.name} has no field with the meaning IP Address."
        yield Fault(code="no_ip_field", path="use_sender", message=message)
    if name is not None and lead_type.fields[name].kind is not FieldKind.TEXT:
        message = f"{name} must be of a text type; it is a {lead_type.fields[name].kind}."
        yield Fault(code="not_a_text_field", path="", message=message)
    for meaning in (SystemField.LATITUDE, SystemField.LONGITUDE):
        name = lead_type.named(meaning)
        if name is not None and lead_type.fields[name].kind not in POSITION_KINDS:
            kind = lead_type.fields[name].kind
            message = f"{name} must be a number or of a text type; it is a {kind}."
            yield Fault(code="not_a_number_field", path="", message=message)
    if settings.allow_countries and settings.reject_countries:
        message = "Give the countries to allow, or those to reject; all others follow from them."
        yield Fault(code="allow_and_reject", path="reject_countries", message=message)
