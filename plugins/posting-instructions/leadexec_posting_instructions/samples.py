"""The sample requests of a campaign, as data: what is shown is what can be sent (``LS20``)."""

import json
from collections.abc import Iterator, Mapping, Sequence
from hashlib import blake2b
from typing import Any, Final
from urllib.parse import urlencode
from xml.sax.saxutils import escape

import msgspec

from leadexec import CampaignInfo, FieldDetails, SystemField

RECEIVER: Final = "/receiver/leads"
TOKEN_PATH: Final = "/oauth2/token"  # noqa: S105  a path, not a secret
FORM: Final = "application/x-www-form-urlencoded"
PING_POST: Final = "ping_post"
"""The channel whose leads are offered with a ping before they are posted."""
RESERVED: Final = frozenset(
    {
        "aid",
        "campaign",
        "idempotency_key",
        "lid",
        "order_id",
        "orderid",
        "password",
        "test",
        "vid",
    }
)
"""Names, in lower case, that mean something else beside the fields of a form."""


class Credentials(msgspec.Struct, kw_only=True, frozen=True):
    """What a sender proves itself by; the defaults are words to be replaced."""

    client_id: str = "YOUR_CLIENT_ID"
    client_secret: str = "YOUR_CLIENT_SECRET"  # noqa: S105  a word to be replaced
    token: str = "YOUR_ACCESS_TOKEN"  # noqa: S105  a word to be replaced
    password: str = "YOUR_CAMPAIGN_PASSWORD"  # noqa: S105  a word to be replaced


class SampleRequest(msgspec.Struct, kw_only=True, frozen=True):
    """A request that can be sent as it is."""

    title: str
    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes
    """UTF-8."""
    expected: tuple[int, ...]
    """The HTTP statuses of its answer. A lead may still be rejected (422) by the campaign's own
    criteria and checks, which a sample cannot know."""


def samples(info: CampaignInfo, credentials: Credentials | None = None) -> Sequence[SampleRequest]:
    """Return every sample request of a campaign: the token call where it is needed, then posts.

    The leads are marked as tests. Each post has an idempotency key of its own, made of its body,
    so that it can be sent again and again.

    Args:
        info: The campaign.
        credentials: Put in place of the words to be replaced.
    """
    proof = credentials or Credentials()
    posts = (_json, _form, _xml)
    tokens = [_token(proof)] if info.require_authentication else []
    return [*tokens, *(make(info, proof) for make in posts)]


def sample_values(info: CampaignInfo) -> dict[str, str]:
    """Return field name → a valid value, for every field that can be posted and has a sample.

    Not among them: computed fields, and the one that forces a lead to a delivery account.
    """
    return {field.name: field.sample for field in info.fields if _is_shown(field)}


def _is_shown(field: FieldDetails) -> bool:
    return bool(field.sample) and not field.computed and field.system is not SystemField.FORCE_ID


def _token(credentials: Credentials) -> SampleRequest:
    given = {
        "grant_type": "client_credentials",
        "client_id": credentials.client_id,
        "client_secret": credentials.client_secret,
        "scope": "lead_receiver",
    }
    return SampleRequest(
        title="Get an access token",
        method="POST",
        path=TOKEN_PATH,
        headers={"Content-Type": FORM},
        body=urlencode(given).encode(),
        expected=(200,),
    )


def _json(info: CampaignInfo, credentials: Credentials) -> SampleRequest:
    post: dict[str, Any] = {
        "campaign": info.id,
        **_password(info, credentials),
        "test": True,
        "fields": {name: _as_json(info, name, text) for name, text in sample_values(info).items()},
    }
    body = json.dumps(post, indent=2, ensure_ascii=False)
    return _post("JSON", "application/json", body, info, credentials)


def _form(info: CampaignInfo, credentials: Credentials) -> SampleRequest:
    pairs = {
        "campaign": str(info.id),
        **_password(info, credentials),
        "test": "true",
        **{form_name(name): text for name, text in sample_values(info).items()},
    }
    return _post("URL-encoded", FORM, urlencode(pairs), info, credentials)


def _xml(info: CampaignInfo, credentials: Credentials) -> SampleRequest:
    beside = {"campaign": str(info.id), **_password(info, credentials), "test": "true"}
    lines = [
        '<?xml version="1.0" encoding="UTF-8"?>',
        "<lead>",
        *_elements(beside, "  "),
        "  <fields>",
        *_elements(sample_values(info), "    "),
        "  </fields>",
        "</lead>",
    ]
    return _post("XML", "application/xml", "\n".join(lines), info, credentials)


def form_name(field: str) -> str:
    """Return how a field is posted in a form: one with a reserved name is put in ``fields[]``."""
    return f"fields[{field}]" if field.lower() in RESERVED else field


def _elements(values: Mapping[str, str], indent: str) -> Iterator[str]:
    # A field's name is an XML name: letters, digits and underscores, no digit in front.
    for name, text in values.items():
        yield f"{indent}<{name}>{escape(text)}</{name}>"


def _password(info: CampaignInfo, credentials: Credentials) -> dict[str, str]:
    return {"password": credentials.password} if info.has_password else {}


def _as_json(info: CampaignInfo, name: str, text: str) -> Any:
    """Return a sample as JSON says it: a group of sub fields is a list, all else is text."""
    (field,) = (field for field in info.fields if field.name == name)
    if field.type != "sub_fields":
        return text
    try:
        return msgspec.json.decode(text)
    except msgspec.DecodeError:
        return text


def _post(
    title: str, content_type: str, body: str, info: CampaignInfo, credentials: Credentials
) -> SampleRequest:
    encoded = body.encode()
    digest = blake2b(encoded, digest_size=8).hexdigest()
    needs_token = info.require_authentication and not info.has_password
    bearer = {"Authorization": f"Bearer {credentials.token}"} if needs_token else {}
    return SampleRequest(
        title=f"Post a lead as {title}",
        method="POST",
        path=RECEIVER,
        headers={"Content-Type": content_type, **bearer, "Idempotency-Key": f"sample-{digest}"},
        body=encoded,
        # A post of this channel also carries the order id of a ping, which no sample can know.
        expected=(201, 202, 422) if info.channel == PING_POST else (201, 202),
    )
