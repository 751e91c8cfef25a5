import asyncio
from collections.abc import Mapping
from typing import Any

import msgspec
import pytest
from leadexec_grading.plugin import GradingPlugin
from leadexec_grading.scale import GradingScale
from leadexec_grading.scales import Scales
from leadexec_grading.validator import Grading, GradingSettings
from sqlalchemy import insert, update

from leadexec import (
    EntityEvent,
    Hold,
    Lead,
    LeadexecError,
    NoSettings,
    NotFoundError,
    Pass,
    Reject,
    Score,
    Services,
    Stage,
    ValidatorSetup,
    Verdict,
)
from leadexec.testing import (
    FakeClock,
    FakeGrading,
    FakeStorage,
    ValidatorContract,
    a_lead,
    a_lead_type_info,
    fake_services,
)

YES = Score(passed=True, detail="All is well.")
NO = Score(passed=False, detail="Nothing is well.")
GRADES: Mapping[str, Any] = {
    "A": {"low": 90, "high": 100},
    "B": {"low": 60, "high": 89},
    "C": {"low": 40, "high": 59, "action": "route", "accounts": [12, 15]},
    "D": {"low": 20, "high": 39, "action": "quality_control"},
    "F": {"low": 0, "high": 19, "action": "reject"},
}
CHECKS = {"phone": {"points": 60}, "email": {"points": 40}}


def a_scale(name: str = "Mortgage", **changes: Any) -> GradingScale:
    raw = {"name": name, "checks": CHECKS, "grades": GRADES, **changes}
    return msgspec.convert(raw, GradingScale)


class CountingStorage(FakeStorage):
    """Counts how often it is read, and can be made to fail."""

    reads = 0
    away = False

    async def read(self, question: Any) -> Any:
        self.reads += 1
        if self.away:
            raise LeadexecError("database_away", "The database does not answer.")
        return await super().read(question)


class House:
    """A plugin on fakes, with the scales that a test stores."""

    def __init__(self, **scores: Score) -> None:
        self.clock = FakeClock()
        self.storage = CountingStorage(GradingScale, clock=self.clock)
        self.services: Services = fake_services(
            clock=self.clock, storage=self.storage, grading=FakeGrading(scores)
        )
        self.plugin = GradingPlugin(NoSettings(), self.services)
        (self.check,) = self.plugin.register_validators()

    async def store(self, scale: GradingScale) -> GradingScale:
        entities = self.storage.entities(GradingScale)
        return await self.storage.change(lambda connection: entities.create(connection, scale))

    async def change(self, scale: GradingScale, **changes: Any) -> GradingScale:
        entities = self.storage.entities(GradingScale)
        changed = msgspec.structs.replace(scale, **changes)
        return await self.storage.change(lambda connection: entities.update(connection, changed))

    async def spoil(self, scale: GradingScale) -> None:
        """Make what is stored no scale any more."""
        table = self.storage.table(GradingScale)
        grades = {**GRADES, "F": {"low": 7, "high": 19}}
        await self.storage.change(
            lambda c: c.execute(update(table).where(table.c.id == scale.id), {"grades": grades})
        )

    def validator(self, scale: int | None = None) -> Any:
        setup = ValidatorSetup(campaign_id=1, lead_type=a_lead_type_info(), services=self.services)
        return self.check(GradingSettings(scale=scale), setup)

    async def graded(self, scale: int | None = None) -> tuple[Verdict, Lead]:
        lead = a_lead()
        return await self.validator(scale).check(lead), lead

    async def tell(self, scale: GradingScale) -> None:
        event = EntityEvent(
            entity="grading_scale",
            entity_id=scale.id,
            act="updated",
            by="ann",
            at=self.clock.now(),
            revision=2,
        )
        await self.plugin.entity_changed(event)


class TestGradingConformance(ValidatorContract):
    component = Grading
    examples = ({}, {"scale": None})
    bad_settings = ({"scale": 0}, {"scale": "mortgage"}, {"grades": {}})

    def services(self) -> Services:
        grading = FakeGrading({"phone": YES, "email": YES, "address": NO})
        return fake_services(storage=FakeStorage(GradingScale), grading=grading)


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("phone", "email", "grade", "score", "verdict"),
    [
        (YES, YES, "A", 100, Pass(detail="Grade A, with a score of 100 of 100.")),
        (YES, NO, "B", 60, Pass(detail="Grade B, with a score of 60 of 100.")),
        (
            NO,
            YES,
            "C",
            40,
            Pass(
                detail="Grade C, with a score of 40 of 100: only for the delivery accounts 12, 15.",
                only_accounts=(12, 15),
            ),
        ),
        (
            NO,
            NO,
            "F",
            0,
            Reject(
                code="grade_too_low",
                message="Grade F, with a score of 0 of 100, is too low.",
            ),
        ),
    ],
)
async def test_a_lead_is_treated_as_its_grade_says(
    phone: Score, email: Score, grade: str, score: int, verdict: Verdict
) -> None:
    house = House(phone=phone, email=email)
    scale = await house.store(a_scale())
    found, lead = await house.graded(scale.id)
    assert found == verdict
    assert (lead.grade, lead.score) == (grade, score)


