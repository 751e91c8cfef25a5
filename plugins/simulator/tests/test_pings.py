"""Buyers that bid first: every way a bid can go, and what the post must bring back."""

import asyncio
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from leadexec_simulator import (
    Bidding,
    Books,
    Buyer,
    CurvePrice,
    Dialect,
    FixedPrice,
    Format,
    PostedPrice,
    Record,
    RecordKind,
    Simulator,
    Trouble,
    TroubleKind,
    pinged_buyers,
)

PRICE = FixedPrice(amount=Decimal("12.50"))
pytestmark = pytest.mark.anyio


class HandClock:
    """Stands still until it is moved; sleeping lasts until it is cancelled or woken."""

    def __init__(self) -> None:
        self.at = datetime(2026, 11, 23, 12, tzinfo=UTC)
        self.asleep = asyncio.Event()
        self.wake = asyncio.Event()

    def now(self) -> datetime:
        return self.at

    def monotonic(self) -> float:
        return 0.0

    async def sleep(self, seconds: float) -> None:
        self.asleep.set()
        await self.wake.wait()


def bidder(name: str = "acme", *, price: Any = PRICE, buyer: Any = None, **bidding: Any) -> Buyer:
    return Buyer(name=name, price=price, bidding=Bidding(**bidding), **(buyer or {}))


async def ping(
    http: httpx.AsyncClient,
    simulator: Simulator,
    lead: str = "L1",
    *,
    key: str = "",
    buyer: str = "acme",
    **more: str,
) -> httpx.Response:
    return await http.post(
        simulator.ping_url(buyer),
        json={"lead_uid": lead, **more},
        headers={"Idempotency-Key": key or f"ping:{lead}"},
    )


async def post(
    http: httpx.AsyncClient,
    simulator: Simulator,
    reference: str,
    lead: str = "L1",
    *,
    price: str = "12.50",
    key: str = "d-1",
) -> dict[str, Any]:
    answer = await http.post(
        simulator.url("acme"),
        json={"lead_uid": lead, "price": price, "ping_reference": reference},
        headers={"Idempotency-Key": key},
    )
    assert answer.status_code == 200
    said: dict[str, Any] = answer.json()
    return said


async def test_a_bid_that_is_taken_up_is_a_win_at_its_price(http: httpx.AsyncClient) -> None:
    async with Simulator([bidder(expires_s=60)], clock=HandClock()) as simulator:
        bid = (await ping(http, simulator)).json()
        sold = await post(http, simulator, bid["TransactionId"])
        books = (await http.get(f"{simulator.base_url}/books/acme")).json()
        sale = simulator.books.sales("acme")[0]
    assert (bid["Success"], bid["Payout"], bid["expireInSeconds"]) == (True, "12.50", 60)
    assert (sold["Success"], sold["Payout"]) == (True, "12.50")
    assert (books["pings"], books["bids"], books["wins"]) == (1, 1, 1)
    assert (books["posts"], books["sales"], books["revenue"]) == (1, 1, "12.50")
    assert sale.bid == bid["TransactionId"] != sale.reference


@pytest.mark.parametrize(
    ("post_of", "reason"),
    [
        ({"reference": ""}, "The post names no bid in ping_reference"),
        ({"reference": "000000000000"}, "There is no such bid"),
        ({"lead": "L2"}, "The bid was for another lead"),
        ({"price": "12.51"}, "The bid was for another price"),
        ({"price": ""}, "The post names no price in price"),
        ({"late": 61}, "The bid has expired"),
        ({"again": True}, "The bid was taken up before"),
    ],
)
async def test_only_a_live_bid_of_that_lead_and_price_buys_it(
    http: httpx.AsyncClient, post_of: dict[str, Any], reason: str
) -> None:
    clock = HandClock()
    async with Simulator([bidder(expires_s=60)], clock=clock) as simulator:
        right = {"reference": (await ping(http, simulator)).json()["TransactionId"]}
        if "again" in post_of:
            await post(http, simulator, **right, key="d-0")
        clock.at += timedelta(seconds=post_of.get("late", 0))
        wrong = {name: post_of[name] for name in post_of.keys() - {"again", "late"}}
        said = await post(http, simulator, **(right | wrong))
        books = simulator.books.of("acme")
    assert said == {"Success": False, "Reason": reason}
    assert books.refusals == 1
    assert books.wins == books.sales


async def test_a_repeated_post_is_answered_the_same_though_the_bid_is_gone(
    http: httpx.AsyncClient,
) -> None:
    clock = HandClock()
    async with Simulator([bidder(expires_s=60)], clock=clock) as simulator:
        reference = (await ping(http, simulator)).json()["TransactionId"]
        first = await post(http, simulator, reference)
        clock.at += timedelta(hours=1)
        assert await post(http, simulator, reference) == first
        books = simulator.books.of("acme")
    assert (books.wins, books.sales, books.repeats) == (1, 1, 1)


