"""What an answer means: accepted, rejected or failed (``DM1``, response settings).

The rules, in this order; the first that applies decides.

1. 401 and 407: our credentials are wrong, nothing was decided about the lead: failed, no retry.
2. 408, 425, 429 and 5xx: the buyer could not answer: failed, retried. ``Retry-After`` is noted.
3. 3xx: accepted if the settings say so, with ``Location`` as the redirect URL; else failed, no
   retry. A redirect is never followed, as it could lead to an address that nobody checked.
4. Other 4xx: rejected, as a duplicate if the duplicate search finds something.
5. 2xx: the result search decides. Without a clear accept the lead is rejected: ``unclear``, or
   with the reason that was found. Without a result search (``accept_any_2xx``) a duplicate or
   reject reason decides against the lead.
6. A price search that finds 0 turns an accept into a reject (``zero_price``): buyers answer 200
   with a bid of 0 when they do not want a lead.
7. A price search that finds nothing readable leaves the accept and keeps the agreed price, and
   says so. The buyer has the lead by its own word: to call it unsold would sell an exclusive lead
   twice over a misspelt setting. With ``price_required`` it is rejected instead (``no_price``).
"""

from collections.abc import Sequence
from decimal import Decimal

import msgspec

from leadexec import Accepted, ConfigurationError, Fault, HttpAnswer, Outcome, Rejected
from leadexec_delivery_webhook.document import Document
from leadexec_delivery_webhook.faults import noted
from leadexec_delivery_webhook.price import read_price
from leadexec_delivery_webhook.search import Finder, compile_search
from leadexec_delivery_webhook.settings import ResponseSettings
from leadexec_delivery_webhook.settings_search import Search
from leadexec_delivery_webhook.status import failure_of, quoted, said
from leadexec_delivery_webhook.url import browser_link


class AnswerReader:
    """Reads answers by one webhook's response settings."""

    def __init__(self, settings: ResponseSettings) -> None:
        """Compile ``settings``.

        Raises:
            ConfigurationError: With every fault; paths start with ``response``.
        """
        faults = _verdict_faults(settings)
        self._settings = settings
        self._result = _compiled(settings.result, "result", faults)
        self._price = _compiled(settings.price, "price", faults)
        self._reference = _compiled(settings.ping_reference, "ping_reference", faults)
        self._redirect = _compiled(settings.redirect_url, "redirect_url", faults)
        self._duplicate = _compiled(settings.duplicate_reason, "duplicate_reason", faults)
        self._reject = _compiled(settings.reject_reason, "reject_reason", faults)
        if faults:
            raise ConfigurationError(faults)

    def read(self, answer: HttpAnswer, sent_body: str, sent_values: Sequence[str]) -> Outcome:
        """Return what ``answer`` means; the rest is what was sent, which it may repeat."""
        status = answer.status
        if self._settings.accept_redirect and 300 <= status < 400:
            return Accepted(redirect_url=browser_link(answer.headers.get("location")))
        failure = failure_of(answer)
        if failure is not None:
            return failure
        document = Document(answer, sent_body, sent_values)
        if 200 <= status < 300:
            return self._verdict(document, answer)
        return self._rejected(document, f"http_{status}", said(answer))

    def _verdict(self, document: Document, answer: HttpAnswer) -> Outcome:
        if self._result is not None:
            if not self._result.accepts(document):
                return self._rejected(document, "unclear", _unclear(document))
        elif _reason(self._duplicate, document) or _reason(self._reject, document):
            return self._rejected(document, "rejected", said(answer))
        outcome = Accepted(
            reference=_found(self._reference, document),
            redirect_url=browser_link(_found(self._redirect, document)),
        )
        return outcome if self._price is None else self._priced(outcome, self._price, document)

    def _priced(self, outcome: Accepted, search: Finder, document: Document) -> Outcome:
        found = search.price(document)
        price = read_price(found) if found else None
        if price == Decimal(0):
            return self._rejected(document, "zero_price", "The buyer's price is 0.")
        if price is not None:
            return msgspec.structs.replace(outcome, price=price)
        problem = f"'{found[:50]}' is no clear price" if found else "no price was found"
        if self._settings.price_required:
            return Rejected(code="no_price", reason=f"It accepts, but {problem}.")
        reason = f"The agreed price stands: {problem}."
        return msgspec.structs.replace(outcome, reason=reason)

    def _rejected(self, document: Document, code: str, otherwise: str) -> Rejected:
        duplicate = _reason(self._duplicate, document)
        if duplicate:
            return Rejected(code="duplicate", reason=duplicate, duplicate=True)
        reason = _reason(self._reject, document)
        if reason:
            return Rejected(code="rejected" if code == "unclear" else code, reason=reason)
        return Rejected(code=code, reason=otherwise)


def _verdict_faults(settings: ResponseSettings) -> list[Fault]:
    if settings.result is None and not settings.accept_any_2xx:
        message = (
            "Say what an accepting answer looks like: give a result search, or choose to accept "
            "any 2xx answer."
        )
        return [Fault(code="no_result_search", path="response.result", message=message)]
    if settings.result is not None and settings.accept_any_2xx:
        message = "With a result search, not every 2xx answer accepts: choose one of the two."
        return [Fault(code="two_verdicts", path="response.accept_any_2xx", message=message)]
    return []


def _compiled(search: Search | None, name: str, faults: list[Fault]) -> Finder | None:
    with noted(faults, f"response.{name}"):
        return compile_search(search) if search is not None else None
    return None


def _found(search: Finder | None, document: Document) -> str:
    return (search.value(document) if search else None) or ""


def _reason(search: Finder | None, document: Document) -> str:
    return (search.reason(document) if search else None) or ""


def _unclear(document: Document) -> str:
    shown = quoted(document.whole)
    return f"No clear accept in: {shown}" if shown else "The answer is empty."
