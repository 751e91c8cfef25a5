"""The simulator: all buyers behind one address, and their books."""

import asyncio
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from time import monotonic
from types import TracebackType
from typing import Final, Self

import msgspec

from leadexec import Clock, ConfigurationError
from leadexec_simulator.books import Books, JournaledBooks
from leadexec_simulator.buyer import Buyer
from leadexec_simulator.desk import Desk
from leadexec_simulator.ping_desk import PingDesk
from leadexec_simulator.reception import Reception
from leadexec_simulator.replies import Answer, Reply
from leadexec_simulator.request import Request
from leadexec_simulator.server import HttpServer

_NO_BIDDER: Final = Answer(status=404, body=b"This buyer takes posts without a ping.")


class SystemClock:
    """The machine's clock: a simulator stands for somebody else's system, with its own time."""

    def now(self) -> datetime:
        """Return the present instant, aware, UTC."""
        return datetime.now(UTC)

    def monotonic(self) -> float:
        """Return seconds that only grow."""
        return monotonic()

    async def sleep(self, seconds: float) -> None:
        """Return after ``seconds``."""
        await asyncio.sleep(seconds)


class Simulator:
    """Buyers at ``/buyers/<name>`` and their books at ``/books`` and ``/books/<name>``.

    Those that bid are asked at ``/pings/<name>``.

    ``async with Simulator([Buyer(name="acme")]) as simulator: simulator.url("acme")``
    """

    def __init__(
        self,
        buyers: Iterable[Buyer],
        *,
        seed: int = 0,
        clock: Clock | None = None,
        journal: Path | None = None,
        host: str = "127.0.0.1",
        port: int = 0,
    ) -> None:
        """Make a simulator; ``async with`` starts it.

        Args:
            buyers: With names that differ.
            seed: All chance follows from it, the buyer and the idempotency key.
            clock: The machine's own when there is none.
            journal: Where the books are kept as well; what it holds already counts.
            host: The address to listen at.
            port: The port; 0 lets the system choose.

        Raises:
            ConfigurationError: Two buyers have one name.
        """
        self._clock = clock or SystemClock()
        self._host = host
        self._port = port
        self.books: Books = JournaledBooks(journal) if journal else Books()
        self._seed = seed
        self._buyers: dict[str, Buyer] = {}
        self._desks: dict[str, Desk | PingDesk] = {}
        for buyer in buyers:
            if buyer.name in self._buyers:
                raise ConfigurationError.single(
                    "buyer_twice", "buyers", f"Two buyers are called {buyer.name}."
                )
            self._buyers[buyer.name] = buyer
        self._server = HttpServer(self._handle, self._clock)

    @property
    def base_url(self) -> str:
        """Where it listens, without a slash at the end."""
        return f"http://{self._host}:{self._port}"

    @property
    def port(self) -> int:
        """The port it listens at, once it runs."""
        return self._port

    @property
    def buyers(self) -> list[Buyer]:
        """The buyers, in the order given."""
        return list(self._buyers.values())

    def url(self, buyer: str, branch: str = "") -> str:
        """Return the address of ``buyer``, or of one of its branches.

        Raises:
            KeyError: There is no such buyer.
        """
        address = f"{self.base_url}/buyers/{self._buyers[buyer].name}"
        return f"{address}/{branch}" if branch else address

    def ping_url(self, buyer: str, branch: str = "") -> str:
        """Return the address at which ``buyer``, or one of its branches, is asked for bids.

        Raises:
            KeyError: There is no such buyer.
        """
        address = f"{self.base_url}/pings/{self._buyers[buyer].name}"
        return f"{address}/{branch}" if branch else address

    async def __aenter__(self) -> Self:
        self._port = await self._server.start(self._host, self._port)
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self._server.stop()
        if isinstance(self.books, JournaledBooks):
            self.books.close()

    async def _handle(self, request: Request) -> Reply:
        match request.path.strip("/").split("/"):
            case ["buyers" | "pings" as what, name, *branch] if (
                name in self._buyers and len(branch) <= 1
            ):
                desk = self._desk(what, name, *branch)
                return await desk.answer(request) if desk else _NO_BIDDER
            case ["books"]:
                return _json(self.books.summary())
            case ["books", name, *branch, "sales"] if name in self._buyers:
                return _json(self.books.sales("/".join([name, *branch])))
            case ["books", name, *branch] if name in self._buyers:
                return _json(self.books.of("/".join([name, *branch])))
            case [""]:
                return _json({"buyers": self.buyers, "books": f"{self.base_url}/books"})
        return Answer(status=404, body=b"There is no such buyer or page.")

    def _desk(self, what: str, name: str, branch: str = "") -> Desk | PingDesk | None:
        """Return the desk of a buyer or of its branch; it opens with the first request.

        Args:
            what: ``buyers`` for posts, ``pings`` for pings; there may be no desk for these.
            name: The buyer's name.
            branch: Its branch, or empty.
        """
        address = f"{what}/{name}/{branch}"
        if address not in self._desks:
            pings = what == "pings"
            bidding = self._buyers[name].bidding
            if pings and bidding is None:
                return None
            reception = Reception(
                self._buyers[name],
                seed=self._seed,
                books=self.books,
                clock=self._clock,
                branch=branch,
                pings=pings,
            )
            opened = PingDesk(reception, bidding) if pings and bidding else Desk(reception)
            self._desks[address] = opened
        return self._desks[address]


def _json(content: object) -> Answer:
    return Answer(body=msgspec.json.encode(content), content_type="application/json")
