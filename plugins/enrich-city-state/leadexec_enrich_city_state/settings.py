"""What a campaign says about appending city and state, and what is wrong with it."""

import enum
from collections.abc import Iterator
from typing import Annotated

from msgspec import Meta, Struct

from leadexec import Fault, FieldKind, LeadTypeInfo, SystemField


class Overwrite(enum.StrEnum):
    """What becomes of a city or state that was posted."""

    NEVER = "never"
    WHEN_DIFFERENT = "when_different"


class CityStateSettings(Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """How city and state are filled."""

    overwrite: Annotated[
        Overwrite,
        Meta(
            title="Overwrite",
            description="Whether a city or state that was posted is replaced when the postal code "
            "says another one; case makes no difference. What was posted is kept with the lead.",
        ),
    ] = Overwrite.NEVER
    guess_country: Annotated[
        bool,
        Meta(
            title="Guess the country",
            description="When the lead names no country: a postal code of five or nine digits is "
            "taken for one of the US, letters and digits by turns for one of Canada.",
        ),
    ] = True
    seconds: Annotated[
        float,
        Meta(
            title="Patience",
            description="Seconds after which the lead goes on without an answer.",
            gt=0,
            le=4,
        ),
    ] = 1.0


class Names(Struct, kw_only=True, frozen=True):
    """How the lead type calls the fields; None: it has none."""

    zip: str | None
    country: str | None
    city: str | None
    state: str | None


def names_in(lead_type: LeadTypeInfo) -> Names:
    """Return the names of the fields that are read or filled."""
    return Names(
        zip=lead_type.named(SystemField.ZIP),
        country=lead_type.named(SystemField.COUNTRY),
        city=lead_type.named(SystemField.CITY),
        state=lead_type.named(SystemField.STATE),
    )


def faults_of(lead_type: LeadTypeInfo) -> Iterator[Fault]:
    """Yield what keeps ``lead_type`` from being enriched this way."""
    names = names_in(lead_type)
    if names.zip is None:
        message = f"Lead type {lead_type.name} has no field with the meaning Zip to look up."
        yield Fault(code="no_zip_field", path="", message=message)
    if names.city is None and names.state is None:
        message = f"Lead type {lead_type.name} has no field with the meaning City or State to fill."
        yield Fault(code="nothing_to_fill", path="", message=message)
    for name in (names.zip, names.country, names.city, names.state):
        if name is not None and lead_type.fields[name].kind is not FieldKind.TEXT:
            message = f"{name} must be of a text type; it is a {lead_type.fields[name].kind}."
            yield Fault(code="not_a_text_field", path="", message=message)
