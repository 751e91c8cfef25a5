"""The fakes keep the contracts they stand in for."""

import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone

import anyio
import httpx
import pytest
from sqlalchemy import Connection, text

import leadexec.testing
from leadexec import Claim, Clock, Randomness, UnavailableError
from leadexec.testing import (
    FakeAttempt,
    FakeClock,
    FakeHttp,
    FakeLeadActs,
    FakeRandomness,
    FakeStorage,
    fake_services,
)

pytestmark = pytest.mark.anyio


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


def test_a_clock_stands_still_until_it_is_advanced() -> None:
    clock = FakeClock(datetime(2026, 3, 1, 1, tzinfo=timezone(timedelta(hours=2))))
    assert clock.now() == datetime(2026, 2, 28, 23, tzinfo=UTC)
    clock.advance(90)
    clock.advance(timedelta(hours=1))
    assert clock.now() == datetime(2026, 3, 1, 0, 1, 30, tzinfo=UTC)
    assert clock.now().tzinfo is UTC
    assert clock.monotonic() == 3690


def test_a_clock_does_not_go_back() -> None:
    with pytest.raises(ValueError, match="does not go back"):
        FakeClock().advance(-1)


def test_a_clock_starts_at_an_aware_time() -> None:
    with pytest.raises(ValueError, match="aware"):
        FakeClock(datetime(2026, 1, 1))  # noqa: DTZ001  that is what is refused


async def test_sleepers_wake_in_order_when_their_time_is_up() -> None:
    clock, woken = FakeClock(), []

    async def sleep(seconds: float) -> None:
        await clock.sleep(seconds)
        woken.append(seconds)

    async with anyio.create_task_group() as tasks:
        for seconds in (30.0, 10.0, 20.0):
            tasks.start_soon(sleep, seconds)
        await anyio.wait_all_tasks_blocked()
        assert clock.sleepers == 3
        clock.advance(20)
        await anyio.wait_all_tasks_blocked()
        assert (woken, clock.sleepers) == ([10.0, 20.0], 1)
        clock.advance(10)
    assert woken == [10.0, 20.0, 30.0]


async def test_a_cancelled_sleeper_is_forgotten() -> None:
    clock = FakeClock()
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(clock.sleep, 5)
        await anyio.wait_all_tasks_blocked()
        tasks.cancel_scope.cancel()
    assert clock.sleepers == 0


async def test_sleeping_for_nothing_returns_at_once() -> None:
    await FakeClock().sleep(0)


def test_chance_repeats_itself() -> None:
    one, other = FakeRandomness(7), FakeRandomness(7)
    assert (one.bytes(8), one.fraction()) == (other.bytes(8), other.fraction())
    assert one.bytes(8) != FakeRandomness(8).bytes(8)


async def test_http_answers_in_order_and_records_what_was_asked() -> None:
    http = FakeHttp()
    http.answer('{"ok": true}', headers={"content-type": "application/json"})
    http.answer("no", status=503)
    first = await http.fetch("POST", "https://buyer.test/a?b=1", content=b"x", timeout=4)
    second = await http.fetch("GET", "https://buyer.test/")
    assert (first.status, first.text(), second.status) == (200, '{"ok": true}', 503)
    assert first.headers["Content-Type"] == "application/json"
    sent = http.requests[0]
    assert (sent.method, sent.url, sent.text(), sent.timeout) == (
        "POST",
        "https://buyer.test/a?b=1",
        "x",
        4,
    )
    assert http.unused == 0


async def test_http_cuts_a_long_answer() -> None:
    http = FakeHttp()
    http.answer(b"x" * 11)
    answer = await http.fetch("GET", "https://buyer.test/", limit=10)
    assert (answer.body, answer.truncated) == (b"x" * 10, True)


async def test_http_reads_text_in_its_charset() -> None:
    http = FakeHttp()
    http.answer("é".encode("latin-1"), headers={"content-type": "text/plain; charset=latin-1"})
    assert (await http.fetch("GET", "https://buyer.test/")).text() == "é"


