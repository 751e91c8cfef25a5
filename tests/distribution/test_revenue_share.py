"""A source that is paid a share of what its leads are sold for (``LS17``)."""

from decimal import Decimal
from pathlib import Path

import pytest

from tests.system.buyers import REJECTS
from tests.system.world import a_world

pytestmark = pytest.mark.anyio


async def test_the_source_is_paid_its_share_of_every_sale(
    database_url: str, tmp_path: Path
) -> None:
    async with a_world(database_url, tmp_path) as world:
        campaign = await world.campaign(
            price=Decimal("1.50"), revenue_share=Decimal("12.5"), maximum_delivery_count=3
        )
        for name, price in (("a", "10.01"), ("b", "7.77"), ("c", "9")):
            await world.buyer(campaign, name, price=price)
        world.market.answers("c", REJECTS)

        lead = await world.lead(await world.sell(campaign))

        assert (lead["price"], lead["revenue"]) == (Decimal("1.5"), Decimal("17.78"))
        # 12.5 % of 10.01 is 1.25125, of 7.77 is 0.97125; each sale is rounded to four places.
        assert lead["source_share"] == Decimal("2.2226")


async def test_without_a_share_the_source_is_paid_its_price_alone(
    database_url: str, tmp_path: Path
) -> None:
    async with a_world(database_url, tmp_path) as world:
        campaign = await world.campaign(price=Decimal("1.50"))
        await world.buyer(campaign, "a", price="10")

        lead = await world.lead(await world.sell(campaign))

        assert (lead["revenue"], lead["source_share"]) == (Decimal(10), Decimal(0))