@pytest.mark.anyio
async def test_a_grade_that_needs_review_holds_the_lead() -> None:
    house = House(phone=NO, email=YES)
    checks = {"phone": {"points": 70}, "email": {"points": 30}}
    scale = await house.store(a_scale(checks=checks))
    verdict, lead = await house.graded(scale.id)
    message = "Grade D, with a score of 30 of 100, needs a person's review."
    assert verdict == Hold(code="grade_needs_review", message=message)
    assert (lead.grade, lead.score) == ("D", 30)


@pytest.mark.anyio
async def test_what_every_check_found_is_kept_with_the_lead() -> None:
    house = House(phone=YES, email=NO)
    scale = await house.store(a_scale())
    _, lead = await house.graded(scale.id)
    assert lead.facts == {
        "grading": {
            "score": 60,
            "highest": 100,
            "grade": "B",
            "colour": "blue",
            "action": "accept",
            "scale": scale.id,
            "scale_name": "Mortgage",
            "checks": [
                {
                    "key": "phone",
                    "title": "phone",
                    "points": 60,
                    "passed": True,
                    "ran": True,
                    "detail": "All is well.",
                    "us": 0,
                },
                {
                    "key": "email",
                    "title": "email",
                    "points": 40,
                    "passed": False,
                    "ran": True,
                    "detail": "Nothing is well.",
                    "us": 0,
                },
            ],
        }
    }
    assert msgspec.json.decode(msgspec.json.encode(lead.facts)) == lead.facts


@pytest.mark.anyio
async def test_a_check_that_cannot_run_gives_no_points_and_is_shown_so() -> None:
    house = House(phone=YES)
    scale = await house.store(a_scale())
    _, lead = await house.graded(scale.id)
    assert lead.score == 60
    email = lead.facts["grading"]["checks"][1]
    assert (email["key"], email["ran"], email["passed"]) == ("email", False, False)
    assert "Could not run" in email["detail"]


@pytest.mark.anyio
async def test_a_check_that_is_not_enabled_is_not_run() -> None:
    house = House(phone=YES, email=YES)
    checks = {**CHECKS, "email": {"points": 40, "enabled": False}}
    scale = await house.store(a_scale(checks=checks))
    _, lead = await house.graded(scale.id)
    facts = lead.facts["grading"]
    assert (facts["score"], facts["highest"]) == (60, 60)
    assert [check["key"] for check in facts["checks"]] == ["phone"]


@pytest.mark.anyio
async def test_facts_of_other_plugins_stay() -> None:
    house = House(phone=YES)
    lead = a_lead(facts={"dnc": {"listed": False}})
    await house.validator().check(lead)
    assert set(lead.facts) == {"dnc", "grading"}


@pytest.mark.anyio
async def test_without_a_scale_the_built_in_one_grades() -> None:
    house = House(address=YES, phone=YES, email=YES, ip=NO, comments=NO)
    verdict, lead = await house.graded()
    assert verdict == Pass(detail="Grade B, with a score of 75 of 100.")
    facts = lead.facts["grading"]
    assert (facts["scale"], facts["scale_name"], len(facts["checks"])) == (None, "Built-in", 5)


@pytest.mark.anyio
async def test_the_scale_that_is_marked_default_grades_where_none_is_named() -> None:
    house = House(phone=YES, email=YES)
    await house.store(a_scale("Other"))
    marked = await house.store(a_scale("Marked", is_default=True))
    _, lead = await house.graded()
    assert lead.facts["grading"]["scale"] == marked.id


@pytest.mark.anyio
async def test_two_scales_that_are_marked_default_hold_the_leads_of_neither() -> None:
    house = House(phone=YES, email=YES)
    first = await house.store(a_scale("One", is_default=True))
    await house.store(a_scale("Two", is_default=True))
    with pytest.raises(LeadexecError, match="1, 2") as caught:
        await house.graded()
    assert caught.value.code == "several_default_scales"
    verdict, _ = await house.graded(first.id)
    assert isinstance(verdict, Pass)


@pytest.mark.anyio
async def test_a_scale_that_is_not_there_holds_the_lead() -> None:
    with pytest.raises(NotFoundError) as caught:
        await House().graded(7)
    assert caught.value.code == "unknown_grading_scale"


