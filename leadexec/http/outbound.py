"""The one outbound HTTP client: bounded in time, size and connections, closed to private networks.

Everything that follows a URL which a user configured goes out here: deliveries, tokens, lookups.
"""

import codecs
import ssl
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from email.message import Message
from typing import Final

import anyio
import httpcore
import httpx

from leadexec.errors import UnavailableError
from leadexec.http.addresses import Network
from leadexec.http.outbound_body import Broken, Reply
from leadexec.http.outbound_pool import Pool
from leadexec.http.outbound_request import complete_headers, read_method, read_url

_AUTH_BODY: Final = 1_048_576
"""Bytes of an answer that an ``httpx.Auth`` may ask to read."""
_CODECS_REFUSED: Final = frozenset(("idna", "punycode", "undefined", "unicode_escape", "utf_7"))
"""Charsets of Python that no answer has a use for; some take quadratic time."""


class Answer:
    """An ``HttpAnswer``: what came back, read to the end or to the limit."""

    __slots__ = ("body", "headers", "status", "truncated")

    def __init__(
        self, status: int, headers: Mapping[str, str], body: bytes, *, truncated: bool
    ) -> None:
        """Hold the parts; ``headers`` are found in any case, repeats are joined by commas."""
        self.status = status
        self.headers = headers
        self.body = body
        self.truncated = truncated

    def text(self) -> str:
        """Return the body as text in its declared charset (UTF-8 without one), never failing."""
        return self.body.decode(_charset(self.headers.get("content-type", "")), "replace")


