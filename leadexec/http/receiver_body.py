"""Reading a request's body up to a limit, whatever the sender announces."""

from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from typing import Any


class SenderGoneError(Exception):
    """The sender hung up before its body was complete."""


async def read_body(
    receive: Callable[[], Awaitable[MutableMapping[str, Any]]],
    headers: Mapping[bytes, bytes],
    limit: int,
) -> tuple[bytes, bool]:
    """Return the body, and whether it was larger than ``limit`` bytes (then cut there).

    Raises:
        SenderGoneError: There is nobody to answer.
    """
    message = await receive()
    body: bytes = message.get("body", b"")
    if not message.get("more_body", False):
        if message["type"] == "http.disconnect":
            raise SenderGoneError
        return body[:limit], len(body) > limit
    announced = headers.get(b"content-length", b"")
    if announced.isdigit() and int(announced) > limit:
        return body[:limit], True
    pieces, size = [body], len(body)
    while size <= limit:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise SenderGoneError
        piece = message.get("body", b"")
        pieces.append(piece)
        size += len(piece)
        if not message.get("more_body", False):
            break
    return b"".join(pieces)[:limit], size > limit
