"""Ping, quote, post, sold: the ping-post channel over HTTP (``PP1``–``PP4``, ``LS8``)."""

import asyncio
import json
import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from decimal import Decimal
from pathlib import Path
from typing import Any

import asyncpg  # type: ignore[import-untyped]
import httpx
import msgspec
import pytest
from leadexec_channel_ping_post import PingField, PingSetting

from leadexec import Bid, Secret
from leadexec.model.access import Scope
from leadexec.model.registry import EntityRegistry
from leadexec.model.source import Campaign, Channel, ValidatorUse
from leadexec.storage.database import open_database
from leadexec.storage.entity_tables import EntityTables
from leadexec.storage.migrations import upgrade
from leadexec.storage.owners import owners_of
from leadexec.testing import FakeClock
from tests.system.world import RECEIVER, STANDARD, World, a_world

pytestmark = pytest.mark.anyio

PLUGINS = (*STANDARD, "channel-ping-post")
PATH = "/ping/leads"
SETTINGS = "/account/v1/ping-settings"


@asynccontextmanager
async def house(url: str, data: Path, **options: Any) -> AsyncIterator[World]:
    """Start a system that takes pings."""
    tables = EntityTables(EntityRegistry([("channel-ping-post", PingSetting)]))
    database = open_database(url)
    try:
        await upgrade(database, owners_of(tables))
    finally:
        await database.aclose()
    async with a_world(url, data, plugins=PLUGINS, **options) as world:
        yield world


async def ping_campaign(world: World, **changes: Any) -> Campaign:
    return await world.campaign(**{"channel": Channel.PING_POST, "price": Decimal(3)} | changes)


async def ping(world: World, campaign: Campaign, **fields: Any) -> httpx.Response:
    body = {"campaign": campaign.id, "fields": {"State": "CA"} | fields}
    return await world.client.post(PATH, json=body)


async def patiently(world: World, campaign: Campaign) -> httpx.Response:
    """Ping again after 503, as senders do: a busy machine may need more than is left for us."""
    for _ in range(5):
        answer = await ping(world, campaign)
        if answer.status_code != 503:
            break
    return answer


async def post(world: World, campaign: Campaign, order_id: str, **more: Any) -> httpx.Response:
    fields = {"FirstName": "Ada", "State": "CA", "Phone": "2135550199"} | more
    body = {"campaign": campaign.id, "order_id": order_id, "fields": fields}
    answer = await world.client.post(RECEIVER, json=body)
    await world.settled()
    return answer


async def test_a_pinged_lead_is_posted_and_sold_at_the_price_that_was_quoted(
    database_url: str, tmp_path: Path
) -> None:
    async with house(database_url, tmp_path) as world:
        campaign = await ping_campaign(world, revenue_share=Decimal(50))
        await world.kernel.create(PingSetting(campaign=campaign.id, fields=(_field("state"),)))
        await world.buyer(campaign, "bidder", method="pinged")
        await world.buyer(campaign, "low bidder", method="pinged")
        await world.buyer(campaign, "fixed", price=9)
        world.market.bids("bidder", Bid(price=Decimal(20), reference="B-1"))
        world.market.bids("low bidder", Bid(price=Decimal(11)))

        quoted = (await ping(world, campaign)).json()
        answer = await post(world, campaign, quoted["order_id"])

        assert (quoted["status"], quoted["price"]) == ("accepted", "13.00")
        assert (answer.status_code, answer.json()["price"]) == (201, "13.00")
        assert await world.sold_to(answer.json()["lead"]) == ["bidder"]
        (sent,) = world.market.posts
        assert (sent.sale.price, sent.sale.reference) == (20, "B-1")
        kept = {row["uid"]: row["code"] for row in await world.rows("requests")}
        assert kept[quoted["ping"]] == "ping_accepted"


async def test_a_form_pings_and_a_form_posts(database_url: str, tmp_path: Path) -> None:
    async with house(database_url, tmp_path) as world:
        campaign = await ping_campaign(
            world, require_authentication=True, password=Secret("open sesame")
        )
        await world.buyer(campaign, "buyer")
        form = {"AID": str(campaign.id), "Password": "open sesame", "State": "CA"}

        locked = await world.client.post(PATH, data=form | {"Password": "guess"})
        quoted = await world.client.post(f"{PATH}?format=form", data=form)
        order_id = httpx.QueryParams(quoted.text)["order_id"]
        whole = form | {"OrderID": order_id, "FirstName": "Ada", "Phone": "2135550199"}
        answer = await world.client.post(RECEIVER, data=whole)
        await world.settled()

        assert (locked.status_code, locked.json()["status"]) == (401, 401)
        assert answer.status_code == 201, answer.text
        assert await world.sold_to(answer.json()["lead"]) == ["buyer"]


