"""``Idempotency-Key``: the same call twice makes one entity and is answered alike (RC2)."""

import hashlib
from collections.abc import Callable
from datetime import datetime
from typing import Any

import msgspec
from litestar import Request
from sqlalchemy import Connection, select, update
from sqlalchemy.dialects.postgresql import insert as insert_postgresql
from sqlalchemy.dialects.sqlite import insert as insert_sqlite

from leadexec.errors import ConflictError
from leadexec.http.problems import RequestError
from leadexec.model.entity import Entity, EntitySpec
from leadexec.storage.configuration_tables import audit
from leadexec.storage.tables import idempotency


class Call(msgspec.Struct, kw_only=True, frozen=True):
    """A call that may come again."""

    key: str | None
    """As sent; None: the caller does not care."""
    credential_id: int
    """Keys of different callers never meet."""
    request: bytes
    """What makes it the same call: method, path and body."""
    now: datetime


def idempotency_key(request: Request[Any, Any, Any]) -> str | None:
    """Return the key of the request, or None.

    Raises:
        RequestError: 400 ``invalid_idempotency_key``: empty, or longer than 255 characters.
    """
    key = request.headers.get("idempotency-key")
    if key is not None and not 1 <= len(key.strip()) <= 255:
        raise RequestError(
            400, "invalid_idempotency_key", "An Idempotency-Key has 1 to 255 characters."
        )
    return key.strip() if key else None


def made_once(
    connection: Connection,
    spec: EntitySpec,
    call: Call,
    make: Callable[[], Entity],
    revive: Callable[[dict[str, Any]], Entity],
) -> tuple[Entity, bool]:
    """Return the entity that ``make`` makes, or that the same call made before, and whether so.

    The key is claimed in the transaction: who comes with it at the same time waits, and a call
    that is refused leaves no trace of it. An earlier entity is given as it was when it was made
    (from its audit row), whatever has become of it since.

    Args:
        connection: In a write transaction.
        spec: What is made.
        call: Tells whether it is the same call.
        make: Makes the entity.
        revive: Reads an entity from its row in the audit.

    Raises:
        ConflictError: ``idempotency_mismatch``: the key was used for another call.
    """
    if call.key is None:
        return make(), False
    name = f"account:{call.credential_id}:{hashlib.sha256(call.key.encode()).hexdigest()}"
    digest = hashlib.blake2b(call.request, digest_size=16).hexdigest()
    row = {"key": name, "body_hash": digest, "request_uid": "", "at": call.now}
    insert = insert_postgresql if connection.dialect.name == "postgresql" else insert_sqlite
    claimed = connection.execute(insert(idempotency).values(row).on_conflict_do_nothing())
    if claimed.rowcount:
        made = make()
        connection.execute(
            update(idempotency).where(idempotency.c.key == name).values(request_uid=str(made.id))
        )
        return made, False
    return revive(_made_before(connection, spec, name, digest)), True


def _made_before(
    connection: Connection, spec: EntitySpec, name: str, digest: str
) -> dict[str, Any]:
    query = select(idempotency.c.body_hash, idempotency.c.request_uid)
    found = connection.execute(query.where(idempotency.c.key == name)).one()
    if found.body_hash != digest:
        raise ConflictError(
            "idempotency_mismatch", "This Idempotency-Key was used for another request."
        )
    stored = connection.execute(
        select(audit.c.new).where(
            audit.c.entity == spec.name,
            audit.c.entity_id == int(found.request_uid),
            audit.c.act == "created",
        )
    )
    row: dict[str, Any] = stored.scalar_one()
    return row
