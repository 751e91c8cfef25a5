"""One HTTP request, as the simulator's server reads it."""

from collections.abc import Mapping

import msgspec


class Request(msgspec.Struct, kw_only=True, frozen=True):
    """A request that was read to its end."""

    method: str
    path: str
    query: bytes = b""
    headers: Mapping[str, str] = {}
    """Names in lower case; of a repeated header the last."""
    body: bytes = b""
    keep_alive: bool = True
