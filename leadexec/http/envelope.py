"""What surrounds every answer: request id, security headers, access log."""

from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any, Final, TypeAlias

import structlog

from leadexec.contracts.services import Clock, Randomness
from leadexec.http.request_id import give_id

Scope: TypeAlias = MutableMapping[str, Any]
Receive: TypeAlias = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send: TypeAlias = Callable[[MutableMapping[str, Any]], Awaitable[None]]
AsgiApp: TypeAlias = Callable[[Scope, Receive, Send], Awaitable[None]]

SECURITY_HEADERS: Final[tuple[tuple[bytes, bytes], ...]] = (
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'"),
)
"""Given unless the answer has its own, as a page would."""
BARE_PREFIX: Final = "/receiver/"
"""Receivers answer programs only and count microseconds: they go without."""

log = structlog.get_logger("leadexec.access")


class Envelope:
    """Wraps the application, outside Litestar, so that errors of routing get it too."""

    def __init__(
        self, app: AsgiApp, *, clock: Clock, randomness: Randomness, access_log: bool = False
    ) -> None:
        """Wrap ``app``; with ``access_log`` every request is a line, receivers' included."""
        self._app = app
        self._clock = clock
        self._randomness = randomness
        self._log = access_log

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection."""
        bare = scope["type"] != "http" or scope["path"].startswith(BARE_PREFIX)
        if bare and not self._log:
            await self._app(scope, receive, send)
        elif scope["type"] == "http":
            await self._enveloped(scope, receive, send)
        else:
            await self._app(scope, receive, send)

    async def _enveloped(self, scope: Scope, receive: Receive, send: Send) -> None:
        identity = give_id(scope, self._randomness)
        started = self._clock.monotonic()
        status = 0

        async def send_with_headers(message: MutableMapping[str, Any]) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = _completed(message.get("headers", ()), identity)
            await send(message)

        try:
            await self._app(scope, receive, send_with_headers)
        finally:
            if self._log:
                self._write(scope, status, started, identity)

    def _write(self, scope: Scope, status: int, started: float, identity: str) -> None:
        client = scope.get("client")
        log.info(
            "request",
            method=scope["method"],
            path=scope["path"],
            status=status,
            milliseconds=round((self._clock.monotonic() - started) * 1000, 3),
            remote=client[0] if client else "",
            request_id=identity,
        )


def _completed(headers: Any, identity: str) -> list[tuple[bytes, bytes]]:
    completed = [(bytes(name), bytes(value)) for name, value in headers]
    present = {name.lower() for name, _ in completed}
    completed.extend(header for header in SECURITY_HEADERS if header[0] not in present)
    completed.append((b"x-request-id", identity.encode()))
    return completed
