"""Reading the body of an answer in bounded pieces, whatever its compression makes of it."""

import zlib
from collections.abc import AsyncGenerator, Iterable, Mapping
from types import TracebackType
from typing import Any, Final

import h11
import httpcore

from leadexec.errors import UnavailableError
from leadexec.http.outbound_pool import Line, Pool

_PIECE: Final = 65_536
"""The longest piece that is unpacked at a time."""
_WINDOWS: Final[Mapping[bytes, int]] = {
    b"gzip": zlib.MAX_WBITS | 16,
    b"x-gzip": zlib.MAX_WBITS | 16,
    b"deflate": zlib.MAX_WBITS,
}


class Broken:
    """Turns what ``httpcore`` raises into our errors: ``with Broken(host): …``."""

    __slots__ = ("_host",)

    def __init__(self, host: str) -> None:
        """Name ``host`` in the messages."""
        self._host = host

    def __enter__(self) -> None:
        pass

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if not isinstance(error, httpcore.NetworkError | httpcore.ProtocolError | zlib.error):
            return
        cause = error.__cause__
        if isinstance(cause, h11.RemoteProtocolError) and cause.error_status_hint == 431:
            raise UnavailableError(
                "too_many_headers", f"The headers that {self._host} answers are too long."
            ) from error
        if isinstance(error, httpcore.LocalProtocolError):
            raise UnavailableError(
                "bad_request", f"The request cannot be written as HTTP: {error}."
            ) from error
        raise UnavailableError(
            "connection_lost",
            f"{self._host} did not answer to the end: {str(error).rstrip('.') or 'it hung up'}.",
        ) from error


class Reply:
    """An answer whose body is read piece by piece; closing it gives its connection back."""

    __slots__ = (
        "_chunks",
        "_ended",
        "_line",
        "_packed",
        "_pool",
        "_stream",
        "_unpacker",
        "headers",
        "status",
    )

    def __init__(self, response: httpcore.Response, line: Line, pool: Pool) -> None:
        """Wrap the answer that came over ``line``."""
        self._line = line
        self._pool = pool
        stream: Any = response.stream
        self._stream = stream
        self._chunks: AsyncGenerator[bytes, None] = stream.__aiter__()
        self._packed = b""
        self._ended = False
        self.status = response.status
        self.headers: list[tuple[bytes, bytes]] = response.headers
        """As they came; with repeats."""
        self._unpacker = _unpacker(self.headers)

    async def piece(self) -> bytes:
        """Return the next piece of the unpacked body, at most 64 KiB; nothing at the end.

        An encoding that was not asked for is passed on as it is.

        Raises:
            UnavailableError: ``connection_lost``.
        """
        with Broken(self._line.origin.host):
            while not self._ended:
                if self._packed:
                    if piece := self._unpack():
                        return piece
                    continue
                try:
                    chunk: bytes = await self._chunks.__anext__()
                except StopAsyncIteration:
                    self._ended = True
                    return b"" if self._unpacker is None else self._unpacker.rest()
                if self._unpacker is None:
                    return chunk
                self._packed = chunk
        return b""

    def _unpack(self) -> bytes:
        assert self._unpacker is not None  # noqa: S101  only then something is packed
        piece, self._packed = self._unpacker.unpack(self._packed)
        # What follows the end of the packed data is of no use and could go on for ever.
        self._ended = self._unpacker.finished
        return piece

    async def read(self, limit: int) -> tuple[bytes, bool]:
        """Return at most ``limit`` bytes of the body, and whether there was more."""
        body = await self.piece()
        if not body or len(body) > limit:
            return body[:limit], len(body) > limit
        gathered = bytearray(body)
        while piece := await self.piece():
            gathered += piece
            if len(gathered) > limit:
                return bytes(gathered[:limit]), True
        return bytes(gathered), False

    async def aclose(self) -> None:
        """End the exchange: keep the connection if the answer was read to its end, else drop it."""
        kept = False
        try:
            await self._chunks.aclose()
            await self._stream.aclose()
            kept = self._pool.release(self._line)
        finally:
            if not kept:
                await self._pool.drop(self._line)


class _Unpacker:
    """Unpacks gzip or deflate in pieces, so that a small answer cannot fill the memory."""

    def __init__(self, window: int) -> None:
        self._window = window
        self._stream = zlib.decompressobj(window)
        self._fresh = True

    @property
    def finished(self) -> bool:
        return self._stream.eof

    def unpack(self, packed: bytes) -> tuple[bytes, bytes]:
        """Return the next piece and what is still packed."""
        if self._fresh and self._window == zlib.MAX_WBITS and packed[0] & 0x0F != 8:
            # Some servers send "deflate" without the wrapper that RFC 9110 asks for.
            self._stream = zlib.decompressobj(-zlib.MAX_WBITS)
        self._fresh = False
        piece = self._stream.decompress(packed, _PIECE)
        return piece, self._stream.unconsumed_tail

    def rest(self) -> bytes:
        """Return what is left at the end.

        Raises:
            zlib.error: The packed data broke off.
        """
        if self._fresh:
            return b""
        rest = self._stream.flush(_PIECE)
        if not self._stream.eof:
            message = "the compressed answer breaks off"
            raise zlib.error(message)
        return rest


def _unpacker(headers: Iterable[tuple[bytes, bytes]]) -> _Unpacker | None:
    for name, value in headers:
        if name.lower() == b"content-encoding" and (window := _WINDOWS.get(value.strip().lower())):
            return _Unpacker(window)
    return None
