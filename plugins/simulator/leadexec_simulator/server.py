"""A small HTTP/1.1 server with its hands on the connection.

An ASGI server never lets an application reset a connection, leave it hanging or drip bytes; a
buyer that misbehaves needs all three, hence this one. Requests of one connection are answered one
after the other; a task that answers is cancelled when its sender hangs up.
"""

import asyncio
import socket
import struct
from collections import deque
from collections.abc import Awaitable, Callable
from http import HTTPStatus
from typing import Final, TypeAlias, cast
from urllib.parse import unquote

import httptools

from leadexec import Clock
from leadexec_simulator.replies import Answer, Bomb, Drip, Flood, Hang, Reply, Reset, bomb
from leadexec_simulator.request import Request

Handler: TypeAlias = Callable[[Request], Awaitable[Reply]]

BODY_LIMIT: Final = 10 * 1024 * 1024
"""A request's body has at most so many bytes; a longer one is answered with 413."""
_RESET_ON_CLOSE: Final = struct.pack("ii", 1, 0)


class Connection(asyncio.Protocol):
    """One connection of a sender."""

    def __init__(self, handler: Handler, clock: Clock, open_connections: set["Connection"]) -> None:
        """Serve a connection with ``handler``; it is in ``open_connections`` while it lives."""
        self._handler = handler
        self._clock = clock
        self._open = open_connections
        self._parser = httptools.HttpRequestParser(self)
        self._waiting: deque[Request] = deque()
        self._writable = asyncio.Event()
        self._writable.set()
        self._start()

    def _start(self) -> None:
        self._url = b""
        self._headers: dict[str, str] = {}
        self._body = bytearray()

    # asyncio.Protocol

    def connection_made(self, transport: asyncio.BaseTransport) -> None:  # noqa: D102  asyncio's
        # uvloop's transports are asyncio's by their methods, not by their class.
        self.transport = cast("asyncio.Transport", transport)
        self.task: asyncio.Task[None] | None = None
        self._open.add(self)

    def data_received(self, data: bytes) -> None:  # noqa: D102  asyncio's
        try:
            self._parser.feed_data(data)
        except (httptools.HttpParserError, httptools.HttpParserUpgrade):
            self._write(Answer(status=400, body=b"That is no HTTP request."), keep_alive=False)
            self.transport.close()

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: D102  asyncio's
        self._writable.set()
        if self.task:
            self.task.cancel()
        else:
            self._open.discard(self)

    def pause_writing(self) -> None:  # noqa: D102  asyncio's
        self._writable.clear()

    def resume_writing(self) -> None:  # noqa: D102  asyncio's
        self._writable.set()

    # httptools

    def on_url(self, url: bytes) -> None:  # noqa: D102  httptools'
        self._url += url

    def on_header(self, name: bytes, value: bytes) -> None:  # noqa: D102  httptools'
        self._headers[name.decode("latin-1").lower()] = value.decode("latin-1")

    def on_headers_complete(self) -> None:  # noqa: D102  httptools'
        if self._headers.get("expect", "").lower() == "100-continue":
            self.transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")

    def on_body(self, body: bytes) -> None:  # noqa: D102  httptools'
        if len(self._body) <= BODY_LIMIT:
            self._body += body

    def on_message_complete(self) -> None:  # noqa: D102  httptools'
        path, _, query = self._url.partition(b"?")
        self._waiting.append(
            Request(
                method=self._parser.get_method().decode("ascii"),
                path=unquote(path.decode("latin-1")),
                query=query,
                headers=self._headers,
                body=bytes(self._body),
                keep_alive=self._parser.should_keep_alive(),
            )
        )
        self._start()
        if self.task is None:
            self.task = asyncio.get_running_loop().create_task(self._serve())

    # answering

    async def _serve(self) -> None:
        """Answer what waits, in order; then this task ends."""
        try:
            while self._waiting and not self.transport.is_closing():
                await self._treat(self._waiting.popleft())
        except BaseException:
            self.transport.abort()
            raise
        finally:
            self.task = None
            if self.transport.is_closing():
                self._open.discard(self)

    async def _treat(self, request: Request) -> None:
        if len(request.body) > BODY_LIMIT:
            self._write(Answer(status=413, body=b"Too long"), keep_alive=False)
            self.transport.close()
            return
        reply = await self._handler(request)
        match reply:
            case Answer():
                self._write(reply, keep_alive=request.keep_alive)
            case Reset():
                self._reset()
            case Hang():
                await asyncio.get_running_loop().create_future()
            case Drip(seconds=seconds):
                await self._drip(seconds)
            case Flood(size=size):
                await self._flood(size)
            case Bomb():
                body = await asyncio.to_thread(bomb)
                zipped = Answer(
                    body=body,
                    content_type="application/json",
                    headers=(("Content-Encoding", "gzip"),),
                )
                self._write(zipped, keep_alive=request.keep_alive)
        if not request.keep_alive:
            self.transport.close()

    def _write(self, answer: Answer, *, keep_alive: bool) -> None:
        self.transport.write(_head(answer, len(answer.body), keep_alive) + answer.body)

    async def _drip(self, seconds: float) -> None:
        """Send a body that never ends; cancelled when the sender hangs up."""
        self.transport.write(_head(Answer(content_type="application/json"), 1_000_000_000, True))
        while True:
            self.transport.write(b" ")
            await self._clock.sleep(seconds)

    async def _flood(self, size: int) -> None:
        self.transport.write(_head(Answer(content_type="application/json"), size, True))
        block = b" " * 65_536
        for sent in range(0, size, len(block)):
            await self._writable.wait()
            self.transport.write(block[: size - sent])

    def _reset(self) -> None:
        """Close with RST instead of FIN: what lingers is thrown away."""
        connected: socket.socket = self.transport.get_extra_info("socket")
        connected.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET_ON_CLOSE)
        self.transport.abort()


def _head(answer: Answer, length: int, keep_alive: bool) -> bytes:
    lines = [
        f"HTTP/1.1 {answer.status} {HTTPStatus(answer.status).phrase}",
        f"Content-Type: {answer.content_type}",
        f"Content-Length: {length}",
        *(f"{name}: {value}" for name, value in answer.headers),
        *([] if keep_alive else ["Connection: close"]),
    ]
    return "\r\n".join([*lines, "", ""]).encode("latin-1")


class HttpServer:
    """A listening socket and its connections."""

    def __init__(self, handler: Handler, clock: Clock) -> None:
        """Answer requests with ``handler``."""
        self._handler = handler
        self._clock = clock
        self._connections: set[Connection] = set()
        self._server: asyncio.Server | None = None

    async def start(self, host: str, port: int) -> int:
        """Listen and return the port, which the system chooses when ``port`` is 0.

        Raises:
            OSError: The address cannot be had.
        """
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(
            lambda: Connection(self._handler, self._clock, self._connections), host, port
        )
        address: tuple[str, int] = self._server.sockets[0].getsockname()[:2]
        return address[1]

    async def stop(self) -> None:
        """Stop listening, drop all connections, wait until their tasks have ended."""
        if self._server is None:
            return
        self._server.close()
        tasks = [connection.task for connection in self._connections if connection.task]
        for connection in list(self._connections):
            connection.transport.abort()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await self._server.wait_closed()
