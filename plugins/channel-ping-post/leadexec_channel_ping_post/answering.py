"""What a sender is told: accepted, refused, or why its post is no ping (``PP2``, RFC 9457).

JSON, or the same as form text where the query string says ``format=form``. In form text, what is
inside has a name such as ``reasons[0][code]``, and what is empty is left out.
"""

import enum
from collections.abc import Iterator, Mapping
from datetime import datetime
from decimal import Decimal
from http import HTTPStatus
from typing import Any, Final, Literal, TypeAlias
from urllib.parse import urlencode

import msgspec
from msgspec import UNSET, Struct, UnsetType

from leadexec import Fault, Quote, Reason, RefusedPostError
from leadexec_channel_ping_post.reading import FORM_TYPE
from leadexec_channel_ping_post.setting import PingSetting

JSON_TYPE: Final = "application/json"
PROBLEM_TYPE: Final = "application/problem+json"
_CENTS: Final = Decimal("0.01")
_encode: Final = msgspec.json.Encoder().encode


class AnswerForm(enum.StrEnum):
    """What an answer can be written as; the values are those of the parameter ``format``."""

    JSON = "json"
    FORM = "form"


class PingAccepted(Struct, kw_only=True, frozen=True):
    """The lead is wanted."""

    status: Literal["accepted"] = "accepted"
    order_id: str
    """To be posted with the lead, once, before ``expires_at``."""
    price: Decimal | UnsetType = UNSET
    """What the source will be paid; not there where the campaign does not tell."""
    expires_at: datetime | None
    ping: str
    """Under which the ping is kept."""


class PingRefused(Struct, kw_only=True, frozen=True):
    """The lead is not wanted."""

    status: Literal["refused"] = "refused"
    code: str
    """``refused`` where the campaign does not tell why."""
    reasons: tuple[Reason, ...]
    ping: str


class Problem(Struct, kw_only=True, frozen=True, omit_defaults=True):
    """Why a post is no ping, or could not be answered (RFC 9457)."""

    type: str
    title: str
    status: int
    code: str
    detail: str
    instance: str = ""
    """``urn:uuid:`` and what the post is kept under."""
    errors: tuple[Fault, ...] = ()


Said: TypeAlias = PingAccepted | PingRefused | Problem


class Written(Struct, kw_only=True, frozen=True):
    """A body and what it is."""

    body: bytes
    content_type: str


def answer_of(quote: Quote, setting: PingSetting) -> PingAccepted | PingRefused:
    """Return what the sender is told of ``quote``, as its campaign allows.

    Reasons that name a field are told in any case: the sender could not mend its pings without.
    """
    if quote.accepted:
        price = _shown(quote.price) if setting.tell_price else UNSET
        return PingAccepted(
            order_id=quote.order_id, price=price, expires_at=quote.expires_at, ping=quote.post
        )
    reasons = tuple(r for r in quote.reasons if setting.tell_reason or r.field)
    told = setting.tell_reason or reasons
    return PingRefused(code=quote.code if told else "refused", reasons=reasons, ping=quote.post)


def problem_of(refused: RefusedPostError) -> Problem:
    """Return why a post is no ping."""
    return problem(
        refused.status,
        refused.code,
        refused.message,
        instance=f"urn:uuid:{refused.post}" if refused.post else "",
        errors=tuple(refused.faults),
    )


def problem(
    status: int, code: str, detail: str, *, instance: str = "", errors: tuple[Fault, ...] = ()
) -> Problem:
    """Return a problem with its type and title filled in."""
    return Problem(
        type=f"urn:leadexec:problem:{code}",
        title=HTTPStatus(status).phrase,
        status=status,
        code=code,
        detail=detail,
        instance=instance,
        errors=errors,
    )


def answer_form(wanted: str) -> AnswerForm:
    """Return the form of the answer; ``wanted`` is the query's parameter, in any case, or empty.

    Raises:
        RefusedPostError: 400 ``unknown_format``.
    """
    if not wanted:
        return AnswerForm.JSON
    try:
        return AnswerForm(wanted.strip().lower())
    except ValueError:
        text = f"There is no answer to a ping as {wanted[:100]!r}: choose json or form."
        fault = Fault(code="unknown_format", path="format", message=text)
        raise RefusedPostError(400, "unknown_format", text, faults=[fault]) from None


def written(said: Said, form: AnswerForm) -> Written:
    """Return the body of an answer."""
    if form is AnswerForm.FORM:
        pairs = _flat("", msgspec.to_builtins(said))
        return Written(body=urlencode([*pairs], errors="replace").encode(), content_type=FORM_TYPE)
    content_type = PROBLEM_TYPE if isinstance(said, Problem) else JSON_TYPE
    return Written(body=_encode(said), content_type=content_type)


def _shown(price: Decimal) -> Decimal:
    """Return a price with two places, or as many as it needs."""
    cents = price.quantize(_CENTS)
    return cents if cents == price else price


def _flat(name: str, value: Any) -> Iterator[tuple[str, str]]:
    if isinstance(value, Mapping):
        for key, item in value.items():
            yield from _flat(f"{name}[{key}]" if name else key, item)
    elif isinstance(value, list | tuple):
        for index, item in enumerate(value):
            yield from _flat(f"{name}[{index}]", item)
    elif value is not None:
        yield name, str(value)
