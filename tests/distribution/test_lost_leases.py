"""A worker whose lease went to another one leaves the lead alone; nothing is counted twice."""

import asyncio
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import update

from leadexec.distribution.settle import Settle, Settled
from leadexec.distribution.states import DeliveryState
from leadexec.storage.tables import jobs
from tests.system.buyers import ACCEPTS, REJECTS
from tests.system.world import World, a_world

pytestmark = pytest.mark.anyio


async def lease_to(world: World, owner: str) -> None:
    now = world.kernel.services.clock.now()
    late = update(jobs).where(jobs.c.kind == "distribute").values(owner=owner, run_at=now)
    if owner:
        late = update(jobs).where(jobs.c.kind == "distribute").values(owner=owner)
    await world.kernel.store.change(lambda connection: connection.execute(late))


@pytest.mark.parametrize("answer", [ACCEPTS, REJECTS])
async def test_what_a_late_worker_learns_is_left_to_the_one_that_has_the_lead(
    database_url: str, tmp_path: Path, answer: Any
) -> None:
    async with a_world(database_url, tmp_path) as world:

        async def lose_the_lease(_post: Any) -> Any:
            await lease_to(world, "elsewhere/1/x")
            return answer

        campaign = await world.campaign()
        account = await world.buyer(campaign, "x", daily=5)
        world.market.answers("x", lose_the_lease, ACCEPTS)

        uid = await world.sell(campaign)

        assert (await world.lead(uid))["status"] == "queued"
        assert await world.used() == {f"account:{account.id}:day": 1 if answer is ACCEPTS else 0}
        await lease_to(world, "")
        await world.settled()
        lead = await world.lead(uid)
        if answer is ACCEPTS:
            assert len({post.key for post in world.market.posts}) == 1
            assert (lead["status"], lead["delivered_count"]) == ("delivered", 1)
        else:
            assert (lead["status"], lead["delivered_count"]) == ("unsold", 0)


async def test_a_delivery_settled_twice_at_once_is_counted_once(
    database_url: str, tmp_path: Path
) -> None:
    async with a_world(database_url, tmp_path) as world:
        gate = asyncio.Event()

        async def wait(_post: Any) -> Any:
            await gate.wait()
            return ACCEPTS

        campaign = await world.campaign()
        account = await world.buyer(campaign, "x", daily=5)
        world.market.answers("x", wait)
        uid = (await world.post(campaign)).json()["lead"]
        await world.market.arrived.wait()
        (delivery,) = await world.rows("deliveries")
        settled = Settled(
            delivery_uid=delivery["uid"],
            account_id=account.id,
            client_id=account.client,
            state=DeliveryState.REJECTED,
            price=delivery["price"],
            code="no",
            reason="",
            taken=delivery["limits"],
        )
        command = Settle(
            lead_uid=uid,
            campaign_id=campaign.id,
            now=world.kernel.services.clock.now(),
            delivery=settled,
        )

        done = await asyncio.gather(*(world.kernel.store.write(command) for _ in range(3)))
        gate.set()
        await world.settled()

        assert sorted(done) == [False, False, True]
        assert await world.used() == {f"account:{account.id}:day": 0}
        (stored,) = await world.rows("deliveries")
        assert stored["state"] == "rejected"
        assert (await world.lead(uid))["delivered_count"] == 0