@pytest.mark.anyio
async def test_a_faulty_scale_holds_its_own_leads_and_no_others() -> None:
    house = House(phone=YES, email=YES)
    good, bad = await house.store(a_scale("Good")), await house.store(a_scale("Bad"))
    await house.spoil(bad)
    with pytest.raises(LeadexecError, match=r"grading scale 2 .*F must begin at 0") as caught:
        await house.graded(bad.id)
    assert caught.value.code == "faulty_grading_scale"
    verdict, _ = await house.graded(good.id)
    assert isinstance(verdict, Pass)


@pytest.mark.anyio
async def test_a_faulty_default_scale_is_not_passed_over() -> None:
    house = House(phone=YES, email=YES)
    await house.spoil(await house.store(a_scale(is_default=True)))
    with pytest.raises(LeadexecError, match="cannot be used"):
        await house.graded()


@pytest.mark.anyio
async def test_what_is_stored_and_no_scale_at_all_is_faulty() -> None:
    house = House(phone=YES)
    table, now = house.storage.table(GradingScale), house.clock.now()
    row = {"name": "Empty", "checks": {}, "grades": {}, "is_default": False}
    row |= {"created": now, "updated": now, "revision": 1}
    await house.storage.change(lambda connection: connection.execute(insert(table), row))
    with pytest.raises(LeadexecError) as caught:
        await house.graded(1)
    assert caught.value.code == "faulty_grading_scale"


@pytest.mark.anyio
async def test_scales_that_cannot_be_read_hold_the_lead_and_are_read_again() -> None:
    house = House(phone=YES, email=YES)
    scale = await house.store(a_scale())
    house.storage.away = True
    with pytest.raises(LeadexecError) as caught:
        await house.graded(scale.id)
    assert caught.value.code == "database_away"
    house.storage.away = False
    verdict, _ = await house.graded(scale.id)
    assert isinstance(verdict, Pass)


@pytest.mark.anyio
async def test_what_was_known_is_not_used_when_it_may_have_changed() -> None:
    house = House(phone=YES, email=YES)
    scale = await house.store(a_scale())
    await house.graded(scale.id)
    house.storage.away = True
    house.clock.advance(4.9)
    await house.graded(scale.id)
    house.clock.advance(0.1)
    with pytest.raises(LeadexecError):
        await house.graded(scale.id)


@pytest.mark.anyio
async def test_scales_are_read_once_in_five_seconds_for_all_campaigns() -> None:
    house = House(phone=YES, email=YES)
    scale = await house.store(a_scale())
    for _ in range(3):
        await house.graded(scale.id)
        await house.graded()
    assert house.storage.reads == 1
    house.clock.advance(5)
    await house.graded(scale.id)
    assert house.storage.reads == 2


@pytest.mark.anyio
async def test_a_change_that_this_process_hears_of_holds_at_once() -> None:
    house = House(phone=YES, email=YES)
    scale = await house.store(a_scale())
    await house.graded(scale.id)
    changed = await house.change(scale, checks=a_scale(checks={"email": {"points": 100}}).checks)
    await house.tell(changed)
    _, lead = await house.graded(scale.id)
    assert [check["key"] for check in lead.facts["grading"]["checks"]] == ["email"]


@pytest.mark.anyio
async def test_a_change_of_something_else_changes_nothing() -> None:
    house = House(phone=YES, email=YES)
    scale = await house.store(a_scale())
    await house.graded(scale.id)
    event = EntityEvent(
        entity="client", entity_id=1, act="updated", by="ann", at=house.clock.now(), revision=2
    )
    await house.plugin.entity_changed(event)
    await house.graded(scale.id)
    assert house.storage.reads == 1


@pytest.mark.anyio
async def test_what_was_read_while_a_scale_changed_is_not_kept() -> None:
    house = House(phone=YES, email=YES)
    scale = await house.store(a_scale())
    scales = Scales(house.services)
    usual = house.storage.read

    async def interrupted(question: Any) -> Any:
        found = await usual(question)
        scales.forget()
        return found

    house.storage.read = interrupted  # type: ignore[method-assign]
    await scales.chosen(scale.id)
    house.storage.read = usual  # type: ignore[method-assign]
    await scales.chosen(scale.id)
    assert house.storage.reads == 2


@pytest.mark.anyio
async def test_leads_that_come_together_read_the_scales_once() -> None:
    house = House(phone=YES, email=YES)
    scale = await house.store(a_scale())
    await asyncio.gather(*(house.graded(scale.id) for _ in range(5)))
    assert house.storage.reads == 1


def test_it_looks_at_every_field_as_its_checks_may() -> None:
    check = House().validator()
    assert check.reads() == set(a_lead_type_info().fields)


def test_the_plugin_contributes_the_check_and_the_scale() -> None:
    house = House()
    assert issubclass(house.check, Grading)
    assert (house.check.key, house.check.title) == ("grading", "Lead grading")
    assert house.check.stage is Stage.GRADING
    assert house.check.__doc__ == Grading.__doc__
    assert list(house.plugin.register_entities()) == [GradingScale]
