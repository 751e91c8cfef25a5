"""Taking up a limit with the bare drivers: the floor, and the way that sells too often."""

import asyncio
import sqlite3
import time
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from random import Random
from typing import Any

import asyncpg  # type: ignore[import-untyped]

CONNECTIONS = 16
PIECES = 1_000
CREATE = "CREATE TABLE floor (key TEXT PRIMARY KEY, used BIGINT NOT NULL, most BIGINT NOT NULL)"
TAKE = "UPDATE floor SET used = used + 1 WHERE key = {} AND used + 1 <= most"


@dataclass(kw_only=True)
class Sold:
    """What became of 1,000 pieces."""

    database: str
    who: str
    sold: int
    counted: int
    """What the counter says in the end."""


async def per_second(act: Callable[[], Awaitable[Any]], callers: int, times: int) -> float:
    """Return how often ``act`` is done a second by ``callers`` at once, over ``times``."""
    turns = iter(range(times))

    async def call() -> None:
        for _ in turns:
            await act()

    began = time.perf_counter()
    await asyncio.gather(*(call() for _ in range(callers)))
    return times / (time.perf_counter() - began)


def sqlite_connection(path: str) -> sqlite3.Connection:
    """Return a connection whose commits are synced to disk."""
    connection = sqlite3.connect(path, isolation_level=None, timeout=60, check_same_thread=False)
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=FULL")
    return connection


def sqlite_floor(folder: str, accounts: int, times: int) -> float:
    """Return bare conditional updates a second, one transaction each."""
    connection = sqlite_connection(f"{folder}/floor{accounts}.sqlite3")
    connection.execute(CREATE)
    rows = [(f"account {i}", 0, 10**9) for i in range(accounts)]
    connection.executemany("INSERT INTO floor VALUES (?, ?, ?)", rows)
    chance = Random(5)  # noqa: S311  accounts to measure with, not secrets
    began = time.perf_counter()
    for _ in range(times):
        connection.execute("BEGIN IMMEDIATE")
        connection.execute(TAKE.format("?"), (f"account {chance.randrange(accounts)}",))
        connection.execute("COMMIT")
    elapsed = time.perf_counter() - began
    connection.close()
    return times / elapsed


def sqlite_looks_first(folder: str) -> Sold:
    """Sell 1,000 pieces to 2,000 wishes of 16 threads that look first and write then."""
    path = f"{folder}/looks.sqlite3"
    connection = sqlite_connection(path)
    connection.execute(CREATE)
    connection.execute("INSERT INTO floor VALUES ('hot', 0, ?)", (PIECES,))

    def sell(wishes: int) -> int:
        own, sold = sqlite_connection(path), 0
        for _ in range(wishes):
            (used,) = own.execute("SELECT used FROM floor").fetchone()
            if used < PIECES:
                own.execute("UPDATE floor SET used = ?", (used + 1,))
                sold += 1
        own.close()
        return sold

    with ThreadPoolExecutor(CONNECTIONS) as pool:
        sold = sum(pool.map(sell, [2 * PIECES // CONNECTIONS] * CONNECTIONS))
    (counted,) = connection.execute("SELECT used FROM floor").fetchone()
    connection.close()
    return Sold(database="sqlite", who="looks, then writes", sold=sold, counted=counted)


async def postgresql_floor(url: str, accounts: int, connections: int, times: int) -> float:
    """Return bare conditional updates a second, one transaction each, over ``connections``."""
    pool = await asyncpg.create_pool(url, min_size=connections, max_size=connections)
    await pool.execute("DROP TABLE IF EXISTS floor")
    await pool.execute(CREATE)
    rows = [(f"account {i}", 0, 10**9) for i in range(accounts)]
    await pool.executemany("INSERT INTO floor VALUES ($1, $2, $3)", rows)
    chance = Random(5)  # noqa: S311  accounts to measure with, not secrets

    async def take() -> None:
        await pool.execute(TAKE.format("$1"), f"account {chance.randrange(accounts)}")

    found = await per_second(take, connections, times)
    await pool.close()
    return found


async def postgresql_looks_first(url: str) -> Sold:
    """Sell 1,000 pieces to 2,000 wishes over 16 connections that look first and write then."""
    pool = await asyncpg.create_pool(url, min_size=CONNECTIONS, max_size=CONNECTIONS)
    await pool.execute("DROP TABLE IF EXISTS floor")
    await pool.execute(CREATE)
    await pool.execute("INSERT INTO floor VALUES ('hot', 0, $1)", PIECES)
    sold = 0

    async def wish() -> None:
        nonlocal sold
        used = await pool.fetchval("SELECT used FROM floor")
        if used < PIECES:
            await pool.execute("UPDATE floor SET used = $1", used + 1)
            sold += 1

    await per_second(wish, CONNECTIONS, 2 * PIECES)
    counted = await pool.fetchval("SELECT used FROM floor")
    await pool.close()
    return Sold(database="postgresql", who="looks, then writes", sold=sold, counted=counted)
