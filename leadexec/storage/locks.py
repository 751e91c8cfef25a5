"""Locks on names inside a transaction, so that workers take turns over rows that may not exist."""

from collections.abc import Iterable
from hashlib import blake2b

from sqlalchemy import BigInteger, Connection, bindparam, text
from sqlalchemy.dialects.postgresql import ARRAY

_LOCK = text(
    "SELECT pg_advisory_xact_lock(k) FROM (SELECT unnest(:keys) AS k ORDER BY 1) AS wanted"
).bindparams(bindparam("keys", type_=ARRAY(BigInteger)))


def lock_names(connection: Connection, names: Iterable[str]) -> None:
    """Hold ``names`` until the transaction ends; others that want one of them wait.

    On SQLite there is one writer at a time and nothing to do. On PostgreSQL all locks are taken in
    one order, so that two batches cannot wait for each other.
    """
    if connection.dialect.name != "postgresql":
        return
    keys = sorted({_number(name) for name in names})
    if keys:
        connection.execute(_LOCK, {"keys": keys})


def _number(name: str) -> int:
    return int.from_bytes(blake2b(name.encode(), digest_size=8).digest(), signed=True)
