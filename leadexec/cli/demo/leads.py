"""The leads of the demonstration: what real senders post, with the faults real posts have."""

import enum
import itertools
import random
from collections import defaultdict, deque
from collections.abc import Iterator
from typing import Any, Final

import msgspec

from leadexec.cli.demo.campaigns import CAMPAIGNS, CampaignPlan, Vertical
from leadexec.cli.demo.flaws import FLAWED, Flaw
from leadexec.cli.demo.people import (
    CARRIERS,
    FIRST_NAMES,
    LAST_NAMES,
    MAIL_HOSTS,
    REMARKS,
    STREET_KINDS,
    STREETS,
    VEHICLES,
)
from leadexec.cli.demo.places import Place, places_in

_REMEMBERED: Final = 200
"""So many earlier leads of a campaign may come back as duplicates."""


class PostedLead(msgspec.Struct, kw_only=True, frozen=True):
    """One post to the receiver."""

    key: str
    """The idempotency key."""
    campaign: str
    """The campaign's name."""
    fields: dict[str, Any]
    flaw: Flaw | None = None
    """What was made wrong with it on purpose."""


class Manner(enum.Enum):
    """How a sender writes what can be written in several ways."""

    TIDY = 0
    LOCAL = 1
    NUMBERS = 2


def realistic_leads(seed: str | int, count: int | None = None) -> Iterator[PostedLead]:
    """Yield ``count`` posts (None: without end); the same seed gives the same, word for word.

    About 5 % repeat an earlier lead of their campaign, 3 % hold an invalid value, 2 % lack a
    required one, 4 % are outside of their campaign's criteria, 1 % have fields nobody knows.
    """
    chance = random.Random(f"leads {seed}")  # noqa: S311  repeatable on purpose
    earlier: dict[str, deque[dict[str, Any]]] = defaultdict(lambda: deque(maxlen=_REMEMBERED))
    weights = [plan.weight for plan in CAMPAIGNS]
    for number in itertools.count() if count is None else range(count):
        (plan,) = chance.choices(CAMPAIGNS, weights)
        flaw = _flaw(chance)
        fields = _lead(chance, plan)
        before = earlier[plan.name]
        if flaw is Flaw.DUPLICATE and before:
            same = chance.choice(before)
            fields |= {name: same[name] for name in ("Email", "PrimaryPhone")}
        elif flaw and flaw is not Flaw.DUPLICATE:
            FLAWED[flaw](chance, plan.vertical, fields)
        else:
            flaw = None
            before.append(fields)
        yield PostedLead(key=f"demo-{seed}-{number}", campaign=plan.name, fields=fields, flaw=flaw)


def _flaw(chance: random.Random) -> Flaw | None:
    flaws = list(Flaw)
    shares = [flaw.share for flaw in flaws]
    (flaw,) = chance.choices([*flaws, None], [*shares, 100 - sum(shares)])
    return flaw


def _lead(chance: random.Random, plan: CampaignPlan) -> dict[str, Any]:
    place = chance.choice(places_in(plan.states))
    manner = chance.choice(list(Manner))
    fields = _person(chance, place, manner)
    if plan.vertical is Vertical.MORTGAGE:
        fields |= _mortgage(chance, manner)
        veteran = plan.veterans or chance.random() < 0.12
        fields["Veteran"] = _yes_no(veteran, manner)
    else:
        fields |= _auto(chance, manner)
    return fields


