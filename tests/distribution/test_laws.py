"""Laws of distribution, over random accounts, limits and buyers, on both databases."""

import asyncio
from collections import Counter, defaultdict
from decimal import Decimal
from typing import Any

from anyio.from_thread import BlockingPortal
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from leadexec.model.delivery_account import DeliveryAccount
from leadexec.model.limits import QuantityLimits
from leadexec.model.source import AutomationUse
from tests.system.buyers import ACCEPTS, FAILS, REJECTS
from tests.system.world import World, price_first

AUTOMATIONS = st.sampled_from(
    [
        price_first(),
        price_first(optimize=True),
        AutomationUse(strategy="priority"),
        AutomationUse(strategy="round-robin"),
    ]
)
LIMITS = st.builds(
    QuantityLimits,
    daily=st.none() | st.integers(0, 4),
    monthly=st.none() | st.integers(0, 6),
)
ANSWERS = st.lists(st.sampled_from([ACCEPTS, ACCEPTS, REJECTS, FAILS]), min_size=1, max_size=4)
BUYERS = st.lists(
    st.fixed_dictionaries(
        {
            "price": st.integers(0, 9),
            "exclusive": st.booleans(),
            "priority": st.integers(0, 2),
            "limits": LIMITS,
            "answers": ANSWERS,
        }
    ),
    max_size=6,
)


def test_no_limit_is_exceeded_nothing_is_counted_wrong_and_nobody_with_room_is_left_out(
    portal: BlockingPortal, portal_world: World
) -> None:
    @settings(max_examples=30, deadline=None, suppress_health_check=list(HealthCheck))
    @given(automation=AUTOMATIONS, buyers=BUYERS, leads=st.integers(1, 15), slots=st.integers(1, 3))
    def check(automation: Any, buyers: list[dict[str, Any]], leads: int, slots: int) -> None:
        portal.call(sell_and_look, portal_world, automation, buyers, leads, slots)

    check()


async def sell_and_look(
    world: World, automation: AutomationUse, buyers: list[dict[str, Any]], leads: int, slots: int
) -> None:
    campaign = await world.campaign(automation=automation, maximum_delivery_count=slots)
    accounts = []
    for index, buyer in enumerate(buyers):
        name = f"{campaign.id}/{index}"
        plain = {key: value for key, value in buyer.items() if key != "answers"}
        accounts.append(await world.buyer(campaign, name, **plain))
        world.market.answers(name, *buyer["answers"])

    answers = await asyncio.gather(*(world.post(campaign) for _ in range(leads)))
    await world.settled()

    assert {answer.status_code for answer in answers} == {201}
    rows = {row["uid"]: row for row in await world.rows("leads", campaign_id=campaign.id)}
    deliveries = [row for row in await world.rows("deliveries") if row["lead_uid"] in rows]
    assert not [row for row in deliveries if row["state"] == "reserved"]
    assert await world.rows("jobs") == []
    check_counters(accounts, deliveries, await world.used())
    check_leads(rows, deliveries, slots)
    check_nobody_was_left_out(accounts, buyers, rows, deliveries)


def check_counters(
    accounts: list[DeliveryAccount], deliveries: list[Any], used: dict[str, int]
) -> None:
    sold = Counter(row["account_id"] for row in deliveries if row["state"] == "accepted")
    for account in accounts:
        for window, limit in (("day", account.limits.daily), ("month", account.limits.monthly)):
            if limit is not None:
                assert sold[account.id] <= limit
                assert used.get(f"account:{account.id}:{window}", 0) == sold[account.id]


def check_leads(rows: dict[str, Any], deliveries: list[Any], slots: int) -> None:
    sold: defaultdict[str, list[Any]] = defaultdict(list)
    asked: defaultdict[str, list[int]] = defaultdict(list)
    for row in deliveries:
        asked[row["lead_uid"]].append(row["account_id"])
        if row["state"] == "accepted":
            sold[row["lead_uid"]].append(row)
    for uid, lead in rows.items():
        assert len(set(asked[uid])) == len(asked[uid])
        assert lead["delivered_count"] == len(sold[uid]) <= slots
        assert lead["status"] == ("delivered" if sold[uid] else "unsold")
        assert lead["revenue"] == sum((row["price"] for row in sold[uid]), Decimal(0))
        assert len(sold[uid]) == 1 or not any(row["exclusive"] for row in sold[uid])


def check_nobody_was_left_out(
    accounts: list[DeliveryAccount],
    buyers: list[dict[str, Any]],
    rows: dict[str, Any],
    deliveries: list[Any],
) -> None:
    """Who takes everything and has room at the end had room all the time: no lead is unsold."""
    sold = Counter(row["account_id"] for row in deliveries if row["state"] == "accepted")
    willing = [
        account
        for account, buyer in zip(accounts, buyers, strict=True)
        if all(answer is ACCEPTS for answer in buyer["answers"])
        and sold[account.id] < (account.limits.daily if account.limits.daily is not None else 99)
        and sold[account.id]
        < (account.limits.monthly if account.limits.monthly is not None else 99)
    ]
    assert not willing or not [lead for lead in rows.values() if lead["status"] == "unsold"]
