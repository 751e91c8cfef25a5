"""Every way in which a buyer answers, over real HTTP."""

import asyncio
import zlib
from datetime import UTC, datetime
from decimal import Decimal

import httpx
import pytest
from leadexec_simulator import (
    Buyer,
    CurvePrice,
    Dialect,
    FixedPrice,
    Format,
    Simulator,
    Trouble,
    TroubleKind,
    example_buyers,
)

pytestmark = pytest.mark.anyio
LEAD = {"lead_uid": "L1", "price": "50.00", "LoanAmount": "$250,000"}


class NoonClock:
    """Always noon; sleeping lasts until ``wake`` is set."""

    def __init__(self) -> None:
        self.wake = asyncio.Event()
        self.asleep = asyncio.Event()

    def now(self) -> datetime:
        return datetime(2026, 11, 23, 12, tzinfo=UTC)

    def monotonic(self) -> float:
        return 0.0

    async def sleep(self, seconds: float) -> None:
        self.asleep.set()
        await self.wake.wait()


async def sell(
    http: httpx.AsyncClient, simulator: Simulator, buyer: str, key: str = "k1", **lead: str
) -> httpx.Response:
    return await http.post(simulator.url(buyer), json=LEAD | lead, headers={"Idempotency-Key": key})


async def test_a_json_buyer_pays_the_price_that_the_post_names(http: httpx.AsyncClient) -> None:
    async with Simulator([Buyer(name="acme")]) as simulator:
        answer = await sell(http, simulator, "acme")
        books = simulator.books.of("acme")
    assert answer.json() == {
        "Success": True,
        "Payout": "50.00",
        "TransactionId": answer.json()["TransactionId"],
    }
    assert (books.sales, books.revenue) == (1, Decimal("50.00"))


@pytest.mark.parametrize(
    ("format_", "start"),
    [
        (Format.XML, '<?xml version="1.0"?><response><Success>true</Success><Payout>50.00<'),
        (Format.FORM, "Success=true\nPayout=50.00\nTransactionId="),
        (Format.PLAIN, "OK"),
    ],
)
async def test_a_buyer_accepts_in_its_own_format(
    http: httpx.AsyncClient, format_: Format, start: str
) -> None:
    async with Simulator([Buyer(name="acme", format=format_)]) as simulator:
        answer = await sell(http, simulator, "acme")
    assert answer.text.startswith(start)


@pytest.mark.parametrize(
    ("dialect", "words"),
    [
        (Dialect.SUCCESS, {"Success": False, "Reason": "Full"}),
        (Dialect.ACCEPTED, {"Accepted": "false", "Reason": "Full"}),
        (Dialect.BID, {"bid": 0, "reason": "Full"}),
    ],
)
async def test_a_refusal_is_http_200_with_the_words_of_the_dialect(
    http: httpx.AsyncClient, dialect: Dialect, words: dict[str, object]
) -> None:
    buyer = Buyer(name="acme", dialect=dialect, reject_rate=1.0, reject_reason="Full")
    async with Simulator([buyer]) as simulator:
        answer = await sell(http, simulator, "acme")
        books = simulator.books.of("acme")
    assert (answer.status_code, answer.json()) == (200, words)
    assert (books.sales, books.refusals, books.revenue) == (0, 1, Decimal(0))


async def test_prices_in_dollars_have_a_sign_and_commas(http: httpx.AsyncClient) -> None:
    price = FixedPrice(amount=Decimal("1234.50"))
    async with Simulator([Buyer(name="acme", dialect=Dialect.ACCEPTED, price=price)]) as simulator:
        answer = await sell(http, simulator, "acme")
    assert answer.json()["Price"] == "$1,234.50"


async def test_a_bid_follows_the_lead_and_the_hour(http: httpx.AsyncClient) -> None:
    price = CurvePrice(
        base=Decimal(10), field="LoanAmount", slope=Decimal("0.00002"), swing=Decimal(3)
    )
    buyer = Buyer(name="acme", dialect=Dialect.BID, price=price)
    async with Simulator([buyer], clock=NoonClock()) as simulator:
        answer = await sell(http, simulator, "acme")
    assert answer.json()["bid"] == 18.0  # 10 + 250,000 * 0.00002 + 3 at noon


