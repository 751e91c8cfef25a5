"""Lead sources and their campaigns (``LS1``, ``LS3``–``LS14``)."""

import enum
from decimal import Decimal
from typing import Annotated, Any

from msgspec import Meta, Struct

from leadexec.criteria import Criteria
from leadexec.model.entity import ComponentKey, Entity, Fixed, Money, Ref, TimeZone, entity
from leadexec.model.limits import QuantityLimits


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
    automation: AutomationUse | None = None
    maximum_delivery_count: Annotated[int, Meta(ge=1, le=100)] = 1
    limits: QuantityLimits = QuantityLimits()
    time_zone: Annotated[
        str, TimeZone(), Meta(description="IANA name; windows are reckoned in it")
    ] = "UTC"
    criteria: Annotated[Criteria | None, Meta(title="Incoming criteria")] = None
    validators: tuple[ValidatorUse, ...] = ()
    scripts: tuple[ScriptUse, ...] = ()
    use_delivery_queue: Annotated[
        bool, Meta(description="No: the answer waits for the deliveries (LS13)")
    ] = True
    allow_send_responses: Annotated[
        bool, Meta(description="The receiver's answer lists the deliveries (LS14)")
    ] = False
