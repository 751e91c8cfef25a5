"""Erasing, finding and exporting in the database; implements ``leadexec.Erasure``."""

import asyncio
from collections.abc import Collection, Iterator, Sequence
from datetime import datetime
from functools import partial
from typing import Any, Final

from sqlalchemy import Connection

from leadexec.catalog.catalog import Catalog
from leadexec.contracts.erasure import (
    DueLeads,
    DuePosts,
    Erased,
    FoundLead,
    FoundPost,
    Person,
    PersonExport,
    PersonFound,
    Term,
)
from leadexec.contracts.events import LeadEvent
from leadexec.contracts.services import Clock
from leadexec.distribution.erasing.due import due_leads, due_posts
from leadexec.distribution.erasing.export import Names, exported_leads, exported_posts
from leadexec.distribution.erasing.leads import Erasing, erase_leads
from leadexec.distribution.erasing.marks import CODE
from leadexec.distribution.erasing.matching import Wanted, wanted_of
from leadexec.distribution.erasing.persons import (
    POSTS,
    STRETCH,
    found_leads,
    found_posts,
    last_id,
    leads_named,
    stray_posts,
    stretch_of_leads,
)
from leadexec.distribution.erasing.posts import empty_stray_posts
from leadexec.jobs.events import EventJobs
from leadexec.storage.job_rows import insert_jobs
from leadexec.storage.store import Store

BATCH: Final = 100
"""Leads erased in one transaction."""
LEAD_ERASED: Final = "lead_erased"
"""The hook by which plugins are told."""


class StoredErasure:
    """Erases, finds and exports; see ``leadexec.Erasure``."""

    def __init__(
        self, store: Store, clock: Clock, catalog: Catalog, events: EventJobs | None = None
    ) -> None:
        """Work on ``store``.

        Args:
            store: Where leads are.
            clock: Says when they were erased.
            catalog: Knows lead types, and the names in an export.
            events: Writes the jobs that tell plugins of erased leads; None: nobody is told.
        """
        self._store = store
        self._clock = clock
        self._catalog = catalog
        self._events = events

    async def find_person(self, person: Person, *, most: int = 1000) -> PersonFound:
        """Return the leads and stray posts of a person.

        Raises:
            ConfigurationError: ``nobody_named``, ``not_an_email``, ``not_a_phone_number``.
        """
        wanted = wanted_of(person, self._catalog.lead_types)
        leads = await self._named(person, wanted)
        posts: list[FoundPost] = []
        if wanted.emails or wanted.phones:
            leads |= await self._leads_of(wanted, most + 1)
            posts = await self._posts_of(wanted, most + 1)
        ordered = sorted(leads.values(), key=lambda lead: (lead.received_at, lead.uid))
        return PersonFound(
            leads=tuple(ordered[:most]),
            posts=tuple(posts[:most]),
            complete=len(ordered) <= most and len(posts) <= most,
        )

    async def export_person(self, leads: Sequence[str], posts: Sequence[str] = ()) -> PersonExport:
        """Return all that these leads and stray posts say; unknown ones are left out."""
        names = Names(
            source=partial(self._name, "lead_source", "name"),
            campaign=partial(self._name, "campaign", "name"),
            lead_type=partial(self._name, "lead_type", "name"),
            client=partial(self._name, "client", "company"),
        )
        return await self._store.read(
            lambda connection: PersonExport(
                made_at=self._clock.now(),
                leads=exported_leads(connection, leads, names),
                posts=exported_posts(connection, posts),
            )
        )

    async def erase(
        self, leads: Sequence[str], *, by: str, why: str, keep: Collection[str] = ()
    ) -> Erased:
        """Erase leads, ``BATCH`` per transaction; what was done stays done if this breaks off."""
        done = [Erased()]
        for some in _batches(list(dict.fromkeys(leads))):
            act = Erasing(
                now=self._clock.now(),
                by=by,
                why=why,
                keep=frozenset(keep),
                lead_types={key: found.info for key, found in self._catalog.lead_types.items()},
                tell=self._tell,
            )
            done.append(await self._store.change(partial(erase_leads, wanted=some, act=act)))
        return Erased(
            leads=tuple(uid for part in done for uid in part.leads),
            posts=sum(part.posts for part in done),
            before=tuple(uid for part in done for uid in part.before),
            waiting=tuple(uid for part in done for uid in part.waiting),
            unknown=tuple(uid for part in done for uid in part.unknown),
        )

    async def erase_posts(self, posts: Sequence[str]) -> int:
        """Empty posts that brought no lead; return how many there were to empty."""
        count = 0
        for some in _batches(list(dict.fromkeys(posts))):
            now = self._clock.now()
            count += await self._store.change(partial(empty_stray_posts, uids=some, now=now))
        return count

    async def due(self, term: Term, *, after: int | None = None, most: int = 200) -> DueLeads:
        """Return leads of a campaign that are past their term and not erased."""
        return await self._store.read(partial(due_leads, term=term, after=after, most=most))

    async def due_posts(
        self, before: datetime, *, after: str | None = None, most: int = 200
    ) -> DuePosts:
        """Return posts without a lead that came before an instant and are not emptied."""
        return await self._store.read(partial(due_posts, before=before, after=after, most=most))

    async def _named(self, person: Person, wanted: Wanted) -> dict[str, FoundLead]:
        if not person.leads:
            return {}
        rows = await self._store.read(partial(leads_named, uids=person.leads))
        return {lead.uid: lead for lead in found_leads(rows, wanted, person.leads)}

    async def _leads_of(self, wanted: Wanted, most: int) -> dict[str, FoundLead]:
        found: dict[str, FoundLead] = {}
        last = await self._store.read(last_id)
        for after in range(0, last, STRETCH):
            rows = await self._store.read(partial(stretch_of_leads, wanted=wanted, after=after))
            found |= {lead.uid: lead for lead in found_leads(rows, wanted, ())}
            if len(found) >= most:
                break
        return found

    async def _posts_of(self, wanted: Wanted, most: int) -> list[FoundPost]:
        found: list[FoundPost] = []
        after: str | None = ""
        while after is not None and len(found) < most:
            rows: Sequence[Any] = await self._store.read(partial(stray_posts, after=after))
            # Bodies may be long, and reading them all is not for the event loop.
            found += await asyncio.to_thread(found_posts, rows, wanted)
            after = rows[-1].uid if len(rows) == POSTS else None
        return found

    def _name(self, kind: str, attribute: str, entity_id: int) -> str:
        entity = self._catalog.entities[kind].get(entity_id)
        return str(getattr(entity, attribute, entity_id))

    def _tell(self, connection: Connection, row: Any) -> None:
        """Write the jobs that tell plugins of an erased lead, in the transaction that erases it."""
        if self._events is None or not self._events.observed(LEAD_ERASED):
            return
        now = self._clock.now()
        event = LeadEvent(lead_uid=row.uid, campaign_id=row.campaign_id, at=now, code=CODE)
        insert_jobs(connection, self._events.jobs(LEAD_ERASED, row.uid, event, now))


def _batches(uids: Sequence[str]) -> Iterator[Sequence[str]]:
    for start in range(0, len(uids), BATCH):
        yield uids[start : start + BATCH]