class OutboundClient:
    """An ``OutboundHttp``: HTTP/1.1, pooled, kept alive, no proxies, redirects not followed.

    A request goes to ``http`` and ``https`` only, and only to addresses that ``refusal`` lets
    pass: judged after DNS, on the address that is connected to. Its time is one deadline over
    everything: waiting for a free connection, DNS, TLS, sending, reading. A connection that the
    other side closes while a request is under way is an error, never a silent second try, because
    the lead may have arrived.
    """

    def __init__(
        self,
        allow: Sequence[Network] = (),
        *,
        max_connections: int = 400,
        max_connections_per_host: int = 100,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        """Make a client; it connects when it is used.

        Args:
            allow: Networks that may be reached although they are private.
            max_connections: Connections at a time, used and kept alive together.
            max_connections_per_host: The same to one origin, so that one slow buyer cannot take
                all of them.
            tls: How certificates are checked; without it, by the public authorities' list.
        """
        self._pool = Pool(
            allow=allow,
            tls=tls or httpx.create_ssl_context(trust_env=False),
            most=max_connections,
            most_per_host=max_connections_per_host,
        )

    @property
    def connections(self) -> int:
        """How many connections stand, used and kept alive together."""
        return self._pool.connections

    async def fetch(
        self,
        method: str,
        url: str,
        *,
        content: bytes = b"",
        headers: Mapping[str, str] | None = None,
        auth: httpx.Auth | None = None,
        timeout: float = 30.0,
        limit: int = 1_048_576,
    ) -> Answer:
        """Send a request and read at most ``limit`` bytes of its answer within ``timeout`` seconds.

        Raises:
            UnavailableError: ``bad_url``, ``bad_request``, ``address_refused``, ``connect_failed``,
                ``tls_failed``, ``timeout``, ``connection_lost`` or ``too_many_headers``.
        """
        with anyio.move_on_after(timeout):
            reply = await self._open(method, url, content, headers, auth)
            try:
                body, truncated = await reply.read(limit)
            finally:
                await reply.aclose()
            return Answer(reply.status, httpx.Headers(reply.headers), body, truncated=truncated)
        raise _too_slow(url, timeout)

    @asynccontextmanager
    async def stream(
        self,
        method: str,
        url: str,
        *,
        content: bytes = b"",
        headers: Mapping[str, str] | None = None,
        auth: httpx.Auth | None = None,
        timeout: float = 30.0,
    ) -> AsyncIterator[httpx.Response]:
        """Send a request; its answer is read, already unpacked, inside the ``async with``.

        ``timeout`` seconds are for all of it, the block included. Raises as ``fetch`` does, from
        reading the body, too.
        """
        with anyio.move_on_after(timeout) as deadline:
            reply = await self._open(method, url, content, headers, auth)
            try:
                yield _response(reply, httpx.Request(method, url), _Pieces(reply))
            finally:
                await reply.aclose()
        if deadline.cancelled_caught:
            raise _too_slow(url, timeout)

    async def aclose(self) -> None:
        """Close the connections that are kept alive; call it when nothing uses the client."""
        await self._pool.aclose()

    async def _open(
        self,
        method: str,
        url: str,
        content: bytes,
        headers: Mapping[str, str] | None,
        auth: httpx.Auth | None,
    ) -> Reply:
        if auth is not None:
            return await self._authorised(method, url, content, headers, auth)
        given = [(name.encode(), value.encode()) for name, value in (headers or {}).items()]
        return await self._send(method, url, content, given)

    async def _authorised(
        self,
        method: str,
        url: str,
        content: bytes,
        headers: Mapping[str, str] | None,
        auth: httpx.Auth,
    ) -> Reply:
        read_url(url)
        request = httpx.Request(method, url, content=content, headers=headers)
        flow = auth.async_auth_flow(request)
        try:
            request = await flow.__anext__()
            while True:
                reply = await self._send(
                    request.method, str(request.url), request.content, request.headers.raw
                )
                try:
                    given: httpx.AsyncByteStream | bytes = _Pieces(reply)
                    if auth.requires_response_body:
                        given, _ = await reply.read(_AUTH_BODY)
                    request = await flow.asend(_response(reply, request, given))
                    await reply.read(_AUTH_BODY)  # so that its connection can be used again
                except StopAsyncIteration:
                    return _Reread(reply, given) if isinstance(given, bytes) else reply
                except BaseException:
                    await reply.aclose()
                    raise
                await reply.aclose()
        finally:
            await flow.aclose()

    async def _send(
        self, method: str, url: str, content: bytes, headers: Iterable[tuple[bytes, bytes]]
    ) -> Reply:
        origin, authority, target = read_url(url)
        line = await self._pool.take(origin)
        try:
            with Broken(origin.host):
                request = httpcore.Request(
                    read_method(method),
                    httpcore.URL(
                        scheme=b"https" if origin.secure else b"http",
                        host=origin.host.encode(),
                        port=origin.port,
                        target=target,
                    ),
                    headers=complete_headers(headers, authority, method, content),
                    content=content,
                )
                response = await line.http.handle_async_request(request)
            return Reply(response, line, self._pool)
        except BaseException:
            await self._pool.drop(line)
            raise


class _Reread(Reply):
    """An answer whose body was read for an ``httpx.Auth``, to be read once more."""

    __slots__ = ("_read",)

    def __init__(self, reply: Reply, body: bytes) -> None:
        for name in Reply.__slots__:
            setattr(self, name, getattr(reply, name))
        self._read = body

    async def piece(self) -> bytes:
        piece, self._read = self._read, b""
        return piece or await super().piece()


class _Pieces(httpx.AsyncByteStream):
    """A reply's body as ``httpx`` reads one; whoever opened the reply closes it."""

    def __init__(self, reply: Reply) -> None:
        self._reply = reply

    async def __aiter__(self) -> AsyncIterator[bytes]:
        while piece := await self._reply.piece():
            yield piece


def _response(
    reply: Reply, request: httpx.Request, body: httpx.AsyncByteStream | bytes
) -> httpx.Response:
    # The body is unpacked already: httpx must not see how it came.
    packed = (b"content-encoding", b"content-length", b"transfer-encoding")
    headers = [(name, value) for name, value in reply.headers if name.lower() not in packed]
    if isinstance(body, bytes):
        return httpx.Response(reply.status, headers=headers, content=body, request=request)
    return httpx.Response(reply.status, headers=headers, stream=body, request=request)


def _too_slow(url: str, timeout: float) -> UnavailableError:
    host = read_url(url)[0].host
    return UnavailableError("timeout", f"{host} did not answer within {timeout:g} s.")


def _charset(content_type: str) -> str:
    """Return the codec for a declared charset; UTF-8, a byte order mark or not, if it is no use."""
    if "charset" not in content_type.lower():
        return "utf-8-sig"
    message = Message()
    message["Content-Type"] = content_type
    try:
        name = codecs.lookup(message.get_content_charset() or "utf-8").name.replace("-", "_")
        b"a".decode(name, "replace")
    except (LookupError, ValueError):
        return "utf-8-sig"
    return "utf-8-sig" if name in _CODECS_REFUSED or name == "utf_8" else name