async def test_refused_keys_are_the_same_in_every_run(http: httpx.AsyncClient) -> None:
    keys = [f"key-{number}" for number in range(60)]
    runs = []
    for _ in range(2):
        async with Simulator([Buyer(name="acme", reject_rate=0.5)], seed=7) as simulator:
            answers = [await sell(http, simulator, "acme", key) for key in keys]
            runs.append([answer.json()["Success"] for answer in answers])
    assert runs[0] == runs[1]
    assert 15 < sum(runs[0]) < 45


async def test_a_buyer_refuses_the_values_it_does_not_want(http: httpx.AsyncClient) -> None:
    buyer = Buyer(name="acme", reject_values={"State": ("TX", "CA")})
    async with Simulator([buyer]) as simulator:
        texan = await sell(http, simulator, "acme", "k1", State="TX")
        other = await sell(http, simulator, "acme", "k2", State="OH")
    assert [texan.json()["Success"], other.json()["Success"]] == [False, True]


async def test_a_flaky_buyer_fails_the_first_tries_of_each_key(http: httpx.AsyncClient) -> None:
    trouble = Trouble(kind=TroubleKind.SERVER_ERROR, tries=2)
    async with Simulator([Buyer(name="acme", troubles=(trouble,))]) as simulator:
        codes = [
            (await sell(http, simulator, "acme", key)).status_code
            for key in ("a", "a", "b", "a", "b", "b")
        ]
        books = simulator.books.of("acme")
    assert codes == [500, 500, 500, 200, 500, 200]
    assert (books.sales, books.troubles) == (2, {"server_error": 4})


async def test_a_reset_breaks_the_connection(http: httpx.AsyncClient) -> None:
    trouble = Trouble(kind=TroubleKind.RESET)
    async with Simulator([Buyer(name="acme", troubles=(trouble,))]) as simulator:
        with pytest.raises(httpx.ReadError):
            await sell(http, simulator, "acme")
        assert simulator.books.of("acme").sales == 0


async def test_a_lost_answer_is_a_sale_that_a_repeat_learns_of(http: httpx.AsyncClient) -> None:
    trouble = Trouble(kind=TroubleKind.LOST_ANSWER, tries=1)
    async with Simulator([Buyer(name="acme", troubles=(trouble,))]) as simulator:
        with pytest.raises(httpx.ReadError):
            await sell(http, simulator, "acme")
        again = await sell(http, simulator, "acme")
        books = simulator.books.of("acme")
    assert again.json()["Payout"] == "50.00"
    assert (books.sales, books.repeats, books.revenue) == (1, 1, Decimal("50.00"))


async def test_a_buyer_that_never_answers_sells_nothing(http: httpx.AsyncClient) -> None:
    trouble = Trouble(kind=TroubleKind.TIMEOUT)
    async with Simulator([Buyer(name="acme", troubles=(trouble,))]) as simulator:
        with pytest.raises(httpx.ReadTimeout):
            await http.post(simulator.url("acme"), json=LEAD, timeout=0.05)
        books = simulator.books.of("acme")
    assert (books.sales, books.troubles) == (0, {"timeout": 1})


async def test_a_sender_that_hangs_up_on_a_slow_buyer_has_sold_nothing(
    http: httpx.AsyncClient,
) -> None:
    clock = NoonClock()
    async with Simulator([Buyer(name="acme", delay_ms=900)], clock=clock) as simulator:
        with pytest.raises(httpx.ReadTimeout):
            await http.post(simulator.url("acme"), json=LEAD, timeout=0.05)
        await asyncio.wait_for(clock.asleep.wait(), 5)
        await http.get(f"{simulator.base_url}/books")  # the server has seen the other hang up
        clock.wake.set()
        answer = await sell(http, simulator, "acme", "patient")
        books = simulator.books.of("acme")
    assert answer.json()["Success"] is True
    assert (books.posts, books.sales) == (1, 1)


async def test_bad_json_looks_like_an_accept_and_is_none(http: httpx.AsyncClient) -> None:
    trouble = Trouble(kind=TroubleKind.BAD_JSON)
    async with Simulator([Buyer(name="acme", troubles=(trouble,))]) as simulator:
        answer = await sell(http, simulator, "acme")
        books = simulator.books.of("acme")
    assert '"Success":true' in answer.text
    with pytest.raises(ValueError, match="Expecting value"):
        answer.json()
    assert books.sales == 0


