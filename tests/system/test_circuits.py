"""A buyer that is down is left alone: others get its leads, the rest wait until it is back."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from leadexec.delivery.breaker import DeliverySettings
from leadexec.model.delivery_method import RetrySettings
from leadexec.model.source import Campaign
from leadexec.testing import FakeClock
from tests.system.buyers import ACCEPTS, FAILS
from tests.system.world import World, a_world

pytestmark = pytest.mark.anyio
TRIES_AGAIN = RetrySettings(enabled=True, maximum=2, gap_seconds=5000)
NEVER_AGAIN = RetrySettings(enabled=False)
UNTIL_TRIED = 13.0
"""Seconds within which whoever waits for the circuit comes back: open, and spread."""


@asynccontextmanager
async def a_market(
    url: str, folder: Path, clock: FakeClock, **settings: Any
) -> AsyncIterator[World]:
    """Start a system in which two failures open a circuit for ten seconds."""
    delivery = DeliverySettings(circuit_failures=2, circuit_open_seconds=10, **settings)
    async with a_world(url, folder, clock=clock, delivery=delivery) as world:
        yield world


@pytest.fixture
def sqlite_url(sqlite_template: Path, tmp_path: Path) -> str:
    path = tmp_path / "leadexec.sqlite3"
    path.write_bytes(sqlite_template.read_bytes())
    return f"sqlite:///{path}"


async def break_down(world: World, campaign: Campaign, buyer: str) -> None:
    """Let ``buyer`` fail until its circuit is open."""
    world.market.answers(buyer, FAILS)
    while not world.kernel.parts.deliverer.circuits.states():
        await world.sell(campaign)
    world.market.posts.clear()


async def test_a_lead_goes_to_another_buyer_at_once_while_the_best_is_down(
    database_url: str, tmp_path: Path
) -> None:
    async with a_market(database_url, tmp_path, FakeClock()) as world:
        campaign = await world.campaign()
        await world.buyer(campaign, "down", price=9, retry=TRIES_AGAIN)
        await break_down(world, campaign, "down")
        await world.buyer(campaign, "up", price=5)

        lead = await world.sell(campaign)

        assert await world.sold_to(lead) == ["up"]
        assert world.market.asked() == ["up"]
        assert await world.why(lead) == {"up": "accepted", "down": "circuit_open"}


async def test_a_lead_that_nobody_else_takes_waits_and_uses_up_no_retry(
    database_url: str, tmp_path: Path
) -> None:
    clock = FakeClock()
    async with a_market(database_url, tmp_path, clock) as world:
        campaign = await world.campaign()
        await world.buyer(campaign, "down", retry=TRIES_AGAIN, daily=5)
        await break_down(world, campaign, "down")

        lead = await world.sell(campaign)

        assert (await world.lead(lead))["status"] == "queued"
        assert world.market.posts == []
        (waiting,) = await world.rows("deliveries", lead_uid=lead)
        assert (waiting["state"], waiting["code"]) == ("reserved", "circuit_open")
        assert waiting["attempts"] == 0
        (kept_back,) = await world.rows("attempts", delivery_uid=waiting["uid"])
        assert (kept_back["code"], kept_back["exchanges"]) == ("circuit_open", [])

        world.market.answers("down", ACCEPTS)
        clock.advance(UNTIL_TRIED)
        await world.settled()

        assert await world.sold_to(lead) == ["down"]
        (sold,) = await world.rows("deliveries", lead_uid=lead)
        assert sold["attempts"] == 1
        assert world.market.of("down")[0].number == 1


async def test_a_lead_is_not_kept_for_a_buyer_that_is_never_tried_again(
    sqlite_url: str, tmp_path: Path
) -> None:
    async with a_market(sqlite_url, tmp_path, FakeClock()) as world:
        campaign = await world.campaign()
        await world.buyer(campaign, "down", retry=NEVER_AGAIN)
        await break_down(world, campaign, "down")

        lead = await world.sell(campaign)

        row = await world.lead(lead)
        assert (row["status"], row["code"]) == ("unsold", "all_excluded")
        assert row["reasons"][0]["message"].endswith("(1 circuit_open).")
        assert await world.rows("deliveries", lead_uid=lead) == []


async def test_whoever_waits_longer_than_it_may_uses_up_its_retries(
    sqlite_url: str, tmp_path: Path
) -> None:
    clock = FakeClock()
    async with a_market(sqlite_url, tmp_path, clock, circuit_wait_seconds=0) as world:
        campaign = await world.campaign()
        await world.buyer(campaign, "down", retry=RetrySettings(maximum=1, gap_seconds=1))
        world.market.answers("down", FAILS)
        await world.sell(campaign)
        kept_back = await world.sell(campaign)
        await world.sell(campaign)
        clock.advance(1)
        await world.settled()

        row = await world.lead(kept_back)

        assert (row["status"], row["code"]) == ("unsold", "all_declined")
        (failed,) = await world.rows("deliveries", lead_uid=kept_back)
        assert (failed["state"], failed["code"], failed["attempts"]) == (
            "failed",
            "circuit_open",
            2,
        )


async def test_one_lead_tries_and_the_others_wait_for_what_it_finds(
    sqlite_url: str, tmp_path: Path
) -> None:
    clock = FakeClock()
    async with a_market(sqlite_url, tmp_path, clock) as world:
        campaign = await world.campaign()
        await world.buyer(campaign, "down", retry=TRIES_AGAIN)
        await break_down(world, campaign, "down")
        leads = [await world.sell(campaign) for _ in range(3)]
        clock.advance(UNTIL_TRIED)
        await world.settled()
        assert len(world.market.posts) == 1

        world.market.answers("down", ACCEPTS)
        clock.advance(20)
        await world.settled()
        clock.advance(UNTIL_TRIED)
        await world.settled()

        sold = [lead for lead in leads if await world.sold_to(lead)]
        assert len(sold) == 2
        assert len(world.market.posts) == 3


async def test_the_health_report_names_methods_that_are_left_alone(
    sqlite_url: str, tmp_path: Path
) -> None:
    async with a_market(sqlite_url, tmp_path, FakeClock()) as world:
        campaign = await world.campaign()
        await world.buyer(campaign, "down", retry=NEVER_AGAIN)
        await break_down(world, campaign, "down")

        answer = await world.client.get("/health/ready")

        assert answer.status_code == 200
        (fault,) = answer.json()["faults"]
        assert (fault["code"], fault["path"]) == ("circuit_open", "delivery_methods.1")


async def test_a_plugin_that_cannot_prepare_one_lead_does_not_stop_the_others(
    sqlite_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with a_market(sqlite_url, tmp_path, FakeClock()) as world:
        campaign = await world.campaign()
        account = await world.buyer(campaign, "broken", retry=NEVER_AGAIN)
        method = world.kernel.catalog.accounts[account.id].method.method

        def refuse(_: Any) -> Any:
            message = "no such template"
            raise ValueError(message)

        monkeypatch.setattr(method, "prepare", refuse)
        for _ in range(4):
            await world.sell(campaign)

        assert world.kernel.parts.deliverer.circuits.states() == ()


async def test_a_resend_to_a_buyer_that_is_down_is_made_when_it_is_back(
    sqlite_url: str, tmp_path: Path
) -> None:
    clock = FakeClock()
    async with a_market(sqlite_url, tmp_path, clock) as world:
        campaign = await world.campaign()
        await world.buyer(campaign, "down", retry=NEVER_AGAIN)
        sold = await world.sell(campaign)
        await break_down(world, campaign, "down")

        await world.kernel.services.leads.redeliver(sold, "a field was filled")
        await world.settled()
        assert world.market.posts == []

        world.market.answers("down", ACCEPTS)
        clock.advance(UNTIL_TRIED)
        await world.settled()

        assert [post.sale.delivery_uid.partition(".")[2] for post in world.market.posts] == ["2"]
        assert await world.rows("jobs", kind="redeliver") == []
