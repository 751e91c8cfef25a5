"""Grading checks: in order, side by side, harmless to the lead and to each other (``GR1``)."""

import asyncio
import types
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from msgspec import Struct

from leadexec import (
    ConfigurationError,
    Graded,
    GradingCheck,
    GradingContext,
    Lead,
    NoSettings,
    Pass,
    Score,
)
from leadexec.asking import grading as asking
from leadexec.asking.grading import GradingDesk
from leadexec.contracts.lead import LeadTypeInfo
from leadexec.model.source import ValidatorUse
from leadexec.plugins import FaultLog
from leadexec.testing.clock import START
from tests.system.plugins import a_plugin, a_validator
from tests.system.world import World, a_world

pytestmark = pytest.mark.anyio
GOOD = Score(passed=True, detail="fine")
BAD = Score(passed=False, detail="not fine")
TYPE = LeadTypeInfo(id=1, name="Mortgage", fields={})
Grade = Callable[[Lead], Awaitable[Any]]


async def good(_lead: Lead) -> Score:
    return GOOD


def a_check(key: str, grade: Grade = good, **body: Any) -> type[GradingCheck[Any]]:
    async def graded(self: Any, lead: Lead, context: GradingContext) -> Any:
        assert context.lead_type is not None
        return await grade(lead)

    settings = body.pop("settings", NoSettings)
    values = {"key": key, "title": f"Check {key}", "grade": graded} | body
    base = GradingCheck[settings]  # type: ignore[valid-type]
    made = types.new_class("TestCheck", (base,), {}, lambda space: space.update(values))
    assert issubclass(made, GradingCheck)
    return made


def a_desk(*checks: type[GradingCheck[Any]]) -> GradingDesk:
    desk = GradingDesk(FaultLog())
    made = {check.key: check(NoSettings(), None) for check in checks}  # type: ignore[arg-type]
    desk.take(made, dict.fromkeys(made, "grader"))
    return desk


def a_lead(**fields: Any) -> Lead:
    return Lead(
        uid="1", received_at=START, lead_type_id=1, source_id=1, campaign_id=1, fields=fields
    )


async def grade(desk: GradingDesk, *keys: str, lead: Lead | None = None) -> list[Graded]:
    return list(await desk.grade(lead or a_lead(), TYPE, keys))


def saying(score: Any) -> Grade:
    async def graded(_lead: Lead) -> Any:
        if isinstance(score, BaseException):
            raise score
        return score

    return graded


async def test_checks_are_shown_by_their_order_then_by_key_and_run_where_they_are_wanted() -> None:
    desk = a_desk(
        a_check("b"),
        a_check("late", order=90),
        a_check("a"),
        a_check("first", saying(BAD), order=1),
    )

    found = await grade(desk, "late", "a", "first")

    assert list(desk.titles().items()) == [
        (key, f"Check {key}") for key in ("first", "a", "b", "late")
    ]
    assert [(one.key, one.title, one.ran, one.passed, one.detail) for one in found] == [
        ("first", "Check first", True, False, "not fine"),
        ("a", "Check a", True, True, "fine"),
        ("late", "Check late", True, True, "fine"),
    ]
    assert await grade(desk) == []


async def test_a_check_that_is_not_there_could_not_run() -> None:
    desk = a_desk(a_check("a"))

    here, gone = await grade(desk, "gone", "a")

    assert (here.key, here.passed) == ("a", True)
    assert (gone.key, gone.ran, gone.passed) == ("gone", False, False)
    assert "no loaded plugin" in gone.detail


@pytest.mark.parametrize(
    "score",
    [
        RuntimeError("broken"),
        asyncio.CancelledError("its own"),
        None,
        True,
        {"passed": True},
        Score(passed=True, detail=None),  # type: ignore[arg-type]
        Score(passed="yes", detail="odd"),  # type: ignore[arg-type]
        Score(passed=object(), detail="odd"),  # type: ignore[arg-type]
    ],
    ids=lambda score: repr(score).partition(" at 0x")[0],
)
async def test_a_check_that_fails_could_not_run_and_harms_no_other(score: Any) -> None:
    desk = a_desk(a_check("bad", saying(score)), a_check("good"))

    bad, fine = await grade(desk, "bad", "good")

    assert (bad.ran, bad.passed, bad.detail.startswith("Could not run (")) == (False, False, True)
    assert (fine.ran, fine.passed) == (True, True)
    (fault,) = desk._faults.recent
    assert (fault.plugin, fault.where) == ("grader", "grade of 'bad'")


async def test_a_long_detail_is_cut() -> None:
    desk = a_desk(a_check("a", saying(Score(passed=True, detail="x" * 10_000))))

    (graded,) = await grade(desk, "a")

    assert graded.detail == "x" * 500


