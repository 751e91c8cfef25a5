"""What a campaign asks of its pings, and how it answers them (``PP1``–``PP3``)."""

from collections.abc import Iterable, Iterator
from decimal import Decimal
from typing import Annotated, Final

from msgspec import Meta, Struct

from leadexec import (
    Amount,
    CampaignInfo,
    ConfigurationError,
    Entity,
    Fault,
    Fixed,
    Money,
    QuoteTerms,
    Ref,
    entity,
)

PING_POST: Final = "ping_post"
"""The channel of campaigns that take pings."""
_WHOLE: Final = Decimal(100)
_EXAMPLE: Final = [{"name": "State"}, {"name": "Zip", "required": False}]


class PingField(Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """One field of a campaign's pings (``PP1``)."""

    name: Annotated[
        str,
        Meta(
            title="Field",
            description="The lead field, as it is posted; in any case.",
            pattern=r"^[A-Za-z_][A-Za-z0-9_]{0,63}$(?!\n)",
            examples=["State"],
        ),
    ]
    required: Annotated[
        bool,
        Meta(title="Required", description="A ping without it is refused; else it may be left out"),
    ] = True


# Not catalogued: no lead's way depends on it, so a changed one is no new configuration.
@entity(
    name="ping_setting",
    plural="ping_settings",
    title="Ping setting",
    unique=(("campaign",),),
    catalogued=False,
)
class PingSetting(Entity, kw_only=True, frozen=True):
    """What a campaign asks of its pings; one that has none has these defaults (``PP1``–``PP3``)."""

    campaign: Annotated[
        int, Ref("campaign"), Fixed(), Meta(title="Campaign", description="Of channel ping_post")
    ]
    fields: Annotated[
        tuple[PingField, ...],
        Meta(
            title="Fields",
            description="Those a ping has, with which are required. Other fields of the lead type "
            "may come, too; what the lead itself needs may come with the post.",
            max_length=500,
            examples=[_EXAMPLE],
        ),
    ] = ()
    revenue: Annotated[
        Money,
        Meta(title="Revenue", description="What buyers must pay, all together, at least"),
    ] = Decimal(0)
    profit: Annotated[
        Money | None,
        Meta(
            title="Profit",
            description="Revenue less what the source is paid, at least; none: any",
        ),
    ] = None
    profit_percentage: Annotated[
        Annotated[Decimal, Amount()] | None,
        Meta(
            title="Profit percentage",
            description="Profit in percent of the revenue, at least, up to 100; none: any",
        ),
    ] = None
    deliveries: Annotated[
        int,
        Meta(
            title="Minimum delivery count",
            description="How many buyers must be found, at least. More than the campaign's maximum "
            "delivery count are never found.",
            ge=1,
            le=100,
        ),
    ] = 1
    seconds: Annotated[
        float,
        Meta(
            title="Time to answer",
            description="Seconds that a sender waits. About a quarter of a second of it is kept "
            "for our own work; buyers that have not bid until then are left out.",
            ge=0.2,
            le=20,
        ),
    ] = 2.0
    hold_seconds: Annotated[
        int,
        Meta(
            title="Order ID valid for",
            description="Seconds in which the lead must come; its buyers' limits are held so long",
            ge=5,
            le=3600,
        ),
    ] = 300
    tell_price: Annotated[
        bool,
        Meta(title="Tell the price", description="The answer names what the source will be paid"),
    ] = True
    tell_reason: Annotated[
        bool,
        Meta(
            title="Tell the reason",
            description="A refusal says why. Off: only what is wrong with the ping's own fields.",
        ),
    ] = True

    def __post_init__(self) -> None:
        """Refuse what no single field can tell.

        Raises:
            ConfigurationError: ``repeated_field``, ``out_of_range``; all faults with their paths.
        """
        faults = [*_repeated(field.name for field in self.fields)]
        if self.profit_percentage is not None and self.profit_percentage > _WHOLE:
            message = "Profit is at most 100 percent of the revenue."
            faults.append(Fault(code="out_of_range", path="profit_percentage", message=message))
        if faults:
            raise ConfigurationError(faults)


def quote_terms(setting: PingSetting, info: CampaignInfo, seconds: float) -> QuoteTerms:
    """Return what the kernel is asked for.

    Args:
        setting: The campaign's.
        info: The campaign; a required field that its leads do not have stays required, so that
            no ping is answered as if it were there.
        seconds: What is left of the sender's time.
    """
    names = {field.name.lower(): field.name for field in info.fields}
    required = (field.name for field in setting.fields if field.required)
    return QuoteTerms(
        required=frozenset(names.get(name.lower(), name) for name in required),
        revenue=setting.revenue,
        profit=setting.profit,
        profit_percentage=setting.profit_percentage,
        deliveries=setting.deliveries,
        seconds=seconds,
        hold_seconds=setting.hold_seconds,
    )


def problems(setting: PingSetting, info: CampaignInfo) -> Iterator[Fault]:
    """Yield why the campaign's pings would be refused, whatever they bring."""
    if info.channel != PING_POST:
        message = f"The campaign's channel is {info.channel}; only {PING_POST} takes pings."
        yield Fault(code="not_ping_post", path="campaign", message=message)
    known = {field.name.lower(): field for field in info.fields}
    for index, field in enumerate(setting.fields):
        details = known.get(field.name.lower())
        path = f"fields[{index}].name"
        if details is None:
            message = f"The lead type {info.lead_type_name} has no field {field.name}."
            yield Fault(code="unknown_field", path=path, message=message)
        elif details.computed:
            message = f"{field.name} is calculated from other fields; what is posted is ignored."
            yield Fault(code="computed_field", path=path, message=message)


def _repeated(names: Iterable[str]) -> Iterator[Fault]:
    seen: set[str] = set()
    for index, name in enumerate(names):
        if name.lower() in seen:
            message = f"The field {name} is there already; case does not count."
            yield Fault(code="repeated_field", path=f"fields[{index}].name", message=message)
        seen.add(name.lower())
