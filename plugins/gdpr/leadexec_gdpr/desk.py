"""Finding, exporting, erasing and sweeping; routes, jobs and tests go through it."""

from collections.abc import AsyncIterator, Sequence
from typing import Final

from msgspec import Struct
from sqlalchemy import Connection

from leadexec import (
    ConflictError,
    Erased,
    FoundLead,
    FoundPost,
    Person,
    PersonExport,
    PersonFound,
    Services,
)
from leadexec_gdpr.policies import RetentionPolicy, Terms, terms_of
from leadexec_gdpr.record import Counted, Recorder, Why
from leadexec_gdpr.settings import GdprSettings

MOST: Final = 1000
"""Leads, and posts, of one person that are looked at together."""
BATCH: Final = 200
"""Leads, and posts, of a sweep that are looked at together."""
REASONS: Final = {Why.REQUEST: "The person asked for it.", Why.RETENTION: "Its time was over."}
"""What an erased lead's process log says."""


class PersonErased(Struct, kw_only=True, frozen=True):
    """What the erasure of a person came to."""

    dry_run: bool
    leads: tuple[str, ...]
    """Uids of the leads that were erased, or would be."""
    posts: int
    """Posts that were emptied, or stray ones that would be."""
    waiting: tuple[str, ...]
    """Leads on their way: ask again when they have arrived."""
    erased_before: tuple[str, ...]
    """Of those asked for by uid."""


class Swept(Struct, kw_only=True, frozen=True):
    """What a sweep came to."""

    dry_run: bool
    leads: int
    """That were erased, or would be."""
    posts: int
    """That were emptied; in a dry run only those without a lead."""
    waiting: int
    """Leads past their time that are on their way; the next sweep takes them."""
    complete: bool
    """False: there is more than one sweep does; the next goes on."""


class GdprDesk:
    """Acts on what is stored about persons."""

    def __init__(self, services: Services, settings: GdprSettings) -> None:
        """Work with ``services``."""
        self._services = services
        self._settings = settings

    async def find(self, person: Person) -> PersonFound:
        """Return the leads and stray posts of a person; raises as ``Erasure.find_person``."""
        return await self._services.erasure.find_person(person, most=MOST)

    async def export(self, person: Person) -> PersonExport:
        """Return everything that is stored about a person.

        Raises:
            ConfigurationError: As ``Erasure.find_person``.
            ConflictError: ``too_much``: it is more than one file should hold.
        """
        found = await self.find(person)
        if not found.complete:
            message = f"There are more than {MOST} leads or posts; is that one person?"
            raise ConflictError("too_much", message, "Name leads by their uids, some at a time.")
        uids = [lead.uid for lead in found.leads]
        posts = [post.uid for post in found.posts]
        return await self._services.erasure.export_person(uids, posts)

    async def erase(self, person: Person, *, by: str, dry_run: bool = False) -> PersonErased:
        """Erase everything about a person; raises as ``Erasure.find_person``.

        What is found is erased some at a time and looked for again until there is no more. What
        was done stays done if this breaks off, and to ask again does no harm.
        """
        found = await self.find(person)
        before = tuple(lead.uid for lead in found.leads if lead.erased)
        if dry_run:
            left = tuple(_uids(found.leads))
            posts = len(found.posts)
            return PersonErased(
                dry_run=True, leads=left, posts=posts, waiting=(), erased_before=before
            )
        recorder = await Recorder.begin(self._services, by, Why.REQUEST)
        gone: dict[str, None] = {}
        counted, waiting = Counted(), tuple[str, ...]()
        while True:
            erased, posts = await self._erase_found(found.leads, found.posts, by)
            gone.update(dict.fromkeys(erased.leads))
            waiting = erased.waiting
            counted = Counted(leads=len(gone), posts=counted.posts + posts, waiting=len(waiting))
            done = found.complete or not (erased.leads or posts)
            await recorder.write(counted, ended=done)
            if done:
                break
            found = await self.find(person)
        return PersonErased(
            dry_run=False,
            leads=tuple(gone),
            posts=counted.posts,
            waiting=waiting,
            erased_before=before,
        )

    async def _erase_found(
        self, leads: Sequence[FoundLead], posts: Sequence[FoundPost], by: str
    ) -> tuple[Erased, int]:
        erased = await self._erase(_uids(leads), by, Why.REQUEST)
        stray = await self._services.erasure.erase_posts([post.uid for post in posts])
        return erased, erased.posts + stray

    async def _erase(self, uids: Sequence[str], by: str, why: Why) -> Erased:
        kept = self._settings.kept_fields
        return await self._services.erasure.erase(uids, by=by, why=REASONS[why], keep=kept)

    async def sweep(self, *, by: str, dry_run: bool = False) -> Swept:
        """Erase what is past its time, some at a time and not more than one sweep may.

        Raises:
            ConfigurationError: ``two_defaults``; then nothing is erased.
        """
        terms = await self._terms()
        recorder = None if dry_run else await Recorder.begin(self._services, by, Why.RETENTION)
        counted, looked_at, complete = Counted(), 0, True
        async for uids in self._due_leads(terms):
            if looked_at >= self._settings.most_per_sweep:
                complete = False
                break
            looked_at += len(uids)
            if recorder is None:
                counted = counted.plus(leads=len(uids))
                continue
            erased = await self._erase(uids, by, Why.RETENTION)
            counted = counted.plus(
                leads=len(erased.leads), posts=erased.posts, waiting=len(erased.waiting)
            )
            await recorder.write(counted)
        posts, all_posts = await self._sweep_posts(terms, dry_run=dry_run)
        counted = counted.plus(posts=posts)
        if recorder is not None:
            await recorder.write(counted, ended=True)
        return Swept(
            dry_run=dry_run,
            leads=counted.leads,
            posts=counted.posts,
            waiting=counted.waiting,
            complete=complete and all_posts,
        )

    async def _terms(self) -> Terms:
        storage = self._services.storage

        def read(connection: Connection) -> list[RetentionPolicy]:
            return storage.entities(RetentionPolicy).all(connection)

        campaigns = [campaign.id for campaign in self._services.campaigns.find()]
        return terms_of(await storage.read(read), campaigns, self._services.clock.now())

    async def _due_leads(self, terms: Terms) -> AsyncIterator[Sequence[str]]:
        """Yield the uids of due leads, some at a time."""
        erasure = self._services.erasure
        for term in terms.leads:
            after: int | None = 0
            while after is not None:
                page = await erasure.due(term, after=after, most=BATCH)
                if page.leads:
                    yield page.leads
                after = page.next

    async def _sweep_posts(self, terms: Terms, *, dry_run: bool) -> tuple[int, bool]:
        """Empty due posts without a lead; return how many, and whether that is all."""
        erasure, before = self._services.erasure, terms.posts_before
        count, looked_at, after = 0, 0, ""
        while before is not None:
            if looked_at >= self._settings.most_per_sweep:
                return count, False
            page = await erasure.due_posts(before, after=after, most=BATCH)
            looked_at += len(page.posts)
            count += len(page.posts) if dry_run else await erasure.erase_posts(page.posts)
            if page.next is None:
                break
            after = page.next
        return count, True


def _uids(leads: Sequence[FoundLead]) -> Sequence[str]:
    return [lead.uid for lead in leads if not lead.erased]
