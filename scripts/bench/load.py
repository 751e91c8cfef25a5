"""A lean HTTP/1.1 load generator: keep-alive connections, one request at a time on each."""

import asyncio
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from time import perf_counter


@dataclass(frozen=True, slots=True)
class Load:
    """What a run measured."""

    requests: int
    seconds: float
    statuses: dict[int, int]
    latencies_ms: Sequence[float]

    @property
    def per_second(self) -> float:
        """Requests answered per second."""
        return self.requests / self.seconds

    def percentile(self, share: float) -> float:
        """Return the latency in ms that ``share`` of the requests stayed within."""
        ordered = sorted(self.latencies_ms)
        return ordered[min(len(ordered) - 1, int(len(ordered) * share))]


class _Connection(asyncio.Protocol):
    """Sends request after request and counts answers; bodies are told by content-length."""

    def __init__(
        self, requests: Iterator[bytes], statuses: dict[int, int], latencies: list[float]
    ) -> None:
        self._requests = requests
        self._statuses = statuses
        self._latencies = latencies
        self._buffer = b""
        self._sent = 0.0
        self.done: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport
        self._next()

    def _next(self) -> None:
        request = next(self._requests, None)
        if request is None:
            self._transport.close()
            if not self.done.done():
                self.done.set_result(None)
            return
        self._sent = perf_counter()
        self._transport.write(request)  # type: ignore[attr-defined]  # a stream's transport

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        head, separator, rest = self._buffer.partition(b"\r\n\r\n")
        if not separator:
            return
        length = int(head.lower().partition(b"content-length:")[2].split(b"\r\n", 1)[0])
        if len(rest) < length:
            return
        self._latencies.append((perf_counter() - self._sent) * 1000)
        status = int(head[9:12])
        self._statuses[status] = self._statuses.get(status, 0) + 1
        self._buffer = rest[length:]
        self._next()

    def connection_lost(self, exc: Exception | None) -> None:
        if not self.done.done():
            self.done.set_exception(exc or ConnectionError("the server hung up"))


def post(path: str, body: bytes) -> bytes:
    """Return the bytes of a request."""
    head = (
        f"POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
        f"Content-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


async def run(port: int, requests: Sequence[bytes], connections: int) -> Load:
    """Send ``requests`` over ``connections`` connections and measure."""
    waiting = iter(requests)
    statuses: dict[int, int] = {}
    latencies: list[float] = []
    loop = asyncio.get_running_loop()
    began = perf_counter()
    made = [
        await loop.create_connection(
            lambda: _Connection(waiting, statuses, latencies), "127.0.0.1", port
        )
        for _ in range(connections)
    ]
    await asyncio.gather(*(protocol.done for _, protocol in made))
    return Load(len(latencies), perf_counter() - began, statuses, latencies)


def first(requests: Sequence[bytes], share: float) -> list[bytes]:
    """Return the first ``share`` of the requests, for warming up."""
    return list(islice(requests, int(len(requests) * share)))
