"""The two lead types of the demonstration."""

from collections.abc import Sequence
from typing import Any

from leadexec.cli.demo.campaigns import Vertical
from leadexec.contracts.lead import SystemField
from leadexec.model.lead_type import Category, DisplayGroup, LeadField, LeadType, ReturnReason

_REASONS = ("Wrong number", "Did not ask for an offer", "Already a customer", "Outside of area")
_CATEGORIES = ("Organic", "Paid", "Partner")


def lead_type(vertical: Vertical) -> LeadType:
    """Return the lead type of ``vertical``."""
    special = _mortgage() if vertical is Vertical.MORTGAGE else _auto()
    fields = (*_contact(), *special, *_origin())
    contact = tuple(field.name for field in _contact())
    return LeadType(
        name=vertical.value,
        industry="Home finance" if vertical is Vertical.MORTGAGE else "Insurance",
        fields=fields,
        return_reasons=tuple(ReturnReason(name=name) for name in _REASONS),
        categories=tuple(Category(name=name) for name in _CATEGORIES),
        display_groups=(
            DisplayGroup(name="Contact", fields=contact),
            DisplayGroup(name="Request", fields=tuple(field.name for field in special)),
        ),
    )


def _contact() -> tuple[LeadField, ...]:
    return (
        _field("FirstName", "First name", system=SystemField.FIRST_NAME, required=True),
        _field("LastName", "Last name", system=SystemField.LAST_NAME, required=True),
        _field(
            "Email", "Email", "email", system=SystemField.EMAIL, required=True, duplicate_check=True
        ),
        _field(
            "PrimaryPhone",
            "Phone",
            "phone",
            system=SystemField.PRIMARY_PHONE,
            required=True,
            duplicate_check=True,
        ),
        _field("Address", "Address", system=SystemField.ADDRESS),
        _field("City", "City", system=SystemField.CITY),
        _field("State", "State", "us_state", system=SystemField.STATE, required=True, pivot=True),
        _field(
            "Zip",
            "ZIP code",
            "postal_code",
            {"countries": ["US"], "plus_four": False},
            system=SystemField.ZIP,
            required=True,
        ),
        _field(
            "DateOfBirth",
            "Date of birth",
            "datetime",
            {"date_only": True},
            system=SystemField.DATE_OF_BIRTH,
        ),
    )


def _mortgage() -> tuple[LeadField, ...]:
    return (
        _choice("LoanType", "Loan type", "purchase", "refinance", "home_equity"),
        _field("LoanAmount", "Loan amount", "money", required=True),
        _field("PropertyValue", "Property value", "money"),
        _field("DownPayment", "Down payment", "money"),
        _field("MortgageBalance", "Mortgage balance", "money"),
        _field("InterestRate", "Current interest rate", "percentage"),
        _choice("CreditGrade", "Credit", "excellent", "good", "fair", "poor"),
        _choice("PropertyType", "Property", "single_family", "condo", "townhouse", "multi_family"),
        _choice("PropertyUse", "Use", "primary", "second_home", "investment"),
        _field("AnnualIncome", "Annual income", "money"),
        _field("Veteran", "Veteran", "yes_no", default="no"),
    )


def _auto() -> tuple[LeadField, ...]:
    return (
        _field("VehicleYear", "Year", "integer", {"minimum": 1900, "maximum": 2100}),
        _field("VehicleMake", "Make", pivot=True),
        _field("VehicleModel", "Model"),
        _field("AnnualMileage", "Miles a year", "integer", {"minimum": 0, "grouping": True}),
        _field("CurrentlyInsured", "Insured now", "yes_no", default="no"),
        _field("CurrentCarrier", "Insurer"),
        _field("MonthlyPremium", "Premium a month", "money"),
        _choice("CoverageType", "Coverage", "state_minimum", "standard", "premium"),
        _field("Accidents", "Accidents", "integer", {"minimum": 0, "maximum": 99}, default="0"),
        _field("Homeowner", "Homeowner", "yes_no"),
    )


def _origin() -> tuple[LeadField, ...]:
    return (
        _field("Comments", "Comments", system=SystemField.COMMENTS),
        _field("IPAddress", "IP address", system=SystemField.IP_ADDRESS),
        _field("LandingPage", "Landing page", system=SystemField.LANDING_PAGE),
        _field("LeadToken", "Consent token", system=SystemField.CONSENT_TOKEN),
    )


def _field(
    name: str,
    description: str,
    type_: str = "text",
    settings: dict[str, Any] | None = None,
    **rest: Any,
) -> LeadField:
    return LeadField(
        name=name, description=description, type=type_, settings=settings or {}, **rest
    )


def _choice(name: str, description: str, *values: str) -> LeadField:
    return _field(name, description, "dropdown", {"options": _options(values)}, pivot=True)


def _options(values: Sequence[str]) -> list[dict[str, str]]:
    return [{"value": value, "caption": value.replace("_", " ").capitalize()} for value in values]
