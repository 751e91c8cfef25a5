"""The kit of grading checks catches what it is there to catch."""

from collections.abc import Callable, Iterator
from typing import Any

import hypothesis
import pytest

from leadexec import (
    Answer,
    FieldKind,
    GradingCheck,
    GradingContext,
    Lead,
    NoSettings,
    PhoneFacts,
    PhoneQuestion,
    Score,
    SystemField,
)
from leadexec.testing import GradingCheckContract, a_field_info, a_lead_type_info

Check = GradingCheck[NoSettings]


class Good(GradingCheck[NoSettings]):
    """Asks about the phone."""

    key = "good"
    title = "Good"

    async def grade(self, lead: Lead, context: GradingContext) -> Score:
        value = lead.fields.get(context.lead_type.named(SystemField.PRIMARY_PHONE) or "")
        if not isinstance(value, str) or not value:
            return Score(passed=False, detail="There is no phone.")
        answer: Answer[PhoneFacts] = await self.services.lookups.ask(PhoneQuestion(number=value))
        if answer.facts is None:
            return self.unknown(value, answer)
        return self.judged(value, answer.facts)

    def unknown(self, number: str, answer: Answer[PhoneFacts]) -> Score:
        return Score(passed=False, detail="Nothing is known of the phone.")

    def judged(self, number: str, facts: PhoneFacts) -> Score:
        return Score(passed=facts.registered is True, detail="The phone is known.")


class Fragile(Good):
    """Takes a phone for granted."""

    async def grade(self, lead: Lead, context: GradingContext) -> Score:
        name = context.lead_type.named(SystemField.PRIMARY_PHONE) or ""
        return Score(passed=bool(lead.fields[name]), detail="There is a phone.")


class NeedsTheField(Good):
    """Takes the field for granted."""

    async def grade(self, lead: Lead, context: GradingContext) -> Score:
        assert context.lead_type.named(SystemField.PRIMARY_PHONE)
        return Score(passed=True, detail="All is well.")


class Speechless(Good):
    """Says nothing."""

    async def grade(self, lead: Lead, context: GradingContext) -> Score:
        return Score(passed=True, detail="")


class Mutters(Good):
    """Says a word, not a sentence."""

    async def grade(self, lead: Lead, context: GradingContext) -> Score:
        return Score(passed=True, detail="ok")


class Rambles(Good):
    """Says more than is kept."""

    async def grade(self, lead: Lead, context: GradingContext) -> Score:
        return Score(passed=True, detail=f"All {'very ' * 100}well.")


class NoScore(Good):
    """Answers with true or false."""

    async def grade(self, lead: Lead, context: GradingContext) -> Any:
        return True


class Meddles(Good):
    """Changes the lead."""

    async def grade(self, lead: Lead, context: GradingContext) -> Score:
        lead.facts["good"] = {"seen": True}
        return Score(passed=True, detail="All is well.")


class Counts(Good):
    """Remembers what it saw."""

    seen = 0

    async def grade(self, lead: Lead, context: GradingContext) -> Score:
        Counts.seen += 1
        return Score(passed=Counts.seen % 2 == 0, detail="All is well.")


class TakesFactsForGranted(Good):
    """Believes that somebody always answers."""

    def unknown(self, number: str, answer: Answer[PhoneFacts]) -> Score:
        raise RuntimeError(answer.problem)


class TakesKnowledgeForGranted(Good):
    """Believes that providers know everything."""

    def judged(self, number: str, facts: PhoneFacts) -> Score:
        region = facts.region
        assert region is not None
        return Score(passed=True, detail="The region is known.")


class ShowsTheNumber(Good):
    """Repeats the number, punctuated."""

    def unknown(self, number: str, answer: Answer[PhoneFacts]) -> Score:
        return Score(passed=False, detail=f"Nothing of {number[:3]}-{number[3:6]}-{number[6:]}.")


class ShowsTheProblem(Good):
    """Repeats what a provider raised, which names the number."""

    def unknown(self, number: str, answer: Answer[PhoneFacts]) -> Score:
        return Score(passed=False, detail=f"Could not ask {answer.problem}.")