@pytest.mark.parametrize("scripted", [True, False])
async def test_http_fails_as_scripted_or_when_nobody_listens(scripted: bool) -> None:
    http = FakeHttp()
    if scripted:
        http.fail("timeout")
    with pytest.raises(UnavailableError) as caught:
        await http.fetch("GET", "https://buyer.test/")
    assert caught.value.code == ("timeout" if scripted else "connect_failed")
    assert len(http.requests) == 1


async def test_http_runs_authentication_for_real() -> None:
    http = FakeHttp()
    challenge = 'Digest realm="r", nonce="n", qop="auth", algorithm=MD5'
    http.answer(status=401, headers={"www-authenticate": challenge})
    http.answer_by(lambda request: httpx.Response(200, text=request.headers["authorization"]))
    answer = await http.fetch("GET", "https://buyer.test/", auth=httpx.DigestAuth("u", "p"))
    assert answer.text().startswith('Digest username="u"')
    assert len(http.requests) == 2


async def test_http_streams() -> None:
    http = FakeHttp()
    http.answer(b"abc")
    async with http.stream("GET", "https://buyer.test/") as response:
        assert b"".join([chunk async for chunk in response.aiter_bytes()]) == b"abc"


def running(statement: str) -> Callable[[Connection], None]:
    def run(connection: Connection) -> None:
        connection.execute(text(statement))

    return run


async def test_storage_keeps_changes_and_takes_back_what_raised() -> None:
    storage = FakeStorage()
    await storage.change(running("CREATE TABLE t (n INTEGER)"))
    await storage.change(running("INSERT INTO t VALUES (1)"))

    def insert_and_fail(connection: Connection) -> None:
        connection.execute(text("INSERT INTO t VALUES (2)"))
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await storage.change(insert_and_fail)
    await storage.read(running("INSERT INTO t VALUES (3)"))
    numbers = await storage.read(lambda c: [row.n for row in c.execute(text("SELECT n FROM t"))])
    assert numbers == [1]


async def test_two_storages_are_apart() -> None:
    await FakeStorage().change(running("CREATE TABLE t (n INTEGER)"))
    count = "SELECT count(*) FROM sqlite_master"
    assert await FakeStorage().read(lambda c: c.execute(text(count)).scalar_one()) == 0


@pytest.mark.parametrize(
    ("on_rejected", "held_by_rejected", "found"),
    [(False, False, True), (True, False, True), (False, True, False), (True, True, True)],
)
async def test_a_rejected_lead_stands_in_the_way_only_where_asked(
    on_rejected: bool, held_by_rejected: bool, found: bool
) -> None:
    acts = FakeLeadActs()
    claim = Claim(scope="s", key="k", lookback=None, on_rejected=on_rejected)
    acts.hold(claim, "earlier", rejected=held_by_rejected)
    assert (await acts.claimed(claim) is not None) is found


async def test_a_lead_is_redelivered_once_per_reason() -> None:
    acts = FakeLeadActs()
    assert [await acts.redeliver("lead", reason) for reason in ("a", "a", "b")] == [1, 0, 1]
    assert len(acts.redelivered) == 3


def test_an_attempt_runs_out_of_time() -> None:
    clock = FakeClock()
    attempt = FakeAttempt(seconds=3, clock=clock)
    clock.advance(2)
    assert attempt.remaining() == 1
    clock.advance(2)
    assert attempt.remaining() == 0


def test_services_are_made_of_fakes_unless_others_are_given() -> None:
    clock = FakeClock()
    services = fake_services(clock=clock)
    assert services.clock is clock
    assert isinstance(services.clock, Clock)
    assert isinstance(services.randomness, Randomness)


def test_fakes_and_builders_need_neither_pytest_nor_hypothesis() -> None:
    program = (
        "import sys, leadexec.testing as t; t.a_lead(), t.fake_services(); "
        "sys.exit(bool({'pytest', 'hypothesis'} & set(sys.modules)))"
    )
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no_such_name"):
        _ = leadexec.testing.no_such_name
