"""Finding, exporting and erasing what is stored about a person (``LS11``)."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any, Protocol

import msgspec


class Person(msgspec.Struct, kw_only=True, frozen=True):
    """Whom to look for. What agrees with any of these is theirs; empty ones are not looked for."""

    email: str = ""
    phone: str = ""
    """In any usual spelling."""
    leads: tuple[str, ...] = ()
    """Uids of leads that are known to be theirs."""


class FoundLead(msgspec.Struct, kw_only=True, frozen=True):
    """A lead of somebody, without what it says about them."""

    uid: str
    received_at: datetime
    lead_type_id: int
    campaign_id: int
    status: str
    agrees: tuple[str, ...]
    """The names of the fields that agree; ``uid`` where it was asked for by that."""
    erased: bool
    """Whether it was erased before; then it is found by its uid alone."""


class FoundPost(msgspec.Struct, kw_only=True, frozen=True):
    """A post that brought no lead (refused, repeated) and holds what was looked for."""

    uid: str
    received_at: datetime
    status: int
    """The HTTP status it was answered with."""
    code: str


class PersonFound(msgspec.Struct, kw_only=True, frozen=True):
    """What is stored about a person, oldest first."""

    leads: tuple[FoundLead, ...]
    posts: tuple[FoundPost, ...]
    """Only those that brought no lead: the others go with their leads."""
    complete: bool
    """False: there is more than was asked for; erase these and look again."""


class ExportedDelivery(msgspec.Struct, kw_only=True, frozen=True):
    """Somebody who was offered the person's data."""

    recipient: str
    at: datetime
    accepted: bool


class ExportedChange(msgspec.Struct, kw_only=True, frozen=True):
    """A later change of a lead's fields."""

    at: datetime
    by: str
    old: Any
    new: Any


class ExportedLead(msgspec.Struct, kw_only=True, frozen=True):
    """Everything one lead says about a person; prices are no part of it."""

    uid: str
    received_at: datetime
    source: str
    campaign: str
    lead_type: str
    status: str
    is_test: bool
    remote_ip: str
    fields: dict[str, Any]
    facts: dict[str, Any]
    """What checks found out."""
    grade: str
    reasons: tuple[str, ...]
    """Why it was rejected or held."""
    post: str | None
    """The post as it came, as text; of a list of leads this one's part, or None if the others'
    parts cannot be told from it."""
    deliveries: tuple[ExportedDelivery, ...]
    changes: tuple[ExportedChange, ...]


class ExportedPost(msgspec.Struct, kw_only=True, frozen=True):
    """A post that brought no lead."""

    uid: str
    received_at: datetime
    remote_ip: str
    path: str
    body: str


class PersonExport(msgspec.Struct, kw_only=True, frozen=True):
    """Everything that is stored about a person, for them to read."""

    made_at: datetime
    leads: tuple[ExportedLead, ...]
    posts: tuple[ExportedPost, ...]


class Erased(msgspec.Struct, kw_only=True, frozen=True):
    """What an erasure came to. To ask for the same again does no harm."""

    leads: tuple[str, ...] = ()
    """Uids of the leads that were erased now."""
    posts: int = 0
    """How many posts were emptied, wholly or of these leads' parts."""
    before: tuple[str, ...] = ()
    """Leads that were erased before."""
    waiting: tuple[str, ...] = ()
    """Leads on their way, or in a job's hands just now: nothing of them is erased; ask again."""
    unknown: tuple[str, ...] = ()


class Term(msgspec.Struct, kw_only=True, frozen=True):
    """Until when the leads of one campaign are kept; None: for ever.

    Rejected leads have a time of their own, all others share the other one.
    """

    campaign_id: int
    received_before: datetime | None = None
    rejected_before: datetime | None = None


class DueLeads(msgspec.Struct, kw_only=True, frozen=True):
    """Some leads past their term, oldest first."""

    leads: tuple[str, ...]
    next: int | None
    """Give it as ``after`` to get those that follow; None: these are all."""


class DuePosts(msgspec.Struct, kw_only=True, frozen=True):
    """Some posts without a lead that are past their term, oldest first."""

    posts: tuple[str, ...]
    next: str | None
    """Give it as ``after`` to get those that follow; None: these are all."""


class Erasure(Protocol):
    """Erases what is stored about persons and keeps the records of money exactly as they are.

    Of an erased lead stay: its uid, times, campaign, source, lead type, status, code, grade, price
    and revenue; its deliveries with their clients, states and prices; of its attempts times and
    verdicts. Everything it says of a person goes: fields, facts, addresses, messages, the post that
    brought it, requests to buyers and their answers, references at buyers, keys by which duplicates
    are known, jobs about it, values in the audit. A lead that was waiting for a person's decision
    ends: it can be sold no more.

    What plugins keep about a lead is theirs to erase: they are told by ``lead_erased``.
    """

    async def find_person(self, person: Person, *, most: int = 1000) -> PersonFound:
        """Return the leads and stray posts of a person.

        A lead is found when any of its fields, at any depth, is the email or the phone, however
        spelt; a mention inside a longer text does not count. Looks through all leads and all posts
        without a lead: seconds for a million. Writers are not kept waiting.

        Raises:
            ConfigurationError: ``nobody_named``, ``not_an_email``, ``not_a_phone_number``.
        """
        ...

    async def export_person(self, leads: Sequence[str], posts: Sequence[str] = ()) -> PersonExport:
        """Return all that these leads and stray posts say; unknown ones are left out.

        Args:
            leads: Uids, at most 1000.
            posts: Uids of posts that brought no lead.
        """
        ...

    async def erase(
        self, leads: Sequence[str], *, by: str, why: str, keep: Collection[str] = ()
    ) -> Erased:
        """Erase leads, some per transaction: what was done stays done if this breaks off.

        Args:
            leads: Uids.
            by: Who asked, for the audit.
            why: Why, for the process log; without personal data.
            keep: Names of lead fields whose values stay for reports, such as ``State``. Those that
                mean a person (name, contact, address, IP, date of birth …) go all the same, and so
                does what is long or nested.
        """
        ...

    async def erase_posts(self, posts: Sequence[str]) -> int:
        """Empty posts that brought no lead; return how many there were to empty."""
        ...

    async def due(self, term: Term, *, after: int | None = None, most: int = 200) -> DueLeads:
        """Return leads of a campaign that are past their term and not erased."""
        ...

    async def due_posts(
        self, before: datetime, *, after: str | None = None, most: int = 200
    ) -> DuePosts:
        """Return posts without a lead that were received before an instant and not emptied."""
        ...
