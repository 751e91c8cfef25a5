"""What an answer to a ping means: a bid, no bid, or that nobody answered (``PP4``).

The rules, in this order; the first that applies decides.

1. 401, 407, 408, 425, 429, 5xx and 3xx: nothing was decided about the lead: failed.
2. Other statuses than 2xx: no bid, whatever the body says.
3. An answer that was cut, or in which one JSON object gives a name two different values: no bid.
4. The result search decides. What it does not find, or finds contradicted, is no bid; the reason
   that was found stands with it. Without a result search a duplicate or reject reason decides
   against the bid.
5. The price search must find one price, above 0 and not below the minimum. Without a price search
   the delivery account's price is the bid.
6. Where there is a search for the reference, it must find one; what the expiry search finds must be
   one instant or time that is not over.

A bid costs nothing to lose and a lead to get wrong: what is not clear is no bid.
"""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal

from leadexec_delivery_webhook import (
    Document,
    Finder,
    Search,
    compile_search,
    failure_of,
    noted,
    quoted,
    read_price,
    said,
)

from leadexec import (
    Bid,
    Clock,
    ConfigurationError,
    Fault,
    HttpAnswer,
    NoBid,
    PingOutcome,
)
from leadexec_delivery_pingpost.expiry import seconds_left
from leadexec_delivery_pingpost.settings import BidSettings

_NOTHING = Decimal(0)
_LONGEST_REFERENCE = 500
"""Characters; a longer one may have been cut."""


class BidReader:
    """Reads answers to pings by one configured method's settings."""

    def __init__(self, settings: BidSettings, clock: Clock) -> None:
        """Compile ``settings``.

        Raises:
            ConfigurationError: With every fault; paths start with ``response``.
        """
        faults: list[Fault] = []
        if settings.result is None and settings.price is None:
            message = "Say what a bid looks like: give a result search, a price search or both."
            faults.append(Fault(code="no_bid_search", path="response.result", message=message))
        self._result = _compiled(settings.result, "result", faults)
        self._price = _compiled(settings.price, "price", faults)
        self._reference = _compiled(settings.ping_reference, "ping_reference", faults)
        self._expires = _compiled(settings.expires, "expires", faults)
        self._duplicate = _compiled(settings.duplicate_reason, "duplicate_reason", faults)
        self._reject = _compiled(settings.reject_reason, "reject_reason", faults)
        if faults:
            raise ConfigurationError(faults)
        self._minimum = settings.minimum_price
        self._clock = clock

    def read(
        self, answer: HttpAnswer, *, sent_body: str, sent_values: Sequence[str], agreed: Decimal
    ) -> PingOutcome:
        """Return what ``answer`` means.

        Args:
            answer: The buyer's answer, whatever its status.
            sent_body: The ping's body, which the answer may repeat.
            sent_values: The values in the ping, which the answer may repeat.
            agreed: The delivery account's price.
        """
        failure = failure_of(answer)
        if failure is not None:
            return failure
        document = Document(answer, sent_body, sent_values)
        try:
            if not 200 <= answer.status < 300:
                raise _UnclearError(f"http_{answer.status}", said(answer))
            self._judge(document, answer)
            return Bid(
                price=self._price_in(document, agreed),
                reference=self._reference_in(document),
                expires_in=self._expiry_in(document, self._clock.now()),
            )
        except _UnclearError as unclear:
            return self._no_bid(document, unclear.code, unclear.reason)

    def _judge(self, document: Document, answer: HttpAnswer) -> None:
        """Raise unless ``document`` clearly says that the buyer bids, its price aside."""
        if answer.truncated:
            raise _UnclearError("unclear", "The answer is too long to be read to its end.")
        if document.torn:
            raise _UnclearError("unclear", f"The answer gives '{document.torn[:50]}' two values.")
        if self._result is None:
            if _found(self._duplicate, document) or _found(self._reject, document):
                raise _UnclearError("declined", said(answer))
        elif not self._result.accepts(document):
            shown = quoted(document.whole)
            reason = f"No clear bid in: {shown}" if shown else "The answer is empty."
            raise _UnclearError("unclear", reason)
        elif self._result.contradicted(document):
            reason = f"Results that disagree in: {quoted(document.whole)}"
            raise _UnclearError("unclear", reason)

    def _price_in(self, document: Document, agreed: Decimal) -> Decimal:
        price = agreed if self._price is None else _one_price(self._price.prices(document))
        if price is None:
            raise _UnclearError("no_price", f"No clear price in: {quoted(document.whole)}")
        if price <= _NOTHING:
            whose = "bid" if self._price is not None else "delivery account's price"
            raise _UnclearError("zero_bid", f"The {whose} is 0.")
        if price < self._minimum:
            bid, least = price.normalize(), self._minimum.normalize()
            reason = f"The bid of {bid:f} is below the minimum of {least:f}."
            raise _UnclearError("bid_too_low", reason)
        return price

    def _reference_in(self, document: Document) -> str:
        if self._reference is None:
            return ""
        found = self._reference.values(document)
        if len(found) != 1 or len(found[0]) > _LONGEST_REFERENCE:
            problem = "no reference" if not found else "no clear reference"
            raise _UnclearError("no_reference", f"A bid with {problem} cannot be taken up.")
        return found[0]

    def _expiry_in(self, document: Document, now: datetime) -> float | None:
        found = self._expires.values(document) if self._expires is not None else ()
        if not found:
            return None
        left = seconds_left(found[0], now) if len(found) == 1 else None
        if left is None:
            shown = ", ".join(text[:50] for text in found[:3])
            raise _UnclearError("unclear", f"When the bid ends is not clear: {shown}")
        if left <= 0:
            raise _UnclearError("bid_expired", "The bid is over already.")
        return left

    def _no_bid(self, document: Document, code: str, otherwise: str) -> NoBid:
        duplicate = _found(self._duplicate, document)
        if duplicate:
            return NoBid(code="duplicate", reason=duplicate)
        reason = _found(self._reject, document)
        if reason:
            return NoBid(code="declined" if code == "unclear" else code, reason=reason)
        return NoBid(code=code, reason=otherwise)


class _UnclearError(Exception):
    """Why an answer is no bid."""

    def __init__(self, code: str, reason: str) -> None:
        super().__init__(reason)
        self.code = code
        self.reason = reason


def _compiled(search: Search | None, name: str, faults: list[Fault]) -> Finder | None:
    with noted(faults, f"response.{name}"):
        return compile_search(search) if search is not None else None
    return None


def _found(search: Finder | None, document: Document) -> str:
    return (search.reason(document) if search else None) or ""


def _one_price(texts: Sequence[str]) -> Decimal | None:
    """Return the price that all ``texts`` are, or None if they are not clearly one."""
    prices = {read_price(text) for text in texts}
    return prices.pop() if len(prices) == 1 else None
