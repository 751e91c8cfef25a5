"""The one writer of an SQLite file: whatever waits becomes one transaction.

Statements of commands run on the event loop, and only the commit, which waits for the disk, goes to
a thread. A statement takes microseconds; run in a thread it would have to win Python's lock back
from a busy loop after each row, which costs milliseconds. While one commit waits for the disk, the
next batch gathers.
"""

import asyncio
import queue
import threading
from collections import deque
from collections.abc import Callable
from functools import partial
from typing import Any, TypeVar

import structlog
from sqlalchemy import Connection, Engine

from leadexec.storage.batches import (
    Ticket,
    answer,
    commit_staged,
    fail_all,
    roll_back,
    run_batch,
    stage,
)
from leadexec.storage.failures import answering, is_away, unavailable

T = TypeVar("T")
log = structlog.get_logger(__name__)


class Act:
    """A write transaction that is no command; it keeps its place in line among them."""

    __slots__ = ("act", "future")

    def __init__(self, act: Callable[[Connection], Any], future: "asyncio.Future[Any]") -> None:
        """Take a place in the queue for ``act``."""
        self.act = act
        self.future = future


class SqliteWriter:
    """Carries out commands and acts in their order, one transaction at a time.

    All methods are called on the event loop. ``_busy`` is True from the moment a transaction is
    begun until it is answered; so loop and thread never use the connection at the same time.
    """

    def __init__(self, engine: Engine, batch: int, busy_seconds: float) -> None:
        """Write through ``engine``, at most ``batch`` commands per transaction."""
        self._engine = engine
        self._batch = batch
        self._busy_milliseconds = int(busy_seconds * 1000)
        self._inbox: deque[Ticket | Act] = deque()
        self._busy = False
        self._connection: Connection | None = None
        self._work: queue.SimpleQueue[Callable[[], None] | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._run, name="leadexec-writer", daemon=True)
        self._idle: asyncio.Event = asyncio.Event()
        self._idle.set()

    def post(self, item: Ticket | Act) -> None:
        """Queue ``item``; its future is answered when it is durable, or has failed."""
        self._inbox.append(item)
        if not self._busy:
            self._busy = True
            self._idle.clear()
            # Whatever else this turn of the loop brings joins the batch.
            item.future.get_loop().call_soon(self._next)

    async def aclose(self) -> None:
        """Return when everything queued is done."""
        await self._idle.wait()
        if self._thread.is_alive():
            self._work.put(None)
            await asyncio.to_thread(self._thread.join)
        if self._connection is not None:
            self._connection.close()

    # --- on the event loop

    def _next(self) -> None:
        if not self._inbox:
            self._busy = False
            self._idle.set()
            return
        first = self._inbox[0]
        if isinstance(first, Act):
            self._inbox.popleft()
            self._hand_over(partial(self._carry_out, first))
            return
        tickets = self._gather()
        if self._stage(tickets):
            self._hand_over(partial(self._commit, tickets))
        else:
            self._hand_over(partial(self._run_tickets, tickets))

    def _gather(self) -> list[Ticket]:
        tickets: list[Ticket] = []
        while self._inbox and len(tickets) < self._batch:
            item = self._inbox[0]
            if not isinstance(item, Ticket):
                break
            tickets.append(item)
            self._inbox.popleft()
        return tickets

    def _stage(self, tickets: list[Ticket]) -> bool:
        """Run the statements of a batch; False when it has to be run in the thread instead."""
        if self._connection is None:
            return False
        try:
            self._wait_for_locks(0)  # another process's lock must not stop the loop
            self._connection.begin()
            self._wait_for_locks(self._busy_milliseconds)
            stage(self._connection, tickets)
        except Exception as error:  # noqa: BLE001  the thread runs it again and tells the callers
            log.debug("batch is run again in the thread", error=repr(error))
            roll_back(self._connection)
            return False
        return True

    def _wait_for_locks(self, milliseconds: int) -> None:
        assert self._connection is not None  # noqa: S101  the caller has seen it
        driver = self._connection.connection.dbapi_connection
        assert driver is not None  # noqa: S101  it is checked out
        driver.execute(f"PRAGMA busy_timeout={milliseconds}")

    def _hand_over(self, work: Callable[[], None]) -> None:
        if not self._thread.is_alive():
            self._thread.start()
        self._work.put(work)

    def _done(self, tickets: list[Ticket]) -> None:
        answer(tickets)
        self._next()

    # --- in the thread

    def _run(self) -> None:
        while (work := self._work.get()) is not None:
            work()

    def _commit(self, tickets: list[Ticket]) -> None:
        assert self._connection is not None  # noqa: S101  the batch was staged on it
        commit_staged(self._connection, tickets)
        self._tell(tickets)

    def _run_tickets(self, tickets: list[Ticket]) -> None:
        try:
            run_batch(self._connected(), tickets)
        except Exception as error:  # noqa: BLE001  the thread outlives it, the callers hear it
            fail_all(tickets, unavailable(error) if is_away(error) else error)
        self._tell(tickets)

    def _carry_out(self, item: Act) -> None:
        ticket = Ticket(None, lambda *_: (), item.future)
        try:
            ticket.outcome = answering(lambda: self._in_transaction(item.act))
        except Exception as error:  # noqa: BLE001  it is raised where the caller waits
            ticket.outcome = error
        self._tell([ticket])

    def _in_transaction(self, act: Callable[[Connection], T]) -> T:
        connection = self._connected()
        with connection.begin():
            return act(connection)

    def _connected(self) -> Connection:
        if self._connection is None:
            self._connection = self._engine.connect()
        self._wait_for_locks(self._busy_milliseconds)
        return self._connection

    def _tell(self, tickets: list[Ticket]) -> None:
        """Answer in the event loop: one hop for the whole batch."""
        try:
            tickets[0].future.get_loop().call_soon_threadsafe(self._done, tickets)
        except RuntimeError as error:  # the loop is closed: nobody waits any more, it is done
            log.warning("nobody waits for a committed change any more", error=str(error))