def _person(chance: random.Random, place: Place, manner: Manner) -> dict[str, Any]:
    first, last = chance.choice(FIRST_NAMES), chance.choice(LAST_NAMES)
    mailbox = f"{first}.{last}".encode("ascii", "ignore").decode().replace("'", "").lower()
    local = manner is Manner.LOCAL
    digits = f"{place.area_code}555{chance.randrange(10_000):04d}"
    fields: dict[str, Any] = {
        "FirstName": f" {first}" if chance.random() < 0.05 else first,
        "LastName": last.upper() if chance.random() < 0.05 else last,
        "Email": f"{mailbox}{chance.randrange(100_000)}@{chance.choice(MAIL_HOSTS)}",
        "PrimaryPhone": f"({digits[:3]}) {digits[3:6]}-{digits[6:]}" if local else digits,
        "Address": f"{chance.randrange(1, 9_900)} {chance.choice(STREETS)} "
        f"{chance.choice(STREET_KINDS)}",
        "City": place.city,
        "State": place.state_name if local else place.state,
        "Zip": f"{place.zip}-{chance.randrange(1, 9_999):04d}" if local else place.zip,
        "IPAddress": f"203.0.113.{chance.randrange(1, 255)}",
        "DateOfBirth": _date(chance, manner),
        "LandingPage": f"https://{chance.choice(('rates', 'quotes', 'compare'))}.example/start",
        "LeadToken": f"{chance.getrandbits(160):040x}",
    }
    if chance.random() < 0.2:
        fields["Comments"] = chance.choice(REMARKS)
    return fields


def _mortgage(chance: random.Random, manner: Manner) -> dict[str, Any]:
    value = chance.randrange(120, 1_400) * 1_000
    loan = max(60_000, value * chance.randrange(30, 97) // 100)
    purchase = chance.random() < 0.45
    fields: dict[str, Any] = {
        "LoanType": "purchase" if purchase else chance.choice(("refinance", "home_equity")),
        "LoanAmount": _money(loan, manner),
        "PropertyValue": _money(value, manner),
        "InterestRate": f"{chance.randrange(2_500, 9_500) / 1_000:.3f}"
        + ("%" if manner is Manner.LOCAL else ""),
        "CreditGrade": chance.choices(("excellent", "good", "fair"), (35, 40, 25))[0],
        "PropertyType": chance.choice(("single_family", "condo", "townhouse", "multi_family")),
        "PropertyUse": chance.choices(("primary", "second_home", "investment"), (80, 8, 12))[0],
        "AnnualIncome": _money(chance.randrange(35, 320) * 1_000, manner),
    }
    if purchase:
        fields["DownPayment"] = _money(value - loan, manner)
    else:
        fields["MortgageBalance"] = _money(loan * 9 // 10, manner)
    return fields


def _auto(chance: random.Random, manner: Manner) -> dict[str, Any]:
    make, model = chance.choice(VEHICLES)
    insured = chance.random() < 0.7
    fields: dict[str, Any] = {
        "VehicleYear": chance.randrange(1998, 2026),
        "VehicleMake": make,
        "VehicleModel": model,
        "AnnualMileage": f"{chance.randrange(3, 31)},000"
        if manner is Manner.LOCAL
        else chance.randrange(3, 31) * 1_000,
        "CurrentlyInsured": _yes_no(insured, manner),
        "CoverageType": chance.choice(("state_minimum", "standard", "premium")),
        "Accidents": chance.choices((0, 1, 2, 3, 4), (60, 22, 10, 5, 3))[0],
        "Homeowner": _yes_no(chance.random() < 0.6, manner),
    }
    if insured:
        fields["CurrentCarrier"] = chance.choice(CARRIERS)
        fields["MonthlyPremium"] = _money(chance.randrange(45, 390), manner)
    return fields


def _money(amount: int, manner: Manner) -> str | int:
    match manner:
        case Manner.TIDY:
            return f"{amount}.00"
        case Manner.LOCAL:
            return f"${amount:,}"
        case Manner.NUMBERS:
            return amount


def _yes_no(answer: bool, manner: Manner) -> str | bool:
    match manner:
        case Manner.TIDY:
            return "yes" if answer else "no"
        case Manner.LOCAL:
            return "Y" if answer else "N"
        case Manner.NUMBERS:
            return answer


def _date(chance: random.Random, manner: Manner) -> str:
    year, month, day = (
        chance.randrange(1945, 2006),
        chance.randrange(1, 13),
        chance.randrange(1, 29),
    )
    match manner:
        case Manner.TIDY:
            return f"{year}-{month:02d}-{day:02d}"
        case Manner.LOCAL:
            return f"{month}/{day}/{year}"
        case Manner.NUMBERS:
            return f"{year}-{month:02d}-{day:02d}T00:00:00Z"
