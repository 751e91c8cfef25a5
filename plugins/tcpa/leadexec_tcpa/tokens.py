"""Telling the tokens of consent records by their shape; nobody is asked about them."""

import re
from typing import Final
from urllib.parse import urlsplit

from msgspec import Struct

_LEAD_ID: Final = re.compile(r"[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}")
_CERTIFICATE: Final = re.compile(r"/[A-Za-z0-9][A-Za-z0-9._~-]{15,199}/?")
_HOSTS: Final = frozenset({"cert.trustedform.com", "ping.trustedform.com"})
_LONGEST: Final = 500


class Token(Struct, kw_only=True, frozen=True):
    """A token a lead brought."""

    kind: str
    """``lead_id``, ``trusted_form``, or ``unknown``: it has the shape of neither."""
    value: str


def token_of(text: str) -> Token | None:
    """Return the token ``text`` is; None of nothing.

    A Lead-ID is a UUID; a TrustedForm token is the https address of a certificate.
    """
    value = text.strip()[:_LONGEST]
    if not value:
        return None
    if _LEAD_ID.fullmatch(value) and value.strip("0-"):
        return Token(kind="lead_id", value=value)
    return Token(kind="trusted_form" if _is_certificate(value) else "unknown", value=value)


def _is_certificate(value: str) -> bool:
    try:
        address = urlsplit(value)
        host, port = address.hostname, address.port
    except ValueError:
        return False
    return (
        address.scheme.lower() == "https"
        and host in _HOSTS
        and port in (None, 443)
        and _CERTIFICATE.fullmatch(address.path) is not None
    )
