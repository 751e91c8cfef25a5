"""The outbound client's connections: how many at a time, to whom, kept alive for how long."""

import ssl
from collections.abc import Sequence
from contextlib import suppress
from typing import Final, NamedTuple

import anyio
import httpcore

from leadexec.http.addresses import Network
from leadexec.http.outbound_wire import Wire, dial

KEEP_ALIVE: Final = 4.0
"""Seconds an unused connection is kept: less than the 5 s after which many servers close theirs,
so that a request rarely meets a connection that is just being closed."""
HEADER_LIMIT: Final = 65_536
"""Bytes of an answer's status line and headers that are read at most."""


class Origin(NamedTuple):
    """Whom a connection leads to."""

    secure: bool
    host: str
    """As TLS checks it and DNS resolves it: IDNA-encoded, no brackets."""
    port: int


class _Connection(httpcore.AsyncHTTP11Connection):
    MAX_INCOMPLETE_EVENT_SIZE = HEADER_LIMIT

    @property
    def reusable(self) -> bool:
        """Whether the exchange is complete and nothing followed it.

        What follows an answer unasked would pass for the answer to the next request.
        """
        return self.is_idle() and not self._h11_state.trailing_data[0]


class Line:
    """A connection with its place in the pool."""

    __slots__ = ("http", "origin", "wire")

    def __init__(self, origin: Origin, wire: Wire) -> None:
        """Speak HTTP/1.1 over ``wire``."""
        scheme = b"https" if origin.secure else b"http"
        target = httpcore.Origin(scheme=scheme, host=origin.host.encode(), port=origin.port)
        self.origin = origin
        self.wire = wire
        self.http = _Connection(origin=target, stream=wire)


class _Host:
    """The connections to one origin."""

    def __init__(self, most: int) -> None:
        self.turns = anyio.Semaphore(most, fast_acquire=True)
        self.idle: list[Line] = []
        self.users = 0


class Pool:
    """Connections by origin, at most ``most`` in all and ``most_per_host`` to one origin.

    Whoever finds none free waits for one, within its own deadline. ``httpcore`` has a pool too; it
    looks through all connections at every request and may lose one when a waiting request is
    cancelled, which deadlines do all the time.
    """

    def __init__(
        self,
        *,
        allow: Sequence[Network],
        tls: ssl.SSLContext,
        most: int,
        most_per_host: int,
    ) -> None:
        """Make an empty pool; connections are judged by ``allow``."""
        self._allow = tuple(allow)
        self._tls = tls
        self._most = most
        self._most_per_host = most_per_host
        self._turns = anyio.Semaphore(most, fast_acquire=True)
        self._hosts: dict[Origin, _Host] = {}
        self._idle: dict[Line, None] = {}
        self._busy = 0

    @property
    def connections(self) -> int:
        """How many connections stand or are being made."""
        return self._busy + len(self._idle)

    async def take(self, origin: Origin) -> Line:
        """Return a connection to ``origin``; hand it back with ``release`` or ``drop``.

        Raises:
            UnavailableError: See ``dial``.
        """
        host = self._hosts.setdefault(origin, _Host(self._most_per_host))
        host.users += 1
        try:
            await host.turns.acquire()
            try:
                return await self._line(origin, host)
            except BaseException:
                host.turns.release()
                raise
        except BaseException:
            self._leave(origin, host)
            raise

    def release(self, line: Line) -> bool:
        """Take ``line`` back after a complete exchange; False if it must be dropped instead."""
        if not (line.http.reusable and line.wire.quiet):
            return False
        host = self._hosts[line.origin]
        line.wire.when_lost = lambda: self._forget(line)
        line.wire.expire_after(KEEP_ALIVE)
        host.idle.append(line)
        self._idle[line] = None
        self._give_back(line.origin, host)
        return True

    async def drop(self, line: Line) -> None:
        """Close ``line``, whatever state it is in; cancelling does not stop this."""
        try:
            with anyio.CancelScope(shield=True), suppress(OSError):
                await line.wire.aclose()
        finally:
            self._give_back(line.origin, self._hosts[line.origin])

    async def aclose(self) -> None:
        """Close all unused connections; those in use are closed by their users."""
        for line in list(self._idle):
            self._forget(line)
            await line.wire.aclose()

    async def _line(self, origin: Origin, host: _Host) -> Line:
        await self._turns.acquire()
        self._busy += 1
        try:
            while host.idle:
                line = host.idle[-1]
                self._forget(line)
                line.wire.keep()
                if line.wire.quiet:
                    return line
                await line.wire.aclose()
            while self._idle and self.connections > self._most:
                oldest = next(iter(self._idle))
                self._forget(oldest)
                await oldest.wire.aclose()
            tls = self._tls if origin.secure else None
            wire = await dial(origin.host, origin.port, allow=self._allow, tls=tls)
            return Line(origin, wire)
        except BaseException:
            self._busy -= 1
            self._turns.release()
            raise

    def _forget(self, line: Line) -> None:
        """Take an unused connection out of the books; it does not close it."""
        line.wire.when_lost = None
        if line in self._idle:
            del self._idle[line]
            host = self._hosts[line.origin]
            host.idle.remove(line)
            self._sweep(line.origin, host)

    def _give_back(self, origin: Origin, host: _Host) -> None:
        self._busy -= 1
        self._turns.release()
        host.turns.release()
        self._leave(origin, host)

    def _leave(self, origin: Origin, host: _Host) -> None:
        host.users -= 1
        self._sweep(origin, host)

    def _sweep(self, origin: Origin, host: _Host) -> None:
        """Forget an origin that nobody uses, so that the books do not grow for ever."""
        if not host.users and not host.idle:
            self._hosts.pop(origin, None)
