"""Pings get what holds: an Order ID, a price, and the buyers' limits (``PP1``–``PP3``)."""

import asyncio
from decimal import Decimal
from pathlib import Path
from typing import Any

import httpx
import pytest

from leadexec import Bid, Post, PostedLead, Quote, QuoteTerms, RefusedPostError
from leadexec.model.limits import QuantityLimits
from leadexec.model.source import Campaign, Channel, ValidatorUse
from leadexec.testing import FakeClock
from tests.system.buyers import REJECTS
from tests.system.world import RECEIVER, World, a_world

pytestmark = pytest.mark.anyio
PING = Post(
    method="POST",
    path="/receiver/ping",
    content_type="application/json",
    remote_ip="192.0.2.9",
    body=b'{"State": "CA"}',
)


async def ask(world: World, campaign: Campaign, fields: Any = None, **terms: Any) -> Quote:
    """Ping for a lead of California."""
    lead = PostedLead(campaign_id=campaign.id, fields={"State": "CA"} if fields is None else fields)
    return await world.kernel.services.quotes.ask(PING, lead, QuoteTerms(**terms))


async def post(world: World, campaign: Campaign, order_id: str, **more: Any) -> httpx.Response:
    """Post the lead itself."""
    fields = {"FirstName": "Ada", "State": "CA", "Phone": "2135550199"} | more
    body = {"campaign": campaign.id, "order_id": order_id, "fields": fields}
    answer = await world.client.post(RECEIVER, json=body)
    await world.settled()
    return answer


async def ping_campaign(world: World, **changes: Any) -> Campaign:
    """Return a campaign of a ping-post vendor."""
    return await world.campaign(**{"channel": Channel.PING_POST, "price": Decimal(3)} | changes)


async def test_the_lead_goes_to_the_buyer_that_bid_at_its_bid(
    database_url: str, tmp_path: Path
) -> None:
    async with a_world(database_url, tmp_path) as world:
        campaign = await ping_campaign(world, revenue_share=Decimal(50))
        await world.buyer(campaign, "bidder", method="pinged")
        await world.buyer(campaign, "fixed", price=9)
        world.market.bids("bidder", Bid(price=Decimal(20), reference="B-1"))

        quote = await ask(world, campaign)
        answer = await post(world, campaign, quote.order_id)

        assert (quote.accepted, quote.price) == (True, Decimal(13))
        assert (answer.status_code, answer.json()["price"]) == (201, "13.00")
        lead = await world.lead(answer.json()["lead"])
        assert (lead["status"], lead["revenue"], lead["price"]) == ("delivered", 20, 13)
        (sent,) = world.market.posts
        assert (sent.buyer, sent.sale.price, sent.sale.reference) == ("bidder", 20, "B-1")
        (row,) = await world.rows("quotes")
        assert (row["state"], row["lead_uid"]) == ("used", lead["uid"])
        assert world.market.pinged == ["bidder"]  # and not again


async def test_what_is_held_for_one_ping_is_not_promised_to_another(
    database_url: str, tmp_path: Path
) -> None:
    async with a_world(database_url, tmp_path) as world:
        campaign = await ping_campaign(world)
        await world.buyer(campaign, "small", daily=3)

        quotes = await asyncio.gather(*(ask(world, campaign) for _ in range(10)))

        assert sum(quote.accepted for quote in quotes) == 3
        assert {quote.code for quote in quotes if not quote.accepted} == {"no_buyer"}
        assert [row["used"] for row in await world.rows("counters")] == [3]


async def test_what_nobody_came_for_is_given_back_when_its_time_is_up(
    database_url: str, tmp_path: Path
) -> None:
    clock = FakeClock()
    async with a_world(database_url, tmp_path, clock=clock) as world:
        campaign = await ping_campaign(world)
        await world.buyer(campaign, "small", daily=1)
        quote = await ask(world, campaign)
        assert not (await ask(world, campaign)).accepted

        clock.advance(301)
        world.kernel.runner.wake()
        await world.settled()

        assert [row["used"] for row in await world.rows("counters")] == [0]
        late = await post(world, campaign, quote.order_id)
        assert (late.status_code, late.json()["code"]) == (422, "order_id_expired")
        assert (await ask(world, campaign)).accepted


async def test_an_order_id_is_used_once_also_by_two_posts_at_once(
    database_url: str, tmp_path: Path
) -> None:
    async with a_world(database_url, tmp_path) as world:
        campaign = await ping_campaign(world)
        await world.buyer(campaign, "buyer", daily=5)
        quote = await ask(world, campaign)

        answers = await asyncio.gather(
            *(post(world, campaign, quote.order_id, Phone=f"213555010{i}") for i in range(6))
        )

        codes = sorted(answer.json()["code"] for answer in answers)
        assert codes == ["accepted", *["order_id_used"] * 5]
        assert len(world.market.posts) == 1
        assert [row["used"] for row in await world.rows("counters")] == [1]


async def test_a_post_needs_an_order_id_of_its_own_campaign(
    database_url: str, tmp_path: Path
) -> None:
    async with a_world(database_url, tmp_path) as world:
        campaign, other = await ping_campaign(world), await ping_campaign(world)
        await world.buyer(campaign, "buyer")
        quote = await ask(world, campaign)

        foreign = await post(world, other, quote.order_id)
        unknown = await post(world, campaign, "nonsense' OR 1=1 --")
        missing = await post(world, campaign, "")

        codes = [answer.json()["code"] for answer in (foreign, unknown, missing)]
        assert codes == ["order_id_unknown", "order_id_unknown", "order_id_missing"]
        assert (await post(world, campaign, quote.order_id)).status_code == 201


