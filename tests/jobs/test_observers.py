"""Observers: told after the commit, by a durable job each, isolated from each other."""

from collections import Counter
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from leadexec.model.source import CampaignStatus
from leadexec.testing import FakeClock
from tests.system.buyers import REJECTS
from tests.system.plugins import a_plugin, a_validator, raising_later
from tests.system.world import a_world

pytestmark = pytest.mark.anyio
HOOKS = (
    "lead_accepted",
    "lead_rejected",
    "lead_held",
    "lead_unsold",
    "delivery_accepted",
    "delivery_failed",
    "entity_changed",
)


async def test_every_event_reaches_its_observers(database_url: str, tmp_path: Path) -> None:
    told: list[tuple[str, Any]] = []

    def keeping(hook: str) -> Any:
        async def keep(event: Any) -> None:
            told.append((hook, event))

        return keep

    plugin = a_plugin({hook: keeping(hook) for hook in HOOKS})
    async with a_world(database_url, tmp_path, ("watcher", plugin)) as world:
        campaign = await world.campaign()
        await world.buyer(campaign, "no", price=9)
        await world.buyer(campaign, "yes", price=8)
        await world.settled()
        configured = [event for hook, event in told if hook == "entity_changed"]
        told.clear()
        world.market.answers("no", REJECTS)

        sold = await world.sell(campaign)
        rejected = await world.sell(campaign, State="Nowhere")

        assert {(event.entity, event.act) for event in configured} >= {
            ("campaign", "created"),
            ("delivery_account", "created"),
        }
        assert Counter(hook for hook, _ in told) == {
            "lead_accepted": 1,
            "delivery_failed": 1,
            "delivery_accepted": 1,
            "lead_rejected": 1,
        }
        events = dict(told)
        assert events["lead_accepted"].lead_uid == sold
        assert (events["lead_rejected"].lead_uid, events["lead_rejected"].code) == (
            rejected,
            "not_a_state",
        )
        assert (events["delivery_failed"].code, str(events["delivery_accepted"].price)) == (
            "not_wanted",
            "8.00",
        )


async def test_an_observer_that_raises_is_told_again_then_kept_and_harms_nobody(
    database_url: str, tmp_path: Path
) -> None:
    clock = FakeClock()
    told: list[Any] = []

    async def keep(event: Any) -> None:
        told.append(event)

    bad = a_plugin(dict.fromkeys(HOOKS, raising_later))
    good = a_plugin({"lead_rejected": keep})
    async with a_world(database_url, tmp_path, ("bad", bad), ("good", good), clock=clock) as world:
        campaign = await world.campaign(status=CampaignStatus.CLOSED)
        await world.sell(campaign)

        assert len(told) == 1
        mine = {"kind": "observe", "subject": told[0].lead_uid}
        for tries in range(1, 5):
            (job,) = await world.rows("jobs", **mine)
            assert (job["attempts"], job["dead"], job["payload"]["plugin"]) == (tries, False, "bad")
            clock.advance(timedelta(hours=1))
            await world.settled()

        (job,) = await world.rows("jobs", **mine)
        assert (job["attempts"], job["dead"]) == (5, True)
        assert len(told) == 1
        assert world.kernel.faults.counts.keys() == {"bad"}


async def test_a_held_lead_is_told_as_held(database_url: str, tmp_path: Path) -> None:
    told: list[str] = []

    async def keep(event: Any) -> None:
        told.append(event.code)

    plugin = a_plugin({"lead_held": keep}, validators=[a_validator(check=raising_later)])
    async with a_world(database_url, tmp_path, ("watcher", plugin)) as world:
        from leadexec.model.source import ValidatorUse

        campaign = await world.campaign(validators=(ValidatorUse(validator="test"),))
        await world.sell(campaign)

        assert told == ["check_could_not_run"]
