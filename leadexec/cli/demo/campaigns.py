"""The lead sources and campaigns of the demonstration, as a plan that two modules read.

``leads`` writes posts that mostly fit a campaign's criteria, ``account`` configures them.
"""

import enum
from decimal import Decimal
from typing import Any, Final

import msgspec

from leadexec.criteria import Criteria
from leadexec.criteria.tree import All, FieldTest, Operator
from leadexec.model.limits import QuantityLimits


class Vertical(enum.StrEnum):
    """The two lead types, by their names."""

    MORTGAGE = "Mortgage"
    AUTO = "Auto insurance"


class Vendor(msgspec.Struct, kw_only=True, frozen=True):
    """A lead source."""

    name: str
    email: str
    city: str
    state: str


class CampaignPlan(msgspec.Struct, kw_only=True, frozen=True):
    """A campaign, and how many of the demonstration's leads it gets."""

    name: str
    """Differs from all others, also over sources."""
    vendor: str
    vertical: Vertical
    price: Decimal
    """What the source is paid for each accepted lead."""
    weight: int
    """Its share of all leads, in parts of the sum of the weights."""
    maximum: int
    """Maximum delivery count."""
    strategy: str
    strategy_settings: dict[str, Any] = {}
    time_zone: str = "America/New_York"
    states: tuple[str, ...] = ()
    """States its leads must come from; none means any."""
    veterans: bool = False
    """Whether its leads must be veterans."""
    limits: QuantityLimits = QuantityLimits()
    lookback_days: int = 30
    pings: bool = False
    """Whether its vendor pings first, and posts what it got an Order ID for (``PP2``)."""
    reviewed: bool = False
    """Whether a person validates every lead (``LS9``)."""
    waits: bool = False
    """Whether the answer waits for the deliveries and lists them (``LS13``, ``LS14``)."""

    def criteria(self) -> Criteria:
        """Return the incoming criteria (``LS7``)."""
        return All(items=tuple(self._tests()))

    def _tests(self) -> list[Criteria]:
        tests: list[Criteria] = list(_FLOOR[self.vertical])
        if self.states:
            tests.append(FieldTest(field="State", operator=Operator.IS_ANY_OF, values=self.states))
        if self.veterans:
            tests.append(FieldTest(field="Veteran", operator=Operator.IS, values=("true",)))
        return tests


_FLOOR: Final[dict[Vertical, tuple[Criteria, ...]]] = {
    Vertical.MORTGAGE: (
        FieldTest(field="LoanAmount", operator=Operator.AT_LEAST, values=("50000",)),
        FieldTest(field="CreditGrade", operator=Operator.IS_NOT, values=("poor",)),
    ),
    Vertical.AUTO: (
        FieldTest(field="Accidents", operator=Operator.AT_MOST, values=("4",)),
        FieldTest(field="DateOfBirth", operator=Operator.BEFORE, values=("2008-01-01",)),
    ),
}

VENDORS: Final = (
    Vendor(name="QuoteHarbor", email="leads@quoteharbor.example", city="Boston", state="MA"),
    Vendor(name="LendPath Media", email="ops@lendpath.example", city="Denver", state="CO"),
    Vendor(name="DriveQuote", email="partners@drivequote.example", city="Austin", state="TX"),
    Vendor(name="HomeRate Partners", email="traffic@homerate.example", city="Tampa", state="FL"),
    Vendor(name="Own websites", email="web@demo.example", city="Chicago", state="IL"),
)

CAMPAIGNS: Final = (
    CampaignPlan(
        name="Mortgage nationwide",
        vendor="QuoteHarbor",
        vertical=Vertical.MORTGAGE,
        price=Decimal("32.00"),
        weight=24,
        maximum=4,
        strategy="price",
        strategy_settings={"optimize": True},
    ),
    CampaignPlan(
        name="Auto nationwide",
        vendor="QuoteHarbor",
        vertical=Vertical.AUTO,
        price=Decimal("14.00"),
        weight=20,
        maximum=3,
        strategy="price",
        strategy_settings={"optimize": True},
    ),
    CampaignPlan(
        name="Refinance West",
        vendor="LendPath Media",
        vertical=Vertical.MORTGAGE,
        price=Decimal("30.00"),
        weight=12,
        maximum=1,
        strategy="priority",
        time_zone="America/Los_Angeles",
        states=("CA", "WA", "OR", "NV", "AZ", "CO"),
    ),
    CampaignPlan(
        name="Purchase Southeast",
        vendor="LendPath Media",
        vertical=Vertical.MORTGAGE,
        price=Decimal("22.50"),
        weight=10,
        maximum=2,
        strategy="round-robin",
        states=("FL", "GA", "NC", "SC", "TN", "VA"),
        limits=QuantityLimits(hourly=70, daily=800),
    ),
    CampaignPlan(
        name="Mortgage by ping",
        vendor="LendPath Media",
        vertical=Vertical.MORTGAGE,
        price=Decimal("27.00"),
        weight=8,
        maximum=2,
        strategy="price",
        pings=True,
    ),
    CampaignPlan(
        name="Auto South",
        vendor="DriveQuote",
        vertical=Vertical.AUTO,
        price=Decimal("9.75"),
        weight=12,
        maximum=2,
        strategy="priority",
        time_zone="America/Chicago",
        states=("TX", "OK", "LA", "AR", "MS", "AL"),
        lookback_days=90,
    ),
    CampaignPlan(
        name="Auto budget",
        vendor="DriveQuote",
        vertical=Vertical.AUTO,
        price=Decimal("6.50"),
        weight=8,
        maximum=1,
        strategy="round-robin",
        limits=QuantityLimits(daily=55),
    ),
    CampaignPlan(
        name="Veterans mortgage",
        vendor="HomeRate Partners",
        vertical=Vertical.MORTGAGE,
        price=Decimal("36.00"),
        weight=6,
        maximum=2,
        strategy="price",
        veterans=True,
        waits=True,
    ),
    CampaignPlan(
        name="Organic auto",
        vendor="Own websites",
        vertical=Vertical.AUTO,
        price=Decimal("0.00"),
        weight=8,
        maximum=3,
        strategy="price",
        time_zone="America/Chicago",
        lookback_days=7,
        reviewed=True,
    ),
)
"""Nine campaigns of five sources; the limits of two are within reach of 1,000 leads."""
