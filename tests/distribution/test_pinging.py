"""Buyers that are asked for bids while a lead is sorted (``PP4``, ``DI1``)."""

import asyncio
from decimal import Decimal
from pathlib import Path

import pytest

from leadexec import Bid, Failed, NoBid
from leadexec.distribution import pinging
from leadexec.model.source import AutomationUse
from tests.system.buyers import REJECTS
from tests.system.world import World, a_world, price_first

pytestmark = pytest.mark.anyio


def bid(price: str, **more: object) -> Bid:
    """Return a bid."""
    return Bid(price=Decimal(price), **more)  # type: ignore[arg-type]


async def test_the_highest_bid_gets_the_lead_at_that_price(
    database_url: str, tmp_path: Path
) -> None:
    async with a_world(database_url, tmp_path) as world:
        campaign = await world.campaign()
        await world.buyer(campaign, "low", method="pinged", price=50)
        await world.buyer(campaign, "high", method="pinged", price=1)
        await world.buyer(campaign, "fixed", price=20)
        world.market.bids("low", bid("12.50", reference="L-1"))
        world.market.bids("high", bid("31.25", reference="H-7"))

        uid = await world.sell(campaign)

        assert sorted(world.market.pinged) == ["high", "low"]
        assert await world.sold_to(uid) == ["high"]
        (posted,) = world.market.of("high")
        assert (posted.sale.price, posted.sale.reference) == (Decimal("31.25"), "H-7")
        assert (await world.lead(uid))["revenue"] == Decimal("31.25")


async def test_every_ping_is_kept_with_what_was_said(database_url: str, tmp_path: Path) -> None:
    async with a_world(database_url, tmp_path) as world:
        campaign = await world.campaign()
        for name in ("bids", "declines", "fails"):
            await world.buyer(campaign, name, method="pinged")
        world.market.bids("bids", bid("9", reference="R", expires_in=60))
        world.market.bids("declines", NoBid(code="full", reason="no room today"))
        world.market.bids("fails", Failed(code="unreachable", reason="nobody home"))

        uid = await world.sell(campaign)

        rows = await world.rows("pings", lead_uid=uid)
        told = sorted((r["verdict"], r["code"], r["price"]) for r in rows)
        assert told == [
            ("bid", "", Decimal(9)),
            ("failed", "unreachable", Decimal(0)),
            ("no_bid", "full", Decimal(0)),
        ]
        assert all(row["exchanges"][0]["request"] == "ping" for row in rows)
        explained = await world.explain(uid)
        codes = {account.account_name: account.code for account in explained.accounts}
        assert (codes["declines"], codes["fails"]) == ("full", "unreachable")


async def test_whoever_does_not_bid_is_not_offered_the_lead(sqlite_world: World) -> None:
    campaign = await sqlite_world.campaign(automation=AutomationUse(strategy="priority"))
    await sqlite_world.buyer(campaign, "silent", method="pinged", price=99)
    await sqlite_world.buyer(campaign, "raises", method="pinged", price=98)
    sqlite_world.market.bids("raises", RuntimeError("broken"))

    uid = await sqlite_world.sell(campaign)

    assert sqlite_world.market.posts == []
    assert (await sqlite_world.lead(uid))["status"] == "unsold"
    assert sqlite_world.kernel.faults.recent[-1].where.startswith("pinging")


@pytest.mark.parametrize("unusable", ["0", "-4", "NaN", "1E+30", "0.00001"])
async def test_a_bid_that_is_no_price_is_no_bid(sqlite_world: World, unusable: str) -> None:
    campaign = await sqlite_world.campaign()
    await sqlite_world.buyer(campaign, "odd", method="pinged")
    sqlite_world.market.bids("odd", bid(unusable))

    uid = await sqlite_world.sell(campaign)

    (row,) = await sqlite_world.rows("pings", lead_uid=uid)
    assert (row["verdict"], row["code"]) == ("no_bid", "bid_not_usable")
    assert (await sqlite_world.lead(uid))["status"] == "unsold"


async def test_buyers_are_asked_at_the_same_time_and_the_late_are_left_out(
    sqlite_world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pinging, "SECONDS", 0.2)
    campaign = await sqlite_world.campaign()
    everybody = asyncio.Event()
    names = ("one", "two", "late")
    for name in names:
        await sqlite_world.buyer(campaign, name, method="pinged")

    async def once_all_are_asked() -> Bid:
        if len(sqlite_world.market.pinged) == len(names):
            everybody.set()
        await everybody.wait()  # would never end if they were asked one after another
        return bid("5")

    async def never() -> Bid:
        everybody.set() if len(sqlite_world.market.pinged) == len(names) else None
        await asyncio.Event().wait()
        raise AssertionError

    sqlite_world.market.bids("one", once_all_are_asked)
    sqlite_world.market.bids("two", once_all_are_asked)
    sqlite_world.market.bids("late", never)

    uid = await sqlite_world.sell(campaign)

    rows = {row["verdict"]: row["code"] for row in await sqlite_world.rows("pings", lead_uid=uid)}
    assert rows == {"bid": "", "failed": "timeout"}
    assert (await sqlite_world.lead(uid))["status"] == "delivered"


async def test_the_next_best_bid_is_taken_when_the_best_declines_the_lead(
    sqlite_world: World,
) -> None:
    campaign = await sqlite_world.campaign(automation=price_first(optimize=True))
    for name, price in (("a", "30"), ("b", "20"), ("c", "10")):
        await sqlite_world.buyer(campaign, name, method="pinged")
        sqlite_world.market.bids(name, bid(price))
    sqlite_world.market.answers("a", REJECTS)

    uid = await sqlite_world.sell(campaign)

    assert sqlite_world.market.asked() == ["a", "b"]
    assert sorted(sqlite_world.market.pinged) == ["a", "b", "c"]
    assert (await sqlite_world.lead(uid))["revenue"] == Decimal(20)


async def test_only_those_that_may_have_the_lead_are_asked(sqlite_world: World) -> None:
    campaign = await sqlite_world.campaign()
    await sqlite_world.buyer(campaign, "elsewhere", method="pinged", criteria=None, daily=0)
    await sqlite_world.buyer(campaign, "inactive", method="pinged", client_status="inactive")
    await sqlite_world.buyer(campaign, "asked", method="pinged")
    sqlite_world.market.bids("asked", bid("3"))
    sqlite_world.market.bids("elsewhere", bid("4"))

    uid = await sqlite_world.sell(campaign)

    assert "inactive" not in sqlite_world.market.pinged
    assert await sqlite_world.sold_to(uid) == ["asked"]
