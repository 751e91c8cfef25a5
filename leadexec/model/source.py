"""Lead sources and their campaigns (``LS1``, ``LS3``–``LS14``)."""

import enum
from decimal import Decimal
from typing import Annotated, Any

from msgspec import Meta, Struct

from leadexec.criteria import Criteria
from leadexec.model.entity import (
    Amount,
    ComponentKey,
    Entity,
    Fixed,
    IpRule,
    Money,
    Ref,
    TimeZone,
    entity,
)
from leadexec.model.limits import QuantityLimits
from leadexec.model.secret import Secret

AddressRule = Annotated[
    str,
    IpRule(),
    Meta(max_length=100, examples=["203.0.113.7", "203.0.113.1-203.0.113.9", "2001:db8::/32"]),
]
"""An address, a range or a network in CIDR notation, of IPv4 or IPv6."""
Addresses = Annotated[tuple[AddressRule, ...], Meta(max_length=1000)]


class SourceStatus(enum.StrEnum):
    """Whether a lead source may send leads."""

    ACTIVE = "active"
    INACTIVE = "inactive"


@entity(name="lead_source", plural="lead_sources", title="Lead source", unique=(("name",),))
class LeadSource(Entity, kw_only=True, frozen=True):
    """Who leads come from: a vendor, a partner, an own website (``LS1``)."""

    name: Annotated[str, Meta(title="Name", min_length=1, max_length=200)]
    status: SourceStatus = SourceStatus.ACTIVE
    email: Annotated[str, Meta(title="Email", max_length=254)] = ""
    address: Annotated[str, Meta(title="Address", max_length=200)] = ""
    city: Annotated[str, Meta(title="City", max_length=100)] = ""
    state: Annotated[str, Meta(title="State", max_length=50)] = ""
    zip: Annotated[str, Meta(title="Zip", max_length=20)] = ""
    country: Annotated[str, Meta(title="Country", max_length=2)] = "US"
    phone: Annotated[str, Meta(title="Phone", max_length=30)] = ""
    allow: Annotated[
        Addresses,
        Meta(title="Allowed addresses", description="With any of these, only they may post (LS2)"),
    ] = ()
    deny: Annotated[
        Addresses, Meta(title="Denied addresses", description="These may not post (LS2)")
    ] = ()
    assigned_user: Annotated[int | None, Ref("user"), Meta(title="Assigned user")] = None
    notes: Annotated[str, Meta(title="Notes", max_length=4000)] = ""


class CampaignStatus(enum.StrEnum):
    """Whether a campaign takes leads: only an active one does (``LS3``)."""

    ACTIVE = "active"
    CLOSED = "closed"
    INACTIVE = "inactive"
    ON_HOLD = "on_hold"
    LATE = "late"
    SUSPENDED = "suspended"


class Channel(enum.StrEnum):
    """How a campaign's leads arrive."""

    WEB = "web"
    PING_POST = "ping_post"
    PHONE = "phone"
    CHAT = "chat"


class RejectOption(enum.StrEnum):
    """What becomes of a lead that a check rejects (``LS9``)."""

    BACK_TO_SOURCE = "back_to_source"
    QUALITY_CONTROL = "quality_control"
    DELIVER = "deliver"


class ValidatorUse(Struct, kw_only=True, frozen=True):
    """A validator that a campaign has switched on."""

    validator: Annotated[str, ComponentKey("validator"), Meta(examples=["duplicate"])]
    settings: dict[str, Any] = {}
    enabled: bool = True


class AutomationUse(Struct, kw_only=True, frozen=True):
    """An automation strategy with its settings (``LS5``, ``CS9``)."""

    strategy: Annotated[str, ComponentKey("automation"), Meta(examples=["price"])]
    settings: dict[str, Any] = {}


class OnScriptError(enum.StrEnum):
    """What becomes of a lead whose distribution script fails (``DI10``)."""

    HOLD = "hold"
    IGNORE = "ignore"


class ScriptUse(Struct, kw_only=True, frozen=True):
    """A distribution script that a campaign runs."""

    script: Annotated[str, ComponentKey("script")]
    settings: dict[str, Any] = {}
    on_error: OnScriptError = OnScriptError.HOLD
    enabled: bool = True


@entity(
    name="campaign",
    plural="campaigns",
    title="Campaign",
    unique=(("lead_source", "name"),),
)
class Campaign(Entity, kw_only=True, frozen=True):
    """One stream of leads of one source, with its price and rules (``LS3``)."""

    name: Annotated[str, Meta(title="Name", min_length=1, max_length=200)]
    lead_source: Annotated[int, Ref("lead_source"), Fixed(), Meta(title="Lead source")]
    lead_type: Annotated[int, Ref("lead_type"), Fixed(), Meta(title="Lead type")]
    channel: Annotated[Channel, Fixed(), Meta(title="Channel")] = Channel.WEB
    status: CampaignStatus = CampaignStatus.ACTIVE
    price: Annotated[Money, Meta(title="Cost per lead")] = Decimal(0)
    require_authentication: Annotated[
        bool, Meta(description="Only posts with a Lead Receiver token are taken (LS4)")
    ] = True
    password: Annotated[
        Secret | None,
        Meta(title="Campaign password", description="Taken instead of a token (LS4)"),
    ] = None
    automation: AutomationUse | None = None
    maximum_delivery_count: Annotated[int, Meta(ge=1, le=100)] = 1
    limits: QuantityLimits = QuantityLimits()
    time_zone: Annotated[
        str, TimeZone(), Meta(description="IANA name; windows are reckoned in it")
    ] = "UTC"
    criteria: Annotated[Criteria | None, Meta(title="Incoming criteria")] = None
    validators: tuple[ValidatorUse, ...] = ()
    scripts: tuple[ScriptUse, ...] = ()
    quality_control: Annotated[
        bool, Meta(description="Every lead waits for a person to validate it (LS9)")
    ] = False
    default_reject: Annotated[
        RejectOption,
        Meta(
            title="Default reject option",
            description="What becomes of a lead that a check rejects (LS9)",
        ),
    ] = RejectOption.BACK_TO_SOURCE
    value_delimiter: Annotated[
        str,
        Meta(
            title="Custom value delimiter",
            max_length=5,
            description="Between several values of one field (LS16)",
        ),
    ] = ""
    delivers_to: Annotated[
        int | None,
        Ref("exclusive_group"),
        Meta(title="Delivers to", description="An exclusive group; none: any client (LS5)"),
    ] = None
    campaign_group: Annotated[
        int | None, Ref("campaign_group"), Meta(title="Campaign group", description="LS12, LS24")
    ] = None
    default_user: Annotated[
        int | None, Ref("user"), Meta(title="Default user", description="LS12")
    ] = None
    category: Annotated[
        str,
        Meta(title="Category", max_length=200, description="One of the lead type's (LS12, LT8)"),
    ] = ""
    maximum_return_days: Annotated[
        Annotated[int, Meta(ge=0, le=3650)] | None,
        Meta(
            title="Maximum return days",
            description="Returns are taken so many days after receipt (LS15)",
        ),
    ] = None
    revenue_share: Annotated[
        Decimal,
        Amount(),
        Meta(
            title="Revenue share",
            description="Percent of a lead's revenue paid to the source besides its price (LS17)",
        ),
    ] = Decimal(0)
    use_delivery_queue: Annotated[
        bool, Meta(description="No: the answer waits for the deliveries (LS13)")
    ] = True
    allow_send_responses: Annotated[
        bool, Meta(description="The receiver's answer lists the deliveries (LS14)")
    ] = False
