"""Postal codes, states, provinces, yes or no, dropdowns."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from leadexec_fields.choice import DropdownType, YesNoType
from leadexec_fields.place_names import MILITARY, PROVINCES, STATES, TERRITORIES
from leadexec_fields.places import (
    PostalCodeSettings,
    PostalCodeType,
    ProvinceSettings,
    ProvinceType,
    StateSettings,
    StateType,
)

from leadexec import FieldSetup, InvalidValueError
from leadexec.testing import FieldTypeContract

SETUP = FieldSetup(name="Field", description="The field")


class TestPostalCode(FieldTypeContract):
    field_type = PostalCodeType
    valid = {
        " 85254 ": ("85254", "85254"),
        "85254-1234": ("85254-1234", "85254-1234"),
        "85254 1234": ("85254-1234", "85254-1234"),
        "852541234": ("85254-1234", "85254-1234"),
        2134: ("02134", "02134"),
        85254: ("85254", "85254"),
        21341234: ("02134-1234", "02134-1234"),
        "k1a0b1": ("K1A 0B1", "K1A 0B1"),
        "K1A-0B1": ("K1A 0B1", "K1A 0B1"),
        "\u212a1A 0B1": ("K1A 0B1", "K1A 0B1"),
        "K1A\u00a00B1": ("K1A 0B1", "K1A 0B1"),
    }
    invalid = [
        ("123456", "not_a_postal_code"),
        ("1234", "not_a_postal_code"),
        ("00000", "not_a_postal_code"),
        ("85254-12", "not_a_postal_code"),
        ("D1A 0B1", "not_a_postal_code"),
        ("K1O 0B1", "not_a_postal_code"),
        ("W1A 0B1", "not_a_postal_code"),
        ("K1A 0B", "not_a_postal_code"),
        ("\uff18\uff15\uff12\uff15\uff14", "not_a_postal_code"),
        ("٨٥٢٥٤", "not_a_postal_code"),
        ("SW1A 1AA", "not_a_postal_code"),
        (0, "not_a_postal_code"),
        (-85254, "not_a_postal_code"),
        (85254.0, "not_a_postal_code"),
        (True, "not_a_postal_code"),
    ]
    invalid_settings = (({"countries": ["FR"]}, {"": "invalid_settings"}),)


class TestPostalCodeOfOneCountry(FieldTypeContract):
    field_type = PostalCodeType
    settings = {"countries": ["US"], "plus_four": False}
    valid = {"85254-1234": ("85254", "85254")}
    invalid = {"K1A 0B1": "not_a_postal_code"}


class TestCanadianPostalCode(FieldTypeContract):
    field_type = PostalCodeType
    settings = {"countries": ["CA"]}
    invalid = {"85254": "not_a_postal_code"}


class TestState(FieldTypeContract):
    field_type = StateType
    valid = {
        "AZ": ("AZ", "AZ"),
        "az": ("AZ", "AZ"),
        " new  york ": ("NY", "NY"),
        "N.Y.": ("NY", "NY"),
        "Washington": ("WA", "WA"),
        "Washington, D.C.": ("DC", "DC"),
        "U.S. Virgin Islands": ("VI", "VI"),
        "AE": ("AE", "AE"),
        "North\u00a0Dakota": ("ND", "ND"),
    }
    invalid = {"ON": "not_a_state", "Arizonia": "not_a_state", "ZZ": "not_a_state"}


class TestStateOfTheFifty(FieldTypeContract):
    field_type = StateType
    settings = {"territories": False, "military": False, "show_name": True}
    valid = {"DC": ("DC", "District of Columbia"), "ny": ("NY", "New York")}
    invalid = {"PR": "not_a_state", "Guam": "not_a_state", "AE": "not_a_state"}


class TestProvince(FieldTypeContract):
    field_type = ProvinceType
    valid = {
        "on": ("ON", "ON"),
        "Québec": ("QC", "QC"),
        "QUEBEC": ("QC", "QC"),
        "Nouvelle-Ecosse": ("NS", "NS"),
        "Île-du-Prince-Édouard": ("PE", "PE"),
        "P.E.I.": ("PE", "PE"),
        "NF": ("NL", "NL"),
    }
    invalid = {"CA": "not_a_province", "California": "not_a_province"}


@pytest.mark.parametrize(("code", "names"), [*(STATES | TERRITORIES | MILITARY).items()])
def test_every_state_is_read_by_code_and_by_every_name(code: str, names: tuple[str, ...]) -> None:
    field = StateType(StateSettings(show_name=True), SETUP)

    for name in (code, code.lower(), *names, names[0].upper()):
        assert field.parse(name) == code
    assert field.format(code) == names[0]


@pytest.mark.parametrize(("code", "names"), [*PROVINCES.items()])
def test_every_province_is_read_by_code_and_by_every_name(
    code: str, names: tuple[str, ...]
) -> None:
    field = ProvinceType(ProvinceSettings(), SETUP)

    for name in (code, code.lower(), *names, names[0].upper()):
        assert field.parse(name) == code


def test_there_are_fifty_states_and_the_district() -> None:
    assert len(STATES) == 51
    assert len(PROVINCES) == 13


@given(code=st.from_regex(r"[A-Z][0-9][A-Z] [0-9][A-Z][0-9]", fullmatch=True))
@settings(max_examples=300, deadline=None, database=None, derandomize=True)
def test_canadian_codes_with_letters_that_do_not_occur_are_refused(code: str) -> None:
    field = PostalCodeType(PostalCodeSettings(), SETUP)
    letters = code[0] + code[2] + code[5]

    if set(letters) & set("DFIOQU") or code[0] in "WZ":
        with pytest.raises(InvalidValueError):
            field.parse(code)
    else:
        assert field.parse(code) == code


class TestYesNo(FieldTypeContract):
    field_type = YesNoType
    settings = {"also_yes": ["Sí"], "also_no": ["None  at all"]}
    valid = [
        *[(raw, (True, "Yes")) for raw in ("yes", "Y", "TRUE", "t", "1", " On ", "SÍ", True, 1)],
        *[(raw, (False, "No")) for raw in ("no", "N", "false", "F", "0", "OFF", False, 0, 0.0)],
        ("none at\tall", (False, "No")),
    ]
    invalid = [
        ("maybe", "not_yes_or_no"),
        (2, "not_yes_or_no"),
        (-1, "not_yes_or_no"),
        ("\uff11", "not_yes_or_no"),
        ([True], "not_yes_or_no"),
        ("yes" * 1000, "too_long"),
    ]
    invalid_settings = (
        (
            {"also_yes": ["NO", " "], "also_no": ["ok", "1"]},
            {
                "also_yes[0]": "ambiguous_word",
                "also_yes[1]": "blank_word",
                "also_no[1]": "ambiguous_word",
            },
        ),
    )


LOANS = [
    {"value": "refi", "caption": "Refinance"},
    {"value": "cash", "caption": "Cash-Out"},
    {"value": "1.5"},
    {"value": "15"},
]


class TestDropdown(FieldTypeContract):
    field_type = DropdownType
    settings = {"options": LOANS}
    valid = [
        ("refi", ("refi", "Refinance")),
        ("REFI", ("refi", "Refinance")),
        (" refinance ", ("refi", "Refinance")),
        ("cash-out", ("cash", "Cash-Out")),
        (["cash"], ("cash", "Cash-Out")),
        (15, ("15", "15")),
        (1.5, ("1.5", "1.5")),
    ]
    invalid = [
        ("Purchase", "not_a_choice"),
        ("refi;cash", "not_a_choice"),
        ("", "blank"),
        ("x" * 201, "too_long"),
        (["refi", "cash"], "not_text"),
        ({"value": "refi"}, "not_text"),
    ]
    invalid_settings = (
        ({"options": []}, {"options": "no_options"}),
        ({}, {"": "invalid_settings"}),
        (
            {
                "options": [
                    {"value": "a"},
                    {"value": "A"},
                    {"value": "a"},
                    {"value": "b", "caption": "a"},
                    {"value": " "},
                    {"value": "c\x00"},
                    {"value": " d"},
                ]
            },
            {
                "options[1].value": "duplicate_option",
                "options[2].value": "duplicate_option",
                "options[3].caption": "duplicate_option",
                "options[4].value": "blank_option",
                "options[5].value": "bad_option",
                "options[6].value": "bad_option",
            },
        ),
        ({"options": [{"value": "a;b"}], "several": True}, {"options[0].value": "bad_option"}),
    )


class TestDropdownOfSeveral(FieldTypeContract):
    field_type = DropdownType
    setup = FieldSetup(name="Loans", description="Loans", delimiter=",")
    settings = {"options": LOANS, "several": True}
    valid = [
        ("cash, Refinance", ("cash;refi", "Cash-Out;Refinance")),
        ("cash;refi;cash;", ("cash;refi", "Cash-Out;Refinance")),
        (["refi", 15], ("refi;15", "Refinance;15")),
    ]
    invalid = [
        ("cash,x", "not_a_choice"),
        (";,", "blank"),
        ([], "blank"),
        (["refi"] * 501, "too_long"),
        (",".join(["refi"] * 501), "too_many"),
        ("," * 10_001, "too_long"),
        ([["refi"]], "not_text"),
    ]


class TestDropdownWithOtherTexts(FieldTypeContract):
    field_type = DropdownType
    settings = {"options": LOANS, "others": True, "show_caption": False}
    valid = {
        "Refinance": ("refi", "refi"),
        " Bridge  loan ": ("Bridge  loan", "Bridge  loan"),
    }
    invalid = {"a\x00": "control_character"}
