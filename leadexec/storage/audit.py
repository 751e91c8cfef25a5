"""Who changed what and when, and the configuration's revision that follows from it."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

import msgspec
from sqlalchemy import Connection, insert, select, text

from leadexec.security.secrets import mask_secrets
from leadexec.storage.configuration_tables import audit, configuration


class Change(msgspec.Struct, kw_only=True, frozen=True):
    """One change of a catalogued entity: what the catalog has to look at again."""

    revision: int
    entity: str
    entity_id: int
    act: str
    """``created``, ``updated`` or ``deleted``."""


class AuditEntry(msgspec.Struct, kw_only=True, frozen=True):
    """One change of any entity, as it is shown: secrets are masked."""

    id: int
    at: datetime
    by: str
    entity: str
    entity_id: int
    act: str
    old: dict[str, Any] | None
    new: dict[str, Any] | None
    revision: int | None


_NEXT: Final = text(
    "INSERT INTO configuration (id, revision) VALUES (1, 1) "
    "ON CONFLICT (id) DO UPDATE SET revision = configuration.revision + 1 RETURNING revision"
)
_INSERT: Final = insert(audit)


def next_revision(connection: Connection) -> int:
    """Count the configuration's revision up and return it.

    The row stays locked until the transaction ends, so revisions become visible in their order.
    """
    return int(connection.execute(_NEXT).scalar_one())


def configuration_revision(connection: Connection) -> int:
    """Return the configuration's revision; 0 before the first change."""
    return connection.execute(select(configuration.c.revision)).scalar() or 0


def record_change(
    connection: Connection,
    *,
    at: datetime,
    by: str,
    entity: str,
    entity_id: int,
    act: str,
    old: Mapping[str, Any] | None,
    new: Mapping[str, Any] | None,
    revision: int | None,
) -> None:
    """Write the audit row of one change; secrets in ``old`` and ``new`` are encrypted already."""
    row = {"at": at, "by": by, "entity": entity, "entity_id": entity_id, "act": act}
    connection.execute(_INSERT, {**row, "old": old, "new": new, "revision": revision})


def changes_since(connection: Connection, revision: int) -> list[Change]:
    """Return what changed after ``revision``, in order."""
    rows = connection.execute(
        select(audit.c.revision, audit.c.entity, audit.c.entity_id, audit.c.act)
        .where(audit.c.revision > revision)
        .order_by(audit.c.revision)
    )
    return [
        Change(revision=row.revision, entity=row.entity, entity_id=row.entity_id, act=row.act)
        for row in rows
    ]


def audit_entries(
    connection: Connection,
    *,
    entity: str | None = None,
    entity_id: int | None = None,
    before: int | None = None,
    limit: int = 100,
) -> list[AuditEntry]:
    """Return the latest audit entries, newest first, secrets masked.

    Args:
        connection: To read from.
        entity: Only those of this kind (singular name).
        entity_id: Only those of this one.
        before: Only those with smaller ids, for the next page.
        limit: How many at most.
    """
    query = select(audit).order_by(audit.c.id.desc()).limit(limit)
    if entity is not None:
        query = query.where(audit.c.entity == entity)
    if entity_id is not None:
        query = query.where(audit.c.entity_id == entity_id)
    if before is not None:
        query = query.where(audit.c.id < before)
    return [
        AuditEntry(
            id=row.id,
            at=row.at,
            by=row.by,
            entity=row.entity,
            entity_id=row.entity_id,
            act=row.act,
            old=mask_secrets(row.old),
            new=mask_secrets(row.new),
            revision=row.revision,
        )
        for row in connection.execute(query)
    ]
