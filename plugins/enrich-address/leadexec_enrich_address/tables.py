"""The abbreviations of USPS Publication 28: directions, units, states, street suffixes."""

import json
from collections.abc import Mapping
from importlib.resources import files
from typing import Final

DIRECTIONS: Final[Mapping[str, str]] = {
    **{"NORTH": "N", "SOUTH": "S", "EAST": "E", "WEST": "W"},
    **{"NORTHEAST": "NE", "NORTHWEST": "NW", "SOUTHEAST": "SE", "SOUTHWEST": "SW"},
    **{short: short for short in ("N", "S", "E", "W", "NE", "NW", "SE", "SW")},
}
"""Section 233. Word → abbreviation."""

NUMBERED_UNITS: Final[Mapping[str, str]] = {
    **{"APARTMENT": "APT", "APT": "APT", "APPT": "APT"},
    **{"BUILDING": "BLDG", "BLDG": "BLDG", "BLD": "BLDG"},
    **{"DEPARTMENT": "DEPT", "DEPT": "DEPT"},
    **{"FLOOR": "FL", "FLR": "FL", "FL": "FL"},
    **{"HANGAR": "HNGR", "HANGER": "HNGR", "HNGR": "HNGR"},
    **{"KEY": "KEY", "LOT": "LOT", "PIER": "PIER", "SLIP": "SLIP", "STOP": "STOP"},
    **{"PENTHOUSE": "PH", "PH": "PH"},
    **{"ROOM": "RM", "RM": "RM"},
    **{"SPACE": "SPC", "SPC": "SPC"},
    **{"SUITE": "STE", "STE": "STE"},
    **{"TRAILER": "TRLR", "TRLR": "TRLR"},
    **{"UNIT": "UNIT"},
}
"""Appendix C2: designators with a number after them."""

PLAIN_UNITS: Final[Mapping[str, str]] = {
    **{"BASEMENT": "BSMT", "BSMT": "BSMT"},
    **{"FRONT": "FRNT", "FRNT": "FRNT"},
    **{"LOBBY": "LBBY", "LBBY": "LBBY"},
    **{"LOWER": "LOWR", "LOWR": "LOWR"},
    **{"OFFICE": "OFC", "OFC": "OFC"},
    **{"PENTHOUSE": "PH", "PH": "PH"},
    **{"REAR": "REAR", "SIDE": "SIDE"},
    **{"UPPER": "UPPR", "UPPR": "UPPR"},
}
"""Appendix C2: designators that stand alone."""

CERTAIN_UNITS: Final = frozenset({"APT", "BLDG", "DEPT", "FL", "RM", "STE", "TRLR", "UNIT", "#"})
"""Designators that are no part of a street's name, whatever stands before them."""

STATES: Final[Mapping[str, str]] = {
    **{"ALABAMA": "AL", "ALASKA": "AK", "ARIZONA": "AZ", "ARKANSAS": "AR", "CALIFORNIA": "CA"},
    **{"COLORADO": "CO", "CONNECTICUT": "CT", "DELAWARE": "DE", "DISTRICT OF COLUMBIA": "DC"},
    **{"FLORIDA": "FL", "GEORGIA": "GA", "HAWAII": "HI", "IDAHO": "ID", "ILLINOIS": "IL"},
    **{"INDIANA": "IN", "IOWA": "IA", "KANSAS": "KS", "KENTUCKY": "KY", "LOUISIANA": "LA"},
    **{"MAINE": "ME", "MARYLAND": "MD", "MASSACHUSETTS": "MA", "MICHIGAN": "MI"},
    **{"MINNESOTA": "MN", "MISSISSIPPI": "MS", "MISSOURI": "MO", "MONTANA": "MT"},
    **{"NEBRASKA": "NE", "NEVADA": "NV", "NEW HAMPSHIRE": "NH", "NEW JERSEY": "NJ"},
    **{"NEW MEXICO": "NM", "NEW YORK": "NY", "NORTH CAROLINA": "NC", "NORTH DAKOTA": "ND"},
    **{"OHIO": "OH", "OKLAHOMA": "OK", "OREGON": "OR", "PENNSYLVANIA": "PA"},
    **{"RHODE ISLAND": "RI", "SOUTH CAROLINA": "SC", "SOUTH DAKOTA": "SD", "TENNESSEE": "TN"},
    **{"TEXAS": "TX", "UTAH": "UT", "VERMONT": "VT", "VIRGINIA": "VA", "WASHINGTON": "WA"},
    **{"WEST VIRGINIA": "WV", "WISCONSIN": "WI", "WYOMING": "WY"},
    **{"AMERICAN SAMOA": "AS", "GUAM": "GU", "NORTHERN MARIANA ISLANDS": "MP"},
    **{"PUERTO RICO": "PR", "VIRGIN ISLANDS": "VI", "US VIRGIN ISLANDS": "VI"},
    **{"MARSHALL ISLANDS": "MH", "MICRONESIA": "FM", "PALAU": "PW"},
    **{"ARMED FORCES AMERICAS": "AA", "ARMED FORCES EUROPE": "AE", "ARMED FORCES PACIFIC": "AP"},
}
"""Appendix B. Name → code."""
STATE_CODES: Final = frozenset(STATES.values())


def _suffixes() -> dict[str, str]:
    # A data file: most ways in which senders write a suffix are misspellings.
    listed = files("leadexec_enrich_address").joinpath("street_suffixes.json").read_text("ascii")
    table: dict[str, str] = json.loads(listed)
    return {word: short for short, others in table.items() for word in (short, *others.split())}


SUFFIXES: Final[Mapping[str, str]] = _suffixes()
"""Appendix C1. Word, as senders write it → abbreviation."""
