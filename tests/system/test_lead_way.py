"""A lead's whole way, from the post to the buyer, on both databases."""

from pathlib import Path

import pytest

from tests.system.world import a_world

pytestmark = pytest.mark.anyio


async def test_a_posted_lead_is_answered_then_sold_to_the_best_price(
    database_url: str, tmp_path: Path
) -> None:
    async with a_world(database_url, tmp_path) as world:
        campaign = await world.campaign()
        await world.buyer(campaign, "low", price=5)
        await world.buyer(campaign, "high", price=9)

        answer = await world.post(campaign, FirstName="Grace", State="California")
        await world.settled()

        assert answer.status_code == 201
        told = answer.json()
        assert (told["status"], told["price"], told["reasons"]) == ("accepted", "3.50", [])
        lead = await world.lead(told["lead"])
        assert (lead["status"], str(lead["revenue"])) == ("delivered", "9.00")
        assert await world.sold_to(told["lead"]) == ["high"]
        (post,) = world.market.posts
        assert post.fields["State"] == "CA"
