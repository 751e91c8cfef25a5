"""Rows of jobs: written with the change that asks for them, taken under a lease."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

import msgspec
from sqlalchemy import Connection, bindparam, delete, func, select, update

from leadexec.storage.columns import UtcDateTime
from leadexec.storage.locks import lock_names
from leadexec.storage.rows import KeyQuery, Row, RowInsert, RowStatement
from leadexec.storage.tables import jobs

DISTRIBUTE: Final = "distribute"
"""The kind of the job that takes an accepted lead on."""
RELEASE_QUOTE: Final = "release_quote"
"""The kind of the job that gives back what nobody came for (``PP2``)."""
FIRST_RECHECK: Final = timedelta(seconds=30)
"""After which a held lead is looked at again for the first time."""
RECHECK: Final = "recheck"
"""The kind of the job that looks after a lead held because something could not run."""


class JobRow(msgspec.Struct, kw_only=True, frozen=True):
    """A job as it is stored."""

    id: int
    kind: str
    subject: str
    payload: Mapping[str, Any]
    attempts: int


_insert = RowInsert(
    jobs, "kind", "subject", "payload", "run_at", "attempts", "dead", "error", "owner"
)


def new_job(kind: str, subject: str, payload: Any, run_at: datetime, owner: str = "") -> Row:
    """Return the row of a job that is due at ``run_at``, or leased to ``owner`` until then."""
    return (kind, subject, payload, run_at, 0, False, "", owner)


def insert_jobs(connection: Connection, rows: Sequence[Row]) -> None:
    """Insert the rows made by ``new_job``."""
    _insert(connection, rows)


def insert_unless_waiting(connection: Connection, kind: str, subject: str, row: Row) -> bool:
    """Insert a job unless one of its ``kind`` about ``subject`` is there; return whether it was.

    A job that is being run right now is there, too, unless it is the one that asks: see
    ``leadexec.Jobs``.
    """
    lock_names(connection, [f"job:{kind}:{subject}"])
    waiting = select(jobs.c.id).where(
        jobs.c.kind == kind,
        jobs.c.subject == subject,
        jobs.c.dead.is_(False),
        jobs.c.owner == "",
    )
    if connection.execute(waiting.limit(1)).first() is not None:
        return False
    _insert(connection, [row])
    return True


def take_jobs(
    connection: Connection, owner: str, now: datetime, lease_until: datetime, most: int
) -> list[JobRow]:
    """Lease at most ``most`` due jobs to ``owner``, the longest due first."""
    due = (
        select(jobs.c.id)
        .where(jobs.c.dead.is_(False), jobs.c.run_at <= now)
        .order_by(jobs.c.run_at)
        .limit(most)
        .with_for_update(skip_locked=True)
    )
    taken = connection.execute(
        update(jobs)
        .where(jobs.c.id.in_(due.scalar_subquery()))
        .values(owner=owner, run_at=lease_until)
        .returning(jobs.c.id, jobs.c.kind, jobs.c.subject, jobs.c.payload, jobs.c.attempts)
    )
    rows = [JobRow(**row._mapping) for row in taken]
    return sorted(rows, key=lambda row: row.id)


def extend_leases(
    connection: Connection,
    owner: str,
    lease_until: datetime,
    leads: Iterable[str],
    ids: Iterable[int],
) -> None:
    """Keep what ``owner`` still has in hand: the ``distribute`` jobs of ``leads``, and ``ids``.

    What it does not know of (a commit whose outcome it never heard) runs out and is taken anew.
    """
    mine = update(jobs).where(jobs.c.owner == owner).values(run_at=lease_until)
    # Two questions, as each has its index; the jobs of a dead-letter list have no owner.
    connection.execute(mine.where(jobs.c.id.in_(list(ids))))
    connection.execute(mine.where(jobs.c.kind == DISTRIBUTE, jobs.c.subject.in_(list(leads))))


def owners(connection: Connection) -> list[str]:
    """Return everybody who holds a lease."""
    found = connection.execute(select(jobs.c.owner).where(jobs.c.owner != "").distinct())
    return [row[0] for row in found]


def free_jobs_of(connection: Connection, gone: Sequence[str], now: datetime) -> int:
    """Make what the ``gone`` owners held due now; return how many jobs that are."""
    if not gone:
        return 0
    freed = connection.execute(
        update(jobs)
        .where(jobs.c.owner.in_(gone), jobs.c.dead.is_(False))
        .values(owner="", run_at=now)
    )
    return freed.rowcount


_of = (jobs.c.kind == bindparam("of_kind"), jobs.c.subject == bindparam("of_subject"))
_remove = RowStatement(delete(jobs).where(*_of), "of_kind", "of_subject")
_release = RowStatement(
    update(jobs)
    .where(*_of)
    .values(run_at=bindparam("at", type_=UtcDateTime), owner=bindparam("nobody")),
    "of_kind",
    "of_subject",
    "at",
    "nobody",
)
_owners = KeyQuery(jobs.c.subject, jobs.c.kind, jobs.c.owner, jobs.c.subject)


def remove_jobs(connection: Connection, kind: str, subjects: Sequence[str]) -> None:
    """Delete the jobs of ``kind`` about ``subjects``: they are done."""
    _remove(connection, [(kind, subject) for subject in subjects])


def release_jobs(connection: Connection, kind: str, due: Sequence[tuple[str, datetime]]) -> None:
    """Give up the leases on jobs of ``kind``: each (subject, instant) is due then."""
    _release(connection, [(kind, subject, at, "") for subject, at in due])


def still_owned(
    connection: Connection, kind: str, leases: Iterable[tuple[str, str]]
) -> set[tuple[str, str]]:
    """Return which of the ``leases``, pairs of owner and subject, still hold."""
    wanted = set(leases)
    found = _owners(connection, sorted({subject for _, subject in wanted}))
    return wanted & {(owner, subject) for of_kind, owner, subject in found if of_kind == kind}


def finish_job(connection: Connection, job_id: int) -> None:
    """Delete a job: it is done."""
    connection.execute(delete(jobs).where(jobs.c.id == job_id))


def fail_job(
    connection: Connection, row: JobRow, error: str, run_at: datetime, *, dead: bool
) -> None:
    """Note that a job failed: it is due again at ``run_at``, or kept in the dead-letter list."""
    which = jobs.c.id == row.id
    if not row.id:  # it was handed over within the process, before its id was known
        which = (jobs.c.kind == row.kind) & (jobs.c.subject == row.subject)
    connection.execute(
        update(jobs)
        .where(which)
        .values(
            attempts=jobs.c.attempts + 1, error=error[:2000], run_at=run_at, dead=dead, owner=""
        )
    )


def hasten_jobs(connection: Connection, kind: str, now: datetime) -> int:
    """Make all waiting jobs of ``kind`` due now; return how many that are."""
    hastened = connection.execute(
        update(jobs)
        .where(jobs.c.kind == kind, jobs.c.dead.is_(False), jobs.c.owner == "")
        .values(run_at=now)
    )
    return hastened.rowcount


def next_due(connection: Connection) -> datetime | None:
    """Return when the next job is due, or None."""
    found: datetime | None = connection.scalar(
        select(jobs.c.run_at).where(jobs.c.dead.is_(False)).order_by(jobs.c.run_at).limit(1)
    )
    return found


def unfinished_jobs(connection: Connection, kind: str) -> int:
    """Return how many jobs of ``kind`` are not done, the dead ones left out."""
    count = connection.scalar(
        select(func.count()).select_from(jobs).where(jobs.c.kind == kind, jobs.c.dead.is_(False))
    )
    return int(count or 0)
