"""The checks of intake: status, fields, criteria, limits and claims."""

import asyncio
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from leadexec.criteria import FieldTest, FormulaTest, PatternTest
from leadexec.model.lead_type import LeadField
from leadexec.model.limits import QuantityLimits
from leadexec.model.source import CampaignStatus, LeadSource, SourceStatus, ValidatorUse
from tests.system.world import World, a_world

pytestmark = pytest.mark.anyio
DUPLICATE = ValidatorUse(validator="duplicate")
TEST = ValidatorUse(validator="test")


async def outcome(world: World, campaign: Any, **fields: Any) -> tuple[str, str]:
    told = (await world.post(campaign, **fields)).json()
    return told["status"], told["code"]


@pytest.mark.parametrize("status", [s for s in CampaignStatus if s is not CampaignStatus.ACTIVE])
async def test_only_an_active_campaign_takes_leads(
    sqlite_world: World, status: CampaignStatus
) -> None:
    campaign = await sqlite_world.campaign(status=status)

    assert await outcome(sqlite_world, campaign) == ("rejected", "campaign_not_active")


async def test_a_source_that_is_not_active_takes_no_leads(sqlite_world: World) -> None:
    source = await sqlite_world.kernel.create(
        LeadSource(name="asleep", status=SourceStatus.INACTIVE)
    )
    campaign = await sqlite_world.campaign(lead_source=source.id)

    assert await outcome(sqlite_world, campaign) == ("rejected", "source_not_active")


async def test_a_default_stands_in_for_a_blank_field(sqlite_world: World) -> None:
    lead_type = await sqlite_world.lead_type(
        LeadField(name="State", description="State", type="us_state", default="TX", required=True),
        LeadField(name="Extra", description="Extra", type="text", default="none"),
    )
    campaign = await sqlite_world.campaign(lead_type)

    told = (await sqlite_world.post(campaign, State="  ")).json()

    assert (await sqlite_world.lead(told["lead"]))["fields"] == {"State": "TX", "Extra": "none"}


async def test_a_computed_field_is_computed_and_never_posted(sqlite_world: World) -> None:
    calculated = {"formula": "Amount * 2"}
    lead_type = await sqlite_world.lead_type(
        LeadField(
            name="Double",
            description="Double",
            type="calculated",
            settings=calculated,
            required=True,
        ),
        LeadField(name="Amount", description="Amount", type="decimal"),
    )
    campaign = await sqlite_world.campaign(
        lead_type, criteria=FieldTest(field="Double", operator="at_least", values=("10",))
    )

    assert await outcome(sqlite_world, campaign, Amount="5", Double="0") == ("accepted", "accepted")
    assert await outcome(sqlite_world, campaign, Amount="4.99", Double="99") == (
        "rejected",
        "outside_criteria",
    )


async def test_a_lead_outside_the_incoming_criteria_is_rejected_with_the_reason(
    sqlite_world: World,
) -> None:
    for tree, bad in (
        (FieldTest(field="State", operator="is_any_of", values=("CA", "TX")), {"State": "NY"}),
        (PatternTest(field="FirstName", pattern="^A"), {"FirstName": "Bob"}),
        (FormulaTest(expression="Amount > 100"), {"Amount": "99.99"}),
    ):
        campaign = await sqlite_world.campaign(criteria=tree)
        good = {"FirstName": "Ada", "State": "CA", "Amount": "100.01"}

        assert await outcome(sqlite_world, campaign, **good) == ("accepted", "accepted")
        told = (await sqlite_world.post(campaign, **good | bad)).json()

        assert (told["status"], told["code"]) == ("rejected", "outside_criteria")
        assert told["reasons"][0]["message"]
        log = (await sqlite_world.lead(told["lead"]))["log"]
        assert [(step["step"], step["verdict"]) for step in log] == [
            ("fields", "pass"),
            ("criteria", "reject"),
        ]


async def test_campaign_limits_are_exact_under_concurrency(
    database_url: str, tmp_path: Path
) -> None:
    async with a_world(database_url, tmp_path) as world:
        campaign = await world.campaign(limits=QuantityLimits(daily=7))

        codes = await asyncio.gather(*(outcome(world, campaign) for _ in range(30)))

        assert Counter(code for _, code in codes) == {"accepted": 7, "campaign_limit_reached": 23}
        assert await world.used() == {f"campaign:{campaign.id}:day": 7}


async def test_of_many_duplicates_at_once_exactly_one_is_taken(
    database_url: str, tmp_path: Path
) -> None:
    async with a_world(database_url, tmp_path) as world:
        campaign = await world.campaign(validators=(DUPLICATE,))

        codes = await asyncio.gather(
            *(outcome(world, campaign, Phone=f"(213) 555-{1000 + i % 3}") for i in range(30))
        )

        assert Counter(code for _, code in codes) == {"accepted": 3, "duplicate_lead": 27}


async def test_duplicates_in_one_list_are_told_from_each_other(
    database_url: str, tmp_path: Path
) -> None:
    async with a_world(database_url, tmp_path) as world:
        campaign = await world.campaign(validators=(DUPLICATE,))
        lead = {"campaign": campaign.id, "fields": {"State": "CA", "Phone": "213-555-1234"}}

        answer = await world.client.post("/receiver/leads", json=[lead, lead])

        assert [one["status"] for one in answer.json()["leads"]] == ["accepted", "rejected"]


async def test_a_lead_that_no_campaign_limit_let_in_does_not_hold_its_key(
    sqlite_world: World,
) -> None:
    campaign = await sqlite_world.campaign(validators=(DUPLICATE,), limits=QuantityLimits(daily=1))
    assert await outcome(sqlite_world, campaign) == ("accepted", "accepted")
    phone = "213-555-9876"
    over = await outcome(sqlite_world, campaign, Phone=phone)
    assert over == ("rejected", "campaign_limit_reached")

    await sqlite_world.update(campaign, limits=QuantityLimits(daily=5))

    assert await outcome(sqlite_world, campaign, Phone=phone) == ("accepted", "accepted")


async def test_rejected_leads_stand_in_the_way_only_where_that_is_wanted(
    sqlite_world: World,
) -> None:
    for checked, expected in ((True, "duplicate_lead"), (False, "accepted")):
        use = ValidatorUse(validator="duplicate", settings={"check_rejected": checked})
        campaign = await sqlite_world.campaign(
            validators=(use,), criteria=FieldTest(field="State", operator="is", values=("CA",))
        )
        phone = f"213-555-0{int(checked)}00"
        assert (await outcome(sqlite_world, campaign, State="NY", Phone=phone))[0] == "rejected"

        assert (await outcome(sqlite_world, campaign, Phone=phone))[1] == expected
