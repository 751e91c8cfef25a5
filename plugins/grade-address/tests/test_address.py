from typing import Any

import msgspec
import pytest
from leadexec_grade_address.check import AddressDeliverable, AddressSettings
from leadexec_grade_address.plugin import GradeAddressPlugin
from leadexec_grade_address.postal import question_about

from leadexec import (
    AddressFacts,
    AddressQuestion,
    Answer,
    GradingContext,
    NoSettings,
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

PARTS = ("Address", "Address_2", "City", "State", "Zip", "Country")
TYPE = a_lead_type_info(*(a_field_info(name, system=SystemField(name.lower())) for name in PARTS))
LEAD = {"Address": "1 Main  St", "City": "Scottsdale", "State": "AZ", "Zip": "85254"}
QUESTION = AddressQuestion(address="1 Main St", city="Scottsdale", state="AZ", zip="85254")
WHOLE = AddressFacts(address="1 MAIN ST", city="SCOTTSDALE", state="AZ", zip="85254")
ONLY_FORM = "Whether mail arrives is not known offline: only the form was checked"


class TestAddressConformance(GradingCheckContract):
    component = AddressDeliverable
    examples = ({}, {"unknown_passes": False, "seconds": 0.5})
    bad_settings = ({"seconds": 0}, {"seconds": 2.6}, {"unknown_passes": "perhaps"})


class Nobody(FakeLookups):
    """Lookups without any provider."""

    async def ask(self, question: Question, *, seconds: float = 1.0) -> Answer[Any]:
        return Answer(facts=None, provider="", problem="no provider answers 'address' questions")


async def graded(lookups: FakeLookups, fields: Any = LEAD, **settings: Any) -> Score:
    chosen = msgspec.convert(settings, AddressSettings)
    check = AddressDeliverable(chosen, fake_services(lookups=lookups))
    return await check.grade(a_lead(fields=dict(fields)), GradingContext(lead_type=TYPE))


def knowing(facts: AddressFacts, question: AddressQuestion = QUESTION) -> FakeLookups:
    lookups = FakeLookups()
    lookups.know(question, facts)
    return lookups


@pytest.mark.anyio
@pytest.mark.parametrize("unknown_passes", [True, False])
async def test_an_address_where_mail_arrives_passes(unknown_passes: bool) -> None:
    score = await graded(knowing(AddressFacts(deliverable=True)), unknown_passes=unknown_passes)
    assert score == Score(passed=True, detail="Mail arrives at the address.")


@pytest.mark.anyio
async def test_an_address_where_mail_does_not_arrive_does_not_pass_however_complete() -> None:
    score = await graded(knowing(msgspec.structs.replace(WHOLE, deliverable=False)))
    assert score == Score(passed=False, detail="Mail does not arrive at the address.")


@pytest.mark.anyio
async def test_where_nobody_knows_a_complete_address_is_enough_unless_it_is_not() -> None:
    detail = f"{ONLY_FORM}, and it is complete."
    assert await graded(knowing(WHOLE)) == Score(passed=True, detail=detail)
    score = await graded(knowing(WHOLE), unknown_passes=False)
    assert score == Score(passed=False, detail=detail)


@pytest.mark.anyio
@pytest.mark.parametrize("part", ["address", "city", "state", "zip"])
@pytest.mark.parametrize("missing", [None, "", " "])
async def test_an_address_without_one_of_its_parts_is_not_complete(part: str, missing: Any) -> None:
    score = await graded(knowing(msgspec.structs.replace(WHOLE, **{part: missing})))
    assert score == Score(passed=False, detail=f"{ONLY_FORM}, and the address is not complete.")


@pytest.mark.anyio
async def test_abroad_an_address_is_complete_without_a_state() -> None:
    lead = {"Address": "Unter den Linden 1", "City": "Berlin", "Zip": "10117", "Country": "de"}
    question = AddressQuestion(
        address="Unter den Linden 1", city="Berlin", zip="10117", country="DE"
    )
    facts = AddressFacts(address="Unter den Linden 1", city="Berlin", zip="10117")
    assert (await graded(knowing(facts, question), lead)).passed


@pytest.mark.anyio
async def test_what_is_not_known_at_all_does_not_pass() -> None:
    for lookups, because in (
        (FakeLookups(), "cannot make an address of it"),
        (FakeLookups(problem="no answer within 2 s"), "could not be asked"),
        (Nobody(), "no provider answers"),
    ):
        score = await graded(lookups)
        assert (score.passed, because in score.detail) == (False, True)


@pytest.mark.anyio
async def test_without_an_address_nobody_is_asked() -> None:
    lookups = FakeLookups()
    score = await graded(lookups, {"City": "Scottsdale", "Address": " "})
    assert score == Score(passed=False, detail="There is no address.")
    assert lookups.asked == []


@pytest.mark.anyio
async def test_a_lead_type_without_an_address_does_not_pass_and_says_so() -> None:
    check = AddressDeliverable(AddressSettings(), fake_services())
    plain = a_lead_type_info(a_field_info("Address"), id=9)
    score = await check.grade(a_lead(fields=LEAD), GradingContext(lead_type=plain))
    assert score == Score(passed=False, detail="No field of lead type 9 means Address.")


@pytest.mark.parametrize(
    ("country", "code", "asked"),
    [
        ("", "85254", "US"),
        ("", "K1A 0B1", "CA"),
        ("", "k1a0b1", "CA"),
        ("", "", "US"),
        ("U.S.A.", "K1A 0B1", "US"),
        ("United States", "", "US"),
        ("us", "", "US"),
        ("CANADA", "", "CA"),
        ("de", "", "DE"),
        ("Deutschland", "", "Deutschland"),
    ],
)
def test_the_country_is_asked_about_by_its_code(country: str, code: str, asked: str) -> None:
    lead = a_lead(fields={**LEAD, "Zip": code, "Country": country})
    assert question_about(lead, TYPE).country == asked


def test_a_postal_code_that_came_as_a_number_is_asked_about_as_text() -> None:
    assert question_about(a_lead(fields={**LEAD, "Zip": 85254}), TYPE) == QUESTION


def test_the_plugin_contributes_the_check() -> None:
    plugin = GradeAddressPlugin(NoSettings(), fake_services())
    assert list(plugin.register_grading_checks()) == [AddressDeliverable]
