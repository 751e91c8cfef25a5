"""What buyers say is kept as they said it; a price that cannot be used is not."""

from decimal import Decimal
from pathlib import Path

import pytest

from leadexec import Accepted, Rejected
from leadexec.model.source import AutomationUse
from tests.system.buyers import paying
from tests.system.world import World, a_world

pytestmark = pytest.mark.anyio
PRIORITY = AutomationUse(strategy="priority")
ROUND_ROBIN = AutomationUse(strategy="round-robin")


async def test_the_buyers_price_reference_and_redirect_are_kept(sqlite_world: World) -> None:
    campaign = await sqlite_world.campaign(maximum_delivery_count=2)
    await sqlite_world.buyer(campaign, "generous", price=10)
    await sqlite_world.buyer(campaign, "plain", price=2)
    sqlite_world.market.answers(
        "generous",
        Accepted(price=Decimal("12.3456"), reference="R-1", redirect_url="https://x.example/1"),
    )

    uid = await sqlite_world.sell(campaign)

    generous, plain = await sqlite_world.rows("deliveries")
    assert (generous["price"], generous["reference"]) == (Decimal("12.3456"), "R-1")
    assert generous["redirect_url"] == "https://x.example/1"
    assert plain["price"] == Decimal("2.00")
    assert (await sqlite_world.lead(uid))["revenue"] == Decimal("14.3456")


@pytest.mark.parametrize("price", ["-1", "NaN", "Infinity", "1e40", "0.00001"])
async def test_a_price_that_cannot_be_used_leaves_the_agreed_one(
    sqlite_world: World, price: str
) -> None:
    campaign = await sqlite_world.campaign()
    await sqlite_world.buyer(campaign, "odd", price=10)
    sqlite_world.market.answers("odd", paying(price))

    uid = await sqlite_world.sell(campaign)

    (row,) = await sqlite_world.rows("deliveries")
    assert (row["state"], row["price"]) == ("accepted", Decimal("10.00"))
    assert "agreed price" in row["reason"]
    assert (await sqlite_world.lead(uid))["revenue"] == Decimal("10.00")


async def test_a_buyers_words_are_stored_whatever_they_hold(
    database_url: str, tmp_path: Path
) -> None:
    async with a_world(database_url, tmp_path) as world:
        campaign = await world.campaign(maximum_delivery_count=3)
        strange = "\0 \ud800 " + "w" * 5_000
        for name, answer in (
            ("takes", Accepted(reference=strange, redirect_url=strange, reason=strange)),
            ("declines", Rejected(code="c" * 500, reason=strange)),
            ("breaks", RuntimeError(strange)),
        ):
            await world.buyer(campaign, name)
            world.market.answers(name, answer)

        uid = await world.sell(campaign)

        assert (await world.lead(uid))["status"] == "delivered"
        states = {row["state"] for row in await world.rows("deliveries")}
        assert states == {"accepted", "rejected", "failed"}
        assert await world.rows("jobs") == []
