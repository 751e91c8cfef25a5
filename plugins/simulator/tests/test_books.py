"""The buyers' books: exact, repeatable, and alive after the platform dies."""

import asyncio
import signal
import sys
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from leadexec_simulator import Books, Buyer, Record, RecordKind, Simulator, buyers_from_json

from leadexec import ConfigurationError

NOW = datetime(2026, 11, 23, tzinfo=UTC)


async def post(http: httpx.AsyncClient, url: str, key: str, lead: str, price: str) -> None:
    answer = await http.post(
        url, json={"lead_uid": lead, "price": price}, headers={"Idempotency-Key": key}
    )
    assert answer.status_code == 200


@pytest.mark.anyio
async def test_a_repeated_key_is_answered_the_same_and_counted_once(
    http: httpx.AsyncClient,
) -> None:
    async with Simulator([Buyer(name="acme")]) as simulator:
        url = simulator.url("acme")
        await post(http, url, "k1", "L1", "10.01")
        await post(http, url, "k1", "L1", "99.00")
        books = (await http.get(f"{simulator.base_url}/books/acme")).json()
    assert (books["posts"], books["sales"], books["repeats"]) == (2, 1, 1)
    assert (books["revenue"], books["doubled"]) == ("10.01", 0)


@pytest.mark.anyio
async def test_a_lead_sold_under_two_keys_is_doubled(http: httpx.AsyncClient) -> None:
    async with Simulator([Buyer(name="acme"), Buyer(name="other")]) as simulator:
        await post(http, simulator.url("acme"), "k1", "L1", "10")
        await post(http, simulator.url("other"), "k2", "L1", "10")
        await post(http, simulator.url("acme"), "k3", "L1", "10")
        books = (await http.get(f"{simulator.base_url}/books")).json()
    assert (books["sales"], books["doubled"]) == (3, 1)
    assert {name: one["doubled"] for name, one in books["buyers"].items()} == {
        "acme": 1,
        "other": 0,
    }


@pytest.mark.anyio
async def test_the_sales_of_a_buyer_can_be_listed(http: httpx.AsyncClient) -> None:
    async with Simulator([Buyer(name="acme")]) as simulator:
        await post(http, simulator.url("acme"), "k1", "L1", "10.10")
        sales = (await http.get(f"{simulator.base_url}/books/acme/sales")).json()
    assert [(sale["key"], sale["lead"], sale["price"]) for sale in sales] == [("k1", "L1", "10.10")]


@pytest.mark.anyio
async def test_branches_of_a_buyer_have_books_of_their_own(http: httpx.AsyncClient) -> None:
    async with Simulator([Buyer(name="acme")]) as simulator:
        await post(http, simulator.url("acme", "north"), "k1", "L1", "10")
        await post(http, simulator.url("acme", "south"), "k2", "L1", "20")
        books = (await http.get(f"{simulator.base_url}/books")).json()
        south = (await http.get(f"{simulator.base_url}/books/acme/south")).json()
    assert (books["sales"], books["doubled"]) == (2, 0)
    assert south["revenue"] == "20"


@pytest.mark.anyio
async def test_an_unknown_buyer_is_not_found(http: httpx.AsyncClient) -> None:
    async with Simulator([Buyer(name="acme")]) as simulator:
        answer = await http.post(f"{simulator.base_url}/buyers/nobody", json={})
    assert answer.status_code == 404


@pytest.mark.anyio
async def test_books_go_on_where_the_journal_ends(http: httpx.AsyncClient, tmp_path: Path) -> None:
    journal = tmp_path / "books.jsonl"
    for key in ("k1", "k2", "k1"):
        async with Simulator([Buyer(name="acme")], journal=journal) as simulator:
            await post(http, simulator.url("acme"), key, f"L-{key}", "0.10")
            books = simulator.books.of("acme")
        with journal.open("ab") as broken:
            broken.write(b'{"buyer":"ac')
    assert (books.sales, books.repeats, books.revenue) == (2, 1, Decimal("0.20"))


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["acme", "other"]),
            st.sampled_from(["k1", "k2", "k3"]),
            st.decimals(min_value=0, max_value=10_000, places=4),
        )
    )
)
def test_the_total_is_the_exact_sum_of_the_buyers(
    sales: list[tuple[str, str, Decimal]],
) -> None:
    books = Books(
        Record(buyer=buyer, kind=RecordKind.SALE, at=NOW, key=key, price=price)
        for buyer, key, price in sales
    )
    total = books.summary()
    assert total.revenue == sum((price for _, _, price in sales), Decimal(0))
    assert total.sales == sum(one.sales for one in total.buyers.values()) == len(sales)


def test_two_buyers_of_one_name_are_refused() -> None:
    with pytest.raises(ConfigurationError, match="acme"):
        buyers_from_json('[{"name": "acme"}, {"name": "acme"}]')
    with pytest.raises(ConfigurationError, match="acme"):
        Simulator([Buyer(name="acme"), Buyer(name="acme")])


def test_a_misspelt_setting_of_a_buyer_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="reject_rat"):
        buyers_from_json('[{"name": "acme", "reject_rat": 1}]')


RUN = """
import sys
from leadexec_simulator.command import simulator_command
simulator_command()(sys.argv[1:])
"""


@pytest.mark.anyio
async def test_the_command_serves_buyers_from_a_process_of_their_own(
    http: httpx.AsyncClient, tmp_path: Path
) -> None:
    cast = tmp_path / "buyers.json"
    cast.write_text('[{"name": "acme", "price": {"type": "fixed", "amount": "7.25"}}]')
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-c",
        RUN,
        "--port=0",
        f"--buyers={cast}",
        f"--books={tmp_path / 'books.jsonl'}",
        stdout=asyncio.subprocess.PIPE,
    )
    assert process.stdout
    await process.stdout.readline()
    url = (await process.stdout.readline()).decode().strip()
    answer = await http.post(url, json={})
    process.send_signal(signal.SIGTERM)
    rest, _ = await process.communicate()
    assert answer.json()["Payout"] == "7.25"
    assert rest.decode().strip() == "1 posts, 1 sales, 7.25 in all."
    assert process.returncode == 0
