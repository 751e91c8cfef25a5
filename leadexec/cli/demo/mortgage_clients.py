"""The lenders of the demonstration."""

from typing import Any, Final

from leadexec.cli.demo.campaigns import Vertical
from leadexec.cli.demo.client_plan import PORTAL, ClientPlan, Hours
from leadexec.cli.demo.wishes import (
    at_least,
    between,
    born_before,
    matching,
    one_of,
    states,
    yes,
    zip_prefixes,
    zips,
)
from leadexec.model.client import ClientStatus
from leadexec.model.delivery_account import AccountStatus
from leadexec.model.limits import QuantityLimits


def _lender(
    company: str, home: str, style: str, price: str, *wants: Any, **rest: Any
) -> ClientPlan:
    city, _, state = home.partition(", ")
    return ClientPlan(
        company=company,
        home=(city, state),
        vertical=Vertical.MORTGAGE,
        style=style,
        price=price,
        wants=wants,
        **rest,
    )


_PACIFIC: Final = {"time_zone": "America/Los_Angeles"}
_MOUNTAIN: Final = {"time_zone": "America/Denver"}
_CENTRAL: Final = {"time_zone": "America/Chicago"}

WORKING: Final = (
    _lender(
        "Summit Home Loans",
        "Denver, CO",
        "acme",
        "26.00",
        one_of("CreditGrade", "excellent", "good"),
        between("LoanAmount", 150_000, 750_000),
        premium=("31.00", one_of("PropertyUse", "second_home", "investment")),
        **_MOUNTAIN,
    ),
    _lender(
        "Pacific Crest Mortgage",
        "San Diego, CA",
        "bearer",
        "24.50",
        states("CA", "OR", "WA"),
        hours=Hours.DAYTIME,
        priority=1,
        **_PACIFIC,
    ),
    _lender("Bluewater Lending", "Tampa, FL", "xml", "22.00", states("FL", "GA"), priority=2),
    _lender(
        "Liberty Oak Bank",
        "Philadelphia, PA",
        "xml-basic",
        "21.00",
        at_least("LoanAmount", 100_000),
        one_of("PropertyUse", "primary", "second_home"),
        hours=Hours.OFFICE,
        limits=QuantityLimits(daily=60),
    ),
    _lender(
        "Golden Gate Funding",
        "San Jose, CA",
        "acme",
        "78.00",
        zip_prefixes("94", "95", "90"),
        at_least("LoanAmount", 400_000),
        exclusive=True,
        priority=0,
        **_PACIFIC,
    ),
    _lender(
        "Lone Star Mortgage",
        "Houston, TX",
        "form",
        "23.00",
        states("TX", "OK"),
        hours=Hours.DAYTIME,
        **_CENTRAL,
    ),
    _lender("Patriot Veteran Loans", "Norfolk, VA", "acme", "34.00", yes("Veteran"), priority=1),
    _lender(
        "Heartland Credit Union",
        "Omaha, NE",
        "plain-ok",
        "15.50",
        states("NE", "IA", "KS", "MO"),
        **_CENTRAL,
    ),
    _lender(
        "First Rate Direct", "New York, NY", "bidder", "20.00", limits=QuantityLimits(hourly=50)
    ),
    _lender(
        "QuickClose Refinance",
        "Phoenix, AZ",
        "redirect",
        "19.50",
        one_of("LoanType", "refinance"),
        time_zone="America/Phoenix",
    ),
    _lender(
        "Equity Line USA",
        "Chicago, IL",
        "choosy",
        "18.00",
        one_of("LoanType", "home_equity"),
        hours=Hours.DAYTIME,
        **_CENTRAL,
    ),
    _lender(
        "Granite State Savings",
        "Manchester, NH",
        "picky-xml",
        "17.00",
        states("NH", "ME", "MA", "CT"),
        priority=3,
    ),
    _lender(
        "Carolina First Home",
        "Charlotte, NC",
        "string-false",
        "20.00",
        states("NC", "SC", "VA", "TN"),
        priority=2,
    ),
    _lender(
        "Jumbo Private Bank",
        "New York, NY",
        "dollars",
        "150.00",
        at_least("LoanAmount", 900_000),
        one_of("CreditGrade", "excellent"),
        exclusive=True,
        priority=0,
        limits=QuantityLimits(daily=3),
    ),
    _lender(
        "Zero Down Lenders",
        "Atlanta, GA",
        "zero-bid",
        "18.50",
        one_of("LoanType", "purchase"),
        limits=QuantityLimits(daily=80, monthly=900),
    ),
    _lender(
        "Desert Sun Lending",
        "Las Vegas, NV",
        "slow",
        "21.00",
        states("NV", "AZ", "NM", "UT"),
        **_PACIFIC,
    ),
    _lender(
        "Silver Years Mortgage",
        "Orlando, FL",
        "acme",
        "19.00",
        born_before("1962-01-01"),
        hours=Hours.OFFICE,
    ),
    _lender(
        "Night Shift Lending",
        "Reno, NV",
        "form",
        "17.50",
        hours=Hours.NIGHT,
        **_PACIFIC,
    ),
    _lender(
        "Rapid Mortgage Desk", "Columbus, OH", PORTAL, "14.00", limits=QuantityLimits(daily=60)
    ),
    _lender(
        "Neighborhood Home Finance",
        "Memphis, TN",
        PORTAL,
        "12.50",
        states("TN", "MS", "AR", "AL", "KY"),
        **_CENTRAL,
    ),
    _lender(
        "Overflow Mortgage Buyers",
        "Wichita, KS",
        "acme",
        "9.00",
        limits=QuantityLimits(hourly=40, daily=400),
        priority=9,
        **_CENTRAL,
    ),
)
"""Lenders whose systems work."""

TROUBLED: Final = (
    _lender(
        "Evergreen Mortgage",
        "Seattle, WA",
        "flaky",
        "23.50",
        states("WA", "ID", "MT"),
        retries=3,
        **_PACIFIC,
    ),
    _lender(
        "Lakeside Lending",
        "Milwaukee, WI",
        "lossy",
        "20.50",
        states("WI", "MI", "MN"),
        retries=3,
        **_CENTRAL,
    ),
    _lender("Capital Commons", "Baltimore, MD", "busy", "19.00", states("MD", "NJ"), retries=2),
    _lender("No Thanks Mortgage", "Albany, NY", "never", "30.00", one_of("CreditGrade", "fair")),
    _lender(
        "Silent Bank",
        "Birmingham, AL",
        "timeout",
        "27.00",
        zips("35203"),
        timeout=1,
        retries=1,
        limits=QuantityLimits(hourly=20),
        **_CENTRAL,
    ),
    _lender(
        "Old Mainframe Trust",
        "Springfield, IL",
        "server-error",
        "25.00",
        zips("62701", "50309"),
        retries=1,
        **_CENTRAL,
    ),
    _lender("Cut Wire Funding", "Louisville, KY", "reset", "24.00", states("KY"), retries=1),
    _lender("Half Answer Lending", "Indianapolis, IN", "bad-json", "24.00", states("IN")),
    _lender(
        "Status Page Bank",
        "Hartford, CT",
        "health-page",
        "26.00",
        matching("City", "^(Hartford|Newark)$"),
    ),
    _lender(
        "Pending Paperwork Bank",
        "Boise, ID",
        "acme",
        "99.00",
        status=ClientStatus.PENDING,
    ),
    _lender(
        "Closed Books Lending",
        "Fresno, CA",
        "acme",
        "88.00",
        account_status=AccountStatus.CLOSED,
        **_PACIFIC,
    ),
)
"""Lenders whose systems do not, and some that take no leads now."""