async def test_a_health_page_is_html_without_a_verdict(http: httpx.AsyncClient) -> None:
    trouble = Trouble(kind=TroubleKind.HEALTH_PAGE)
    async with Simulator([Buyer(name="acme", troubles=(trouble,))]) as simulator:
        answer = await sell(http, simulator, "acme")
    assert (answer.status_code, answer.headers["content-type"]) == (200, "text/html")


@pytest.mark.parametrize("kind", [TroubleKind.HUGE_BODY, TroubleKind.DRIP])
async def test_an_endless_answer_can_be_broken_off(
    http: httpx.AsyncClient, kind: TroubleKind
) -> None:
    async with Simulator([Buyer(name="acme", troubles=(Trouble(kind=kind),))]) as simulator:
        async with http.stream("POST", simulator.url("acme"), json=LEAD) as answer:
            first = await anext(answer.aiter_bytes(1))
        books = simulator.books.of("acme")
    assert first == b" "
    assert books.sales == 0


async def test_a_gzip_bomb_is_small_on_the_wire(http: httpx.AsyncClient) -> None:
    trouble = Trouble(kind=TroubleKind.GZIP_BOMB)
    async with (
        Simulator([Buyer(name="acme", troubles=(trouble,))]) as simulator,
        http.stream("POST", simulator.url("acme"), json=LEAD) as answer,
    ):
        sent = b"".join([part async for part in answer.aiter_raw()])
    unpacker = zlib.decompressobj(31)
    size = len(unpacker.decompress(sent[: len(sent) // 10]))
    assert answer.headers["content-encoding"] == "gzip"
    assert len(sent) < 1_000_000
    assert 15_000_000 < size < 25_000_000


async def test_wrong_credentials_and_formats_are_turned_away(http: httpx.AsyncClient) -> None:
    buyer = Buyer(name="acme", authorization="Bearer right", takes=Format.JSON)
    right = {"Authorization": "Bearer right"}
    async with Simulator([buyer]) as simulator:
        url = simulator.url("acme")
        codes = [
            (await http.post(url, json=LEAD)).status_code,
            (await http.post(url, data=LEAD, headers=right)).status_code,
            (await http.post(url, json=LEAD, headers=right)).status_code,
        ]
        broken = await http.post(
            url, content=b"{", headers=right | {"Content-Type": "application/json"}
        )
        books = simulator.books.of("acme")
    assert codes == [401, 415, 200]
    assert broken.status_code == 400
    assert (books.invalid, books.sales) == (3, 1)


async def test_leads_are_read_from_json_xml_forms_and_queries(http: httpx.AsyncClient) -> None:
    async with Simulator([Buyer(name="acme")]) as simulator:
        url = simulator.url("acme")
        await http.post(url, json={"lead": {"lead_uid": "J", "price": 1}})
        await http.post(
            url,
            content=b"<l><lead_uid>X</lead_uid><price>2</price></l>",
            headers={"Content-Type": "text/xml; charset=utf-8"},
        )
        await http.post(url, data={"lead_uid": "F", "price": "3.00"})
        await http.get(url, params={"lead_uid": "Q", "price": "$4"})
        sales = simulator.books.sales("acme")
    assert [(sale.lead, sale.price) for sale in sales] == [
        ("J", Decimal(1)),
        ("X", Decimal(2)),
        ("F", Decimal("3.00")),
        ("Q", Decimal(4)),
    ]


async def test_xml_that_declares_entities_is_turned_away(http: httpx.AsyncClient) -> None:
    async with Simulator([Buyer(name="acme")]) as simulator:
        answer = await http.post(
            simulator.url("acme"),
            content=b'<!DOCTYPE l [<!ENTITY a "b">]><l><price>&a;</price></l>',
            headers={"Content-Type": "application/xml"},
        )
    assert answer.status_code == 400


async def test_the_example_buyers_cover_every_trouble_format_and_dialect() -> None:
    buyers = example_buyers()
    assert {trouble.kind for b in buyers for trouble in b.troubles} == set(TroubleKind)
    assert {buyer.format for buyer in buyers} == set(Format)
    assert {buyer.dialect for buyer in buyers} == set(Dialect)
    assert len({buyer.name for buyer in buyers}) == len(buyers)
