"""PF4: a plugin that raises harms neither the system nor another plugin."""

import asyncio
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from leadexec import (
    AccountRule,
    AutomationStrategy,
    EligibilityRule,
    Limit,
    NoSettings,
    Statistic,
)
from leadexec.model.delivery_method import RetrySettings
from leadexec.model.lead_type import LeadField
from leadexec.model.source import AutomationUse, ValidatorUse
from tests.system.plugins import Unformatted, Unprepared, a_plugin, a_strategy, a_validator, raising
from tests.system.world import FIELDS, a_world

pytestmark = pytest.mark.anyio
TEST = AutomationUse(strategy="test")


def a_rule(
    check: Any = lambda consideration: None, limits: Any = lambda now: (), compiled: Any = None
) -> type[EligibilityRule[NoSettings]]:
    class Rule:
        def check(self, consideration: Any) -> Any:
            return check(consideration)

        def limits(self, now: Any) -> Any:
            return limits(now)

    class TestRule(EligibilityRule[NoSettings]):
        key = "test"
        title = "Test"

        def compile(self, account: Any) -> AccountRule | None:
            if getattr(account.client, "company") != "ruled":  # noqa: B009
                return None
            return compiled() if compiled else Rule()

    return TestRule


def _one_limit(**changes: Any) -> dict[str, Any]:
    values: dict[str, Any] = {"key": "k", "window": "w", "limit": 5}
    return {"limits": lambda now: [Limit(**values | changes)]}


@pytest.mark.parametrize(
    "rule",
    [
        pytest.param({"compiled": raising}, id="compile raises"),
        pytest.param({"check": raising}, id="check raises"),
        pytest.param({"check": lambda consideration: "no"}, id="check says no"),
        pytest.param({"check": lambda consideration: True}, id="check says True"),
        pytest.param({"limits": raising}, id="limits raises"),
        pytest.param({"limits": lambda now: None}, id="limits None"),
        pytest.param({"limits": lambda now: ["one"]}, id="no limit"),
        pytest.param(_one_limit(key="k" * 65), id="long key"),
        pytest.param(_one_limit(key="a\0"), id="NUL"),
        pytest.param(_one_limit(amount=-3), id="negative"),
        pytest.param(_one_limit(limit=1.5), id="fraction"),
    ],
)
async def test_a_rule_that_cannot_run_excludes_its_account_and_no_other(
    database_url: str, tmp_path: Path, rule: dict[str, Any]
) -> None:
    plugin = a_plugin(eligibility_rules=[a_rule(**rule)])
    async with a_world(database_url, tmp_path, ("faulty", plugin)) as world:
        campaign = await world.campaign()
        await world.buyer(campaign, "ruled", price=9)
        await world.buyer(campaign, "free", price=1)

        uid = await world.sell(campaign)

        assert await world.sold_to(uid) == ["free"]
        assert (await world.why(uid))["ruled"] in {"rule_could_not_run", "rule_not_usable"}
        assert world.kernel.faults.counts.keys() == {"faulty"}


async def test_a_rules_limits_are_kept_together_with_the_kernels_own(
    database_url: str, tmp_path: Path
) -> None:
    def two_shared(now: Any) -> Sequence[Limit]:
        return [Limit(key="pool", window="always", limit=5, amount=2, text="pool")] * 2

    plugin = a_plugin(eligibility_rules=[a_rule(limits=two_shared)])
    async with a_world(database_url, tmp_path, ("pool", plugin)) as world:
        campaign = await world.campaign()
        account = await world.buyer(campaign, "ruled", daily=3)

        uids = [await world.sell(campaign) for _ in range(2)]

        assert [await world.sold_to(uid) for uid in uids] == [["ruled"], []]
        assert await world.used() == {"pool": 4, f"account:{account.id}:day": 1}


@pytest.mark.parametrize(
    "strategy",
    [
        a_strategy(raising),
        a_strategy(raising, needs=frozenset({Statistic.LAST_TURN})),
        a_strategy(lambda candidates, context: None),
        a_strategy(lambda candidates, context: [*candidates, *candidates]),
        a_strategy(lambda candidates, context: [_stranger(candidates[0])]),
        a_strategy(
            lambda candidates, context: [_stranger(candidates[0])],
            needs=frozenset({Statistic.LAST_TURN}),
        ),
    ],
    ids=["raises", "raises inside", "nothing", "twice", "stranger", "stranger inside"],
)
async def test_a_strategy_that_cannot_sort_holds_the_lead(
    database_url: str, tmp_path: Path, strategy: type[AutomationStrategy[Any]]
) -> None:
    plugin = a_plugin(automation_strategies=[strategy])
    async with a_world(database_url, tmp_path, ("faulty", plugin)) as world:
        bad = await world.campaign(automation=TEST)
        await world.buyer(bad, "x")
        good = await world.campaign()
        await world.buyer(good, "y")

        uids = [(await world.post(campaign)).json()["lead"] for campaign in (bad, good) * 3]
        await world.settled()

        statuses = [(await world.lead(uid))["status"] for uid in uids]
        assert statuses == ["held", "delivered"] * 3
        assert (await world.lead(uids[0]))["code"] == "automation_could_not_run"
        assert world.kernel.faults.counts.keys() == {"faulty"}


