"""What a receiver hands to intake."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import msgspec


class PostedLead(msgspec.Struct, kw_only=True, frozen=True):
    """One lead as its sender posted it, whatever the format was."""

    campaign_id: int
    fields: Mapping[str, Any]
    is_test: bool = False
    ignored: tuple[str, ...] = ()
    """Names beside the fields that mean nothing to us; listed in the process log."""


class PostedRequest(msgspec.Struct, kw_only=True):
    """A request word for word, kept whatever becomes of it (``RC1``)."""

    uid: str
    received_at: datetime
    method: str
    path: str
    content_type: str
    remote_ip: str
    body: bytes
    credential_id: int | None = None
    idempotency_key: str = ""
    """The sender's key with its scope, or empty (``RC2``)."""