async def test_a_rejected_lead_leaves_its_order_id_to_a_better_one(
    database_url: str, tmp_path: Path
) -> None:
    async with a_world(database_url, tmp_path) as world:
        campaign = await ping_campaign(world)
        await world.buyer(campaign, "buyer", daily=1)
        quote = await ask(world, campaign)

        bad = await post(world, campaign, quote.order_id, Phone="12")
        good = await post(world, campaign, quote.order_id)

        assert (bad.status_code, good.status_code) == (422, 201)
        assert (await world.lead(good.json()["lead"]))["status"] == "delivered"


async def test_a_buyer_that_declines_gets_its_limit_back_and_the_next_is_asked(
    database_url: str, tmp_path: Path
) -> None:
    async with a_world(database_url, tmp_path) as world:
        campaign = await ping_campaign(world)
        await world.buyer(campaign, "first", price=20, daily=1)
        await world.buyer(campaign, "second", price=10)
        world.market.answers("first", REJECTS)
        quote = await ask(world, campaign)

        answer = await post(world, campaign, quote.order_id)

        assert await world.sold_to(answer.json()["lead"]) == ["second"]
        assert [row["used"] for row in await world.rows("counters")] == [0]


async def test_a_lead_that_waits_for_a_person_does_not_keep_its_buyers_waiting(
    sqlite_world: World,
) -> None:
    campaign = await ping_campaign(sqlite_world, quality_control=True)
    await sqlite_world.buyer(campaign, "buyer", daily=1)
    quote = await ask(sqlite_world, campaign)

    answer = await post(sqlite_world, campaign, quote.order_id)

    assert (answer.status_code, answer.json()["status"]) == (202, "held")
    assert await sqlite_world.rows("deliveries") == []
    used = {row["key"].split(":")[0]: row["used"] for row in await sqlite_world.rows("counters")}
    assert used == {"account": 0}


@pytest.mark.parametrize(
    ("terms", "code"),
    [
        ({"revenue": Decimal("10.01")}, "not_enough_revenue"),
        ({"profit": Decimal("7.01")}, "not_enough_profit"),
        ({"profit_percentage": Decimal("70.1")}, "not_enough_profit"),
        ({"deliveries": 2}, "too_few_buyers"),
        ({"required": frozenset({"Amount"})}, "required_field_missing"),
    ],
)
async def test_a_ping_that_does_not_bring_enough_is_refused(
    sqlite_world: World, terms: dict[str, Any], code: str
) -> None:
    campaign = await ping_campaign(sqlite_world)
    await sqlite_world.buyer(campaign, "buyer", price=10, daily=1)

    refused = await ask(sqlite_world, campaign, **terms)
    exact = await ask(
        sqlite_world,
        campaign,
        revenue=Decimal(10),
        profit=Decimal(7),
        profit_percentage=Decimal(70),
    )

    assert (refused.accepted, refused.code, refused.order_id) == (False, code, "")
    assert refused.reasons
    assert exact.accepted  # nothing was held by the refused one
    kept = [row["code"] for row in await sqlite_world.rows("requests")]
    assert kept == [f"ping_{code}", "ping_accepted"]


async def test_fields_that_come_with_the_post_may_be_missing_in_the_ping(
    sqlite_world: World,
) -> None:
    campaign = await ping_campaign(sqlite_world)
    await sqlite_world.buyer(campaign, "buyer")

    quote = await ask(sqlite_world, campaign, fields={})
    wrong = await ask(sqlite_world, campaign, fields={"State": "Atlantis"})

    assert quote.accepted
    assert (wrong.accepted, wrong.code) == (False, "not_a_state")


async def test_a_ping_for_a_duplicate_is_refused_before_the_lead_is_sent(
    database_url: str, tmp_path: Path
) -> None:
    async with a_world(database_url, tmp_path) as world:
        campaign = await ping_campaign(world, validators=(ValidatorUse(validator="duplicate"),))
        await world.buyer(campaign, "buyer", daily=9)
        quote = await ask(world, campaign)
        await post(world, campaign, quote.order_id)

        again = await ask(world, campaign, fields={"State": "CA", "Phone": "(213) 555-0199"})

        assert (again.accepted, again.code) == (False, "duplicate_lead")


async def test_a_ping_to_a_full_campaign_is_refused_and_takes_nothing(
    sqlite_world: World,
) -> None:

    campaign = await ping_campaign(sqlite_world, limits=QuantityLimits(daily=1))
    await sqlite_world.buyer(campaign, "buyer")
    quote = await ask(sqlite_world, campaign)
    await post(sqlite_world, campaign, quote.order_id)

    full = await ask(sqlite_world, campaign)

    assert (full.accepted, full.code) == (False, "campaign_limit_reached")


async def test_who_may_not_post_may_not_ping(sqlite_world: World) -> None:
    campaign = await ping_campaign(sqlite_world, require_authentication=True)

    with pytest.raises(RefusedPostError, match="token"):
        await ask(sqlite_world, campaign)

    (kept,) = await sqlite_world.rows("requests")
    assert (kept["status"], kept["code"]) == (401, "token_required")
