"""What a lead's distribution writes and reads: two commands per delivery, the end among them."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import update

from leadexec import Accepted, Lead
from leadexec.distribution.lead_reader import LeadReader
from leadexec.distribution.reserve import Reserve
from leadexec.distribution.settle import Settle
from leadexec.model.delivery_method import RetrySettings
from leadexec.storage.job_rows import DISTRIBUTE
from leadexec.storage.store import Store
from leadexec.storage.tables import jobs
from leadexec.testing import FakeClock
from tests.system.buyers import FAILS, REJECTS, Posted
from tests.system.world import World, a_world

pytestmark = pytest.mark.anyio


@pytest.fixture
async def world(database_url: str, tmp_path: Path, anyio_backend: str) -> AsyncIterator[World]:
    """A system on either database."""
    async with a_world(database_url, tmp_path) as made:
        yield made


class Watched:
    """The store, watched: which commands are written, how often is read."""

    def __init__(self, store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
        self.written: list[Any] = []
        self.reads = 0
        write: Callable[[Any], Awaitable[Any]] = store.write
        read = store.read

        def noting(command: Any) -> Awaitable[Any]:
            self.written.append(command)
            return write(command)

        async def counting(question: Any) -> Any:
            self.reads += 1
            return await read(question)

        monkeypatch.setattr(store, "write", noting)
        monkeypatch.setattr(store, "read", counting)

    def kinds(self) -> list[type]:
        """Return the kinds of the distribution's commands, in order."""
        return [type(c) for c in self.written if isinstance(c, Reserve | Settle)]


async def test_a_lead_with_one_sale_costs_two_writes(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    campaign = await world.campaign()
    await world.buyer(campaign, "a")
    watched = Watched(world.kernel.store, monkeypatch)

    uid = await world.sell(campaign)

    assert watched.kinds() == [Reserve, Settle]
    lead = await world.lead(uid)
    assert (lead["status"], str(lead["revenue"]), lead["delivered_count"]) == (
        "delivered",
        "10.00",
        1,
    )
    (decision,) = await world.rows("decisions")
    assert [one["outcome"] for one in decision["record"]["offered"]] == ["accepted"]
    assert await world.rows("jobs") == []


async def test_each_further_sale_costs_two_more_and_the_revenue_adds_up(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    campaign = await world.campaign(maximum_delivery_count=2)
    for name, price in (("a", 9), ("b", 8), ("c", 7)):
        await world.buyer(campaign, name, price=price)
    world.market.answers("a", REJECTS)
    watched = Watched(world.kernel.store, monkeypatch)

    uid = await world.sell(campaign)

    assert watched.kinds() == [Reserve, Settle] * 3
    lead = await world.lead(uid)
    assert (str(lead["revenue"]), lead["delivered_count"]) == ("15.00", 2)


async def test_a_lead_that_waits_for_a_retry_is_put_off_with_its_last_delivery(
    database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = FakeClock()
    async with a_world(database_url, tmp_path, clock=clock) as world:
        campaign = await world.campaign()
        await world.buyer(campaign, "slow", retry=RetrySettings(maximum=1, gap_seconds=30))
        world.market.answers("slow", FAILS, Accepted())
        watched = Watched(world.kernel.store, monkeypatch)

        uid = await world.sell(campaign)

        assert watched.kinds() == [Reserve, Settle]
        (job,) = await world.rows("jobs", kind=DISTRIBUTE)
        assert (job["owner"], job["run_at"]) == ("", clock.now() + timedelta(seconds=30))
        clock.advance(30)
        await world.settled()
        assert await world.sold_to(uid) == ["slow"]
        assert watched.kinds() == [Reserve, Settle, Settle]


async def test_what_a_buyer_said_stands_even_if_the_lead_is_somebody_elses_by_then(
    world: World,
) -> None:
    campaign = await world.campaign()
    await world.buyer(campaign, "a")

    async def loses_the_lease(post: Posted) -> Accepted:
        until = world.kernel.services.clock.now() + timedelta(hours=1)
        taken = update(jobs).values(owner="another", run_at=until)
        await world.kernel.store.change(lambda connection: connection.execute(taken).rowcount)
        return Accepted()

    world.market.answers("a", loses_the_lease)

    uid = await world.sell(campaign)

    assert await world.sold_to(uid) == ["a"]
    lead = await world.lead(uid)
    assert (lead["status"], lead["delivered_count"]) == ("queued", 1)
    (job,) = await world.rows("jobs", kind=DISTRIBUTE)
    assert job["owner"] == "another"


async def test_a_lead_that_is_handed_over_is_not_read_back(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    campaign = await world.campaign()
    await world.buyer(campaign, "a")
    handed = _handing_over(world, monkeypatch)
    reads = _reads_of_leads(monkeypatch)

    uid = await world.sell(campaign, FirstName="Grace")

    assert [lead.uid for lead in handed] == [uid]
    assert reads == []
    (post,) = world.market.of("a")
    assert post.fields["FirstName"] == "Grace"


async def test_a_lead_whose_first_lease_is_half_over_is_read_back(
    database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = FakeClock()
    async with a_world(database_url, tmp_path, clock=clock) as world:
        campaign = await world.campaign()
        await world.buyer(campaign, "a")
        lease = world.kernel.runner.lease
        _handing_over(world, monkeypatch, before=lambda: clock.advance(lease.total_seconds() / 2))
        reads = _reads_of_leads(monkeypatch)

        uid = await world.sell(campaign)

        assert reads == [uid]
        assert await world.sold_to(uid) == ["a"]


async def test_leads_wanted_at_once_are_read_with_one_question(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    campaign = await world.campaign()
    uids = [(await world.post(campaign)).json()["lead"] for _ in range(3)]
    await world.settled()
    watched = Watched(world.kernel.store, monkeypatch)
    reader = LeadReader(world.kernel.store)

    found = await asyncio.gather(*(reader.read(uid) for uid in [*uids, "nobody"]))

    assert [lead and lead.row["uid"] for lead in found] == [*uids, None]
    assert watched.reads == 1


def _handing_over(
    world: World,
    monkeypatch: pytest.MonkeyPatch,
    before: Callable[[], None] = lambda: None,
) -> list[Lead]:
    """Hand every lead over as it was stored; return the list of those handed over."""
    handed: list[Lead] = []
    runner = world.kernel.runner
    offer = runner.offer
    decide = world.kernel.intake._decider.decide
    decided: dict[str, Lead] = {}

    async def noting(*args: Any, **kwargs: Any) -> Any:
        made = await decide(*args, **kwargs)
        decided[made.lead.uid] = made.lead
        return made

    def hand_over(subject: str, _lead: Lead | None = None) -> None:
        before()
        handed.append(decided[subject])
        offer(subject, decided[subject])

    monkeypatch.setattr(world.kernel.intake._decider, "decide", noting)
    monkeypatch.setattr(runner, "offer", hand_over)
    return handed


def _reads_of_leads(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return the list of the leads that are read from now on."""
    reads: list[str] = []
    read = LeadReader.read

    async def noting(self: LeadReader, uid: str) -> Any:
        reads.append(uid)
        return await read(self, uid)

    monkeypatch.setattr(LeadReader, "read", noting)
    return reads
