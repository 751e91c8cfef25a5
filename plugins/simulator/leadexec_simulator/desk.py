"""One buyer at work: reads a post, has its troubles, judges the lead, books it, answers."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Final

from leadexec import Clock
from leadexec_simulator.books import Books, Record, RecordKind
from leadexec_simulator.buyer import Buyer, TroubleKind
from leadexec_simulator.chance import fraction, reference
from leadexec_simulator.posted import UnreadableError, posted_format, read_fields
from leadexec_simulator.pricing import price_for
from leadexec_simulator.replies import Answer, Bomb, Drip, Flood, Hang, Reply, Reset
from leadexec_simulator.request import Request
from leadexec_simulator.wording import CONTENT_TYPES, accept_body, refusal_body

_HEALTH_PAGE: Final = (
    b"<!doctype html><title>Status</title><h1>All systems operational</h1>"
    b"<p>Success rate 99.98 %. Payout service: OK.</p>"
)
_BROKEN_JSON: Final = b'{"Success":true,"Payout":"50.00","TransactionId":'


class Desk:
    """The desk of one buyer, or of one of its branches."""

    def __init__(
        self, buyer: Buyer, *, seed: int, books: Books, clock: Clock, branch: str = ""
    ) -> None:
        """Open the desk of ``buyer``; it writes to ``books`` under its own name.

        A branch (``<buyer>/<branch>``) behaves like its buyer, with chances and books of its own.
        """
        self.buyer = buyer
        self.name = f"{buyer.name}/{branch}" if branch else buyer.name
        self._seed = seed
        self._books = books
        self._clock = clock
        self._nameless = 0

    async def answer(self, request: Request) -> Reply:
        """Return what happens to ``request``; every post leaves exactly one record.

        A key that was judged before gets the answer it got then. What is cancelled while the
        buyer thinks, because the sender hung up, is not sold.
        """
        key = request.headers.get("idempotency-key", "") or self._next_key()
        fault = self._invalid(request)
        if fault:
            status, reason = fault
            self._enter(RecordKind.INVALID, key=key, reason=reason)
            return Answer(status=status, body=reason.encode())
        kind = posted_format(request.headers.get("content-type", ""))
        try:
            fields = read_fields(request.body, kind, request.query)
        except UnreadableError as error:
            self._enter(RecordKind.INVALID, key=key, reason=f"Unreadable: {error}")
            return Answer(status=400, body=b"The body is not what its Content-Type says.")
        return await self._treat(key, fields)

    async def _treat(self, key: str, fields: Mapping[str, str]) -> Reply:
        trouble = self._trouble(key)
        lead = fields.get(self.buyer.lead_field, "")
        if trouble and trouble is not TroubleKind.LOST_ANSWER:
            self._enter(RecordKind.TROUBLE, key=key, lead=lead, trouble=trouble.value)
            return _troubled(trouble)
        if self.buyer.delay_ms:
            await self._clock.sleep(self.buyer.delay_ms / 1000)
        judged = self._judge(key, lead, fields, trouble.value if trouble else "")
        return Reset() if trouble else self._said(judged)

    def _next_key(self) -> str:
        """Return a key for a post without one: it is never a repeat."""
        self._nameless += 1
        return f"(none) {self._books.of(self.name).posts}.{self._nameless}"

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

    def _trouble(self, key: str) -> TroubleKind | None:
        tries = self._books.tries(self.name, key)
        for trouble in self.buyer.troubles:
            chosen = fraction(self._seed, self.name, key, trouble.kind) < trouble.share
            if chosen and (trouble.tries is None or tries < trouble.tries):
                return trouble.kind
        return None

    def _judge(self, key: str, lead: str, fields: Mapping[str, str], trouble: str) -> Record:
        name = self.name
        earlier = self._books.judged(name, key)
        if earlier:
            self._enter(RecordKind.REPEAT, key=key, lead=lead, trouble=trouble)
            return earlier
        chance = fraction(self._seed, name, key, "price")
        price = price_for(self.buyer.price, fields, self._clock.now(), chance)
        reason = self._refusal(key, fields) or ("" if price else "No price")
        if reason or price is None:
            return self._enter(
                RecordKind.REFUSAL, key=key, lead=lead, reason=reason, trouble=trouble
            )
        return self._enter(
            RecordKind.SALE,
            key=key,
            lead=lead,
            price=price,
            reference=reference(self._seed, name, key),
            trouble=trouble,
        )

    def _refusal(self, key: str, fields: Mapping[str, str]) -> str:
        buyer = self.buyer
        for field, refused in buyer.reject_values.items():
            if fields.get(field, "") in refused:
                return buyer.reject_reason
        chosen = fraction(self._seed, self.name, key, "refuse") < buyer.reject_rate
        return buyer.reject_reason if chosen else ""

    def _said(self, judged: Record) -> Answer:
        if judged.kind is RecordKind.SALE:
            body = accept_body(self.buyer, judged.price, judged.reference)
        else:
            body = refusal_body(self.buyer, judged.reason)
        return Answer(body=body, content_type=CONTENT_TYPES[self.buyer.format])

    def _enter(
        self,
        kind: RecordKind,
        *,
        key: str,
        lead: str = "",
        price: Decimal = Decimal(0),
        reference: str = "",
        reason: str = "",
        trouble: str = "",
    ) -> Record:
        record = Record(
            buyer=self.name,
            kind=kind,
            at=self._clock.now(),
            key=key,
            lead=lead,
            price=price,
            reference=reference,
            reason=reason,
            trouble=trouble,
        )
        self._books.add(record)
        return record


def _troubled(kind: TroubleKind) -> Reply:  # noqa: PLR0911  one return a kind reads best
    match kind:
        case TroubleKind.TIMEOUT:
            return Hang()
        case TroubleKind.SERVER_ERROR:
            return Answer(status=500, body=b"<h1>Internal Server Error</h1>")
        case TroubleKind.TOO_MANY_REQUESTS:
            return Answer(status=429, body=b"Slow down", headers=(("Retry-After", "1"),))
        case TroubleKind.BAD_JSON:
            return Answer(body=_BROKEN_JSON, content_type="application/json")
        case TroubleKind.HEALTH_PAGE:
            return Answer(body=_HEALTH_PAGE, content_type="text/html")
        case TroubleKind.DRIP:
            return Drip()
        case TroubleKind.HUGE_BODY:
            return Flood()
        case TroubleKind.GZIP_BOMB:
            return Bomb()
        case TroubleKind.RESET | TroubleKind.LOST_ANSWER:
            return Reset()
