"""Distribution scripts at their five points (DI10), and what happens when they raise."""

from collections.abc import Callable, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec
import pytest

from leadexec import DistributionScript, NoSettings, Plugin, Stop
from leadexec.model.delivery_method import RetrySettings
from leadexec.model.source import AutomationUse, OnScriptError, ScriptUse
from leadexec.testing import FakeClock
from tests.system.buyers import FAILS
from tests.system.plugins import a_plugin, raising
from tests.system.world import World, a_world, price_first

pytestmark = pytest.mark.anyio
POINTS = ("before_select", "after_select", "after_sort", "before_delivery", "after_delivery")
STRATEGIES = (price_first(), price_first(optimize=True), AutomationUse(strategy="round-robin"))


def scripted(**points: Callable[..., Any]) -> tuple[str, type[Plugin[Any]]]:
    """Return a plugin with the script ``test``; each point is called without ``self``."""
    body: dict[str, Any] = {"key": "test", "title": "Test"}
    for point, act in points.items():
        body[point] = _method(act)
    script = type("TestScript", (DistributionScript,), body | {"Settings": NoSettings})
    return "scripted", a_plugin(distribution_scripts=[script])


def _method(act: Callable[..., Any]) -> Callable[..., Any]:
    def method(self: Any, *arguments: Any) -> Any:
        return act(*arguments)

    return method


async def a_market(world: World, automation: AutomationUse, **changes: Any) -> Any:
    campaign = await world.campaign(
        automation=automation,
        **{"scripts": (ScriptUse(script="test"),), "maximum_delivery_count": 2} | changes,
    )
    for name, price in (("a", 9), ("b", 8), ("c", 7)):
        await world.buyer(campaign, name, price=price)
    return campaign


@pytest.fixture(params=STRATEGIES, ids=["price", "optimized", "round robin"])
def strategy(request: pytest.FixtureRequest) -> AutomationUse:
    return request.param  # type: ignore[no-any-return]


async def test_a_script_may_drop_and_reprice_after_the_selection(
    sqlite_url: str, tmp_path: Path, strategy: AutomationUse
) -> None:
    def cheaper_without_b(_lead: Any, candidates: Sequence[Any]) -> Any:
        return [msgspec.structs.replace(c, price=c.price - 1) for c in candidates if c.price != 8]

    async with a_world(sqlite_url, tmp_path, scripted(after_select=cheaper_without_b)) as world:
        campaign = await a_market(world, strategy)

        uid = await world.sell(campaign)

        assert await world.sold_to(uid) == ["a", "c"]
        assert (await world.lead(uid))["revenue"] == Decimal("14.00")


async def test_a_script_may_drop_and_reorder_after_the_sorting(
    sqlite_url: str, tmp_path: Path, strategy: AutomationUse
) -> None:
    def cheapest_first_never_a(_lead: Any, candidates: Sequence[Any]) -> Any:
        return sorted((c for c in candidates if c.price < 9), key=lambda c: c.price)

    async with a_world(sqlite_url, tmp_path, scripted(after_sort=cheapest_first_never_a)) as world:
        campaign = await a_market(world, strategy, maximum_delivery_count=3)

        uid = await world.sell(campaign)

        assert await world.sold_to(uid) == ["c", "b"]


async def test_what_a_script_dropped_stays_dropped_also_after_many_full_accounts(
    database_url: str, tmp_path: Path
) -> None:
    def never_a(_lead: Any, candidates: Sequence[Any]) -> Any:
        return [c for c in candidates if c.price != 9]

    async with a_world(database_url, tmp_path, scripted(after_sort=never_a)) as world:
        campaign = await a_market(world, price_first(), maximum_delivery_count=9)
        for index in range(8):
            await world.buyer(campaign, f"full {index}", price=50 + index, daily=0)

        assert await world.sold_to(await world.sell(campaign)) == ["b", "c"]


@pytest.mark.parametrize(
    ("point", "asked"),
    [
        ("before_select", []),
        ("after_select", []),
        ("after_sort", []),
        ("before_delivery", []),
        ("after_delivery", ["a"]),
    ],
)
async def test_a_script_may_stop_at_every_point(
    sqlite_url: str, tmp_path: Path, point: str, asked: list[str], strategy: AutomationUse
) -> None:
    def stop(*_: Any) -> Stop:
        return Stop(reason="enough")

    async with a_world(sqlite_url, tmp_path, scripted(**{point: stop})) as world:
        campaign = await a_market(world, strategy)

        uid = await world.sell(campaign)

        assert world.market.asked() == asked
        lead = await world.lead(uid)
        expected = ("delivered", "delivered") if asked else ("unsold", "stopped_by_script")
        assert (lead["status"], lead["code"]) == expected
        assert (await world.rows("decisions"))[0]["record"]["stopped"] == "enough"
        assert await world.rows("jobs") == []


@pytest.mark.parametrize("point", POINTS)
async def test_a_script_that_raises_holds_the_lead_unless_it_is_to_be_ignored(
    sqlite_url: str, tmp_path: Path, point: str, strategy: AutomationUse
) -> None:
    async with a_world(sqlite_url, tmp_path, scripted(**{point: raising})) as world:
        ignoring = ScriptUse(script="test", on_error=OnScriptError.IGNORE)
        holding = await a_market(world, strategy)
        held = await world.sell(holding)
        lead = await world.lead(held)
        going_on = await world.update(holding, scripts=(ignoring,))
        world.market.posts.clear()
        sold = await world.sell(going_on)

        after = point == "after_delivery"
        assert lead["status"] == ("delivered" if after else "held")
        assert after or (lead["code"], "broken" in lead["reasons"][0]["message"]) == (
            "script_could_not_run",
            True,
        )
        # The held lead goes on, too, as soon as nothing is in its way any more.
        counts = [len(await world.sold_to(uid)) for uid in (held, sold)]
        assert counts == [1 if after else 2, 2]
        assert world.kernel.faults.counts.keys() == {"scripted"}


@pytest.mark.parametrize("point", ["after_select", "after_sort"])
async def test_a_script_cannot_bring_in_accounts_that_do_not_qualify(
    sqlite_url: str, tmp_path: Path, point: str, strategy: AutomationUse
) -> None:
    def add(_lead: Any, candidates: Sequence[Any]) -> Any:
        stranger = msgspec.structs.replace(candidates[0], account_id=999)
        return [stranger, *candidates]

    async with a_world(sqlite_url, tmp_path, scripted(**{point: add})) as world:
        campaign = await a_market(world, strategy)

        uid = await world.sell(campaign)

        assert (await world.lead(uid))["status"] == "held"
        assert world.market.posts == []


async def test_a_stop_holds_also_when_a_pending_delivery_is_taken_up_later(
    database_url: str, tmp_path: Path
) -> None:
    clock = FakeClock()

    def stop_after_b(_lead: Any, sale: Any, _outcome: Any) -> Any:
        return Stop(reason="b is enough") if sale.account_name == "b" else None

    async with a_world(
        database_url, tmp_path, scripted(after_delivery=stop_after_b), clock=clock
    ) as world:
        campaign = await a_market(world, price_first(), maximum_delivery_count=9)
        await world.buyer(
            campaign, "slow", price=99, retry=RetrySettings(maximum=1, gap_seconds=10)
        )
        world.market.answers("slow", FAILS)

        uid = await world.sell(campaign)
        clock.advance(10)
        await world.settled()

        assert world.market.asked() == ["slow", "a", "b", "slow"]
        assert (await world.lead(uid))["status"] == "delivered"
