"""Results that are sent to a sender's ``returnurl`` after its post was answered."""

from typing import Final

import msgspec

from leadexec import (
    JobHandler,
    LeadexecError,
    RefusedPostError,
    Services,
    UnavailableError,
)
from leadexec_receiver_leadexec.urls import web_url

RETURN: Final = "receiver-leadexec.return"
ATTEMPTS: Final = 10
"""With gaps of 5 s, 10 s, 20 s … the last attempt comes about three quarters of an hour later."""
SECONDS: Final = 20.0
"""For one attempt."""
_READ: Final = 1_024


class Return(msgspec.Struct, kw_only=True, frozen=True):
    """Send a post's result to its sender."""

    url: str
    content_type: str
    body: str


class ReturnFailedError(LeadexecError):
    """A result did not reach its sender; the job is tried again, then kept as a dead letter.

    Never an ``UnavailableError``: jobs that end so are tried for ever, and a sender's address may
    be one that nobody will ever answer at, or that the outbound client refuses.
    """


def return_url_of(text: str) -> str:
    """Return the URL for results, or empty when the sender wants none.

    Raises:
        RefusedPostError: ``bad_return_url``.
    """
    if not text:
        return ""
    url = web_url(text)
    if not url:
        text = (
            "returnurl must be a URL that starts with http:// or https:// and a host, without "
            "user name and password, of at most 2,000 characters."
        )
        raise RefusedPostError(422, "bad_return_url", text)
    return url


async def send_return(job: Return, services: Services) -> None:
    """Post a result to its sender; run again, it is sent again, and carries the same PostID.

    Raises:
        ReturnFailedError: It could not be delivered: nobody answers, the address is refused, or the
            answer is not 2xx (a redirect is not followed).
    """
    headers = {"Content-Type": job.content_type}
    content = job.body.encode()
    try:
        answer = await services.http.fetch(
            "POST", job.url, content=content, headers=headers, timeout=SECONDS, limit=_READ
        )
    except UnavailableError as error:
        text = f"The result did not reach the sender's returnurl: {error.code}."
        raise ReturnFailedError("return_failed", text) from error
    if not 200 <= answer.status < 300:
        text = f"The sender's returnurl answered {answer.status}, not 2xx."
        raise ReturnFailedError("return_refused", text)


HANDLERS: Final = (JobHandler(kind=RETURN, payload=Return, run=send_return, attempts=ATTEMPTS),)