async def test_a_slow_buyer_is_left_out_when_the_senders_time_is_up(
    database_url: str, tmp_path: Path
) -> None:
    async with house(database_url, tmp_path) as world:
        campaign = await ping_campaign(world)
        await world.kernel.create(PingSetting(campaign=campaign.id, seconds=1.0))
        await world.buyer(campaign, "slow", method="pinged")
        await world.buyer(campaign, "quick", method="pinged")
        world.market.bids("slow", _never)
        world.market.bids("quick", Bid(price=Decimal(8)))

        quoted = (await patiently(world, campaign)).json()
        answer = await post(world, campaign, quoted["order_id"])

        assert quoted["status"] == "accepted"
        assert await world.sold_to(answer.json()["lead"]) == ["quick"]
        asked = {row["verdict"]: row["code"] for row in await world.rows("pings")}
        assert asked == {"bid": "", "failed": "timeout"}


async def test_an_order_id_expires_and_gives_back_what_it_held(
    database_url: str, tmp_path: Path
) -> None:
    clock = FakeClock()
    async with house(database_url, tmp_path, clock=clock) as world:
        campaign = await ping_campaign(world)
        await world.kernel.create(PingSetting(campaign=campaign.id, hold_seconds=60))
        await world.buyer(campaign, "small", daily=1)
        quoted = (await ping(world, campaign)).json()
        full = (await ping(world, campaign)).json()

        clock.advance(61)
        world.kernel.runner.wake()
        await world.settled()
        late = await post(world, campaign, quoted["order_id"])

        assert (full["status"], full["code"]) == ("refused", "no_buyer")
        assert (late.status_code, late.json()["code"]) == (422, "order_id_expired")
        assert (await ping(world, campaign)).json()["status"] == "accepted"


async def test_the_setting_is_made_by_the_account_api_and_counts_at_once(
    database_url: str, tmp_path: Path
) -> None:
    async with house(database_url, tmp_path, clock=FakeClock()) as world:
        campaign = await ping_campaign(world)
        await world.buyer(campaign, "buyer", price=10)
        bearer = {"Authorization": f"Bearer {await world.token(Scope.ACCOUNT_API)}"}
        assert (await ping(world, campaign)).json()["status"] == "accepted"

        setting = {"campaign": campaign.id, "fields": [{"name": "Amount"}], "profit": "2.5"}
        made = await world.client.post(SETTINGS, json=setting, headers=bearer)
        await world.settled()
        refused = (await ping(world, campaign)).json()
        accepted = (await ping(world, campaign, Amount="5000")).json()
        shown = await world.client.get(
            f"/plugins/channel-ping-post/campaigns/{campaign.id}", headers=bearer
        )
        hidden = await world.client.get(f"/plugins/channel-ping-post/campaigns/{campaign.id}")

        assert made.status_code == 201, made.text
        assert (refused["code"], refused["reasons"][0]["field"]) == (
            "required_field_missing",
            "Amount",
        )
        assert accepted["status"] == "accepted"
        assert shown.json()["profit"] == "2.50"
        assert (shown.json()["ping_setting"], shown.json()["problems"]) == (made.json()["id"], [])
        assert hidden.status_code == 401


async def test_a_faulty_setting_is_refused_with_every_place(
    sqlite_url: str, tmp_path: Path
) -> None:
    async with house(sqlite_url, tmp_path) as world:
        bearer = {"Authorization": f"Bearer {await world.token(Scope.ACCOUNT_API)}"}
        faulty = {
            "campaign": 99,
            "fields": [{"name": "A B"}, {"field": "State"}],
            "revenue": "-1",
            "profit": "much",
            "profit_percentage": 1.23456,
            "deliveries": 0,
            "seconds": 30,
            "hold_seconds": 1,
            "tell_price": "yes",
        }
        answer = await world.client.post(SETTINGS, json=faulty, headers=bearer)

        assert answer.status_code == 422
        assert {error["path"] for error in answer.json()["errors"]} == {
            "campaign",
            "fields[0].name",
            "fields[1].name",
            "fields[1].field",
            "revenue",
            "profit",
            "profit_percentage",
            "deliveries",
            "seconds",
            "hold_seconds",
            "tell_price",
        }


