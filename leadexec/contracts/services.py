"""What the kernel lends to plugins: time, chance, the outbound client, storage, jobs."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from datetime import datetime
from typing import TYPE_CHECKING, Any, Protocol, TypeVar, runtime_checkable

import httpx
import msgspec
from sqlalchemy import Connection, Table

if TYPE_CHECKING:  # they import this module
    from leadexec.contracts.campaigns import Campaigns
    from leadexec.contracts.erasure import Erasure
    from leadexec.contracts.lead import Lead, LeadTypeInfo
    from leadexec.contracts.lookup import Answer, Question
    from leadexec.contracts.post import Post, PostedLead, Receipt
    from leadexec.contracts.quotes import Quotes
    from leadexec.contracts.tokens import Tokens
    from leadexec.contracts.validator import Claim, Conflict, JobRequest
    from leadexec.model.entity import Entity

E = TypeVar("E", bound="Entity")
T = TypeVar("T")


@runtime_checkable
class Clock(Protocol):
    """The only source of time; ``leadexec.testing.FakeClock`` stands in for it in tests."""

    def now(self) -> datetime:
        """Return the present instant, aware, UTC."""
        ...

    def monotonic(self) -> float:
        """Return seconds that only grow, for measuring and deadlines."""
        ...

    async def sleep(self, seconds: float) -> None:
        """Return after ``seconds`` of this clock."""
        ...


@runtime_checkable
class Randomness(Protocol):
    """The only source of chance; ``leadexec.testing.FakeRandomness`` repeats itself in tests."""

    def bytes(self, count: int) -> bytes:
        """Return ``count`` unpredictable bytes, fit for secrets."""
        ...

    def fraction(self) -> float:
        """Return a number in [0, 1), for jitter and sampling."""
        ...


class OutboundHttp(Protocol):
    """The one outbound HTTP client: pooled, refusing private addresses unless allowed."""

    def stream(
        self,
        method: str,
        url: str,
        *,
        content: bytes = b"",
        headers: Mapping[str, str] | None = None,
        auth: httpx.Auth | None = None,
        timeout: float = 30.0,
    ) -> AbstractAsyncContextManager[httpx.Response]:
        """Send a request; the response's body is not read yet. ``timeout`` is in seconds."""
        ...

    async def fetch(
        self,
        method: str,
        url: str,
        *,
        content: bytes = b"",
        headers: Mapping[str, str] | None = None,
        auth: httpx.Auth | None = None,
        timeout: float = 30.0,
        limit: int = 1_048_576,
    ) -> "HttpAnswer":
        """Send a request and read its answer, all within ``timeout`` seconds.

        At most ``limit`` bytes of the (decompressed) body are read and kept; a longer body is cut
        and ``truncated`` is set.

        Raises:
            UnavailableError: The address is refused (``address_refused``), does not answer
                (``connect_failed``), is too slow (``timeout``) or breaks off (``connection_lost``).
        """
        ...


class HttpAnswer(Protocol):
    """What came back: bounded in size, read to the end or to the limit."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    truncated: bool

    def text(self) -> str:
        """Return the body as text in its declared charset, never failing."""
        ...


class Storage(Protocol):
    """Transactions for a plugin's own tables and jobs."""

    async def read(self, question: Callable[[Connection], T]) -> T:
        """Run ``question`` in a read transaction and return its answer."""
        ...

    async def change(self, act: Callable[[Connection], T]) -> T:
        """Run ``act`` in an ordinary write transaction, commit, return its result."""
        ...

    def table(self, struct: "type[Entity]") -> Table:
        """Return the table of an entity, for questions and inserts in SQLAlchemy Core.

        What is written to it that way has no audit row and tells no observer: for records that
        nobody edits. ``created``, ``updated`` and ``revision`` are then the writer's to fill.

        Raises:
            KeyError: No loaded plugin registered it with ``register_entities``.
        """
        ...

    def entities(self, struct: "type[E]") -> "Entities[E]":
        """Return access to the entities of one kind, audited and observed.

        Raises:
            KeyError: No loaded plugin registered it with ``register_entities``.
        """
        ...


class Entities(Protocol[E]):
    """The entities of one kind, inside ``read`` and ``change``: each method takes the connection.

    Every change leaves an audit row and tells the observers of ``entity_changed``. What is stored
    is not validated again: build the Struct from values you trust.
    """

    def get(self, connection: Connection, entity_id: int) -> E:
        """Return one; raises ``NotFoundError``."""
        ...

    def all(self, connection: Connection) -> list[E]:
        """Return all, by id."""
        ...

    def create(self, connection: Connection, entity: E) -> E:
        """Store a new one and return it with its id.

        Raises:
            ConflictError: ``already_exists``: what must be unique is taken.
            ConfigurationError: ``unknown_reference``.
        """
        ...

    def update(self, connection: Connection, entity: E) -> E:
        """Store a changed one, read at ``entity.revision``, and return it.

        Raises:
            NotFoundError: There is none.
            ConflictError: ``stale_revision``: somebody changed it since; ``already_exists``.
            ConfigurationError: ``fixed_field``, ``unknown_reference``.
        """
        ...

    def delete(self, connection: Connection, entity_id: int) -> None:
        """Delete one.

        Raises:
            NotFoundError: There is none.
            ConflictError: ``still_used``.
        """
        ...


