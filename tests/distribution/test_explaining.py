"""Why a lead went where it went: every delivery account with what decided (LD15)."""

from pathlib import Path

import pytest

from leadexec.criteria import FieldTest
from leadexec.model.client import ClientStatus
from leadexec.model.delivery_account import AccountStatus
from leadexec.model.limits import ScheduleWindow, Weekday
from leadexec.model.source import AutomationUse
from tests.system.buyers import REJECTS
from tests.system.world import World, a_world

pytestmark = pytest.mark.anyio
PRIORITY = AutomationUse(strategy="priority")
ROUND_ROBIN = AutomationUse(strategy="round-robin")


async def test_every_delivery_account_is_explained_with_the_rule_that_decided(
    database_url: str, tmp_path: Path
) -> None:
    async with a_world(database_url, tmp_path) as world:
        campaign = await world.campaign(maximum_delivery_count=2)
        only_tx = FieldTest(field="State", operator="is_any_of", values=("TX", "NV"))
        never = [ScheduleWindow(day=Weekday.MONDAY, start="00:00", end="00:00")]
        await world.buyer(campaign, "declines", price=99)
        await world.buyer(campaign, "takes", price=98)
        await world.buyer(campaign, "full", price=97, daily=0)
        await world.buyer(campaign, "asleep", price=96, schedule=never)
        await world.buyer(campaign, "texan", price=95, criteria=only_tx)
        await world.buyer(campaign, "takes too", price=94)
        await world.buyer(campaign, "too late", price=1)
        await world.buyer(campaign, "closed", status=AccountStatus.CLOSED)
        await world.buyer(campaign, "manual", automated=False)
        await world.buyer(campaign, "unknown", client_status=ClientStatus.NEW)
        world.market.answers("declines", REJECTS)

        uid = await world.sell(campaign)

        assert await world.why(uid) == {
            "declines": "not_wanted",
            "takes": "accepted",
            "full": "limit_reached",
            "asleep": "outside_schedule",
            "texan": "criteria:field_is_any_of",
            "takes too": "accepted",
            "too late": "not_reached",
            "closed": "account_not_open",
            "manual": "not_automated",
            "unknown": "client_not_active",
        }
        explained = await world.explain(uid)
        texan = next(a for a in explained.accounts if a.account_name == "texan")
        assert "State" in texan.text
        assert "CA" in texan.text
        full = next(a for a in explained.accounts if a.account_name == "full")
        assert (full.text, full.from_record) == (
            "The delivery account has reached its daily limit of 0.",
            True,
        )
        assert (explained.strategy, explained.status) == ("price", "delivered")


async def test_a_lead_that_nobody_wants_says_why(sqlite_world: World) -> None:
    campaign = await sqlite_world.campaign()
    empty = await sqlite_world.sell(campaign)
    no_ca = FieldTest(field="State", operator="is", values=("TX",))
    await sqlite_world.buyer(campaign, "texan", criteria=no_ca)
    outside = await sqlite_world.sell(campaign)
    await sqlite_world.buyer(campaign, "choosy")
    sqlite_world.market.answers("choosy", REJECTS)
    declined = await sqlite_world.sell(campaign)

    codes = [(await sqlite_world.lead(uid))["code"] for uid in (empty, outside, declined)]
    assert codes == ["no_match", "no_match", "all_declined"]