async def test_a_duplicate_is_refused_before_the_lead_is_sent(
    database_url: str, tmp_path: Path
) -> None:
    async with house(database_url, tmp_path) as world:
        campaign = await ping_campaign(world, validators=(ValidatorUse(validator="duplicate"),))
        await world.buyer(campaign, "buyer", daily=9)
        quoted = (await ping(world, campaign)).json()
        await post(world, campaign, quoted["order_id"])

        again = (await ping(world, campaign, Phone="(213) 555-0199")).json()

        assert (again["status"], again["code"]) == ("refused", "duplicate_lead")


async def test_the_answer_comes_in_time_while_the_database_does_not(
    database_url: str, tmp_path: Path
) -> None:
    async with house(database_url, tmp_path) as world:
        campaign = await ping_campaign(world)
        await world.kernel.create(PingSetting(campaign=campaign.id, seconds=1.0))
        await world.buyer(campaign, "buyer", daily=1)
        warm = await ping(world, campaign, State="Atlantis")
        assert warm.json()["code"] == "not_a_state"  # the setting is in memory now

        async with _locked(database_url):
            status, said, kept = await _answered(world, campaign)
            assert (status, said["code"]) == (503, "ping_timed_out")
        await kept
        await world.settled()

        codes = {row["code"] for row in await world.rows("requests")}
        assert codes == {"ping_not_a_state", "ping_accepted", "ping_timed_out"}
        (row,) = await world.rows("quotes")
        assert row["state"] == "open"  # made when the caller was gone: it expires by itself


async def test_what_is_no_ping_is_kept(sqlite_url: str, tmp_path: Path) -> None:
    async with house(sqlite_url, tmp_path) as world:
        campaign = await world.campaign()
        in_xml = await world.client.post(
            PATH, content=b"<lead/>", headers={"Content-Type": "text/xml"}
        )
        for_leads = await ping(world, campaign)

        assert (in_xml.status_code, for_leads.status_code) == (415, 422)
        kept = [(row["status"], row["code"]) for row in await world.rows("requests")]
        assert kept == [(415, "wrong_content_type"), (422, "invalid_post")]


def _field(name: str) -> PingField:
    return PingField(name=name)


async def _never() -> Any:
    await asyncio.Event().wait()


@asynccontextmanager
async def _locked(url: str) -> AsyncIterator[None]:
    """Keep everybody else from storing a ping."""
    if url.startswith("postgresql"):
        server = await asyncpg.connect(url, timeout=10)
        await server.execute("BEGIN")
        await server.execute("LOCK TABLE quotes, requests IN EXCLUSIVE MODE")
        try:
            yield
        finally:
            await server.close()
        return
    with closing(sqlite3.connect(url.removeprefix("sqlite:///"), isolation_level=None)) as file:
        file.execute("BEGIN IMMEDIATE")
        yield
        file.execute("ROLLBACK")


async def _answered(
    world: World, campaign: Campaign
) -> tuple[int, dict[str, Any], "asyncio.Task[None]"]:
    """Ping; return the answer as soon as it is out, and what the application does after it."""
    body = json.dumps({"campaign": campaign.id, "fields": {"State": "CA"}}).encode()
    answered: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()
    status = 0

    async def receive() -> Any:
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(message: Any) -> None:
        nonlocal status
        status = message.get("status", status)
        if message["type"] == "http.response.body" and not answered.done():
            answered.set_result(message["body"])

    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": "POST",
        "scheme": "http",
        "path": PATH,
        "raw_path": PATH.encode(),
        "query_string": b"",
        "root_path": "",
        "headers": [(b"content-type", b"application/json")],
        "client": ("192.0.2.9", 1),
        "server": ("test", 80),
        "state": {},
    }
    serving = asyncio.create_task(world.app.asgi(scope, receive, send))
    async with asyncio.timeout(30):
        said = msgspec.json.decode(await answered)
    return status, said, serving
