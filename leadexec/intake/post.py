"""A post on its way through intake."""

from datetime import datetime

import msgspec

from leadexec.contracts.post import Post


class PostedRequest(msgspec.Struct, kw_only=True):
    """A post with its uid and time, kept whatever becomes of it (``RC1``)."""

    uid: str
    received_at: datetime
    post: Post
    credential_id: int | None = None
    idempotency_key: str = ""
    """The sender's key with its scope, or empty (``RC2``)."""