async def test_the_bid_of_another_buyer_or_branch_buys_nothing(http: httpx.AsyncClient) -> None:
    async with Simulator([bidder(), bidder("other")]) as simulator:
        foreign = (await ping(http, simulator, buyer="other")).json()["TransactionId"]
        answer = await http.post(
            simulator.ping_url("acme", "north"),
            json={"lead_uid": "L1"},
            headers={"Idempotency-Key": "ping:L1"},
        )
        for reference in (foreign, answer.json()["TransactionId"]):
            said = await post(http, simulator, reference, key=f"d-{reference}")
            assert said["Reason"] == "There is no such bid"
        books = simulator.books.summary()
    assert (books.pings, books.bids, books.wins) == (2, 2, 0)
    assert books.buyers["acme/north"].bids == 1


async def test_a_ping_is_answered_from_memory_while_its_bid_holds(
    http: httpx.AsyncClient,
) -> None:
    clock = HandClock()
    async with Simulator([bidder(expires_s=60)], clock=clock) as simulator:
        first = (await ping(http, simulator)).json()
        clock.at += timedelta(seconds=40)
        again = (await ping(http, simulator)).json()
        clock.at += timedelta(seconds=20)
        other = (await ping(http, simulator)).json()
        books = simulator.books.of("acme")
    assert again == {**first, "expireInSeconds": 20}
    assert other["TransactionId"] != first["TransactionId"]
    assert (books.pings, books.bids) == (3, 2)


@pytest.mark.parametrize(
    ("settings", "answer"),
    [
        ({}, '{"Success":true,"Payout":"12.50","TransactionId":"#","expireInSeconds":60}'),
        (
            {"dialect": Dialect.ACCEPTED},
            '{"Accepted":"true","Price":"$12.50","LeadId":"#",'
            '"ExpiresAt":"2026-11-23T12:01:00+00:00"}',
        ),
        ({"dialect": Dialect.BID}, '{"bid":12.50,"id":"#","ttl":60}'),
        (
            {"format": Format.XML, "dialect": Dialect.BID},
            '<?xml version="1.0"?><response><bid>12.50</bid><id>#</id><ttl>60</ttl></response>',
        ),
        ({"format": Format.FORM, "dialect": Dialect.BID}, "bid=12.50\nid=#\nttl=60"),
        ({"format": Format.PLAIN}, "BID 12.50; REF #"),
    ],
)
async def test_a_bid_is_written_as_the_buyer_writes(
    http: httpx.AsyncClient, settings: dict[str, Any], answer: str
) -> None:
    buyer = bidder(expires_s=60, buyer=settings)
    clock = HandClock()
    async with Simulator([buyer], clock=clock) as simulator:
        said = (await ping(http, simulator)).text
        bid = simulator.books.bids.live("acme", "ping:L1", clock.now())
    assert bid
    assert said.replace(bid.reference, "#") == answer


@pytest.mark.parametrize(
    ("dialect", "words"),
    [
        (Dialect.SUCCESS, {"Success": False, "Reason": "Full"}),
        (Dialect.ACCEPTED, {"Accepted": "false", "Reason": "Full"}),
        (Dialect.BID, {"bid": 0, "reason": "Full"}),
    ],
)
async def test_no_bid_is_http_200_with_the_words_of_the_dialect(
    http: httpx.AsyncClient, dialect: Dialect, words: dict[str, object]
) -> None:
    buyer = bidder(decline_rate=1.0, decline_reason="Full", buyer={"dialect": dialect})
    async with Simulator([buyer]) as simulator:
        answer = await ping(http, simulator)
        books = simulator.books.of("acme")
    assert (answer.status_code, answer.json()) == (200, words)
    assert (books.pings, books.bids, books.no_bids, books.posts) == (1, 0, 1, 0)


async def test_a_buyer_does_not_bid_for_values_it_does_not_want(http: httpx.AsyncClient) -> None:
    async with Simulator([bidder(decline_values={"State": ("TX",)})]) as simulator:
        texan = (await ping(http, simulator, "L1", State="TX")).json()
        other = (await ping(http, simulator, "L2", State="OH")).json()
    assert [texan["Success"], other["Success"]] == [False, True]


async def test_bids_follow_a_curve_and_are_what_the_post_pays(http: httpx.AsyncClient) -> None:
    curve = CurvePrice(base=Decimal(20), jitter=Decimal(10))
    async with Simulator([bidder(price=curve)], seed=3) as simulator:
        prices = []
        for number in range(12):
            lead = f"L{number}"
            bid = (await ping(http, simulator, lead)).json()
            prices.append(Decimal(bid["Payout"]))
            reference, key = bid["TransactionId"], f"d-{number}"
            await post(http, simulator, reference, lead, price=bid["Payout"], key=key)
        books = simulator.books.of("acme")
    assert len(set(prices)) > 6
    assert (books.wins, books.revenue) == (12, sum(prices))


async def test_who_hangs_up_before_a_slow_buyer_has_bid_is_late(http: httpx.AsyncClient) -> None:
    clock = HandClock()
    async with Simulator([bidder(delay_ms=900)], clock=clock) as simulator:
        with pytest.raises(httpx.ReadTimeout):
            await http.post(simulator.ping_url("acme"), json={"lead_uid": "L1"}, timeout=0.05)
        await asyncio.wait_for(clock.asleep.wait(), 5)
        await http.get(f"{simulator.base_url}/books")  # the server has seen the other hang up
        clock.wake.set()
        bid = await ping(http, simulator, "L2")
        books = simulator.books.of("acme")
    assert bid.json()["Success"] is True
    assert (books.pings, books.late_bids, books.bids) == (2, 1, 1)


