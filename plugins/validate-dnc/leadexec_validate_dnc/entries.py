"""What is stored: the numbers of the list, and apart from them those that were hit."""

from datetime import datetime
from typing import Annotated, Final

from msgspec import Meta, Struct
from sqlalchemy import Table

from leadexec import Entity, Fixed, Ref, Storage, entity

LONGEST_NOTE: Final = 200
KEPT_LEADS: Final = 20
"""How many leads a hit number remembers."""


# Millions of rows that nobody edits: its own routes and the import write them. They are not
# catalogued, as the list is kept by number, not in the catalog.
@entity(
    name="dnc_number",
    plural="numbers",
    title="Do not contact number",
    unique=(("number",),),
    catalogued=False,
    hidden=True,
)
class DncNumber(Entity, kw_only=True, frozen=True):
    """A number that must not be contacted (``TC5``). Ids grow in the order of the commits."""

    number: Annotated[int, Fixed(), Meta(title="Number", description="E.164 digits", ge=1)]
    note: Annotated[
        str,
        Fixed(),
        Meta(title="Note", description="Why, or where it came from", max_length=LONGEST_NOTE),
    ] = ""


@entity(
    name="dnc_hit",
    plural="hits",
    title="Hits of a do not contact number",
    unique=(("number",), ("last_hit", "id")),
    catalogued=False,
    hidden=True,
)
class DncHit(Entity, kw_only=True, frozen=True):
    """How often leads had a listed number; only numbers that were hit have a row."""

    number: Annotated[int, Ref("dnc_number"), Fixed(), Meta(title="Listed number")]
    times: Annotated[int, Meta(title="Times hit", ge=0)] = 0
    last_hit: Annotated[datetime, Meta(title="Last hit")]
    leads: Annotated[
        tuple[str, ...],
        Meta(
            title="Leads",
            description=f"The last {KEPT_LEADS}, latest first; none of them counts twice",
        ),
    ] = ()


class Tables(Struct, kw_only=True, frozen=True):
    """Where the list stands in the database."""

    numbers: Table
    hits: Table


def tables_of(storage: Storage) -> Tables:
    """Return the tables of the list."""
    return Tables(numbers=storage.table(DncNumber), hits=storage.table(DncHit))
