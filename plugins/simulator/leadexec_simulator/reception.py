"""What happens to a request before the buyer thinks about it: it is read, or turned away."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal

import msgspec

from leadexec import Clock
from leadexec_simulator.books import Books
from leadexec_simulator.buyer import Buyer, Trouble, TroubleKind
from leadexec_simulator.chance import fraction
from leadexec_simulator.posted import UnreadableError, posted_format, read_fields
from leadexec_simulator.record import Record, RecordKind
from leadexec_simulator.replies import Answer
from leadexec_simulator.request import Request


class Received(msgspec.Struct, kw_only=True, frozen=True):
    """A request that was read."""

    key: str
    """Its idempotency key, or one that is never repeated."""
    lead: str
    """What it calls the lead."""
    fields: Mapping[str, str]


class Reception:
    """Reads what is sent to one buyer, or to one of its branches, and writes the books."""

    def __init__(
        self,
        buyer: Buyer,
        *,
        seed: int,
        books: Books,
        clock: Clock,
        branch: str = "",
        pings: bool = False,
    ) -> None:
        """Receive posts, or ``pings``, for ``buyer``."""
        self.buyer = buyer
        self.name = f"{buyer.name}/{branch}" if branch else buyer.name
        self.seed = seed
        self.books = books
        self.clock = clock
        self._pings = pings
        self._nameless = 0

    def read(self, request: Request) -> Received | Answer:
        """Return what ``request`` says, or the answer by which it is turned away and booked."""
        key = request.headers.get("idempotency-key", "") or self._next_key()
        fault = self._invalid(request)
        if fault:
            status, reason = fault
            self.enter(RecordKind.INVALID, key=key, reason=reason)
            return Answer(status=status, body=reason.encode())
        kind = posted_format(request.headers.get("content-type", ""))
        try:
            fields = read_fields(request.body, kind, request.query)
        except UnreadableError as error:
            self.enter(RecordKind.INVALID, key=key, reason=f"Unreadable: {error}")
            return Answer(status=400, body=b"The body is not what its Content-Type says.")
        return Received(key=key, lead=fields.get(self.buyer.lead_field, ""), fields=fields)

    def trouble(self, troubles: Sequence[Trouble], key: str, tries: int) -> TroubleKind | None:
        """Return which of ``troubles`` a request meets that was tried ``tries`` times before."""
        for trouble in troubles:
            chosen = fraction(self.seed, self.name, key, trouble.kind) < trouble.share
            if chosen and (trouble.tries is None or tries < trouble.tries):
                return trouble.kind
        return None

    def enter(
        self,
        kind: RecordKind,
        *,
        key: str,
        lead: str = "",
        price: Decimal = Decimal(0),
        reference: str = "",
        reason: str = "",
        trouble: str = "",
        expires_at: datetime | None = None,
        bid: str = "",
    ) -> Record:
        """Write a record into the books and return it."""
        record = Record(
            buyer=self.name,
            kind=kind,
            at=self.clock.now(),
            key=key,
            lead=lead,
            price=price,
            reference=reference,
            reason=reason,
            trouble=trouble,
            ping=self._pings,
            expires_at=expires_at,
            bid=bid,
        )
        self.books.add(record)
        return record

    def _next_key(self) -> str:
        """Return a key for a request without one: it is never a repeat."""
        self._nameless += 1
        books = self.books.of(self.name)
        return f"(none) {books.pings if self._pings else books.posts}.{self._nameless}"

    def _invalid(self, request: Request) -> tuple[int, str] | None:
        if request.method not in ("POST", "PUT", "GET", "PATCH"):
            return 405, "Method not allowed"
        wanted = self.buyer.authorization
        if wanted and request.headers.get("authorization", "") != wanted:
            return 401, "Wrong authorization"
        content_type = request.headers.get("content-type", "")
        if self.buyer.takes and posted_format(content_type) is not self.buyer.takes:
            return 415, f"Unsupported content type {content_type!r}"
        return None
