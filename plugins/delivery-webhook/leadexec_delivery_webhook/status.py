"""What the status of an answer means before its body is looked at (``DM1``)."""

from typing import Final

from leadexec import Failed, HttpAnswer
from leadexec_delivery_webhook.url import browser_link

_AGAIN: Final = frozenset((408, 425, 429))
_OURS: Final = frozenset((401, 407))
_SHOWN: Final = 300
"""Characters of an answer that a reason quotes."""


def failure_of(answer: HttpAnswer) -> Failed | None:
    """Return the failure that the status states; None when the buyer has decided something.

    401 and 407: our credentials are wrong, no retry. 408, 425, 429 and 5xx: the buyer could not
    answer. 3xx: a redirect is never followed, as it could lead to an address that nobody checked.
    """
    status = answer.status
    if status in _OURS:
        return Failed(code="unauthorized", reason=said(answer), retry=False)
    if status in _AGAIN or status >= 500:
        return Failed(code=f"http_{status}", reason=said(answer))
    if 300 <= status < 400:
        target = browser_link(answer.headers.get("location"))
        where = f" to {target}" if target else ""
        reason = f"HTTP {status}: a redirect{where} is not followed."
        return Failed(code="redirect", reason=reason, retry=False)
    return None


def said(answer: HttpAnswer) -> str:
    """Return the status of ``answer``, when to come again, and how its body begins."""
    later = answer.headers.get("retry-after", "")[:50]
    wait = f" Retry-After: {later}." if later else ""
    return f"HTTP {answer.status}.{wait} {quoted(answer.text()[: 4 * _SHOWN])}".strip()


def quoted(text: str) -> str:
    """Return the beginning of an answer's text in one line, for a reason."""
    return " ".join(text.split())[:_SHOWN]
