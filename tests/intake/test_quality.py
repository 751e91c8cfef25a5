"""Quality control, and what becomes of leads that a check rejects (``LS9``)."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from leadexec import Hold, Pass, Reject
from leadexec.criteria import FieldTest
from leadexec.model.limits import QuantityLimits
from leadexec.model.source import (
    CampaignStatus,
    LeadSource,
    RejectOption,
    SourceStatus,
    ValidatorUse,
)
from tests.system.plugins import a_plugin, a_validator, raising_later
from tests.system.world import World, a_world

pytestmark = pytest.mark.anyio
DUPLICATE = ValidatorUse(validator="duplicate")
TEST = ValidatorUse(validator="test")
PHONE = "213-555-0100"


async def outcome(world: World, campaign: Any, **fields: Any) -> tuple[str, str]:
    told = (await world.post(campaign, **fields)).json()
    return told["status"], told["code"]


async def steps(world: World, uid: str) -> list[tuple[str, str, str]]:
    log = (await world.lead(uid))["log"]
    return [(entry["step"], entry["verdict"], entry.get("code", "")) for entry in log]


# --- quality control


async def test_in_quality_control_every_clean_lead_waits_for_a_person(
    database_url: str, tmp_path: Path
) -> None:
    async with a_world(database_url, tmp_path) as world:
        campaign = await world.campaign(
            quality_control=True, validators=(DUPLICATE,), limits=QuantityLimits(daily=5)
        )
        await world.buyer(campaign, "acme")

        answer = await world.post(campaign)
        await world.settled()

        told = answer.json()
        assert (answer.status_code, told["status"], told["code"]) == (
            202,
            "held",
            "quality_control",
        )
        assert (told["price"], [r["code"] for r in told["reasons"]]) == ("0.00", [told["code"]])
        lead = await world.lead(told["lead"])
        assert (lead["status"], lead["code"]) == ("held", "quality_control")
        assert world.market.posts == []
        assert await world.rows("jobs") == []


async def test_claims_and_limits_come_before_quality_control(
    database_url: str, tmp_path: Path
) -> None:
    async with a_world(database_url, tmp_path) as world:
        campaign = await world.campaign(
            quality_control=True, validators=(DUPLICATE,), limits=QuantityLimits(daily=2)
        )

        found = [
            await outcome(world, campaign, Phone=PHONE),
            await outcome(world, campaign, Phone=PHONE),
            await outcome(world, campaign),
            await outcome(world, campaign),
            await outcome(world, campaign, State="Nowhere"),
        ]

        assert found == [
            ("held", "quality_control"),
            ("rejected", "duplicate_lead"),
            ("held", "quality_control"),
            ("rejected", "campaign_limit_reached"),
            ("rejected", "not_a_state"),
        ]
        assert await world.used() == {f"campaign:{campaign.id}:day": 2}


async def test_quality_control_holds_leads_whose_answer_waits_for_deliveries_too(
    sqlite_world: World,
) -> None:
    campaign = await sqlite_world.campaign(quality_control=True, use_delivery_queue=False)
    await sqlite_world.buyer(campaign, "acme")

    assert await outcome(sqlite_world, campaign) == ("held", "quality_control")
    assert sqlite_world.market.posts == []


async def test_a_lead_that_a_check_could_not_look_at_goes_to_quality_control_afterwards(
    database_url: str, tmp_path: Path
) -> None:
    broken = asyncio.Event()
    broken.set()

    async def check(lead: Any) -> Pass:
        if broken.is_set():
            raise RuntimeError
        return Pass()

    plugin = a_plugin(validators=[a_validator(check=check)])
    async with a_world(database_url, tmp_path, ("tests", plugin)) as world:
        campaign = await world.campaign(quality_control=True, validators=(TEST,))
        told = (await world.post(campaign)).json()
        broken.clear()

        await world.kernel.look_again()
        await world.settled()

        lead = await world.lead(told["lead"])
        assert (told["code"], lead["code"]) == ("check_could_not_run", "quality_control")
        assert lead["status"] == "held"
        assert await world.rows("jobs") == []


async def test_a_held_leads_answer_is_the_same_when_it_is_asked_for_again(
    database_url: str, tmp_path: Path
) -> None:
    async with a_world(database_url, tmp_path) as world:
        campaign = await world.campaign(quality_control=True)
        key = {"idempotency-key": "k"}

        first, again = [await world.post(campaign, headers=key, Phone=PHONE) for _ in range(2)]

        assert (again.status_code, again.content) == (202, first.content)


# --- the default reject option

Check = Callable[[Any], Awaitable[Any]]


async def no_ada(lead: Any) -> Reject:
    return Reject(code="no_ada", message="Not Ada again.")


CAUSES: dict[str, tuple[dict[str, Any], dict[str, Any], list[str], str]] = {
    # name: (the campaign's, the lead's, codes of the reasons, step of the log)
    "fields": (
        {},
        {"State": "", "Amount": "a lot"},
        ["required_field_missing", "not_a_number"],
        "fields",
    ),
    "criteria": (
        {"criteria": FieldTest(field="State", operator="is", values=("NY",))},
        {},
        ["outside_criteria"],
        "criteria",
    ),
    "validator": ({"validators": (TEST,)}, {}, ["no_ada"], "validator:test"),
    "claim": (
        {"validators": (DUPLICATE,)},
        {"Phone": PHONE},
        ["duplicate_lead"],
        "validator:duplicate",
    ),
}
BECAME = {
    RejectOption.BACK_TO_SOURCE: ("rejected", "reject"),
    RejectOption.QUALITY_CONTROL: ("held", "hold"),
    RejectOption.DELIVER: ("accepted", "overruled"),
}


@pytest.mark.parametrize("option", list(RejectOption))
@pytest.mark.parametrize("cause", list(CAUSES))
async def test_what_a_check_rejects_becomes_what_the_campaign_says(
    database_url: str, tmp_path: Path, cause: str, option: RejectOption
) -> None:
    settings, fields, codes, step = CAUSES[cause]
    plugin = a_plugin(validators=[a_validator(check=no_ada)])
    async with a_world(database_url, tmp_path, ("tests", plugin)) as world:
        campaign = await world.campaign(default_reject=option, **settings)
        await world.buyer(campaign, "acme")
        if cause == "claim":
            assert await outcome(world, campaign, **fields) == ("accepted", "accepted")
            await world.settled()
            world.market.posts.clear()

        told = (await world.post(campaign, **fields)).json()
        await world.settled()

        status, verdict = BECAME[option]
        assert told["status"] == status
        accepted = status == "accepted"
        assert told["code"] == ("accepted" if accepted else codes[0])
        assert [reason["code"] for reason in told["reasons"]] == ([] if accepted else codes)
        lead = await world.lead(told["lead"])
        assert lead["status"] == ("delivered" if accepted else status)
        assert (step, verdict, codes[0]) in await steps(world, told["lead"])
        assert len(world.market.posts) == accepted


async def test_every_check_that_was_overruled_is_in_the_log(
    database_url: str, tmp_path: Path
) -> None:
    plugin = a_plugin(validators=[a_validator(check=no_ada)])
    async with a_world(database_url, tmp_path, ("tests", plugin)) as world:
        campaign = await world.campaign(
            default_reject=RejectOption.DELIVER,
            criteria=FieldTest(field="State", operator="is", values=("NY",)),
            validators=(TEST, DUPLICATE),
        )
        await world.post(campaign, Phone=PHONE)

        told = (await world.post(campaign, Phone=PHONE, Amount="a lot")).json()

        assert told["status"] == "accepted"
        assert await steps(world, told["lead"]) == [
            ("fields", "overruled", "not_a_number"),
            ("criteria", "overruled", "outside_criteria"),
            ("validator:test", "overruled", "no_ada"),
            ("validator:duplicate", "overruled", "duplicate_lead"),
        ]


async def test_a_lead_that_was_let_through_goes_to_quality_control_where_that_is_on(
    sqlite_world: World,
) -> None:
    campaign = await sqlite_world.campaign(
        default_reject=RejectOption.DELIVER, quality_control=True
    )

    told = (await sqlite_world.post(campaign, Amount="a lot")).json()

    assert (told["status"], told["code"]) == ("held", "quality_control")
    assert await steps(sqlite_world, told["lead"]) == [("fields", "overruled", "not_a_number")]


@pytest.mark.parametrize(
    "option", [RejectOption.DELIVER, RejectOption.QUALITY_CONTROL], ids=lambda option: option.value
)
async def test_status_and_limits_reject_whatever_the_option(
    database_url: str, tmp_path: Path, option: RejectOption
) -> None:
    async with a_world(database_url, tmp_path) as world:
        asleep = await world.kernel.create(LeadSource(name="asleep", status=SourceStatus.INACTIVE))
        closed = await world.campaign(default_reject=option, status=CampaignStatus.CLOSED)
        sleeping = await world.campaign(default_reject=option, lead_source=asleep.id)
        full = await world.campaign(default_reject=option, limits=QuantityLimits(daily=1))
        await world.post(full)

        found = [await outcome(world, campaign) for campaign in (closed, sleeping, full)]

        assert found == [
            ("rejected", "campaign_not_active"),
            ("rejected", "source_not_active"),
            ("rejected", "campaign_limit_reached"),
        ]


async def look_at_it(lead: Any) -> Hold:
    return Hold(code="look", message="Look at it.")


@pytest.mark.parametrize(
    ("check", "code"), [(look_at_it, "look"), (raising_later, "check_could_not_run")]
)
async def test_what_holds_a_lead_is_not_overruled(
    sqlite_url: str, tmp_path: Path, check: Check, code: str
) -> None:
    plugin = a_plugin(validators=[a_validator(check=check)])
    async with a_world(sqlite_url, tmp_path, ("tests", plugin)) as world:
        campaign = await world.campaign(default_reject=RejectOption.DELIVER, validators=(TEST,))

        assert await outcome(world, campaign) == ("held", code)


async def test_a_held_duplicate_leaves_its_key_to_the_original(
    database_url: str, tmp_path: Path
) -> None:
    async with a_world(database_url, tmp_path) as world:
        campaign = await world.campaign(
            default_reject=RejectOption.QUALITY_CONTROL, validators=(DUPLICATE,)
        )
        first = (await world.post(campaign, Phone=PHONE)).json()
        for _ in range(2):
            told = (await world.post(campaign, Phone=PHONE)).json()

            assert (told["status"], told["code"]) == ("held", "duplicate_lead")
        (claim,) = await world.rows("claims")
        assert claim["lead_uid"] == first["lead"]


async def test_leads_held_by_the_option_are_not_taken_up_by_the_system_itself(
    sqlite_world: World,
) -> None:
    campaign = await sqlite_world.campaign(default_reject=RejectOption.QUALITY_CONTROL)
    told = (await sqlite_world.post(campaign, State="Nowhere")).json()

    await sqlite_world.kernel.look_again()
    await sqlite_world.settled()

    assert (await sqlite_world.lead(told["lead"]))["code"] == "not_a_state"
    assert await sqlite_world.rows("jobs") == []
