"""Looking through jobs, and the dead-letter list: what failed for the last time, and what then."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

import msgspec
from sqlalchemy import Connection, delete, select, update

from leadexec.errors import ConflictError, NotFoundError
from leadexec.storage.job_rows import DISTRIBUTE, RECHECK
from leadexec.storage.tables import jobs

MOVES_LEADS: Final = frozenset({DISTRIBUTE, RECHECK})
"""Kinds of jobs without which a lead would stay where it is for ever."""


class StoredJob(msgspec.Struct, kw_only=True, frozen=True):
    """A job that is not done, as it is shown."""

    id: int
    kind: str
    subject: str
    """What it is about: a lead's or a delivery's uid, or what its plugin says."""
    payload: Mapping[str, Any]
    run_at: datetime
    """When it is due, or until when it is leased to ``owner``; of a dead one, when it was due."""
    attempts: int
    """How often it failed."""
    dead: bool
    """Whether it failed for the last time: it stays in the dead-letter list."""
    error: str
    """What it failed with last; empty if it never did."""
    owner: str
    """The process that has it in hand; empty: none."""


class JobPage(msgspec.Struct, kw_only=True, frozen=True):
    """Some jobs, oldest first."""

    items: list[StoredJob]
    next: int | None = None
    """Send it as ``after`` to get the following page."""


_SHOWN: Final = [jobs.c[field.name] for field in msgspec.structs.fields(StoredJob)]


def job_page(
    connection: Connection,
    *,
    dead: bool | None = None,
    kind: str | None = None,
    after: int | None = None,
    limit: int = 100,
) -> JobPage:
    """Return jobs that are not done, oldest first.

    Args:
        connection: To read from.
        dead: True: those that failed for the last time; False: the others; None: all.
        kind: Only those of this kind.
        after: Only those with greater ids: ``JobPage.next`` of the page before.
        limit: How many at most.
    """
    query = select(*_SHOWN)
    if dead is not None:
        query = query.where(jobs.c.dead.is_(dead))
    if kind is not None:
        query = query.where(jobs.c.kind == kind)
    if after is not None:
        query = query.where(jobs.c.id > after)
    rows = connection.execute(query.order_by(jobs.c.id).limit(limit + 1)).all()
    items = [StoredJob(**row._mapping) for row in rows[:limit]]
    return JobPage(items=items, next=items[-1].id if len(rows) > limit else None)


def replay_jobs(
    connection: Connection,
    now: datetime,
    *,
    ids: Sequence[int] | None = None,
    kind: str | None = None,
) -> list[StoredJob]:
    """Make dead jobs due at ``now``, with all their tries before them; return them as they are.

    Args:
        connection: In a write transaction.
        now: When.
        ids: Which ones; None: all of ``kind``.
        kind: Only those of this kind; None: of every kind.

    Raises:
        NotFoundError: ``unknown_job``; then none is changed.
        ConflictError: ``not_dead``; then none is changed.
    """
    replayed = update(jobs).where(jobs.c.dead.is_(True))
    if ids is not None:
        _demand_dead(connection, ids)
        replayed = replayed.where(jobs.c.id.in_(ids))
    if kind is not None:
        replayed = replayed.where(jobs.c.kind == kind)
    rows = connection.execute(
        replayed.values(dead=False, attempts=0, run_at=now, owner="").returning(*_SHOWN)
    )
    return sorted((StoredJob(**row._mapping) for row in rows), key=lambda job: job.id)


def drop_jobs(connection: Connection, ids: Sequence[int]) -> None:
    """Delete dead jobs: what they were for is not done.

    Raises:
        NotFoundError: ``unknown_job``; then none is deleted.
        ConflictError: ``not_dead``; ``moves_a_lead``; then none is deleted.
    """
    for row in _demand_dead(connection, ids):
        if row.kind in MOVES_LEADS:
            raise ConflictError(
                "moves_a_lead",
                f"Without the job {row.id} the lead {row.subject} would stay where it is for ever.",
                "Run it again instead: replay it.",
            )
    connection.execute(delete(jobs).where(jobs.c.id.in_(ids), jobs.c.dead.is_(True)))


def _demand_dead(connection: Connection, ids: Sequence[int]) -> Sequence[Any]:
    query = select(jobs.c.id, jobs.c.kind, jobs.c.subject, jobs.c.dead).where(jobs.c.id.in_(ids))
    rows = {row.id: row for row in connection.execute(query.with_for_update())}
    missing = [str(job_id) for job_id in ids if job_id not in rows]
    if missing:
        raise NotFoundError("unknown_job", f"There is no job {', '.join(missing)}.")
    alive = [str(row.id) for row in rows.values() if not row.dead]
    if alive:
        raise ConflictError(
            "not_dead", f"Still on its way, not in the dead-letter list: job {', '.join(alive)}."
        )
    return list(rows.values())
