"""The lists that forms and posting instructions show."""

from typing import Any

import pytest
from leadexec_fields.choice import DropdownSettings, DropdownType, Option, YesNoSettings, YesNoType
from leadexec_fields.place_names import MILITARY, PROVINCES, STATES, TERRITORIES
from leadexec_fields.places import (
    PostalCodeSettings,
    PostalCodeType,
    ProvinceSettings,
    ProvinceType,
    StateSettings,
    StateType,
)
from leadexec_fields.text import TextSettings, TextType

from leadexec import FieldSetup, FieldType

SETUP = FieldSetup(name="Field", description="The field")
LOANS = (Option(value="refi", caption="Refinance"), Option(value="cash"))


def a_dropdown(**settings: Any) -> DropdownType:
    return DropdownType(DropdownSettings(options=LOANS, **settings), SETUP)


@pytest.mark.parametrize(
    "field",
    [
        YesNoType(YesNoSettings(), SETUP),
        YesNoType(YesNoSettings(also_no=("nope",)), SETUP),
        StateType(StateSettings(), SETUP),
        StateType(StateSettings(show_name=True, military=False), SETUP),
        ProvinceType(ProvinceSettings(), SETUP),
        a_dropdown(),
        a_dropdown(several=True),
        a_dropdown(show_caption=False),
    ],
)
def test_every_choice_can_be_posted_by_its_value_and_by_its_caption(
    field: FieldType[Any],
) -> None:
    choices = field.choices()

    assert choices
    assert len({value for value, _ in choices}) == len(choices)
    assert field.sample() in dict(choices)
    for value, caption in choices:
        assert field.parse(value) == field.parse(caption)
        assert field.parse(value) == field.parse(field.format(field.parse(value)))


def test_a_dropdown_shows_its_choices_in_order_and_a_value_without_caption_as_it_is() -> None:
    assert a_dropdown().choices() == (("refi", "Refinance"), ("cash", "cash"))


def test_a_dropdown_that_keeps_other_texts_has_no_closed_list() -> None:
    assert a_dropdown(others=True).choices() == ()


def test_yes_comes_before_no() -> None:
    assert YesNoType(YesNoSettings(), SETUP).choices() == (("Yes", "Yes"), ("No", "No"))


def test_states_are_those_that_the_settings_take() -> None:
    all_of_them = StateType(StateSettings(), SETUP).choices()
    fifty = StateType(StateSettings(territories=False, military=False), SETUP).choices()

    assert [code for code, _ in all_of_them] == [*STATES, *TERRITORIES, *MILITARY]
    assert [code for code, _ in fifty] == [*STATES]
    assert ("AZ", "Arizona") in fifty


def test_provinces_are_shown_by_their_english_names() -> None:
    choices = ProvinceType(ProvinceSettings(), SETUP).choices()

    assert [code for code, _ in choices] == [*PROVINCES]
    assert ("QC", "Quebec") in choices


def test_types_without_a_fixed_list_have_no_choices() -> None:
    assert TextType(TextSettings(), SETUP).choices() == ()
    assert PostalCodeType(PostalCodeSettings(), SETUP).choices() == ()
