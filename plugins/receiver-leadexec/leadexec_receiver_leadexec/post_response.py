"""The answer ``PostResponse``, as XML and as JSON."""

import re
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any, Final
from uuid import UUID
from xml.sax.saxutils import escape

import msgspec

from leadexec import DeliveryAnswer, LeadAnswer, RefusedPostError
from leadexec_receiver_leadexec.response_types import ResponseType, type_of_answer, type_of_refusal
from leadexec_receiver_leadexec.urls import web_url

NO_POST: Final = "00000000-0000-0000-0000-000000000000"
"""The PostID of a post that could not be kept."""
JSON_TYPE: Final = "application/json; charset=utf-8"
XML_TYPE: Final = "application/xml; charset=utf-8"
_DETAIL_LIMIT: Final = 4_000
_IDENTIFIER_BITS: Final = 52
_NOTHING: Final = Decimal("0.00")
_NOT_XML: Final = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_encode: Final = msgspec.json.Encoder(decimal_format="number").encode


class SendInfo(msgspec.Struct, kw_only=True, frozen=True):
    """One delivery, for senders that may see them (``LS14``)."""

    client: int = msgspec.field(name="ClientUID")
    client_name: str = msgspec.field(default="", name="ClientName")
    redirect_url: str = msgspec.field(default="", name="RedirectURL")
    valid: bool = msgspec.field(name="Valid")
    price: Decimal = msgspec.field(name="Price")


class PostResponse(msgspec.Struct, kw_only=True, frozen=True):
    """What became of one lead; the order of the fields is that on the wire.

    The detail stands under two names because senders in use read the one or the other.
    """

    post: str = msgspec.field(name="PostID")
    """The uid under which the post is kept."""
    is_valid: bool = msgspec.field(name="isValidPost")
    type: ResponseType = msgspec.field(name="ResponseType")
    detail: str = msgspec.field(name="ResponseDetail")
    details: str = msgspec.field(name="ResponseDetails")
    lead: int = msgspec.field(default=0, name="LeadIdentifier")
    """``lead_identifier`` of the lead; 0 without one."""
    campaign: int = msgspec.field(default=0, name="VendorAccountAssigned")
    """The AID; 0 when it is not known."""
    pending_review: bool = msgspec.field(default=False, name="PendingQCReview")
    price: Decimal = msgspec.field(default=_NOTHING, name="Price")
    """What the source is paid."""
    redirect_url: str = msgspec.field(default="", name="RedirectURL")
    sends: Sequence[SendInfo] | msgspec.UnsetType = msgspec.field(
        default=msgspec.UNSET, name="Sends"
    )


def lead_identifier(uid: str) -> int:
    """Return the positive integer below 2⁵² that stands for a lead: the last 13 digits of its uid.

    They are all chance, so two of a million leads share one once in nine thousand times; whoever
    looks for the lead writes the number in hexadecimal and searches uids that end so.
    """
    return UUID(uid).int & ((1 << _IDENTIFIER_BITS) - 1) or 1


def response_to(answer: LeadAnswer, post: str, campaign: int) -> PostResponse:
    """Return what the sender of a stored lead is told."""
    detail = _clean(_detail(answer))
    return PostResponse(
        post=post or NO_POST,
        is_valid=answer.status != "rejected",
        type=type_of_answer(answer),
        detail=detail,
        details=detail,
        lead=lead_identifier(answer.lead),
        campaign=campaign,
        pending_review=answer.status == "held",
        price=answer.price,
        redirect_url=web_url(answer.redirect_url or ""),
        sends=msgspec.UNSET if answer.deliveries is None else [_send(d) for d in answer.deliveries],
    )


def response_to_refused(refused: RefusedPostError) -> PostResponse:
    """Return what the sender of a post is told that brought no lead."""
    return _without_lead(refused.post, type_of_refusal(refused), str(refused) or refused.code)


def response_to_unavailable(detail: str) -> PostResponse:
    """Return what the sender is told whose post could not be stored."""
    return _without_lead("", ResponseType.Data_Errors, detail)


def noted(response: PostResponse, note: str) -> PostResponse:
    """Return ``response`` with a sentence more in its detail."""
    detail = f"{response.detail.removesuffix('.')}. {note}"
    return msgspec.structs.replace(response, detail=detail, details=detail)


def json_of(responses: Sequence[PostResponse], *, listed: bool) -> bytes:
    """Return one response as an object; ``listed``: all, as ``{"leads": […]}``."""
    return _encode({"leads": responses} if listed else responses[0])


def xml_of(responses: Sequence[PostResponse]) -> bytes:
    """Return one response as ``<PostResponse>``; several stand in ``<PostResponses>``."""
    elements = "".join(_element("PostResponse", _named(response)) for response in responses)
    root = elements if len(responses) == 1 else f"<PostResponses>{elements}</PostResponses>"
    return f'<?xml version="1.0" encoding="utf-8"?>{root}'.encode()


def _detail(answer: LeadAnswer) -> str:
    match answer.status:
        case "rejected":
            return " ".join(reason.message for reason in answer.reasons) or answer.code
        case "held":
            return "Lead was received and waits for quality control."
        case _:
            return "Lead was accepted"


def _send(delivery: DeliveryAnswer) -> SendInfo:
    return SendInfo(
        client=delivery.client,
        redirect_url=web_url(delivery.redirect_url or ""),
        valid=delivery.status == "accepted",
        price=delivery.price,
    )


def _without_lead(post: str, kind: ResponseType, text: str) -> PostResponse:
    detail = _clean(text)
    return PostResponse(
        post=post or NO_POST, is_valid=False, type=kind, detail=detail, details=detail
    )


def _clean(text: str) -> str:
    """Return ``text`` cut to a bearable length, with U+FFFD for what XML cannot say."""
    shortened = text if len(text) <= _DETAIL_LIMIT else f"{text[: _DETAIL_LIMIT - 1]}…"
    return _NOT_XML.sub("\ufffd", shortened)


def _named(struct: msgspec.Struct) -> Mapping[str, Any]:
    """Return the fields by their names on the wire."""
    found = {f.encode_name: getattr(struct, f.name) for f in msgspec.structs.fields(type(struct))}
    return {name: value for name, value in found.items() if value is not msgspec.UNSET}


def _element(name: str, value: Any) -> str:
    return f"<{name}>{''.join(_inside(value))}</{name}>"


def _inside(value: Any) -> Iterator[str]:
    match value:
        case dict():
            yield from (_element(name, item) for name, item in value.items())
        case list():
            yield from (_element("SendInfo", _named(item)) for item in value)
        case ResponseType():
            yield value.name
        case bool():
            yield "true" if value else "false"
        case Decimal():
            yield f"{value:f}"
        case _:
            yield escape(str(value), {"\r": "&#13;"})
