"""One outbound TCP or TLS connection: dialled to a judged address, read and written in bounds."""

import asyncio
import socket
import ssl
from collections.abc import Callable, Sequence
from typing import Any, Final

import anyio
import httpcore

from leadexec.errors import UnavailableError
from leadexec.http.addresses import Network, refusal

_ENOUGH: Final = 262_144
"""Bytes waiting to be read at which the peer is made to wait."""
_GATHER: Final = 65_536
"""Bytes gathered before they are sent, so that head and body of a request go out together."""
_TRY_NEXT: Final = 3.0
"""Seconds after which the next address of a name is tried; the last one has all the time left."""
_MOST_ADDRESSES: Final = 6


class Wire(asyncio.Protocol, httpcore.AsyncNetworkStream):
    """A byte stream as ``httpcore`` wants one, without a task or a lock of its own.

    Timeouts are ignored: the client sets one deadline over a whole exchange.
    """

    def __init__(self) -> None:
        """Make a wire; the event loop connects it."""
        self._loop = asyncio.get_running_loop()
        self._arrived = bytearray()
        self._gathered = bytearray()
        self._ended = False
        self._error: BaseException | None = None
        self._reader: asyncio.Future[None] | None = None
        self._writer: asyncio.Future[None] | None = None
        self._gone: asyncio.Future[None] = self._loop.create_future()
        self._holding = False
        self._full = False
        self._expiry: asyncio.TimerHandle | None = None
        self.when_lost: Callable[[], None] | None = None
        """Called once, when the connection is no more."""

    # What the event loop calls

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the transport."""
        self._transport: asyncio.Transport = transport  # type: ignore[assignment]

    def data_received(self, data: bytes) -> None:
        """Keep what arrived; hold the peer when it is enough for now."""
        self._arrived += data
        if len(self._arrived) > _ENOUGH and not self._holding:
            self._transport.pause_reading()
            self._holding = True
        _wake(self._reader)

    def eof_received(self) -> None:
        """Note that nothing more will come; the event loop then closes our side, too."""
        self._ended = True
        _wake(self._reader)

    def connection_lost(self, exc: Exception | None) -> None:
        """Wake whoever waits, and tell the pool."""
        self._ended = True
        self._error = exc
        self._full = False
        _wake(self._reader)
        _wake(self._writer)
        _wake(self._gone)
        if self._expiry:
            self._expiry.cancel()
        if self.when_lost:
            self.when_lost()

    def pause_writing(self) -> None:
        """Let writers wait."""
        self._full = True

    def resume_writing(self) -> None:
        """Let writers go on."""
        self._full = False
        _wake(self._writer)

    # What httpcore calls

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        """Return what has arrived, at least one byte; nothing at the end."""
        if self._gathered:
            await self._send()
        while not self._arrived:
            if self._error is not None:
                raise httpcore.ReadError(str(self._error)) from self._error
            if self._ended:
                return b""
            self._reader = self._loop.create_future()
            await self._reader
        data = bytes(self._arrived[:max_bytes])
        del self._arrived[:max_bytes]
        if self._holding and len(self._arrived) < _ENOUGH // 2:
            self._transport.resume_reading()
            self._holding = False
        return data

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:
        """Take ``buffer``; it is sent at the latest when an answer is waited for."""
        self._gathered += buffer
        if len(self._gathered) > _GATHER:
            await self._send()

    async def aclose(self) -> None:
        """Close at once; nothing is waited for but the event loop itself."""
        self._transport.abort()
        if not self._gone.done():
            with anyio.CancelScope(shield=True):
                await asyncio.wait((self._gone,))

    async def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,
    ) -> httpcore.AsyncNetworkStream:
        """TLS is part of dialling here."""
        raise NotImplementedError

    def get_extra_info(self, info: str) -> Any:
        """Return what ``httpcore`` asks for by name: whether anything waits to be read."""
        return bool(self._arrived) or self._ended if info == "is_readable" else None

    # What the pool calls

    @property
    def quiet(self) -> bool:
        """Whether the connection stands and nothing came unasked, so that it may be used again."""
        return not self._arrived and not self._ended

    def expire_after(self, seconds: float) -> None:
        """Close by itself unless it is used within ``seconds``."""
        self._expiry = self._loop.call_later(seconds, self._transport.abort)

    def keep(self) -> None:
        """Take the wire into use again."""
        if self._expiry:
            self._expiry.cancel()
            self._expiry = None

    async def _send(self) -> None:
        if not self._transport.is_closing():  # else the next read says what happened
            self._transport.write(bytes(self._gathered))
        self._gathered.clear()
        while self._full:
            self._writer = self._loop.create_future()
            await self._writer


def _wake(waiter: asyncio.Future[None] | None) -> None:
    if waiter is not None and not waiter.done():
        waiter.set_result(None)


async def dial(
    host: str, port: int, *, allow: Sequence[Network], tls: ssl.SSLContext | None
) -> Wire:
    """Connect to ``host``, by TLS when a context is given.

    The name is resolved here once, each address is judged, and the connection goes to that very
    address: a name that resolves differently a moment later changes nothing. TLS checks the
    certificate against the name.

    Raises:
        UnavailableError: ``address_refused``, ``connect_failed`` or ``tls_failed``.
    """
    addresses = _judged(host, await _resolved(host, port), allow)
    problem = ""
    for address in addresses:
        patience = None if address is addresses[-1] else _TRY_NEXT
        with anyio.move_on_after(patience):
            try:
                return await _connected(address, port, host, tls)
            except ssl.SSLError as error:
                raise UnavailableError(
                    "tls_failed", f"{host} has no TLS connection for us: {_said(error)}."
                ) from None
            except OSError as error:
                problem = _said(error)
                continue
        problem = "no answer"
    raise UnavailableError("connect_failed", f"No connection to {host}:{port}: {problem}.")


async def _connected(address: str, port: int, host: str, tls: ssl.SSLContext | None) -> Wire:
    loop = asyncio.get_running_loop()
    name = host if tls else None
    _, wire = await loop.create_connection(Wire, address, port, ssl=tls, server_hostname=name)
    return wire


async def _resolved(host: str, port: int) -> list[str]:
    loop = asyncio.get_running_loop()
    try:
        found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise UnavailableError(
            "connect_failed", f"{host} has no address: {_said(error)}."
        ) from None
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))[:_MOST_ADDRESSES]


def _judged(host: str, addresses: Sequence[str], allow: Sequence[Network]) -> list[str]:
    """Return the addresses that may be connected to.

    Raises:
        UnavailableError: ``address_refused``, when there is none.
    """
    judged = [(address, refusal(address, allow)) for address in addresses]
    allowed = [address for address, refused in judged if refused is None]
    if not allowed:
        kinds = ", ".join(f"{address} ({refused})" for address, refused in judged)
        raise UnavailableError(
            "address_refused",
            f"{host} is at {kinds}, where requests must not go.",
            "Allow the network in the settings if it is your own.",
        )
    return allowed


def _said(error: BaseException) -> str:
    text = getattr(error, "strerror", None) or str(error) or type(error).__name__
    return str(text).rstrip(".")
