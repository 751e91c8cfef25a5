"""A request as it comes off the wire, its body bounded."""

from typing import Any, Final

from litestar import Request
from msgspec import Struct

from leadexec import LeadIntake, Post

KEPT_OF_OVERSIZE: Final = 65_536
"""Bytes of a body over the limit that are kept."""
_TYPE_KEPT: Final = 200


class SenderGoneError(Exception):
    """The sender hung up before its body was complete; there is nobody to answer."""


class Incoming(Struct, kw_only=True, frozen=True):
    """A request whose body was read."""

    method: str
    path: str
    query: bytes
    headers: list[tuple[bytes, bytes]]
    """As ASGI has them, names in lower case."""
    peer: str
    """Who is connected to us; empty where the server cannot tell."""
    body: bytes
    """Cut when it was larger than the limit."""
    oversize: bool = False

    def header(self, name: bytes) -> str:
        """Return the first header of that name, in lower case; empty when there is none."""
        found = next((value for key, value in self.headers if key == name), b"")
        return found.decode("latin-1")

    @property
    def content_type(self) -> str:
        """The whole header, or empty."""
        return self.header(b"content-type")

    def post(self, intake: LeadIntake) -> Post:
        """Return the ping as it is kept, with the token its sender shows.

        Without an idempotency key: a ping that comes again is a new question, and the key of the
        lead that follows must not be taken by its ping.
        """
        query = self.query.decode("latin-1")
        kind, _, token = self.header(b"authorization").partition(" ")
        return Post(
            method=self.method,
            path=f"{self.path}?{query}" if query else self.path,
            content_type=self.content_type[:_TYPE_KEPT],
            remote_ip=intake.sender_ip(self.peer, self.headers) if self.peer else "",
            body=self.body,
            token=token.strip() if kind.lower() == "bearer" else "",
        )


async def read_incoming(request: Request[Any, Any, Any], limit: int) -> Incoming:
    """Read a request.

    Args:
        request: Its body has not been read yet.
        limit: Bytes of the body at most; of a larger one the beginning is kept.

    Raises:
        SenderGoneError: There is nobody to answer.
    """
    body, oversize = await _body(request, limit)
    return Incoming(
        method=request.scope["method"],
        path=request.scope["path"],
        query=request.scope["query_string"],
        headers=[(name.lower(), value) for name, value in request.scope["headers"]],
        peer=request.client.host if request.client else "",
        body=body[:KEPT_OF_OVERSIZE] if oversize else body,
        oversize=oversize,
    )


async def _body(request: Request[Any, Any, Any], limit: int) -> tuple[bytes, bool]:
    # Not ``request.body()``: it refuses what is too large before it could be kept.
    pieces: list[bytes] = []
    size = 0
    while size <= limit:
        message: Any = await request.receive()
        if message["type"] == "http.disconnect":
            raise SenderGoneError
        piece = message.get("body", b"")
        pieces.append(piece)
        size += len(piece)
        if not message.get("more_body", False):
            break
    return b"".join(pieces), size > limit