class ShowsFacts(Good):
    """Repeats what a provider says."""

    def judged(self, number: str, facts: PhoneFacts) -> Score:
        return Score(passed=True, detail=f"It is of {facts.region}.")


class ShowsAnything(Good):
    """Repeats a field of the lead type's own."""

    async def grade(self, lead: Lead, context: GradingContext) -> Score:
        value = lead.fields.get(context.lead_type.named(SystemField.CUSTOM) or "")
        return Score(passed=True, detail=f"There is {value!r}.")


class Disorderly(Good):
    """Has no place among the checks."""

    order = "first"  # type: ignore[assignment]


@pytest.fixture(autouse=True)
def _found_is_enough() -> Iterator[None]:
    """Let hypothesis stop at the first failure: nobody reads these examples."""
    usual = hypothesis.settings.get_current_profile_name()
    quick = hypothesis.settings(phases=[hypothesis.Phase.generate], database=None)
    hypothesis.settings.register_profile("found-is-enough", quick)
    hypothesis.settings.load_profile("found-is-enough")
    yield
    hypothesis.settings.load_profile(usual)


def kit(check: type[Check], **attributes: Any) -> type[GradingCheckContract]:
    return type("Kit", (GradingCheckContract,), {"component": check, **attributes})


def fails(tests: type[GradingCheckContract], name: str) -> bool:
    """Run the standard test ``name``; return whether it fails."""
    test: Callable[[], None] = getattr(tests(), name)
    try:
        test()
    except (Exception, pytest.fail.Exception):  # noqa: BLE001  whatever fails, fails
        return True
    return False


def failures(tests: type[GradingCheckContract]) -> set[str]:
    return {name for name in dir(tests) if name.startswith("test_") and fails(tests, name)}


def test_a_good_check_conforms() -> None:
    assert failures(kit(Good)) == set()


def test_a_good_check_conforms_for_a_lead_type_of_any_kind() -> None:
    of_lists = a_lead_type_info(
        a_field_info("Phones", system=SystemField.PRIMARY_PHONE, kind=FieldKind.LIST)
    )
    assert failures(kit(Good, lead_type=of_lists)) == set()


@pytest.mark.parametrize(
    ("check", "caught_by"),
    [
        (Fragile, "test_any_lead_gets_a_well_formed_score"),
        (NeedsTheField, "test_a_lead_type_without_the_fields_is_graded"),
        (Speechless, "test_any_lead_gets_a_well_formed_score"),
        (Mutters, "test_any_lead_gets_a_well_formed_score"),
        (Rambles, "test_any_lead_gets_a_well_formed_score"),
        (NoScore, "test_any_lead_gets_a_well_formed_score"),
        (Meddles, "test_grading_changes_nothing_about_the_lead"),
        (Counts, "test_equal_leads_get_equal_scores"),
        (TakesFactsForGranted, "test_lookups_that_cannot_be_asked_do_not_make_it_raise"),
        (TakesKnowledgeForGranted, "test_whatever_lookups_know_a_lead_gets_a_well_formed_score"),
        (ShowsTheNumber, "test_the_detail_holds_no_personal_data"),
        (ShowsTheNumber, "test_the_detail_repeats_no_long_number_of_the_lead"),
        (ShowsTheProblem, "test_the_detail_holds_no_personal_data"),
        (ShowsFacts, "test_the_detail_holds_no_personal_data"),
        (ShowsAnything, "test_the_detail_holds_no_personal_data"),
        (ShowsAnything, "test_the_detail_repeats_no_long_number_of_the_lead"),
        (Disorderly, "test_its_place_among_the_checks_is_a_number"),
    ],
)
def test_a_bad_check_is_caught(check: type[Check], caught_by: str) -> None:
    assert fails(kit(check), caught_by)


def test_each_setting_is_tried() -> None:
    tests = kit(Good, examples=({}, {"no_such_setting": 1}))
    assert fails(tests, "test_any_lead_gets_a_well_formed_score")


def test_a_check_that_reaches_for_its_own_services_keeps_them() -> None:
    asked: list[str] = []

    class Recording(GradingCheckContract):
        component = Good

        def services(self) -> Any:
            asked.append("services")
            return super().services()

    assert failures(Recording) == set()
    assert asked
