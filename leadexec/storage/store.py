"""The store: reads, ordinary changes, and commands committed in groups (architecture §8)."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, TypeVar

from sqlalchemy import Connection

from leadexec.errors import UnavailableError
from leadexec.storage.batches import Handler, Ticket
from leadexec.storage.database import Database

C = TypeVar("C")
R = TypeVar("R")
T = TypeVar("T")


class Store:
    """What the rest of the kernel writes and reads through; one per app and event loop."""

    def __init__(self, database: Database, *, waiting: int = 4096) -> None:
        """Use ``database``, with at most ``waiting`` commands in line."""
        self._database = database
        self._most = waiting
        self._waiting = 0
        self._handlers: dict[type[Any], Handler] = {}

    @property
    def database(self) -> Database:
        """The database itself, for maintenance."""
        return self._database

    @property
    def waiting(self) -> int:
        """How many commands are in line or being committed."""
        return self._waiting

    async def read(self, question: Callable[[Connection], T]) -> T:
        """Run ``question`` in a read transaction and return its answer.

        Raises:
            UnavailableError: ``database_unavailable``.
        """
        return await self._database.read(question)

    async def change(self, act: Callable[[Connection], T]) -> T:
        """Run ``act`` in an ordinary write transaction, commit, return its result.

        Raises:
            UnavailableError: ``database_unavailable``; ``outcome_unknown`` when the database went
                away during the commit.
        """
        return await self._database.change(act)

    def handle(
        self, kind: type[C], act: Callable[[Connection, Sequence[C]], Sequence[R | Exception]]
    ) -> Callable[[C], Awaitable[R]]:
        """Say how commands of ``kind`` are carried out, and return a typed ``write`` for them.

        Args:
            kind: The class of the commands; exactly it, not its subclasses.
            act: Carries out a whole group with a few statements and returns one outcome per
                command, in their order; an exception as outcome is raised for that command alone,
                which must then have left nothing behind. It may be run again after a rollback.

        Raises:
            ValueError: The kind is handled already.
        """
        if kind in self._handlers:
            message = f"{kind.__qualname__} is handled already"
            raise ValueError(message)
        self._handlers[kind] = act
        return self.write

    def write(self, command: Any) -> Awaitable[Any]:
        """Carry out ``command`` and return its outcome once it is durable: ``await`` it.

        It shares its transaction with whatever else waits; if that fails, it is tried alone. It is
        carried out even if the caller is cancelled while it waits.

        Raises:
            UnavailableError: ``busy`` (too many wait), ``database_unavailable``, or
                ``outcome_unknown``.
            TypeError: Nothing handles that kind.
        """
        handler = self._handlers.get(type(command))
        if handler is None:
            message = f"Nothing handles {type(command).__qualname__}"
            raise TypeError(message)
        if self._waiting >= self._most:
            raise UnavailableError("busy", "Too many changes wait to be stored.", "Try again.")
        future = asyncio.get_running_loop().create_future()
        ticket = Ticket(command, handler, future)
        self._database.submit(ticket)
        self._waiting += 1
        future.add_done_callback(self._answered)
        return future

    def _answered(self, _future: "asyncio.Future[Any]") -> None:
        self._waiting -= 1

    async def aclose(self) -> None:
        """Refuse new work, finish what waits, close the database."""
        await self._database.aclose()
