"""An outbound HTTP client without a network: scripted answers, recorded requests."""

from collections import deque
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from typing import TypeAlias

import httpx
import msgspec

from leadexec.errors import UnavailableError


class FakeRequest(msgspec.Struct, kw_only=True, frozen=True):
    """A request as it would have gone out, authentication included."""

    method: str
    url: str
    headers: Mapping[str, str]
    """Names in lower case."""
    body: bytes
    timeout: float
    """Seconds the caller allowed."""

    def text(self) -> str:
        """Return the body as UTF-8 text."""
        return self.body.decode()


class FakeAnswer(msgspec.Struct, kw_only=True):
    """An ``HttpAnswer`` as the outbound client returns it."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    truncated: bool
    charset: str = "utf-8"

    def text(self) -> str:
        """Return the body as text in its declared charset, never failing."""
        return self.body.decode(self.charset, "replace")


Script: TypeAlias = httpx.Response | UnavailableError | Callable[[httpx.Request], httpx.Response]


class FakeHttp:
    """An ``OutboundHttp`` that answers what the test scripted, in order, and records requests.

    A request for which nothing is left is answered as if nobody listened (``connect_failed``).
    ``httpx`` itself applies the authentication, so Digest and token flows run for real; each of
    their requests takes one answer.
    """

    def __init__(self) -> None:
        """Start without answers."""
        self.requests: list[FakeRequest] = []
        """Everything that was sent, in order."""
        self._script: deque[Script] = deque()

    def answer(
        self,
        body: str | bytes = b"",
        *,
        status: int = 200,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        """Script the next answer."""
        self._script.append(httpx.Response(status, content=body, headers=headers))

    def answer_by(self, handler: Callable[[httpx.Request], httpx.Response]) -> None:
        """Script the next answer as a function of its request."""
        self._script.append(handler)

    def fail(self, code: str = "connect_failed", message: str = "") -> None:
        """Script that the next request raises ``UnavailableError`` with ``code``."""
        self._script.append(UnavailableError(code, message or f"The request failed: {code}."))

    @property
    def unused(self) -> int:
        """How many scripted answers were not asked for."""
        return len(self._script)

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
        """Record the request and give the next scripted answer, its body not read yet."""
        transport = httpx.MockTransport(lambda request: self._respond(request, timeout))
        async with (
            httpx.AsyncClient(transport=transport, trust_env=False) as client,
            client.stream(method, url, content=content, headers=headers, auth=auth) as response,
        ):
            yield response

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
    ) -> FakeAnswer:
        """Record the request and return the next scripted answer, cut after ``limit`` bytes.

        Raises:
            UnavailableError: As scripted with ``fail``, or when nothing is scripted.
        """
        async with self.stream(
            method, url, content=content, headers=headers, auth=auth, timeout=timeout
        ) as response:
            body = await response.aread()
            return FakeAnswer(
                status=response.status_code,
                headers=response.headers,
                body=body[:limit],
                truncated=len(body) > limit,
                charset=response.charset_encoding or "utf-8",
            )

    def _respond(self, request: httpx.Request, timeout: float) -> httpx.Response:
        self.requests.append(
            FakeRequest(
                method=request.method,
                url=str(request.url),
                headers=dict(request.headers),
                body=request.content,
                timeout=timeout,
            )
        )
        if not self._script:
            raise UnavailableError("connect_failed", f"Nobody answers at {request.url}.")
        step = self._script.popleft()
        if isinstance(step, UnavailableError):
            raise step
        return step if isinstance(step, httpx.Response) else step(request)
