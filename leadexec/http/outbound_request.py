"""What goes over the wire for a request: whom its URL leads to, its target, its headers."""

import re
from collections.abc import Iterable
from typing import Final, TypeAlias

import httpx

from leadexec.errors import UnavailableError
from leadexec.http.outbound_pool import Origin

Headers: TypeAlias = list[tuple[bytes, bytes]]

ACCEPT_ENCODING: Final = b"gzip, deflate"
"""What ``outbound_body`` unpacks."""
_METHOD: Final = re.compile(r"[A-Z]{1,20}")
_PLAIN_URL: Final = re.compile(
    r"(https?)://([A-Za-z0-9.-]+)(?::([0-9]{1,5}))?([/?][A-Za-z0-9._~:/?\[\]@!$&'()*+,;=%-]*)?"
)
"""URLs that are sent as they are written; all others are first normalised, which takes longer."""
_HOST: Final = re.compile(r"[A-Za-z0-9._:-]+")
_OURS: Final = frozenset(
    (b"content-length", b"transfer-encoding", b"connection", b"te", b"upgrade", b"expect")
)
"""Headers that belong to the connection and are not the caller's."""


def read_method(method: str) -> bytes:
    """Return ``method`` as it is sent.

    Raises:
        UnavailableError: ``bad_request``.
    """
    if not _METHOD.fullmatch(method):
        raise UnavailableError("bad_request", "A request's method is a word in capitals.")
    return method.encode()


def complete_headers(
    given: Iterable[tuple[bytes, bytes]], authority: bytes, method: str, content: bytes
) -> Headers:
    """Return the headers of a request; those given win over the defaults."""
    headers = {name.lower(): (name, value) for name, value in given}
    complete = [
        headers.pop(b"host", (b"Host", authority)),
        headers.pop(b"user-agent", (b"User-Agent", b"LeadExec")),
        headers.pop(b"accept", (b"Accept", b"*/*")),
        headers.pop(b"accept-encoding", (b"Accept-Encoding", ACCEPT_ENCODING)),
    ]
    complete.extend(pair for name, pair in headers.items() if name not in _OURS)
    if content or method in ("POST", "PUT", "PATCH"):
        complete.append((b"Content-Length", b"%d" % len(content)))
    return complete


def read_url(url: str) -> tuple[Origin, bytes, bytes]:
    """Return whom ``url`` leads to, its Host header and its request target.

    Raises:
        UnavailableError: ``bad_url``: neither http nor https, no host, or a user name or password,
            which would end up in records.
    """
    match = _PLAIN_URL.fullmatch(url)
    if match:
        scheme, host, port, target = match.groups()
        explicit = int(port) if port else None
    else:
        scheme, host, explicit, target = _normalised(url)
    number = explicit or (443 if scheme == "https" else 80)
    if number > 65_535 or explicit == 0:
        raise UnavailableError("bad_url", "The URL's port is no port.")
    host = host.lower()
    shown = f"[{host}]" if ":" in host else host
    authority = shown if explicit is None else f"{shown}:{explicit}"
    path = target or "/"
    path = path if path.startswith("/") else f"/{path}"
    return Origin(scheme == "https", host, number), authority.encode(), path.encode()


def _normalised(url: str) -> tuple[str, str, int | None, str]:
    try:
        parsed = httpx.URL(url)
    except (httpx.InvalidURL, UnicodeError, ValueError) as error:
        raise UnavailableError("bad_url", f"The URL cannot be read: {error}") from None
    if parsed.scheme not in ("http", "https") or not _HOST.fullmatch(parsed.raw_host.decode()):
        raise UnavailableError("bad_url", "A URL starts with http:// or https:// and a host.")
    if parsed.userinfo:
        raise UnavailableError("bad_url", "A URL holds no user name or password.")
    host = parsed.raw_host.decode()
    return parsed.scheme, host, parsed.port, parsed.raw_path.decode()