async def test_troubles_of_pings_are_booked_and_leave_no_bid(http: httpx.AsyncClient) -> None:
    garbage = (Trouble(kind=TroubleKind.BAD_JSON, tries=1),)
    async with Simulator([bidder(troubles=garbage)]) as simulator:
        first, second = await ping(http, simulator), await ping(http, simulator)
        books = simulator.books.of("acme")
    assert '"Success":true' in first.text
    assert second.json()["Success"] is True
    assert (books.pings, books.bids, books.troubles) == (2, 1, {"bad_json": 1})


async def test_a_lost_answer_is_a_bid_that_nobody_knows(http: httpx.AsyncClient) -> None:
    async with Simulator([bidder(troubles=(Trouble(kind=TroubleKind.LOST_ANSWER),))]) as simulator:
        with pytest.raises(httpx.ReadError):
            await ping(http, simulator)
        books = simulator.books.of("acme")
    assert (books.bids, books.wins) == (1, 0)


async def test_pings_are_turned_away_as_posts_are(http: httpx.AsyncClient) -> None:
    buyer = bidder(buyer={"authorization": "Bearer right", "takes": Format.JSON})
    async with Simulator([buyer]) as simulator:
        url, right = simulator.ping_url("acme"), {"Authorization": "Bearer right"}
        codes = [
            (await http.post(url, json={})).status_code,
            (await http.post(url, data={"a": "b"}, headers=right)).status_code,
            (await http.request("DELETE", url, headers=right)).status_code,
            (await http.post(url, json={}, headers=right)).status_code,
        ]
        books = simulator.books.of("acme")
    assert codes == [401, 415, 405, 200]
    assert (books.pings, books.invalid, books.bids, books.posts) == (4, 3, 1, 0)


async def test_a_buyer_that_does_not_bid_cannot_be_pinged(http: httpx.AsyncClient) -> None:
    async with Simulator([Buyer(name="acme")]) as simulator:
        assert (await ping(http, simulator)).status_code == 404
        nobody = await http.post(f"{simulator.base_url}/pings/nobody", json={})
    assert nobody.status_code == 404


async def test_a_ping_that_should_name_a_price_and_does_not_gets_no_bid(
    http: httpx.AsyncClient,
) -> None:
    async with Simulator([bidder(price=PostedPrice())]) as simulator:
        none = (await ping(http, simulator, "L1")).json()
        named = (await ping(http, simulator, "L2", price="7.25")).json()
    assert none == {"Success": False, "Reason": "No price"}
    assert named["Payout"] == "7.25"


async def test_bids_outlive_the_simulator_in_its_journal(
    http: httpx.AsyncClient, tmp_path: Path
) -> None:
    journal = tmp_path / "books.jsonl"
    async with Simulator([bidder(expires_s=600)], journal=journal) as simulator:
        reference = (await ping(http, simulator)).json()["TransactionId"]
    for key, sold in (("d-1", True), ("d-2", False)):
        async with Simulator([bidder(expires_s=600)], journal=journal) as simulator:
            assert (await post(http, simulator, reference, key=key))["Success"] is sold
            books = simulator.books.of("acme")
    assert (books.pings, books.bids, books.wins, books.sales) == (1, 1, 1, 1)


async def test_the_pinged_buyers_bid_and_have_names_of_their_own() -> None:
    buyers = pinged_buyers()
    assert all(buyer.bidding for buyer in buyers)
    assert len({buyer.name for buyer in buyers}) == len(buyers)
    assert {buyer.dialect for buyer in buyers} == set(Dialect)


NOW = datetime(2026, 11, 23, tzinfo=UTC)


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["acme", "other"]),
            st.sampled_from(["L1", "L2"]),
            st.decimals(min_value="0.01", max_value=100, places=2),
            st.booleans(),
        ),
        max_size=20,
    )
)
def test_revenue_is_the_sum_of_the_bids_that_were_won(
    bids: list[tuple[str, str, Decimal, bool]],
) -> None:
    books = Books()
    for number, (buyer, lead, price, posted) in enumerate(bids):
        name = {"buyer": buyer, "lead": lead, "price": price, "at": NOW}
        reference = f"R{number}"
        books.add(
            Record(kind=RecordKind.BID, key=f"p{number}", reference=reference, ping=True, **name)
        )
        if posted:
            books.add(Record(kind=RecordKind.SALE, key=f"d{number}", bid=reference, **name))
        problem = books.bids.problem(buyer, reference, lead=lead, price=price, now=NOW)
        assert bool(problem) is posted
    total = books.summary()
    won = [price for _, _, price, posted in bids if posted]
    assert (total.bids, total.wins, total.sales) == (len(bids), len(won), len(won))
    assert total.revenue == sum(won, Decimal(0))
