"""Validators, well and badly behaved: what cannot run holds the lead."""

import asyncio
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from leadexec import (
    Claim,
    FieldKind,
    FieldType,
    Hold,
    JobRequest,
    NoSettings,
    Pass,
    Reject,
    Stage,
)
from leadexec.criteria import FieldTest
from leadexec.intake import decide
from leadexec.model.lead_type import LeadField
from leadexec.model.source import ValidatorUse
from tests.system.plugins import a_plugin, a_validator, raising, raising_later
from tests.system.world import World, a_world

pytestmark = pytest.mark.anyio
DUPLICATE = ValidatorUse(validator="duplicate")
TEST = ValidatorUse(validator="test")


async def outcome(world: World, campaign: Any, **fields: Any) -> tuple[str, str]:
    told = (await world.post(campaign, **fields)).json()
    return told["status"], told["code"]


async def test_verdicts_and_their_jobs_are_stored_with_the_lead(
    database_url: str, tmp_path: Path
) -> None:
    async def check(lead: Any) -> Any:
        lead.fields["Amount"] = Decimal("12.5")
        job = JobRequest(kind="tests.note", payload={"lead": lead.uid})
        verdicts = {
            "CA": Pass(detail="fine", jobs=(job,)),
            "NY": Reject(code="no_ny", message="Not from NY.", jobs=(job,)),
        }
        return verdicts.get(lead.fields["State"], Hold(code="look", message="Look at it."))

    plugin = a_plugin(validators=[a_validator(check=check)])
    async with a_world(database_url, tmp_path, ("tests", plugin), run_jobs=False) as world:
        campaign = await world.campaign(validators=(TEST,))

        assert await outcome(world, campaign, State="CA") == ("accepted", "accepted")
        assert await outcome(world, campaign, State="NY") == ("rejected", "no_ny")
        assert await outcome(world, campaign, State="TX") == ("held", "look")

        rows = await world.rows("leads")
        assert {row["fields"]["Amount"] for row in rows} == {"12.5"}
        assert [row["log"][-1]["plugin"] for row in rows] == ["tests"] * 3
        noted = await world.rows("jobs", kind="tests.note")
        assert [row["subject"] for row in noted] == [rows[0]["uid"], rows[1]["uid"]]


async def hang(_lead: Any) -> Any:
    await asyncio.Event().wait()


async def cancel_something_of_its_own(_lead: Any) -> Any:
    raise asyncio.CancelledError


async def answer_nothing(_lead: Any) -> Any:
    return None


async def amend_with_junk(lead: Any) -> Any:
    lead.fields["Amount"] = object()
    return Pass()


async def ask_for_a_strange_job(_lead: Any) -> Any:
    return Pass(jobs=(JobRequest(kind="tests.x", payload={"a": object()}),))


async def reject_without_a_code(_lead: Any) -> Any:
    return Reject(code=None, message="?")  # type: ignore[arg-type]


def claim(key: Any) -> Callable[..., Any]:
    return lambda lead: (Claim(scope="test", key=key, lookback=None),)


@pytest.mark.parametrize(
    "methods",
    [
        {"check": raising_later},
        {"check": hang},
        {"check": cancel_something_of_its_own},
        {"check": answer_nothing},
        {"check": amend_with_junk},
        {"check": ask_for_a_strange_job},
        {"check": reject_without_a_code},
        {"claims": raising},
        {"claims": lambda lead: None},
        {"claims": lambda lead: ("key",)},
        {"claims": claim("k" * 65)},
        {"claims": claim("a\0b")},
        {"claims": claim("same"), "on_conflict": raising},
        {"claims": claim("same"), "on_conflict": lambda lead, conflict: None},
    ],
    ids=lambda methods: ",".join(f"{n}:{getattr(m, '__name__', '')}" for n, m in methods.items()),
)
async def test_a_validator_that_cannot_run_holds_the_lead_and_is_named(
    database_url: str,
    tmp_path: Path,
    methods: dict[str, Any],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(decide, "CHECK_DEADLINE", 0.05)
    plugin = a_plugin(validators=[a_validator(at=Stage.ACCESS, **methods)])
    async with a_world(database_url, tmp_path, ("faulty", plugin)) as world:
        bad = await world.campaign(validators=(TEST,))
        good = await world.campaign()
        if "on_conflict" in methods:
            assert (await world.post(bad)).status_code == 201

        answers = await asyncio.gather(*(world.post(c) for c in (bad, good, bad, good)))

        assert [answer.status_code for answer in answers] == [202, 201, 202, 201]
        held = answers[0].json()
        assert (held["status"], held["code"], held["price"]) == (
            "held",
            "check_could_not_run",
            "0.00",
        )
        lead = await world.lead(held["lead"])
        assert (lead["status"], lead["fields"]["State"]) == ("held", "CA")
        assert world.kernel.faults.counts.keys() == {"faulty"}


async def test_a_check_of_a_post_that_is_given_up_is_no_fault_of_its_plugin(
    sqlite_url: str, tmp_path: Path
) -> None:
    began = asyncio.Event()

    async def check(lead: Any) -> Any:
        began.set()
        await hang(lead)

    plugin = a_plugin(validators=[a_validator(check=check)])
    async with a_world(sqlite_url, tmp_path, ("slow", plugin)) as world:
        posting = asyncio.create_task(world.post(await world.campaign(validators=(TEST,))))
        await began.wait()

        posting.cancel()
        await asyncio.wait([posting])

        assert posting.cancelled()
        assert world.kernel.faults.counts == {}


async def test_codes_and_messages_of_plugins_are_stored_whatever_they_hold(
    database_url: str, tmp_path: Path
) -> None:
    async def check(lead: Any) -> Any:
        return Reject(code="c" * 300, message="\0 \ud800 " + "m" * 100_000)

    plugin = a_plugin(validators=[a_validator(check=check)])
    async with a_world(database_url, tmp_path, ("rude", plugin)) as world:
        campaign = await world.campaign(validators=(TEST,))

        answer = await world.post(campaign)

        assert (answer.status_code, answer.json()["status"]) == (422, "rejected")
        lead = await world.lead(answer.json()["lead"])
        assert (lead["code"], lead["status"]) == ("c" * 64, "rejected")


async def test_a_field_type_that_raises_holds_the_lead_before_the_criteria_judge_it(
    database_url: str, tmp_path: Path
) -> None:
    class Broken(FieldType[NoSettings]):
        key = "broken"
        title = "Broken"
        kind = FieldKind.TEXT

        def parse(self, raw: Any) -> Any:
            return raising()

        def format(self, value: Any) -> str:
            return str(value)

        def sample(self) -> str:
            return "x"

    plugin = a_plugin(field_types=[Broken])
    async with a_world(database_url, tmp_path, ("faulty", plugin)) as world:
        lead_type = await world.lead_type(
            LeadField(name="State", description="State", type="broken")
        )
        campaign = await world.campaign(
            lead_type, criteria=FieldTest(field="State", operator="is", values=("CA",))
        )

        assert await outcome(world, campaign) == ("held", "field_type_raised")
        assert world.kernel.faults.counts == {"faulty": 1}
