"""What an operator can set on a webhook (``DM1``)."""

import enum
from typing import Annotated

from msgspec import Meta, Struct

from leadexec import Secret
from leadexec_delivery_webhook.settings_auth import Auth, NoAuth
from leadexec_delivery_webhook.settings_search import Search


class HttpMethod(enum.StrEnum):
    """The HTTP method of a delivery."""

    POST = "POST"
    PUT = "PUT"
    PATCH = "PATCH"
    GET = "GET"
    DELETE = "DELETE"


class ContentType(enum.StrEnum):
    """How the lead is written."""

    JSON = "json"
    XML = "xml"
    FORM = "form"
    QUERY = "query"


class _Settings(Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """What all parts of the settings have in common."""


class Header(_Settings, kw_only=True, frozen=True):
    """A header that every request carries."""

    name: Annotated[
        str,
        Meta(
            title="Name",
            description="The header's name.",
            pattern=r"^[A-Za-z0-9!#$%&'*+.^_`|~-]{1,100}$",
            examples=["X-Api-Version"],
        ),
    ]
    value: Annotated[
        str,
        Meta(title="Value", description="Its value; may hold tags.", max_length=4000),
    ] = ""
    secret: Annotated[
        Secret | None,
        Meta(title="Secret value", description="Its value, when nobody is to see it."),
    ] = None


class NamedSecret(_Settings, kw_only=True, frozen=True):
    """A key or password that the URL, body or a header names by a tag."""

    name: Annotated[
        str,
        Meta(
            title="Tag",
            description="The tag's name: api_key is written as {{api_key}}.",
            pattern=r"^[A-Za-z_][A-Za-z0-9_]{0,63}$",
            examples=["api_key"],
        ),
    ]
    value: Annotated[Secret, Meta(title="Value", description="What is sent for the tag.")]


class ResponseSettings(_Settings, kw_only=True, frozen=True):
    """How the buyer's answer is read."""

    result: Annotated[
        Search | None,
        Meta(
            title="Result search",
            description="Found in a 2xx answer, it means accepted. What has no clear accept is "
            "not accepted.",
        ),
    ] = None
    accept_any_2xx: Annotated[
        bool,
        Meta(
            title="Accept any 2xx",
            description="Without a result search: every answer from 200 to 299 means accepted, "
            "unless a duplicate or reject reason is found.",
        ),
    ] = False
    accept_redirect: Annotated[
        bool,
        Meta(
            title="A redirect accepts",
            description="An answer from 300 to 399 means accepted, and its Location is the "
            "redirect URL. It is never followed.",
        ),
    ] = False
    price: Annotated[
        Search | None,
        Meta(title="Price search", description="Finds the price that the buyer says it pays."),
    ] = None
    price_required: Annotated[
        bool,
        Meta(
            title="Price required",
            description="An accepting answer in which the price search finds no readable price "
            "counts as rejected. Otherwise the agreed price stands.",
        ),
    ] = False
    ping_reference: Annotated[
        Search | None,
        Meta(title="Ping reference search", description="Finds the buyer's own id of the lead."),
    ] = None
    redirect_url: Annotated[
        Search | None,
        Meta(title="Redirect URL search", description="Finds where the consumer is sent next."),
    ] = None
    duplicate_reason: Annotated[
        Search | None,
        Meta(
            title="Duplicate reason search",
            description="Found in an answer that does not accept, it means a duplicate.",
        ),
    ] = None
    reject_reason: Annotated[
        Search | None,
        Meta(title="Reject reason search", description="Finds why the buyer declined."),
    ] = None


class RequestSettings(_Settings, kw_only=True, frozen=True):
    """How a lead is written and sent as one HTTP request."""

    method: Annotated[
        HttpMethod, Meta(title="Method", description="The request's HTTP method.")
    ] = HttpMethod.POST
    url: Annotated[
        str,
        Meta(
            title="URL",
            description="Where leads are sent; tags may stand in its path and query.",
            max_length=4000,
            examples=["https://buyer.example/leads"],
        ),
    ]
    testing_url: Annotated[
        str,
        Meta(
            title="Testing URL",
            description="Where leads are sent while the environment is Testing.",
            max_length=4000,
        ),
    ] = ""
    content_type: Annotated[
        ContentType,
        Meta(
            title="Content type",
            description="JSON, XML or form in the body, or everything in the URL's query.",
        ),
    ] = ContentType.JSON
    timeout: Annotated[
        float,
        Meta(
            title="Timeout",
            description="Seconds to wait for the answer, tokens included.",
            ge=0.1,
            le=120,
        ),
    ] = 30.0
    headers: Annotated[
        tuple[Header, ...],
        Meta(title="Headers", description="Headers that every request carries.", max_length=50),
    ] = ()
    secrets: Annotated[
        tuple[NamedSecret, ...],
        Meta(
            title="Secrets",
            description="Keys and passwords that tags in the URL, body or a header stand for.",
            max_length=20,
        ),
    ] = ()
    auth: Annotated[Auth, Meta(title="Authentication", description="How we prove who we are.")] = (
        NoAuth()
    )
    body: Annotated[
        str,
        Meta(
            title="Body",
            description="The body with tags, escaped as the content type asks. Empty: the mapped "
            "fields as a JSON object, XML elements, form or query.",
            max_length=200_000,
            examples=['{"lead": {"email": "{{Email}}"}}'],
        ),
    ] = ""
    xml_root: Annotated[
        str,
        Meta(
            title="XML root",
            description="The outermost element when the body is empty and the type is XML.",
            pattern=r"^[A-Za-z_][A-Za-z0-9_.-]{0,99}$",
        ),
    ] = "lead"


class WebhookSettings(RequestSettings, kw_only=True, frozen=True):
    """One configured webhook."""

    response: Annotated[
        ResponseSettings, Meta(title="Response", description="How the answer is read.")
    ] = ResponseSettings()
