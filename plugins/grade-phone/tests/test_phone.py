import re
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from leadexec_grade_phone.check import PhoneRegistered, PhoneSettings, number_in
from leadexec_grade_phone.plugin import GradePhonePlugin

from leadexec import (
    Answer,
    GradingContext,
    NoSettings,
    PhoneFacts,
    PhoneQuestion,
    Question,
    Score,
    SystemField,
)
from leadexec.testing import (
    FakeLookups,
    GradingCheckContract,
    a_field_info,
    a_lead,
    a_lead_type_info,
    fake_services,
)

TYPE = a_lead_type_info(
    a_field_info("Cell", system=SystemField.PRIMARY_PHONE),
    a_field_info("Home", system=SystemField.ALTERNATE_PHONE),
)
POSSIBLE = "Not known whether the phone number is registered; such a number can exist."


class TestPhoneConformance(GradingCheckContract):
    component = PhoneRegistered
    examples = ({}, {"possible_is_enough": False, "seconds": 0.5})
    bad_settings = ({"seconds": 0}, {"seconds": 2.6}, {"possible_is_enough": "perhaps"})


async def graded(lookups: FakeLookups, *, settings: Any = None, **fields: Any) -> Score:
    chosen = msgspec.convert(settings or {}, PhoneSettings)
    check = PhoneRegistered(chosen, fake_services(lookups=lookups))
    return await check.grade(a_lead(fields=fields), GradingContext(lead_type=TYPE))


def knowing(facts: PhoneFacts, number: str = "2125550123") -> FakeLookups:
    lookups = FakeLookups()
    lookups.know(PhoneQuestion(number=number), facts)
    return lookups


@pytest.mark.anyio
@pytest.mark.parametrize("possible_is_enough", [True, False])
async def test_a_registered_number_passes(possible_is_enough: bool) -> None:
    lookups = knowing(PhoneFacts(registered=True))
    settings = {"possible_is_enough": possible_is_enough}
    score = await graded(lookups, settings=settings, Cell="2125550123")
    assert score == Score(passed=True, detail="The phone number is registered.")


@pytest.mark.anyio
async def test_a_number_that_nobody_has_does_not_pass_however_possible_it_is() -> None:
    lookups = knowing(PhoneFacts(registered=False, possible=True))
    score = await graded(lookups, Cell="2125550123")
    assert score == Score(passed=False, detail="The phone number is not registered.")


@pytest.mark.anyio
async def test_where_lines_are_not_known_a_possible_number_is_enough_unless_it_is_not() -> None:
    lookups = knowing(PhoneFacts(possible=True))
    score = await graded(lookups, Cell="2125550123")
    assert score == Score(passed=True, detail=POSSIBLE)
    score = await graded(lookups, settings={"possible_is_enough": False}, Cell="2125550123")
    assert score == Score(passed=False, detail=POSSIBLE)


@pytest.mark.anyio
async def test_a_number_that_cannot_exist_does_not_pass() -> None:
    score = await graded(knowing(PhoneFacts(possible=False)), Cell="2125550123")
    assert score == Score(passed=False, detail="The phone number cannot exist.")


@pytest.mark.anyio
async def test_facts_without_any_knowledge_do_not_pass() -> None:
    assert not (await graded(knowing(PhoneFacts(mobile=True)), Cell="2125550123")).passed


@pytest.mark.anyio
async def test_a_provider_that_knows_nothing_or_cannot_be_asked_does_not_pass_it() -> None:
    score = await graded(FakeLookups(), Cell="2125550123")
    assert (score.passed, "knows nothing" in score.detail) == (False, True)
    score = await graded(FakeLookups(problem="no answer within 2 s"), Cell="2125550123")
    assert (score.passed, "could not be asked" in score.detail) == (False, True)


class Nobody(FakeLookups):
    """Lookups without any provider."""

    async def ask(self, question: Question, *, seconds: float = 1.0) -> Answer[Any]:
        return Answer(facts=None, provider="", problem="no provider answers 'phone' questions")


@pytest.mark.anyio
async def test_without_a_provider_it_says_so() -> None:
    score = await graded(Nobody(), Cell="2125550123")
    assert (score.passed, "no provider" in score.detail) == (False, True)


@pytest.mark.anyio
async def test_without_a_number_nobody_is_asked() -> None:
    lookups = FakeLookups()
    assert (await graded(lookups, Cell=" ")).detail == "There is no phone number."
    assert (await graded(lookups, Cell="call me")).detail.endswith("is not written as one.")
    assert lookups.asked == []


@pytest.mark.anyio
async def test_where_the_primary_phone_is_empty_the_alternate_one_is_looked_at() -> None:
    lookups = knowing(PhoneFacts(registered=True), "3105550100")
    assert (await graded(lookups, Home="3105550100")).passed
    assert not (await graded(lookups, Cell="2125550123", Home="3105550100")).passed


@pytest.mark.anyio
async def test_a_lead_type_without_a_phone_does_not_pass_and_says_so() -> None:
    check = PhoneRegistered(PhoneSettings(), fake_services())
    plain = a_lead_type_info(a_field_info("Phone"), id=9)
    score = await check.grade(a_lead(), GradingContext(lead_type=plain))
    assert score == Score(passed=False, detail="No field of lead type 9 means a phone.")


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("2125550123", "2125550123"),
        ("(212) 555-0123", "2125550123"),
        ("1 212.555.0123", "2125550123"),
        ("+1 (212) 555–0123", "2125550123"),
        ("+44 20 7183 8750", "+442071838750"),
        ("+49 (30) 123456", "+4930123456"),
        ("", ""),
        ("555-0123", ""),
        ("212555012", ""),
        ("212555012345", ""),
        ("+0123456789", ""),
        ("+1 212 555", ""),
        ("212-555-CALL", ""),
        ("٢١٢٥٥٥٠١٢٣", ""),
        ("+" + "4" * 16, ""),
        ("4" * 1000, ""),
    ],
)
def test_numbers_are_asked_about_in_one_form(text: str, number: str) -> None:
    assert number_in(text) == number


@given(st.text(alphabet="+0123456789 ()-.x", max_size=30))
def test_whatever_is_asked_about_is_ten_digits_or_e164(text: str) -> None:
    assert re.fullmatch(r"|[0-9]{10}|\+[2-9][0-9]{6,14}", number_in(text))


def test_the_plugin_contributes_the_check() -> None:
    plugin = GradePhonePlugin(NoSettings(), fake_services())
    assert list(plugin.register_grading_checks()) == [PhoneRegistered]
