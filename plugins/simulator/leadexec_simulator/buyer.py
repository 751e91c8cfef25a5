"""What a simulated buyer is: its prices, its refusals, its troubles and the way it answers."""

import enum
from decimal import Decimal
from typing import Annotated, TypeAlias

import msgspec
from msgspec import Meta

from leadexec import ConfigurationError

Share = Annotated[float, Meta(ge=0, le=1, description="0 is never, 1 is always")]
Amount = Annotated[Decimal, Meta(description="Money, exact")]


class Format(enum.StrEnum):
    """In what a buyer writes its answers."""

    JSON = "json"
    XML = "xml"
    FORM = "form"
    """One ``key=value`` a line."""
    PLAIN = "plain"
    """``OK`` or ``NO`` with the reason; no price, no reference."""


class Dialect(enum.StrEnum):
    """Which names and values a buyer's answer has."""

    SUCCESS = "success"
    """``Success`` true or false, ``Payout`` as ``50.00``, ``TransactionId``, ``Reason``."""
    ACCEPTED = "accepted"
    """``Accepted`` as the *text* ``true`` or ``false``, ``Price`` as ``$1,234.50``, ``LeadId``."""
    BID = "bid"
    """``bid`` as a number, ``id``; a refusal is HTTP 200 with a bid of 0 and a ``reason``."""


class TroubleKind(enum.StrEnum):
    """What goes wrong instead of an answer; nothing is sold unless it says so."""

    TIMEOUT = "timeout"
    """Never answers; the connection stays open."""
    SERVER_ERROR = "server_error"
    """500 with a page."""
    TOO_MANY_REQUESTS = "too_many_requests"
    """429 with ``Retry-After: 1``."""
    RESET = "reset"
    """The TCP connection is reset."""
    LOST_ANSWER = "lost_answer"
    """The lead is judged, and sold if it pleases; then the connection is reset unanswered."""
    BAD_JSON = "bad_json"
    """200 with text that looks like an accept in JSON and breaks off."""
    HEALTH_PAGE = "health_page"
    """200 with an HTML page and no verdict."""
    DRIP = "drip"
    """The headers, then one byte every 100 ms without end."""
    HUGE_BODY = "huge_body"
    """200 with 200 MB."""
    GZIP_BOMB = "gzip_bomb"
    """200 with a small body that unpacks to 200 MB."""


class Trouble(msgspec.Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """One kind of trouble, and which posts meet it."""

    kind: TroubleKind
    share: Annotated[Share, Meta(description="Of all idempotency keys, chosen by their hash")] = 1.0
    tries: Annotated[
        Annotated[int, Meta(ge=1)] | None,
        Meta(description="Only the first so many tries of each key; none means every try"),
    ] = None


class FixedPrice(
    msgspec.Struct, kw_only=True, frozen=True, forbid_unknown_fields=True, tag="fixed"
):
    """The same price for every lead."""

    amount: Amount


class PostedPrice(
    msgspec.Struct, kw_only=True, frozen=True, forbid_unknown_fields=True, tag="posted"
):
    """The price that the post itself names; a post without one is refused."""

    field: str = "price"


class CurvePrice(
    msgspec.Struct, kw_only=True, frozen=True, forbid_unknown_fields=True, tag="curve"
):
    """A bid: a base, more for larger values of a field, more by day than by night, some chance.

    ``base + slope × field + swing × d + jitter × h``, where ``d`` goes in a straight line from -1
    at midnight to 1 at noon UTC and ``h`` in [-1, 1) comes from the hash of the key; not below
    ``floor``, rounded to cents.
    """

    base: Amount
    field: str = ""
    slope: Annotated[Decimal, Meta(description="Per unit of the field")] = Decimal(0)
    swing: Amount = Decimal(0)
    jitter: Amount = Decimal(0)
    floor: Amount = Decimal("0.01")


Price: TypeAlias = FixedPrice | PostedPrice | CurvePrice
"""How a buyer finds the price it pays."""


class Bidding(msgspec.Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """How a buyer bids for a lead before it gets it, and what it wants to see again in the post."""

    decline_rate: Annotated[Share, Meta(title="Share of pings without a bid")] = 0.0
    decline_values: Annotated[
        dict[str, tuple[str, ...]],
        Meta(title="Values without a bid", description="Pinged field → values it does not bid for"),
    ] = {}
    decline_reason: Annotated[str, Meta(title="Reason")] = "No coverage"
    delay_ms: Annotated[
        int,
        Meta(
            ge=0,
            le=600_000,
            title="Time to think",
            description="Whoever hangs up before gets no bid; it is counted as late",
        ),
    ] = 0
    expires_s: Annotated[
        Annotated[int, Meta(ge=0, le=31_536_000)] | None,
        Meta(title="Seconds a bid holds", description="0 is over at once; none is never over"),
    ] = None
    troubles: Annotated[
        tuple[Trouble, ...],
        Meta(title="Troubles of pings", description="The first that applies happens"),
    ] = ()
    reference_field: Annotated[str, Meta(title="Posted field that names the bid")] = (
        "ping_reference"
    )
    price_field: Annotated[
        str,
        Meta(
            title="Posted field that names the price",
            description="It must be the bid's; empty looks at no price",
        ),
    ] = "price"


class Buyer(msgspec.Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """One simulated buyer; it listens at ``/buyers/<name>``, to pings at ``/pings/<name>``."""

    name: Annotated[str, Meta(pattern=r"^[a-z0-9][a-z0-9-]{0,62}$", title="Name")]
    price: Annotated[Price, Meta(title="Price")] = PostedPrice()
    format: Annotated[Format, Meta(title="Format of the answer")] = Format.JSON
    dialect: Annotated[Dialect, Meta(title="Words of the answer")] = Dialect.SUCCESS
    reject_rate: Annotated[Share, Meta(title="Share of refused keys")] = 0.0
    reject_values: Annotated[
        dict[str, tuple[str, ...]],
        Meta(title="Refused values", description="Posted field → values that are refused"),
    ] = {}
    reject_reason: Annotated[str, Meta(title="Reason")] = "Outside of our coverage"
    troubles: Annotated[
        tuple[Trouble, ...], Meta(title="Troubles", description="The first that applies happens")
    ] = ()
    delay_ms: Annotated[int, Meta(ge=0, le=600_000, title="Time to think")] = 0
    authorization: Annotated[
        str, Meta(title="Authorization header", description="Asked for word for word, else 401")
    ] = ""
    takes: Annotated[
        Format | None, Meta(title="Format of posts", description="Anything else is a 415")
    ] = None
    lead_field: Annotated[str, Meta(title="Posted field that names the lead")] = "lead_uid"
    redirect_url: Annotated[str, Meta(title="Redirect address in accepts")] = ""
    bidding: Annotated[
        Bidding | None,
        Meta(
            title="Bidding",
            description="It is pinged first, and buys only what it has bid for, at that price; "
            "none takes posts unasked",
        ),
    ] = None


def buyers_from_json(text: str | bytes) -> tuple[Buyer, ...]:
    """Return the buyers written as a JSON list of objects with the fields of ``Buyer``.

    Raises:
        ConfigurationError: It is no such list, or two buyers have one name.
    """
    try:
        buyers = msgspec.json.decode(text, type=tuple[Buyer, ...])
    except msgspec.MsgspecError as error:
        raise ConfigurationError.single("invalid_buyers", "buyers", str(error)) from None
    names = [buyer.name for buyer in buyers]
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise ConfigurationError.single(
            "buyer_twice", "buyers", f"Two buyers have the same name: {', '.join(twice)}."
        )
    return buyers
