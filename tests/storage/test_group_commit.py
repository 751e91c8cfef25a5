"""Commands that wait together are committed together, and fail alone."""

import asyncio
import threading
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import msgspec
import pytest
from sqlalchemy import Connection, insert, select
from sqlalchemy.exc import DBAPIError, IntegrityError

from leadexec import UnavailableError
from leadexec.storage.configuration_tables import configuration
from leadexec.storage.database import Database, StorageSettings, open_database
from leadexec.storage.store import Store
from leadexec.storage.tables import turns

pytestmark = pytest.mark.anyio


class Add(msgspec.Struct, frozen=True):
    number: int


class Note(msgspec.Struct, frozen=True):
    number: int


class Recorder:
    """Carries out ``Add``; remembers the batches it was given."""

    def __init__(self) -> None:
        self.batches: list[list[int]] = []

    def add(self, connection: Connection, commands: Sequence[Add]) -> Sequence[int | Exception]:
        self.batches.append([command.number for command in commands])
        connection.execute(
            insert(turns), [{"account_id": c.number, "turn": c.number} for c in commands]
        )
        return [command.number * 10 for command in commands]


async def together(store: Store, writes: Callable[[], list[Awaitable[Any]]]) -> list[Any]:
    """Let all of ``writes`` wait before the first is taken, and return all outcomes."""
    gate = threading.Event()
    blocked: list[Awaitable[Any]] = []
    if store.database.dialect == "sqlite":  # its writer thread would take the first one at once
        blocked.append(asyncio.ensure_future(store.change(lambda _: gate.wait(30))))
        await asyncio.sleep(0)
    waiting = writes()
    gate.set()
    outcomes = await asyncio.gather(*waiting, return_exceptions=True)
    await asyncio.gather(*blocked)
    return outcomes


async def stored(store: Store) -> list[int]:
    query = select(turns.c.account_id).order_by(turns.c.account_id)
    return list(await store.read(lambda c: c.execute(query).scalars().all()))


async def test_commands_that_wait_together_share_few_commits(store: Store) -> None:
    recorder = Recorder()
    write = store.handle(Add, recorder.add)

    outcomes = await together(store, lambda: [write(Add(n)) for n in range(200)])

    assert outcomes == [n * 10 for n in range(200)]
    assert [len(batch) for batch in recorder.batches] == [64, 64, 64, 8]
    assert await stored(store) == list(range(200))


async def test_a_command_alone_waits_for_nobody(store: Store) -> None:
    recorder = Recorder()
    write = store.handle(Add, recorder.add)

    outcomes = [await write(Add(n)) for n in range(3)]

    assert outcomes == [0, 10, 20]
    assert recorder.batches == [[0], [1], [2]]


async def test_one_bad_command_fails_alone(store: Store) -> None:
    write = store.handle(Add, Recorder().add)
    await write(Add(3))

    outcomes = await together(store, lambda: [write(Add(n)) for n in range(6)])

    assert [type(o).__name__ for o in outcomes] == ["int"] * 3 + ["IntegrityError"] + ["int"] * 2
    assert await stored(store) == [0, 1, 2, 3, 4, 5]


async def test_a_refusal_that_a_function_returns_is_raised_for_its_caller(store: Store) -> None:
    refusal = LookupError("no such thing")
    write = store.handle(Add, lambda _, commands: [refusal if c.number else 7 for c in commands])

    outcomes = await together(store, lambda: [write(Add(0)), write(Add(1)), write(Add(0))])

    assert outcomes == [7, refusal, 7]


async def test_a_function_that_loses_count_fails_every_command_and_commits_nothing(
    store: Store,
) -> None:
    recorder = Recorder()
    write = store.handle(Add, lambda c, commands: recorder.add(c, commands)[1:])

    outcomes = await together(store, lambda: [write(Add(1)), write(Add(2))])

    assert [type(outcome) for outcome in outcomes] == [ValueError, ValueError]
    assert await stored(store) == []


async def test_kinds_are_carried_out_in_order_of_their_first_command(store: Store) -> None:
    order: list[tuple[str, int]] = []

    def noting(kind: str) -> Callable[[Connection, Sequence[Any]], Sequence[None]]:
        def act(_: Connection, commands: Sequence[Any]) -> Sequence[None]:
            order.append((kind, len(commands)))
            return [None] * len(commands)

        return act

    notes = store.handle(Note, noting("note"))
    adds = store.handle(Add, noting("add"))

    await together(store, lambda: [notes(Note(1)), adds(Add(1)), notes(Note(2))])

    assert order == [("note", 2), ("add", 1)]


