"""PF4: without a plugin that cannot load, what needs it holds its leads, visibly."""

from pathlib import Path
from typing import Any

import pytest

from leadexec import (
    NoSettings,
    Plugin,
    hookimpl,
)
from leadexec.model.lead_type import LeadField
from leadexec.model.source import AutomationUse, ScriptUse, ValidatorUse
from tests.system.buyers import Market
from tests.system.plugins import Unformatted, Unprepared, a_plugin, a_strategy, a_validator, raising
from tests.system.world import FIELDS, a_world

pytestmark = pytest.mark.anyio
TEST = AutomationUse(strategy="test")


class Unloadable(Plugin[NoSettings]):
    """Contributes everything a campaign needs, if it were not broken."""

    @hookimpl
    def register_validators(self) -> Any:
        return raising()


async def test_in_safe_mode_what_needs_a_faulty_plugin_is_held_or_excluded_visibly(
    database_url: str, tmp_path: Path
) -> None:
    market = Market()
    async with a_world(
        database_url,
        tmp_path,
        (
            "parts",
            a_plugin(
                validators=[a_validator()],
                field_types=[Unformatted],
                automation_strategies=[a_strategy(lambda candidates, context: candidates)],
                delivery_methods=[Unprepared],
            ),
        ),
        market=market,
    ) as world:
        lead_type = await world.lead_type()
        odd = LeadField(name="Odd", description="Odd", type="unformatted")
        campaigns = {
            "validator": await world.campaign(
                lead_type, validators=(ValidatorUse(validator="test"),)
            ),
            "field type": await world.campaign(await world.lead_type(*FIELDS, odd, name="Odd")),
            "automation": await world.campaign(lead_type, automation=TEST),
            "script": await world.campaign(lead_type, scripts=(ScriptUse(script="gone"),)),
            "nothing": await world.campaign(lead_type),
        }
        await world.buyer(campaigns["nothing"], "bad", price=9, method="unprepared", settings={})
        await world.buyer(campaigns["nothing"], "good", price=1)

    async with a_world(
        database_url, tmp_path, ("parts", Unloadable), market=market, safe_mode=True
    ) as world:
        answers = {name: await world.post(campaign) for name, campaign in campaigns.items()}
        await world.settled()

        for name, answer in answers.items():
            expected = 201 if name == "nothing" else 202
            assert (name, answer.status_code) == (name, expected)
            if name != "nothing":
                told = answer.json()
                assert told["code"] == "campaign_not_usable"
                assert name.replace(" ", "_") in told["reasons"][0]["message"]
        uid = answers["nothing"].json()["lead"]
        assert await world.sold_to(uid) == ["good"]
        assert (await world.why(uid))["bad"] == "delivery_method_not_usable"
        state = next(s for s in world.kernel.plugins.states if s.name == "parts")
        assert (state.state, bool(state.faults)) == ("faulty", True)


async def test_a_lead_whose_automation_went_missing_after_its_post_is_held(
    database_url: str, tmp_path: Path
) -> None:
    plugin = a_plugin(automation_strategies=[a_strategy(lambda candidates, context: candidates)])
    async with a_world(database_url, tmp_path, ("parts", plugin), run_jobs=False) as world:
        campaign = await world.campaign(automation=TEST)
        await world.buyer(campaign, "x")
        uid = (await world.post(campaign)).json()["lead"]
    async with a_world(database_url, tmp_path) as world:
        await world.settled()

        assert (await world.lead(uid))["status"] == "held"
        assert world.market.posts == []
