"""A real HTTP server on the loopback that answers, or misbehaves, as a test says."""

import asyncio
import enum
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from ipaddress import ip_network
from typing import TypeAlias

import msgspec

from leadexec.contracts.services import OutboundHttp
from leadexec.http.outbound import OutboundClient

_CUT = (ConnectionError, asyncio.IncompleteReadError)


class Misbehaviour(enum.Enum):
    """What a server may do instead of answering."""

    SILENT = "silent"
    """Read the request and never say a word."""
    ENDLESS = "endless"
    """Answer 200 with a body that goes on until the client hangs up."""
    HANGS_UP = "hangs_up"
    """Read the request and close the connection."""


class ReceivedRequest(msgspec.Struct, kw_only=True, frozen=True):
    """A request as it came over the wire."""

    method: str
    target: str
    """Path and query."""
    headers: Mapping[str, str]
    """Names in lower case; the last of several."""
    body: bytes
    raw: bytes
    """Head and body, byte for byte."""


Act: TypeAlias = bytes | Misbehaviour
Script: TypeAlias = Act | Sequence[Act] | Callable[[ReceivedRequest], Act]


def http_answer(
    body: str | bytes = b"", *, status: int = 200, headers: Mapping[str, str] | None = None
) -> bytes:
    """Return a complete HTTP/1.1 answer."""
    content = body.encode() if isinstance(body, str) else body
    lines = [f"HTTP/1.1 {status} Status", f"Content-Length: {len(content)}"]
    lines += [f"{name}: {value}" for name, value in (headers or {}).items()]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + content


class HttpReceiver:
    """What a running server has received, and where it is."""

    def __init__(self, url: str, script: Script) -> None:
        """Answer by ``script``; use ``http_receiver`` to run one."""
        self.url = url
        self.requests: list[ReceivedRequest] = []
        """In order of arrival."""
        self._script = script

    @property
    def received(self) -> list[bytes]:
        """The requests byte for byte."""
        return [request.raw for request in self.requests]

    def act(self, request: ReceivedRequest) -> Act:
        """Note ``request`` and return what the script has for it; the last act is repeated."""
        self.requests.append(request)
        if isinstance(self._script, bytes | Misbehaviour):
            return self._script
        if callable(self._script):
            return self._script(request)
        return self._script[min(len(self.requests), len(self._script)) - 1]


@asynccontextmanager
async def loopback_client() -> AsyncIterator[OutboundHttp]:
    """Give the real outbound client, allowed to reach this machine and nothing else private."""
    client = OutboundClient((ip_network("127.0.0.0/8"), ip_network("::1/128")))
    try:
        yield client
    finally:
        await client.aclose()


@asynccontextmanager
async def http_receiver(script: Script) -> AsyncIterator[HttpReceiver]:
    """Run a server until the block ends.

    Args:
        script: One act for every request, a list of acts in order, or a function of the request.
    """
    talking: dict[asyncio.Task[None], asyncio.StreamWriter] = {}

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None  # noqa: S101  the server runs this as a task
        talking[task] = writer
        try:
            with suppress(*_CUT):
                while await _answered(receiver, reader, writer):
                    pass
        finally:
            writer.transport.abort()
            del talking[task]

    server = await asyncio.start_server(talk, "127.0.0.1", 0)
    receiver = HttpReceiver(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", script)
    try:
        yield receiver
    finally:
        server.close()
        await server.wait_closed()
        for writer in talking.values():
            writer.transport.abort()  # wakes its task, which then ends
        if talking:
            await asyncio.wait(tuple(talking))


async def _answered(
    receiver: HttpReceiver, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
) -> bool:
    """Serve one request; return whether the connection goes on."""
    act = receiver.act(await _request(reader))
    match act:
        case bytes():
            writer.write(act)
            await writer.drain()
            return act.startswith(b"HTTP/1.1 ") and b"\r\n\r\n" in act
        case Misbehaviour.SILENT:
            await reader.read()
        case Misbehaviour.ENDLESS:
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n\r\n")
            while True:
                writer.write(b"and so on " * 5_000)
                await writer.drain()
        case Misbehaviour.HANGS_UP:
            pass
    return False


async def _request(reader: asyncio.StreamReader) -> ReceivedRequest:
    head = await reader.readuntil(b"\r\n\r\n")
    first, *lines = head.decode("latin-1").split("\r\n")
    pairs = [line.partition(":") for line in lines if line]
    headers = {name.strip().lower(): value.strip() for name, _, value in pairs}
    body = await reader.readexactly(int(headers.get("content-length", "0")))
    method, target, _ = first.split(" ", 2)
    return ReceivedRequest(
        method=method, target=target, headers=headers, body=body, raw=head + body
    )
