"""What the Data API tells of a campaign's steps, of pings and of quotes (``LS21``, ``PP2``)."""

from decimal import Decimal
from pathlib import Path
from typing import Any

import httpx
import pytest

from leadexec import Bid, Post, PostedLead, QuoteTerms
from leadexec.criteria import All, FieldTest, Operator
from leadexec.model.access import Scope
from leadexec.model.limits import QuantityLimits
from leadexec.model.source import Channel, ValidatorUse
from tests.system.world import World, a_world

pytestmark = pytest.mark.anyio
PING = Post(
    method="POST", path="/ping", content_type="application/json", remote_ip="192.0.2.9", body=b"{}"
)


async def ask(world: World, path: str) -> httpx.Response:
    """Read ``path`` of the Data API."""
    token = await world.token(Scope.DATA_API)
    return await world.client.get(path, headers={"Authorization": f"Bearer {token}"})


async def test_the_flow_names_every_step_in_its_order(sqlite_world: World) -> None:
    campaign = await sqlite_world.campaign(
        channel=Channel.PING_POST,
        criteria=All(
            items=(FieldTest(field="State", operator=Operator.IS_ANY_OF, values=("CA",)),)
        ),
        validators=(ValidatorUse(validator="duplicate"),),
        limits=QuantityLimits(daily=1200, monthly=9000),
        quality_control=True,
    )

    flow = (await ask(sqlite_world, f"/data/v1/campaigns/{campaign.id}/flow")).json()

    assert [step["step"] for step in flow["steps"]] == [
        "access",
        "fields",
        "criteria",
        "validator:duplicate",
        "order_id",
        "limits",
        "quality_control",
        "distribution",
    ]
    told = {step["step"]: step for step in flow["steps"]}
    assert told["validator:duplicate"]["plugin"] == "validate-duplicate"
    assert told["limits"]["detail"] == "1,200 a day, 9,000 a month, in UTC."
    assert (flow["problem"], flow["on_reject"]) == ("", "back_to_source")


async def test_the_steps_of_a_lead_are_steps_of_the_flow(sqlite_world: World) -> None:
    campaign = await sqlite_world.campaign(
        validators=(ValidatorUse(validator="duplicate"),), limits=QuantityLimits(hourly=5)
    )
    flow = (await ask(sqlite_world, f"/data/v1/campaigns/{campaign.id}/flow")).json()

    lead = await sqlite_world.lead(await sqlite_world.sell(campaign))

    steps = [step["step"] for step in flow["steps"]]
    logged = [entry["step"] for entry in lead["log"]]
    assert logged == [step for step in steps if step in logged]
    assert {"fields", "validator:duplicate", "limits"} <= set(logged)


async def test_a_campaign_that_is_not_there_has_no_flow(sqlite_world: World) -> None:
    answer = await ask(sqlite_world, "/data/v1/campaigns/99/flow")

    assert (answer.status_code, answer.json()["code"]) == (404, "unknown_campaign")


async def test_pings_and_quotes_are_read(database_url: str, tmp_path: Path) -> None:
    async with a_world(database_url, tmp_path) as world:
        campaign = await world.campaign(channel=Channel.PING_POST)
        account = await world.buyer(campaign, "bidder", method="pinged")
        world.market.bids("bidder", Bid(price=Decimal("8.5"), reference="R9"))
        lead = PostedLead(campaign_id=campaign.id, fields={"State": "CA"})
        quote = await world.kernel.services.quotes.ask(PING, lead, QuoteTerms())

        body: dict[str, Any] = {
            "campaign": campaign.id,
            "order_id": quote.order_id,
            "fields": {"FirstName": "Ada", "State": "CA", "Phone": "2135550101"},
        }
        uid = (await world.client.post("/receiver/leads", json=body)).json()["lead"]
        await world.settled()

        shown = (await ask(world, f"/data/v1/quotes/{quote.order_id}")).json()
        assert (shown["state"], shown["lead_uid"], shown["revenue"]) == ("used", uid, "8.50")
        assert shown["plan"][0]["account_id"] == account.id
        for reference in (uid, quote.order_id):
            (ping,) = (await ask(world, f"/data/v1/leads/{reference}/pings")).json()["items"]
            assert (ping["verdict"], ping["price"], ping["reference"]) == ("bid", "8.50", "R9")
            assert ping["exchanges"][0]["request"] == "ping"
