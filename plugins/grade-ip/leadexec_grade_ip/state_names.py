"""Codes of the states of the United States (USPS) and of the provinces of Canada (Canada Post)."""

from typing import Final

# fmt: off
_STATES: Final = {
    "AL": "Alabama", "AK": "Alaska", "AZ": "Arizona", "AR": "Arkansas", "CA": "California",
    "CO": "Colorado", "CT": "Connecticut", "DE": "Delaware", "DC": "District of Columbia",
    "FL": "Florida", "GA": "Georgia", "HI": "Hawaii", "ID": "Idaho", "IL": "Illinois",
    "IN": "Indiana", "IA": "Iowa", "KS": "Kansas", "KY": "Kentucky", "LA": "Louisiana",
    "ME": "Maine", "MD": "Maryland", "MA": "Massachusetts", "MI": "Michigan", "MN": "Minnesota",
    "MS": "Mississippi", "MO": "Missouri", "MT": "Montana", "NE": "Nebraska", "NV": "Nevada",
    "NH": "New Hampshire", "NJ": "New Jersey", "NM": "New Mexico", "NY": "New York",
    "NC": "North Carolina", "ND": "North Dakota", "OH": "Ohio", "OK": "Oklahoma", "OR": "Oregon",
    "PA": "Pennsylvania", "RI": "Rhode Island", "SC": "South Carolina", "SD": "South Dakota",
    "TN": "Tennessee", "TX": "Texas", "UT": "Utah", "VT": "Vermont", "VA": "Virginia",
    "WA": "Washington", "WV": "West Virginia", "WI": "Wisconsin", "WY": "Wyoming",
}
_TERRITORIES: Final = {
    "AS": "American Samoa", "GU": "Guam", "MP": "Northern Mariana Islands", "PR": "Puerto Rico",
    "VI": "Virgin Islands",
}
_PROVINCES: Final = {
    "AB": "Alberta", "BC": "British Columbia", "MB": "Manitoba", "NB": "New Brunswick",
    "NL": "Newfoundland and Labrador", "NS": "Nova Scotia", "NT": "Northwest Territories",
    "NU": "Nunavut", "ON": "Ontario", "PE": "Prince Edward Island", "QC": "Quebec",
    "SK": "Saskatchewan", "YT": "Yukon",
}
_COUNTRIES: Final = {
    "USA": "US", "UNITEDSTATES": "US", "UNITEDSTATESOFAMERICA": "US", "CAN": "CA", "CANADA": "CA",
}
# fmt: on
TERRITORIES: Final = frozenset(_TERRITORIES)
"""States to the post, countries of their own (ISO 3166) to whoever locates IP addresses."""


def folded(text: str) -> str:
    """Return the letters of ``text`` in upper case: what names and codes are compared by."""
    return "".join(filter(str.isalpha, text)).upper()


_BY_COUNTRY: Final = {"US": {**_STATES, **_TERRITORIES}, "CA": _PROVINCES}
_CODES: Final = {
    country: {
        **{folded(name): code for code, name in names.items()},
        **{code: code for code in names},
    }
    for country, names in _BY_COUNTRY.items()
}
_CODES["CA"]["QUÉBEC"] = "QC"


def country_code(text: str) -> str:
    """Return the ISO 3166 alpha-2 code of a country; empty when it is not known."""
    letters = folded(text)
    if len(letters) == 2 and letters.isascii():
        return letters
    return _COUNTRIES.get(letters, "")


def state_code(text: str, country: str) -> str:
    """Return the code of a state or province; elsewhere, what ``text`` is compared by."""
    return _CODES[country].get(folded(text), "") if country in _CODES else folded(text)


def country_of_state(text: str) -> str:
    """Return the country that has the state or province ``text``; empty when neither has."""
    return next((country for country, codes in _CODES.items() if folded(text) in codes), "")
