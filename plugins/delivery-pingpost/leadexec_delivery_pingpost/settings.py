"""What an operator can set on a ping-post (``DM2``): a webhook, and the ping before it."""

import enum
from decimal import Decimal
from typing import Annotated

from leadexec_delivery_webhook import RequestSettings, Search, WebhookSettings
from msgspec import Meta, Struct

from leadexec import Money


class Hash(enum.StrEnum):
    """How a value is disguised."""

    NONE = "none"
    MD5 = "md5"
    SHA1 = "sha1"
    SHA256 = "sha256"


class PingField(Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """One value of the ping: from a lead field, a system tag, or a fixed text."""

    to: Annotated[
        str,
        Meta(
            title="Outgoing name",
            description="What the buyer calls it; also the tag for it in the ping's URL, headers "
            "and body.",
            min_length=1,
            max_length=200,
            examples=["zip"],
        ),
    ]
    source: Annotated[
        str,
        Meta(
            title="Source",
            description="A lead field's name, or a system tag in brackets: [lead_uid].",
            max_length=200,
            examples=["PostalCode"],
        ),
    ] = ""
    static: Annotated[
        str,
        Meta(title="Static value", description="What is sent when the source is empty."),
    ] = ""
    values: Annotated[
        dict[str, str],
        Meta(title="Values", description="Our value and the buyer's; others pass unchanged."),
    ] = {}
    hashed: Annotated[
        Hash,
        Meta(
            title="Hashed",
            description="Send the value's hash instead, in lower case hexadecimal, so that the "
            "buyer can tell duplicates: of the trimmed, lower-case text; of a phone number's ten "
            "digits.",
        ),
    ] = Hash.NONE


class BidSettings(Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """How the buyer's answer to a ping is read. What holds no clear bid is none."""

    result: Annotated[
        Search | None,
        Meta(
            title="Result search",
            description="Found in a 2xx answer, it means that the buyer bids. Without it, every "
            "2xx answer with a price above 0 is a bid, unless a duplicate or reject reason is "
            "found.",
        ),
    ] = None
    price: Annotated[
        Search | None,
        Meta(
            title="Price search",
            description="Finds the bid. Without it, who bids does so at the delivery account's "
            "price.",
        ),
    ] = None
    minimum_price: Annotated[
        Money,
        Meta(title="Minimum price", description="A lower bid counts as none.", examples=["5.00"]),
    ] = Decimal(0)
    ping_reference: Annotated[
        Search | None,
        Meta(
            title="Ping reference search",
            description="Finds the buyer's own id of its bid, which the post hands back by the "
            "tag ping_reference. A bid without it is then none.",
        ),
    ] = None
    expires: Annotated[
        Search | None,
        Meta(
            title="Expiry search",
            description="Finds how long the bid holds: seconds, or the instant of its end as "
            "ISO 8601 with a time zone or as Unix time.",
            examples=[{"type": "json_path", "path": "$.expireInSeconds"}],
        ),
    ] = None
    duplicate_reason: Annotated[
        Search | None,
        Meta(
            title="Duplicate reason search",
            description="Found in an answer that holds no bid, it means a duplicate.",
        ),
    ] = None
    reject_reason: Annotated[
        Search | None,
        Meta(title="Reject reason search", description="Finds why the buyer does not bid."),
    ] = None


class PingSettings(RequestSettings, kw_only=True, frozen=True):
    """The ping: a request of its own, with the named fields and nothing else of the lead."""

    url: Annotated[
        str,
        Meta(
            title="URL",
            description="Where the buyer is asked; tags may stand in its path and query.",
            max_length=4000,
            examples=["https://buyer.example/ping"],
        ),
    ]
    testing_url: Annotated[
        str,
        Meta(
            title="Testing URL",
            description="Where the buyer is asked while the environment is Testing.",
            max_length=4000,
        ),
    ] = ""
    timeout: Annotated[
        float,
        Meta(
            title="Timeout",
            description="Seconds to wait for the bid, tokens included. All pings of a lead end "
            "together, which may be sooner.",
            ge=0.1,
            le=30,
        ),
    ] = 5.0
    body: Annotated[
        str,
        Meta(
            title="Body",
            description="The body with tags, which name fields of the ping, system tags or "
            "secrets. Empty: the fields of the ping as a JSON object, XML elements, form or query.",
            max_length=200_000,
            examples=['{"zip": "{{zip}}", "id": "{{lead_uid}}"}'],
        ),
    ] = ""
    fields: Annotated[
        tuple[PingField, ...],
        Meta(
            title="Fields",
            description="All of the lead that the ping may carry. None: the fields with the "
            "meanings city, state, postal code, country and mobile, under their own names.",
            max_length=200,
            examples=[[{"to": "zip", "source": "PostalCode"}]],
        ),
    ] = ()
    response: Annotated[
        BidSettings, Meta(title="Response", description="How the answer to the ping is read.")
    ] = BidSettings()


class PingPostSettings(WebhookSettings, kw_only=True, frozen=True):
    """The post, as a webhook has it, and the ping."""

    pings: Annotated[
        bool,
        Meta(
            title="Ping during sort",
            description="Ask for a bid before leads are sorted; who does not bid is not offered "
            "the lead. Off: the lead is posted at the delivery account's price, unasked.",
        ),
    ] = True
    ping: Annotated[PingSettings, Meta(title="Ping", description="How the buyer is asked.")]
