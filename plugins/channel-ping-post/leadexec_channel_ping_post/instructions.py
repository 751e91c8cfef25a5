"""How a campaign is pinged, as data, for whoever writes posting instructions (``LS20``, ``PP1``).

setting = await stored_setting(services.storage, info.id)
section = ping_instructions(info, setting, "https://leads.example.com")
"""

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, Final
from urllib.parse import urlencode

import msgspec

from leadexec import CampaignInfo, FieldDetails, Quote, Reason, SystemField
from leadexec_channel_ping_post.answering import JSON_TYPE, AnswerForm, answer_of, written
from leadexec_channel_ping_post.reading import FORM_TYPE, RESERVED
from leadexec_channel_ping_post.setting import PingSetting, quote_terms

PATH: Final = "/ping/leads"
"""Where pings are posted."""
POST_PATH: Final = "/receiver/leads"
"""Where the lead is posted, with its Order ID."""
_ORDER: Final = "0193f2a0-7c10-7000-8000-5d2b9c41e6aa"
_PING: Final = "0193f2a0-7c0f-7000-8000-9a61f3c0d214"
_AT: Final = datetime(2026, 3, 2, 12, 5, tzinfo=UTC)
_PASSWORD: Final = "YOUR_CAMPAIGN_PASSWORD"  # noqa: S105  a word to be replaced


class InstructedField(msgspec.Struct, kw_only=True, frozen=True):
    """One field that a ping has."""

    name: str
    """How it is posted."""
    description: str
    type_title: str
    required: bool
    """Whether a ping without it is refused."""
    sample: str
    choices: tuple[tuple[str, str], ...] = ()
    """Values that may be posted, with their captions; empty: there is no list."""


class Sample(msgspec.Struct, kw_only=True, frozen=True):
    """A request or an answer, to be shown as it is."""

    title: str
    content_type: str
    body: str


class PingInstructions(msgspec.Struct, kw_only=True, frozen=True):
    """What a sender must know to ping a campaign."""

    title: str
    method: str
    url: str
    post_url: str
    """Where the lead goes, with its Order ID."""
    hold_seconds: int
    """How long the Order ID is good."""
    seconds: float
    """The answer comes within so many."""
    texts: tuple[str, ...]
    """Sentences to read before the tables."""
    fields: tuple[InstructedField, ...]
    requests: tuple[Sample, ...]
    answers: tuple[Sample, ...]


def ping_instructions(
    info: CampaignInfo, terms: PingSetting, base_url: str = ""
) -> PingInstructions:
    """Return how the campaign ``info`` is pinged; pure, so it can be called anywhere.

    Args:
        info: The campaign, of channel ``ping_post``.
        terms: Its ping setting, as ``stored_setting`` returns it.
        base_url: Scheme and host at which senders reach us; empty: URLs begin with the path.
    """
    base = base_url.rstrip("/")
    fields = tuple(_fields(info, terms))
    return PingInstructions(
        title="Ping",
        method="POST",
        url=base + PATH,
        post_url=base + POST_PATH,
        hold_seconds=terms.hold_seconds,
        seconds=terms.seconds,
        texts=_texts(terms, base),
        fields=fields,
        requests=_requests(info, fields),
        answers=_answers(info, terms),
    )


def _fields(info: CampaignInfo, terms: PingSetting) -> Sequence[InstructedField]:
    """Return those that the setting names, in its order; all that can be posted if it names none.

    Left out: computed fields, and the one that forces a lead to a delivery account.
    """
    known = {field.name.lower(): field for field in info.fields if _is_posted(field)}
    required = quote_terms(terms, info, 0).required
    names = [field.name.lower() for field in terms.fields] or list(known)
    return [
        InstructedField(
            name=field.name,
            description=field.description,
            type_title=field.type_title,
            required=field.name in required,
            sample=field.sample,
            choices=tuple(field.choices),
        )
        for name in names
        if (field := known.get(name))
    ]


def _is_posted(field: FieldDetails) -> bool:
    return not field.computed and field.system is not SystemField.FORCE_ID


def _texts(terms: PingSetting, base: str) -> tuple[str, ...]:
    seconds, hold = f"{terms.seconds:g}", f"{terms.hold_seconds:,}"
    return (
        "A ping tells of a lead what buyers need to know to name a price. It is JSON or a "
        "URL-encoded form, never XML, and is authenticated as the lead is. Names in a form are "
        "taken in any case; campaign may be called AID.",
        f"The answer comes within {seconds} seconds. If it is accepted, post the lead to "
        f"{base}{POST_PATH} within {hold} seconds, with the order_id of the answer beside the "
        "campaign (in a form also OrderID). It can be used once, by this campaign only.",
        "A refused ping is answered with status 200, too, and with code and reasons; a request "
        "that is no ping with a problem (400, 401, 403, 413, 415, 422). After 503 ping again. "
        "The query parameter format=form gives the answer as form text.",
    )


def _requests(info: CampaignInfo, fields: Sequence[InstructedField]) -> tuple[Sample, ...]:
    values = {field.name: field.sample for field in fields if field.sample}
    beside = {"password": _PASSWORD} if info.has_password else {}
    posted: dict[str, Any] = {
        "campaign": info.id,
        **beside,
        "fields": {name: _as_json(info, name, text) for name, text in values.items()},
    }
    pairs = {
        "AID": str(info.id),
        **beside,
        **{_form_name(name): text for name, text in values.items()},
    }
    body = json.dumps(posted, indent=2, ensure_ascii=False)
    return (
        Sample(title="Ping as JSON", content_type=JSON_TYPE, body=body),
        Sample(title="Ping as a form", content_type=FORM_TYPE, body=urlencode(pairs)),
    )


def _answers(info: CampaignInfo, terms: PingSetting) -> tuple[Sample, ...]:
    price = info.price or Decimal("7.25")
    taken = Quote(accepted=True, post=_PING, order_id=_ORDER, price=price, expires_at=_AT)
    nobody = Reason(code="no_buyer", message="Nobody would buy the lead now.")
    refused = Quote(accepted=False, post=_PING, code=nobody.code, reasons=[nobody])
    return tuple(
        _answer(title, quote, terms) for title, quote in (("Accepted", taken), ("Refused", refused))
    )


def _answer(title: str, quote: Quote, terms: PingSetting) -> Sample:
    said = written(answer_of(quote, terms), AnswerForm.JSON)
    body = json.dumps(msgspec.json.decode(said.body), indent=2, ensure_ascii=False)
    return Sample(title=title, content_type=said.content_type, body=body)


def _form_name(field: str) -> str:
    """Return how a field is posted in a form: one with a reserved name is put in ``fields[]``."""
    return f"fields[{field}]" if field.lower() in RESERVED else field


def _as_json(info: CampaignInfo, name: str, text: str) -> Any:
    """Return a sample as JSON says it: a group of sub fields is a list, all else is text."""
    if not any(field.name == name and field.type == "sub_fields" for field in info.fields):
        return text
    try:
        return msgspec.json.decode(text)
    except msgspec.DecodeError:
        return text