def _stranger(candidate: Any) -> Any:
    import msgspec

    return msgspec.structs.replace(candidate, account_id=4711)


@pytest.mark.parametrize(
    "static_key",
    [
        raising,
        lambda candidate: None if candidate.price > 5 else (candidate.price,),
        lambda candidate: (candidate.price,) if candidate.price > 5 else ("text",),
    ],
    ids=["raises", "sometimes", "mixed"],
)
async def test_a_strategy_without_a_usable_fixed_order_sorts_lead_by_lead(
    database_url: str, tmp_path: Path, static_key: Any
) -> None:
    strategy = a_strategy(
        lambda candidates, context: sorted(candidates, key=lambda c: c.price),
        static_key=static_key,
    )
    plugin = a_plugin(automation_strategies=[strategy])
    async with a_world(database_url, tmp_path, ("faulty", plugin)) as world:
        campaign = await world.campaign(automation=TEST, maximum_delivery_count=9)
        await world.buyer(campaign, "cheap", price=1)
        first = await world.sell(campaign)
        await world.buyer(campaign, "dear", price=9)
        second = await world.sell(campaign)

        assert await world.sold_to(first) == ["cheap"]
        assert await world.sold_to(second) == ["cheap", "dear"]


async def test_a_method_that_cannot_prepare_fails_its_delivery_only(
    database_url: str, tmp_path: Path
) -> None:
    plugin = a_plugin(delivery_methods=[Unprepared])
    async with a_world(database_url, tmp_path, ("faulty", plugin)) as world:
        campaign = await world.campaign()
        await world.buyer(
            campaign, "bad", price=9, method="unprepared", settings={}, retry=RetrySettings()
        )
        await world.buyer(campaign, "good", price=1)

        uid = await world.sell(campaign)

        assert await world.sold_to(uid) == ["good"]
        assert (await world.why(uid))["bad"] == "plugin_raised"


async def test_a_field_that_cannot_be_shown_fails_the_delivery_and_frees_its_limit(
    database_url: str, tmp_path: Path
) -> None:
    plugin = a_plugin(field_types=[Unformatted])
    async with a_world(database_url, tmp_path, ("faulty", plugin)) as world:
        odd = LeadField(name="Odd", description="Odd", type="unformatted")
        campaign = await world.campaign(await world.lead_type(*FIELDS, odd))
        account = await world.buyer(campaign, "x", daily=1, retry=RetrySettings())

        bad = await world.sell(campaign, Odd="1")
        good = await world.sell(campaign)

        assert [(await world.lead(uid))["status"] for uid in (bad, good)] == ["unsold", "delivered"]
        assert (await world.why(bad))["x"] == "plugin_raised"
        assert await world.used() == {f"account:{account.id}:day": 1}
        assert await world.rows("jobs") == []


async def test_a_plugin_that_is_broken_through_and_through_harms_nobody(
    database_url: str, tmp_path: Path
) -> None:
    broken = a_plugin(
        dict.fromkeys(("lead_accepted", "delivery_accepted", "entity_changed"), raising),
        validators=[a_validator(check=raising, claims=raising)],
        automation_strategies=[a_strategy(raising, static_key=raising)],
        eligibility_rules=[a_rule(check=raising, limits=raising)],
        field_types=[Unformatted],
        delivery_methods=[Unprepared],
    )
    async with a_world(database_url, tmp_path, ("broken", broken)) as world:
        good = await world.campaign(maximum_delivery_count=2)
        await world.buyer(good, "ruled", price=9)
        await world.buyer(good, "unprepared", price=8, method="unprepared", settings={})
        await world.buyer(good, "sound", price=1)
        checked = await world.campaign(validators=(ValidatorUse(validator="test"),))
        sorted_ = await world.campaign(automation=TEST)
        await world.buyer(sorted_, "z")

        answers = await asyncio.gather(
            *(world.post(campaign) for campaign in (good, checked, sorted_) * 5)
        )
        await world.settled()

        assert Counter(answer.status_code for answer in answers) == {201: 10, 202: 5}
        for campaign, status in ((good, "delivered"), (checked, "held"), (sorted_, "held")):
            rows = await world.rows("leads", campaign_id=campaign.id)
            assert {row["status"] for row in rows} == {status}
        assert Counter(world.market.asked()) == {"sound": 5}
        assert world.kernel.faults.counts.keys() == {"broken"}
