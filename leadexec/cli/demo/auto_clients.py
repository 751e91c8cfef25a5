"""The insurers of the demonstration."""

from typing import Any, Final

from leadexec.cli.demo.campaigns import Vertical
from leadexec.cli.demo.client_plan import PORTAL, ClientPlan, Hours
from leadexec.cli.demo.wishes import (
    at_least,
    between,
    born_before,
    matching,
    no,
    one_of,
    states,
    yes,
    zip_prefixes,
    zips,
)
from leadexec.model.limits import QuantityLimits


def _insurer(
    company: str, home: str, style: str, price: str, *wants: Any, **rest: Any
) -> ClientPlan:
    city, _, state = home.partition(", ")
    return ClientPlan(
        company=company,
        home=(city, state),
        vertical=Vertical.AUTO,
        style=style,
        price=price,
        wants=wants,
        **rest,
    )


_PACIFIC: Final = {"time_zone": "America/Los_Angeles"}
_MOUNTAIN: Final = {"time_zone": "America/Denver"}
_CENTRAL: Final = {"time_zone": "America/Chicago"}

WORKING: Final = (
    _insurer(
        "Beacon Auto Insurance",
        "Boston, MA",
        "acme",
        "14.00",
        at_least("VehicleYear", 2008),
        premium=("17.50", one_of("CoverageType", "premium")),
        limits=QuantityLimits(daily=120),
    ),
    _insurer(
        "Roadrunner Insurance",
        "Phoenix, AZ",
        "bearer",
        "13.00",
        states("AZ", "NM", "NV", "UT", "CO"),
        time_zone="America/Phoenix",
    ),
    _insurer(
        "Lone Star Auto",
        "Dallas, TX",
        "form",
        "12.50",
        states("TX"),
        hours=Hours.DAYTIME,
        priority=1,
        **_CENTRAL,
    ),
    _insurer(
        "Bayou Casualty",
        "New Orleans, LA",
        "xml",
        "11.00",
        states("LA", "MS", "AR", "AL"),
        priority=2,
        **_CENTRAL,
    ),
    _insurer(
        "Great Plains Mutual",
        "Oklahoma City, OK",
        "plain-ok",
        "9.50",
        states("OK", "KS", "NE", "IA"),
        **_CENTRAL,
    ),
    _insurer(
        "Motor City Insurance",
        "Detroit, MI",
        "xml-basic",
        "12.00",
        states("MI", "OH", "IN"),
        hours=Hours.OFFICE,
    ),
    _insurer(
        "Golden State Auto",
        "Sacramento, CA",
        "acme",
        "42.00",
        states("CA"),
        between("Accidents", 0, 1),
        exclusive=True,
        priority=1,
        limits=QuantityLimits(daily=25),
        **_PACIFIC,
    ),
    _insurer(
        "Clean Record Insurance",
        "Salt Lake City, UT",
        "redirect",
        "16.00",
        between("Accidents", 0, 0),
        limits=QuantityLimits(daily=100),
        hours=Hours.DAYTIME,
        **_MOUNTAIN,
    ),
    _insurer(
        "Second Chance Auto",
        "Houston, TX",
        "choosy",
        "10.00",
        at_least("Accidents", 1),
        **_CENTRAL,
    ),
    _insurer(
        "Premier Marque",
        "Miami, FL",
        "acme",
        "22.00",
        matching("VehicleMake", "^(BMW|Tesla)$"),
        priority=1,
    ),
    _insurer(
        "Truck and Tow",
        "El Paso, TX",
        "string-false",
        "13.50",
        matching("VehicleModel", "F-150|Silverado"),
        **_MOUNTAIN,
    ),
    _insurer(
        "Bundle and Save",
        "Columbus, OH",
        "bidder",
        "15.00",
        yes("Homeowner"),
        limits=QuantityLimits(daily=70),
    ),
    _insurer(
        "Switch Today",
        "Charlotte, NC",
        "zero-bid",
        "12.75",
        yes("CurrentlyInsured"),
        at_least("MonthlyPremium", 100),
    ),
    _insurer(
        "First Policy", "Nashville, TN", "plain-no", "8.50", no("CurrentlyInsured"), **_CENTRAL
    ),
    _insurer(
        "Empire Auto",
        "New York, NY",
        "picky-xml",
        "13.25",
        zip_prefixes("100", "142", "122", "071"),
        priority=2,
    ),
    _insurer(
        "Mile High Motor", "Denver, CO", "slow", "12.25", states("CO", "WY", "MT"), **_MOUNTAIN
    ),
    _insurer(
        "Gray Panther Auto",
        "Tampa, FL",
        "acme",
        "11.50",
        born_before("1965-01-01"),
        hours=Hours.OFFICE,
    ),
    _insurer("Night Owl Insurance", "Portland, OR", "form", "10.50", hours=Hours.NIGHT, **_PACIFIC),
    _insurer(
        "Agent Desk",
        "St. Louis, MO",
        PORTAL,
        "8.00",
        limits=QuantityLimits(daily=80),
        **_CENTRAL,
    ),
    _insurer("Corner Agency", "Pittsburgh, PA", PORTAL, "7.50", states("PA", "NJ", "MD", "VA")),
    _insurer(
        "Budget Auto Buyers",
        "Little Rock, AR",
        "acme",
        "6.00",
        limits=QuantityLimits(hourly=40),
        priority=9,
        **_CENTRAL,
    ),
)
"""Insurers whose systems work."""

TROUBLED: Final = (
    _insurer("Peach State Auto", "Savannah, GA", "flaky", "12.00", states("GA", "SC"), retries=3),
    _insurer(
        "River Delta Insurance",
        "Jackson, MS",
        "lossy",
        "11.75",
        states("MS", "TN"),
        retries=3,
        **_CENTRAL,
    ),
    _insurer(
        "Drip Feed Insurance",
        "Boise, ID",
        "drip",
        "18.00",
        zips("83702"),
        timeout=1,
        limits=QuantityLimits(hourly=20),
        **_MOUNTAIN,
    ),
    _insurer("Endless Casualty", "Billings, MT", "huge-body", "18.00", zips("59101")),
    _insurer("Zipped Mutual", "Albuquerque, NM", "gzip-bomb", "18.00", zips("87102")),
)
"""Insurers whose systems do not."""
