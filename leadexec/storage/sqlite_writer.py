"""The one thread that writes to an SQLite file: whatever waits becomes one transaction."""

import asyncio
import queue
import threading
from collections.abc import Callable
from functools import partial
from typing import Any, TypeVar

import structlog
from sqlalchemy import Connection, Engine

from leadexec.storage.batches import Ticket, answer, fail_all, run_batch
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
    """Takes commands and acts from a queue until it is closed.

    While one batch waits for the disk (Python runs on meanwhile), the next one gathers.
    """

    def __init__(self, engine: Engine, batch: int) -> None:
        """Write through ``engine``, at most ``batch`` commands per transaction."""
        self._engine = engine
        self._batch = batch
        self._inbox: queue.SimpleQueue[Ticket | Act | None] = queue.SimpleQueue()
        self._held: Ticket | Act | None = None
        self._closing = False
        self._connection: Connection | None = None
        self._thread = threading.Thread(target=self._run, name="leadexec-writer", daemon=True)
        self._started = False

    def post(self, item: Ticket | Act) -> None:
        """Queue ``item``; its future is answered when it is durable, or has failed."""
        self._inbox.put(item)
        if not self._started:
            self._started = True
            self._thread.start()

    def close(self) -> None:
        """Return when everything queued is done; blocks."""
        self._inbox.put(None)
        if self._started:
            self._thread.join()

    def _run(self) -> None:
        while not self._closing:
            item = self._held or self._inbox.get()
            self._held = None
            if isinstance(item, Ticket):
                self._run_tickets(self._gather(item))
            elif isinstance(item, Act):
                self._run_act(item)
            else:
                self._closing = True
        if self._connection is not None:
            self._connection.close()

    def _gather(self, first: Ticket) -> list[Ticket]:
        tickets = [first]
        while len(tickets) < self._batch:
            try:
                item = self._inbox.get_nowait()
            except queue.Empty:
                break
            if isinstance(item, Ticket):
                tickets.append(item)
                continue
            self._held = item
            self._closing = item is None
            break
        return tickets

    def _connected(self) -> Connection:
        if self._connection is None:
            self._connection = self._engine.connect()
        return self._connection

    def _run_tickets(self, tickets: list[Ticket]) -> None:
        try:
            run_batch(self._connected(), tickets)
        except Exception as error:  # noqa: BLE001  the thread outlives it, the callers hear it
            fail_all(tickets, unavailable(error) if is_away(error) else error)
        _tell(tickets[0].future, partial(answer, tickets))

    def _run_act(self, item: Act) -> None:
        ticket = Ticket(None, lambda *_: (), item.future)
        try:
            ticket.outcome = answering(lambda: self._in_transaction(item.act))
        except Exception as error:  # noqa: BLE001  it is raised where the caller waits
            ticket.outcome = error
        _tell(item.future, partial(answer, [ticket]))

    def _in_transaction(self, act: Callable[[Connection], T]) -> T:
        connection = self._connected()
        with connection.begin():
            return act(connection)


def _tell(future: "asyncio.Future[Any]", callback: Callable[[], object]) -> None:
    """Run ``callback`` in the event loop: one hop for the whole batch."""
    try:
        future.get_loop().call_soon_threadsafe(callback)
    except RuntimeError as error:  # the loop is closed: nobody waits any more, the work is done
        log.warning("nobody waits for a committed change any more", error=str(error))
