"""A stand-in for the erasure of persons: leads in memory, and a record of what was asked."""

from collections.abc import Collection, Sequence
from datetime import datetime

import msgspec

from leadexec.contracts.erasure import (
    DueLeads,
    DuePosts,
    Erased,
    ExportedLead,
    ExportedPost,
    FoundLead,
    FoundPost,
    Person,
    PersonExport,
    PersonFound,
    Term,
)
from leadexec.testing.clock import START


class KeptLead(msgspec.Struct, kw_only=True):
    """A lead that a test has put there."""

    uid: str
    email: str = ""
    phone: str = ""
    campaign_id: int = 1
    received_at: datetime = START
    status: str = "unsold"
    on_its_way: bool = False
    """True: it waits when it is to be erased."""
    erased: bool = False


class KeptPost(msgspec.Struct, kw_only=True):
    """A post without a lead that a test has put there."""

    uid: str
    email: str = ""
    received_at: datetime = START
    emptied: bool = False


class AskedErasure(msgspec.Struct, kw_only=True, frozen=True):
    """A call of ``erase``."""

    leads: tuple[str, ...]
    by: str
    why: str
    keep: frozenset[str]


class FakeErasure:
    """An ``Erasure`` over what a test gives it; contacts agree when they are equal as written."""

    def __init__(self, *kept: KeptLead | KeptPost) -> None:
        """Keep these leads and posts, in the order of their arrival."""
        self.leads = {one.uid: one for one in kept if isinstance(one, KeptLead)}
        self.posts = {one.uid: one for one in kept if isinstance(one, KeptPost)}
        self.asked: list[AskedErasure] = []
        """Every call of ``erase``, in order."""
        self.breaks_after: int | None = None
        """Raise when so many calls of ``erase`` were carried out: the process dies there."""

    async def find_person(self, person: Person, *, most: int = 1000) -> PersonFound:
        """Return the leads and posts with the person's email or phone, or the named uids."""
        leads = [lead for lead in self.leads.values() if _agrees(lead, person)]
        posts = [p for p in self.posts.values() if p.email and p.email == person.email]
        left = [post for post in posts if not post.emptied]
        return PersonFound(
            leads=tuple(_found(lead, person) for lead in leads[:most]),
            posts=tuple(
                FoundPost(uid=post.uid, received_at=post.received_at, status=422, code="refused")
                for post in left[:most]
            ),
            complete=len(leads) <= most and len(left) <= most,
        )

    async def export_person(self, leads: Sequence[str], posts: Sequence[str] = ()) -> PersonExport:
        """Return a lead's contacts as its fields."""
        known = [self.leads[uid] for uid in leads if uid in self.leads]
        return PersonExport(
            made_at=START,
            leads=tuple(_exported(lead) for lead in known if not lead.erased),
            posts=tuple(
                ExportedPost(
                    uid=uid,
                    received_at=self.posts[uid].received_at,
                    remote_ip="",
                    path="/receiver/leads",
                    body=self.posts[uid].email,
                )
                for uid in posts
                if uid in self.posts
            ),
        )

    async def erase(
        self, leads: Sequence[str], *, by: str, why: str, keep: Collection[str] = ()
    ) -> Erased:
        """Mark the leads as erased; those on their way wait.

        Raises:
            RuntimeError: ``breaks_after`` says so.
        """
        if self.breaks_after is not None and len(self.asked) >= self.breaks_after:
            message = "the process died"
            raise RuntimeError(message)
        self.asked.append(AskedErasure(leads=tuple(leads), by=by, why=why, keep=frozenset(keep)))
        known = [self.leads[uid] for uid in dict.fromkeys(leads) if uid in self.leads]
        now = [lead for lead in known if not (lead.erased or lead.on_its_way)]
        before = tuple(lead.uid for lead in known if lead.erased)
        for lead in now:
            lead.erased = True
        return Erased(
            leads=tuple(lead.uid for lead in now),
            posts=len(now),
            before=before,
            waiting=tuple(lead.uid for lead in known if not lead.erased),
            unknown=tuple(uid for uid in leads if uid not in self.leads),
        )

    async def erase_posts(self, posts: Sequence[str]) -> int:
        """Mark the posts as emptied."""
        left = [self.posts[uid] for uid in dict.fromkeys(posts) if uid in self.posts]
        now = [post for post in left if not post.emptied]
        for post in now:
            post.emptied = True
        return len(now)

    async def due(self, term: Term, *, after: int | None = None, most: int = 200) -> DueLeads:
        """Return leads of the campaign that are past their term."""
        found = [
            (number, lead.uid)
            for number, lead in enumerate(self.leads.values(), start=1)
            if number > (after or 0) and not lead.erased and _is_due(lead, term)
        ][:most]
        following = found[-1][0] if len(found) == most else None
        return DueLeads(leads=tuple(uid for _, uid in found), next=following)

    async def due_posts(
        self, before: datetime, *, after: str | None = None, most: int = 200
    ) -> DuePosts:
        """Return posts that came before an instant."""
        found = sorted(
            post.uid
            for post in self.posts.values()
            if post.uid > (after or "") and post.received_at < before and not post.emptied
        )[:most]
        return DuePosts(posts=tuple(found), next=found[-1] if len(found) == most else None)


def _agrees(lead: KeptLead, person: Person) -> bool:
    by_uid = lead.uid in person.leads
    if lead.erased:
        return by_uid
    by_email = bool(person.email) and lead.email == person.email
    return by_uid or by_email or (bool(person.phone) and lead.phone == person.phone)


def _found(lead: KeptLead, person: Person) -> FoundLead:
    agrees = [
        name
        for name, found in (
            ("uid", lead.uid in person.leads),
            ("Email", bool(person.email) and lead.email == person.email),
            ("Phone", bool(person.phone) and lead.phone == person.phone),
        )
        if found
    ]
    return FoundLead(
        uid=lead.uid,
        received_at=lead.received_at,
        lead_type_id=1,
        campaign_id=lead.campaign_id,
        status=lead.status,
        agrees=tuple(agrees),
        erased=lead.erased,
    )


def _exported(lead: KeptLead) -> ExportedLead:
    return ExportedLead(
        uid=lead.uid,
        received_at=lead.received_at,
        source="Source",
        campaign=f"Campaign {lead.campaign_id}",
        lead_type="Type",
        status=lead.status,
        is_test=False,
        remote_ip="",
        fields={"Email": lead.email, "Phone": lead.phone},
        facts={},
        grade="",
        reasons=(),
        post=None,
        deliveries=(),
        changes=(),
    )


def _is_due(lead: KeptLead, term: Term) -> bool:
    before = term.rejected_before if lead.status == "rejected" else term.received_before
    is_of_campaign = lead.campaign_id == term.campaign_id
    return is_of_campaign and before is not None and lead.received_at < before