class Services(Protocol):
    """Handed to every plugin and, in its setup, to every component."""

    clock: Clock
    randomness: Randomness
    http: OutboundHttp
    storage: Storage
    leads: "LeadActs"
    campaigns: "Campaigns"
    lookups: "Lookups"
    grading: "Grading"
    intake: "LeadIntake"
    quotes: "Quotes"
    tokens: "Tokens"
    jobs: "Jobs"
    erasure: "Erasure"


class Jobs(Protocol):
    """Durable jobs of the plugin's own, for its routes and commands, and to go on again and again.

    A validator asks for jobs in its verdict instead, so that they are committed with the lead.
    """

    async def add(self, job: "JobRequest", *, subject: str, run_at: datetime | None = None) -> None:
        """Commit ``job``, due at ``run_at`` or now.

        Args:
            job: Of a kind that the plugin has registered.
            subject: What it is about, at most 100 characters: shown to operators.
            run_at: When it is due; aware.
        """
        ...

    async def add_once(
        self, job: "JobRequest", *, subject: str, run_at: datetime | None = None
    ) -> bool:
        """Commit ``job`` unless one of its kind about ``subject`` waits; return whether it was.

        A job that runs right now does not wait: so it can ask for its own next run, and any number
        of processes that ask at their start get one job.
        """
        ...


class Lookups(Protocol):
    """Facts about phones, mailboxes, addresses, places and IPs, whoever provides them."""

    async def ask(self, question: "Question", *, seconds: float = 1.0) -> "Answer[Any]":
        """Return what is known within ``seconds``; answers are kept, and it never raises.

        ``facts`` of the answer is None when nothing is known; ``problem`` then says whether the
        provider could not be asked. The facts' Struct goes with the question's.
        """
        ...


class Graded(msgspec.Struct, kw_only=True, frozen=True):
    """What one grading check found about a lead (``GR4``)."""

    key: str
    title: str
    ran: bool
    """False: it could not run, and counts as not passed."""
    passed: bool
    detail: str
    us: int = 0
    """How long it took, in microseconds."""


class Grading(Protocol):
    """The grading checks that plugins contribute."""

    def titles(self) -> Mapping[str, str]:
        """Return key → title of every check there is, in the order in which they are shown."""
        ...

    async def grade(
        self, lead: "Lead", lead_type: "LeadTypeInfo", keys: Sequence[str]
    ) -> Sequence[Graded]:
        """Return what each check of ``keys`` found; together within seconds; never raises.

        A check that no loaded plugin has is there, too, as one that could not run.
        """
        ...


class LeadIntake(Protocol):
    """How a plugin's receiver, form or import hands over what came in: the way of every lead."""

    async def receive(self, post: "Post", leads: "Sequence[PostedLead]") -> "Receipt":
        """Decide about the leads of a post, store all, and answer; ``post`` is kept word for word.

        Access is checked here: the campaign's status, the sender's address, its token or password.

        Args:
            post: What came, with the address and the token of whoever sent it.
            leads: At least one; a lead of an unknown campaign refuses the post.

        Raises:
            RefusedPostError: Nothing is stored but the post itself, with the reason.
            UnavailableError: Nothing was stored (or, ``outcome_unknown``, perhaps all of it).
        """
        ...

    async def refuse(self, post: "Post", status: int, code: str, detail: str) -> str:
        """Keep a post that is no lead, with why; return the uid it is kept under.

        Raises:
            UnavailableError: It could not be stored.
        """
        ...

    def sender_ip(self, peer: str, headers: Iterable[tuple[bytes, bytes]]) -> str:
        """Return the address of who sent a request, behind the proxies that are trusted.

        Args:
            peer: Who is connected to us: ``request.client.host``.
            headers: The request's as ASGI has them: ``request.scope["headers"]``.
        """
        ...


class LeadActs(Protocol):
    """What a plugin's job or route may ask about, and do to, leads that are already stored."""

    async def append_fields(self, lead_uid: str, fields: Mapping[str, Any], reason: str) -> int:
        """Fill the lead's empty fields from ``fields``; return how many were filled. Audited."""
        ...

    async def redeliver(self, lead_uid: str, reason: str) -> int:
        """Send the lead's accepted deliveries once more; return how many were queued.

        Asked again with the same ``reason``, nothing more is queued: a job may run twice.
        """
        ...

    async def claimed(self, claim: "Claim") -> "Conflict | None":
        """Return the lead that holds the key of ``claim`` now, or None; take nothing.

        Judged as at intake: within ``claim.lookback``, rejected leads only with ``on_rejected``.
        The answer may be out of date a moment later; what must be exact is claimed at intake.
        """
        ...