async def test_a_cancelled_caller_costs_no_one_else_an_answer(store: Store) -> None:
    write = store.handle(Add, Recorder().add)
    tasks: list[asyncio.Task[Any]] = []

    async def call(number: int) -> int:
        return await write(Add(number))

    def start() -> list[Awaitable[Any]]:
        tasks.extend(asyncio.ensure_future(call(n)) for n in range(3))
        return list(tasks)

    async def cancel_the_second() -> list[Any]:
        waiting = start()
        await asyncio.sleep(0)
        tasks[1].cancel()
        return await asyncio.gather(*waiting, return_exceptions=True)

    outcomes = await cancel_the_second()
    await write(Add(9))

    assert [outcomes[0], type(outcomes[1]), outcomes[2]] == [0, asyncio.CancelledError, 20]
    assert await stored(store) == [0, 1, 2, 9]
    assert store.waiting == 0


async def test_too_many_that_wait_are_told_to_try_again(database: Database) -> None:
    store = Store(database, waiting=2)
    write = store.handle(Add, Recorder().add)

    def three() -> list[Awaitable[Any]]:
        accepted = [write(Add(1)), write(Add(2))]
        with pytest.raises(UnavailableError) as refused:
            write(Add(3))
        assert refused.value.code == "busy"
        return accepted

    assert await together(store, three) == [10, 20]
    assert await write(Add(3)) == 30


async def test_closing_finishes_what_waits_and_refuses_what_comes(
    database_url: str, database: Database
) -> None:
    write = Store(database).handle(Add, Recorder().add)
    waiting = [asyncio.ensure_future(write(Add(n))) for n in range(100)]

    await database.aclose()

    assert [await w for w in waiting] == [n * 10 for n in range(100)]
    with pytest.raises(UnavailableError, match="closed"):
        write(Add(100))
    again = open_database(database_url)
    assert await stored(Store(again)) == list(range(100))
    await again.aclose()


async def test_several_writers_store_every_command_once(database_url: str) -> None:
    database = open_database(database_url, StorageSettings(writers=3, batch=7))
    store = Store(database)
    write = store.handle(Add, Recorder().add)

    await asyncio.gather(*(write(Add(n)) for n in range(300)))

    assert await stored(store) == list(range(300))
    await store.aclose()


async def test_a_kind_that_nothing_handles_is_refused(store: Store) -> None:
    with pytest.raises(TypeError, match="Nothing handles Add"):
        store.write(Add(1))


async def test_a_kind_is_handled_once(store: Store) -> None:
    store.handle(Add, Recorder().add)

    with pytest.raises(ValueError, match="handled already"):
        store.handle(Add, Recorder().add)


async def test_a_change_that_raises_leaves_nothing_behind(store: Store) -> None:
    def act(connection: Connection) -> None:
        connection.execute(insert(turns).values(account_id=1, turn=1))
        raise LookupError

    with pytest.raises(LookupError):
        await store.change(act)

    assert await stored(store) == []


async def test_a_question_cannot_write(store: Store) -> None:
    with pytest.raises(DBAPIError, match=r"read-?only"):
        await store.read(lambda c: c.execute(insert(turns).values(account_id=1, turn=1)))


async def test_a_question_sees_one_state_however_long_it_asks(store: Store) -> None:
    write = store.handle(Add, Recorder().add)
    loop = asyncio.get_running_loop()
    query = select(turns.c.account_id)
    if store.database.dialect == "postgresql":
        level = await store.read(lambda c: c.exec_driver_sql("SHOW transaction_isolation").scalar())
        assert level == "repeatable read"
        return

    async def write_in_the_loop() -> None:
        await write(Add(1))

    def ask_twice(connection: Connection) -> tuple[int, int]:
        before = len(connection.execute(query).all())
        asyncio.run_coroutine_threadsafe(write_in_the_loop(), loop).result(30)
        return before, len(connection.execute(query).all())

    assert await store.read(ask_twice) == (0, 0)
    assert await stored(store) == [1]


async def test_a_sqlite_commit_is_synced_to_disk_before_it_is_answered(store: Store) -> None:
    if store.database.dialect != "sqlite":
        found = await store.change(
            lambda c: c.exec_driver_sql("SHOW synchronous_commit").scalar_one()
        )
        assert found == "on"
        return
    found = await store.change(
        lambda c: [
            c.exec_driver_sql(f"PRAGMA {name}").scalar_one()
            for name in ("synchronous", "journal_mode", "foreign_keys")
        ]
    )
    assert found == [2, "wal", 1]


async def test_two_rows_of_what_there_is_once_are_refused(store: Store) -> None:
    with pytest.raises(IntegrityError, match="single_row"):
        await store.change(lambda c: c.execute(insert(configuration).values(id=2, revision=1)))