async def test_a_late_check_could_not_run_and_nobody_waits_for_it_alone(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(asking, "DEADLINE", 0.02)
    together = asyncio.Barrier(3)

    async def hang(_lead: Lead) -> Any:
        await together.wait()  # they hang at the same time, or this is never passed
        await asyncio.Event().wait()

    desk = a_desk(*(a_check(key, hang) for key in "abc"), a_check("good"))

    found = await grade(desk, "a", "b", "c", "good")

    assert [(one.ran, one.passed) for one in found] == [(False, False)] * 3 + [(True, True)]
    assert {fault.error for fault in desk._faults.recent} == {"TimeoutError: "}


async def test_who_asks_may_give_up() -> None:
    began = asyncio.Event()

    async def hang(_lead: Lead) -> Any:
        began.set()
        await asyncio.Event().wait()

    desk = a_desk(a_check("a", hang))
    asking_ = asyncio.create_task(grade(desk, "a"))
    await began.wait()

    asking_.cancel()
    await asyncio.wait([asking_])

    assert asking_.cancelled()
    assert desk._faults.recent == []


async def test_what_a_check_does_to_the_lead_is_seen_by_nobody() -> None:
    seen: list[Any] = []
    spoilt = asyncio.Event()

    async def spoil(lead: Lead) -> Score:
        lead.fields["State"] = "TX"
        lead.fields["Cars"][0]["Make"] = "spoilt"  # type: ignore[index,call-overload]
        lead.facts["enrich-ip"]["country"] = "spoilt"
        lead.facts["spoil"] = {}
        lead.grade, lead.only_accounts = "F", ()
        spoilt.set()
        return GOOD

    async def look(lead: Lead) -> Score:
        await spoilt.wait()
        seen.append((lead.fields, lead.facts, lead.grade, lead.only_accounts))
        return GOOD

    lead = a_lead(State="CA", Cars=[{"Make": "Ford"}])
    lead.facts["enrich-ip"] = {"country": "US"}
    desk = a_desk(a_check("spoil", spoil), a_check("look", look))

    await grade(desk, "spoil", "look", lead=lead)

    fields = {"State": "CA", "Cars": [{"Make": "Ford"}]}
    facts = {"enrich-ip": {"country": "US"}}
    assert seen == [(fields, facts, "", None)]
    assert (lead.fields, lead.facts, lead.grade, lead.only_accounts) == (fields, facts, "", None)


# --- in a running system


class Limits(Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    most: int = 3


async def test_checks_have_their_settings_from_their_plugins_section(
    sqlite_url: str, tmp_path: Path
) -> None:
    plugin = a_plugin(grading_checks=[a_check("phone", settings=Limits)])

    async def start(**given: Any) -> int:
        settings = {"grader": {"grading": given}}
        async with a_world(
            sqlite_url, tmp_path, ("grader", plugin), plugin_settings=settings
        ) as world:
            most: int = world.kernel.plugins.made["grading"]["phone"].settings.most
            return most

    assert (await start(), await start(phone={"most": 7})) == (3, 7)
    for given, path in (
        ({"phone": {"most": "many"}}, "plugins.grader.grading.phone"),
        ({"email": {}}, "plugins.grader.grading.email"),
        ({"phone": {"least": 1}, "email": {}}, "plugins.grader.grading.email"),
    ):
        with pytest.raises(ConfigurationError) as raised:
            await start(**given)
        assert path in {fault.path for fault in raised.value.faults}


async def test_two_plugins_with_one_check_stop_the_start(sqlite_url: str, tmp_path: Path) -> None:
    plugins = [(name, a_plugin(grading_checks=[a_check("phone")])) for name in ("one", "two")]

    with pytest.raises(ConfigurationError) as raised:
        async with a_world(sqlite_url, tmp_path, *plugins):
            pass

    (fault,) = raised.value.faults
    assert (fault.code, fault.path, "one" in fault.message) == ("key_clash", "plugins.two", True)


async def test_a_lead_is_graded_by_whoever_asks_for_it(database_url: str, tmp_path: Path) -> None:
    world: World

    async def check(lead: Any) -> Pass:
        lead_type = world.kernel.catalog.lead_types[lead.lead_type_id].info
        keys = ("phone", "broken", "gone")
        graded = await world.kernel.services.grading.grade(lead, lead_type, keys)
        lead.score = sum(10 for one in graded if one.passed)
        lead.facts["grader"] = {one.key: [one.ran, one.passed] for one in graded}
        return Pass()

    async def by_phone(lead: Lead) -> Score:
        return Score(passed=lead.fields["Phone"] == "2135550100", detail="seen")

    plugins = (
        ("grader", a_plugin(validators=[a_validator(check=check)])),
        (
            "checks",
            a_plugin(
                grading_checks=[
                    a_check("phone", by_phone),
                    a_check("broken", saying(RuntimeError("broken"))),
                ]
            ),
        ),
    )
    async with a_world(database_url, tmp_path, *plugins) as world:
        campaign = await world.campaign(validators=(ValidatorUse(validator="test"),))

        told = (await world.post(campaign, Phone="213-555-0100")).json()

        lead = await world.lead(told["lead"])
        assert (told["code"], lead["score"]) == ("accepted", 10)
        failed = [False, False]
        assert lead["facts"]["grader"] == {"broken": failed, "phone": [True] * 2, "gone": failed}
        assert world.kernel.faults.counts == {"checks": 1}
