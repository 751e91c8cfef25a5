"""Posting and accounting, in small."""

import asyncio
import itertools
from decimal import Decimal
from typing import Any

import anyio
import httpx
import msgspec
import pytest

from leadexec.cli.demo.leads import PostedLead, realistic_leads
from leadexec.cli.demo.platform import Credential, DemoCounts
from leadexec.cli.demo.poster import CampaignTarget, Latencies, Poster, Tally, fetch_token, post_all
from leadexec.cli.demo.summary import Account, BuyerBooks, money
from leadexec.errors import UnavailableError
from leadexec.testing import FakeClock

CREDENTIAL = Credential(client_id="id", client_secret="secret")
RIGHT = Account(
    counts=DemoCounts(
        received=10,
        accepted=6,
        held=1,
        rejected={"required": 2, "criteria": 1},
        delivered=4,
        unsold=2,
        sales=7,
        revenue=Decimal("70.07"),
        lead_revenue=Decimal("70.07"),
        portal_sales=2,
        portal_revenue=Decimal("20.00"),
        accepted_by_campaign={1: 4, 2: 2},
        cost=Decimal("22.50"),
    ),
    before=DemoCounts(),
    books=BuyerBooks(sales=5, revenue=Decimal("50.07")),
    stored=10,
    rejected=3,
    unanswered=0,
    prices={1: Decimal("5.00"), 2: Decimal("1.25")},
)


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


def changed(**counts: Any) -> Account:
    return msgspec.structs.replace(RIGHT, counts=msgspec.structs.replace(RIGHT.counts, **counts))


def test_books_that_agree_have_no_problems() -> None:
    assert RIGHT.problems() == []


@pytest.mark.parametrize(
    ("account", "sentence"),
    [
        (changed(held=0), "10 leads were received, but 3 rejected + 0 held"),
        (changed(pending=1, unsold=1), "1 leads are still being distributed."),
        (
            changed(revenue=Decimal("70.08")),
            "Our revenue from buyers is 50.08, by their books 50.07",
        ),
        (changed(lead_revenue=Decimal("70.06")), "The leads' revenue is 70.06, that of their"),
        (changed(sales=8), "We count 6 sales to buyers, their books 5."),
        (changed(cost=Decimal("22.51")), "The cost is 22.51, but the accepted leads cost 22.50."),
        (changed(accepted=7), "7 leads were accepted, but the campaigns accepted 6."),
        (changed(received=11, held=2), "stored 10 leads, but 11 are there."),
        (changed(held=0, rejected={"x": 4}), "rejected 3 leads, but 4 are there."),
        (
            msgspec.structs.replace(
                RIGHT, books=BuyerBooks(sales=5, revenue=Decimal("50.07"), doubled=1)
            ),
            "1 leads were sold twice to the same buyer.",
        ),
        (msgspec.structs.replace(RIGHT, unanswered=2), "2 posts got no answer."),
    ],
)
def test_what_does_not_agree_is_said_in_a_sentence(account: Account, sentence: str) -> None:
    assert any(sentence in problem for problem in account.problems())


def test_earlier_runs_are_counted_but_not_held_against_this_one() -> None:
    before = DemoCounts(received=4, rejected={"required": 1})
    account = msgspec.structs.replace(RIGHT, before=before, stored=6, rejected=2)
    assert account.problems() == []


@pytest.mark.parametrize(
    ("amount", "text"), [("12.5", "12.50"), ("0", "0.00"), ("3.0025", "3.0025"), ("-7", "-7.00")]
)
def test_money_has_cents_and_nothing_is_cut_off(amount: str, text: str) -> None:
    assert money(Decimal(amount)) == text


def test_percentiles_are_by_nearest_rank() -> None:
    latencies = Latencies()
    for number in range(100, 0, -1):
        latencies.add(number / 1000)
    found = latencies.percentiles()
    assert (found.count, found.p50, found.p99) == (100, 50.0, 99.0)


def receiver(answers: list[int]) -> httpx.MockTransport:
    def answer(request: httpx.Request) -> httpx.Response:
        if request.url.path == "/oauth2/token":
            return httpx.Response(200, json={"access_token": "t"})
        status = answers.pop(0)
        if status == 0:
            raise httpx.ConnectError("down")
        return httpx.Response(status)

    return httpx.MockTransport(answer)


async def posted(answers: list[int]) -> Tally:
    clock, tally = FakeClock(), Tally()
    (lead,) = realistic_leads(1, 1)
    async with httpx.AsyncClient(transport=receiver(answers), base_url="http://p") as http:
        poster = Poster(
            http,
            credential=CREDENTIAL,
            campaigns={lead.campaign: CampaignTarget(id=1)},
            clock=clock,
            tally=tally,
        )
        task = asyncio.create_task(poster.post(lead))
        while not task.done():
            await anyio.wait_all_tasks_blocked()
            clock.advance(10)
        await task
    return tally


@pytest.mark.anyio
async def test_answers_are_counted_by_what_became_of_the_lead() -> None:
    assert (await posted([201])).stored == {"accepted": 1}
    assert (await posted([202])).stored == {"held": 1}
    assert (await posted([422])).stored == {"rejected": 1}
    assert (await posted([404])).refused == {"404": 1}


@pytest.mark.anyio
async def test_a_post_without_an_answer_is_sent_again_six_times_at_most() -> None:
    again = await posted([0, 503, 429, 201])
    assert (again.stored, again.repeats, again.unanswered) == ({"accepted": 1}, 3, 0)
    never = await posted([0] * 6)
    assert (never.leads, never.repeats, never.unanswered) == (0, 5, 1)


@pytest.mark.anyio
async def test_a_refused_token_says_what_was_answered() -> None:
    transport = httpx.MockTransport(lambda _: httpx.Response(401, text="wrong secret"))
    async with httpx.AsyncClient(transport=transport, base_url="http://p") as http:
        with pytest.raises(UnavailableError, match="401: wrong secret"):
            await fetch_token(http, CREDENTIAL)


class Counting:
    """A poster that only takes note of when it was called."""

    def __init__(self, clock: FakeClock) -> None:
        self.clock = clock
        self.times: list[float] = []

    async def post(self, lead: PostedLead) -> None:
        self.times.append(self.clock.monotonic())


@pytest.mark.anyio
async def test_a_rate_spreads_the_leads_evenly() -> None:
    clock = FakeClock()
    poster = Counting(clock)
    posting = asyncio.create_task(
        post_all(realistic_leads(1, 4), poster, clock=clock, stop=asyncio.Event(), rate=2)
    )
    while not posting.done():
        await anyio.wait_all_tasks_blocked()
        clock.advance(0.25)
    gaps = [later - earlier for earlier, later in itertools.pairwise(poster.times)]
    assert gaps == [0.5, 0.5, 0.5]


@pytest.mark.anyio
async def test_stopping_does_not_wait_for_the_next_lead() -> None:
    clock, stop = FakeClock(), asyncio.Event()
    poster = Counting(clock)
    posting = asyncio.create_task(
        post_all(realistic_leads(1, 4), poster, clock=clock, stop=stop, rate=0.001)
    )
    await anyio.wait_all_tasks_blocked()
    stop.set()
    await asyncio.wait_for(posting, 5)
    assert poster.times == []
