"""Counting hits, after the decision about the lead is committed, once for each lead."""

import re
from collections.abc import Sequence
from datetime import datetime
from typing import Final

from msgspec import Struct
from sqlalchemy import Connection, Table, literal, select, update

from leadexec import JobHandler, LeadEvent, Services
from leadexec_validate_dnc.entries import KEPT_LEADS, tables_of
from leadexec_validate_dnc.writing import insert_new

CODE: Final = "do_not_contact"
HIT: Final = "validate-dnc.hit"
_ENTRIES: Final = re.compile(r" \(entr(?:y|ies) ([0-9]+(?:, [0-9]+)*)\)\.$")


class Hit(Struct, kw_only=True, frozen=True):
    """A lead had numbers of the list."""

    lead_uid: str
    entries: tuple[int, ...]
    """Ids in the list, not numbers: a job that waits tells nobody whom it is about."""
    at: datetime
    """When the lead was received."""


def with_entries(sentence: str, entries: Sequence[int]) -> str:
    """Return ``sentence`` with the entries that were hit, as ``hit_of`` reads them again."""
    word = "entries" if entries[1:] else "entry"
    return f"{sentence} ({word} {', '.join(map(str, entries))})."


def hit_of(event: LeadEvent) -> Hit | None:
    """Return what the event of a held lead says about the list; None: nothing."""
    found = _ENTRIES.search(event.message) if event.code == CODE else None
    if found is None:
        return None
    entries = tuple(int(text) for text in found[1].split(", "))
    return Hit(lead_uid=event.lead_uid, entries=entries, at=event.at)


async def count(hit: Hit, services: Services) -> None:
    """Count ``hit``; run again, it finds its lead among those counted.

    A number remembers its last leads, so a hit is never lost, and would be counted twice only if
    its job were run again after as many other leads had hit the same number.
    """
    tables, now = tables_of(services.storage), services.clock.now()

    def act(connection: Connection) -> None:
        for entry in sorted(set(hit.entries)):  # in one order, so that two jobs do not cross
            if _is_listed(connection, tables.numbers, entry):
                _count(connection, tables.hits, entry, hit, now)

    await services.storage.change(act)


HANDLERS = (JobHandler(kind=HIT, payload=Hit, run=count),)


def _is_listed(connection: Connection, numbers: Table, entry: int) -> bool:
    query = select(literal(1)).where(numbers.c.id == entry)
    return connection.execute(query).first() is not None


def _count(connection: Connection, hits: Table, entry: int, hit: Hit, now: datetime) -> None:
    first = {"number": entry, "times": 0, "last_hit": hit.at, "leads": []}
    first |= {"created": now, "updated": now, "revision": 0}
    connection.execute(insert_new(connection, hits).values(first))
    counted = connection.execute(
        select(hits.c.times, hits.c.last_hit, hits.c.leads, hits.c.revision)
        .where(hits.c.number == entry)
        .with_for_update()
    ).one()
    if hit.lead_uid in counted.leads:
        return
    connection.execute(
        update(hits)
        .where(hits.c.number == entry)
        .values(
            times=counted.times + 1,
            last_hit=max(counted.last_hit, hit.at),
            leads=[hit.lead_uid, *counted.leads][:KEPT_LEADS],
            updated=now,
            revision=counted.revision + 1,
        )
    )
