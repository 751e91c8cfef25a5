"""Jobs about leads that are to be erased: which are in somebody's hands, and ending the others."""

import re
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, Text, bindparam, cast, delete, or_, select, update

from leadexec.jobs.events import OBSERVE
from leadexec.storage.columns import JsonColumn
from leadexec.storage.tables import jobs

_PAGE: Final = 1_000
_UID: Final = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
_ERROR: Final = "Erased."
_tell: Final = (
    update(jobs)
    .where(jobs.c.id == bindparam("of"))
    .values(payload=bindparam("new_payload", type_=JsonColumn), error=bindparam("new_error"))
)


class LeadJobs:
    """The jobs about some leads or their deliveries, locked until the transaction ends."""

    def __init__(self, connection: Connection, lead_of: Mapping[str, str]) -> None:
        """Find them; ``lead_of`` maps the uids of the leads, and of their deliveries, to leads."""
        self._connection = connection
        self._rows: defaultdict[str, list[Any]] = defaultdict(list)
        mentioned = dict(_mentioning(connection, lead_of))
        query = (
            select(jobs)
            .where(or_(jobs.c.subject.in_(list(lead_of)), jobs.c.id.in_(list(mentioned))))
            .order_by(jobs.c.id)
            .with_for_update()
        )
        for row in connection.execute(query):
            named = (row.subject, *mentioned.get(row.id, ()))
            for uid in {lead_of[uid] for uid in named if uid in lead_of}:
                self._rows[uid].append(row)

    def in_hand(self, now: datetime) -> set[str]:
        """Return the leads with a job that a process has under a lease at ``now``."""
        return {
            uid
            for uid, rows in self._rows.items()
            if any(row.owner and row.run_at > now and not row.dead for row in rows)
        }

    def end(self, uids: Collection[str]) -> None:
        """End the jobs about these leads; observers are still told, in no words of the lead's."""
        rows = {row.id: row for uid in uids for row in self._rows.get(uid, ())}
        told = [row for row in rows.values() if row.kind == OBSERVE]
        others = [row.id for row in rows.values() if row.kind != OBSERVE]
        if others:
            self._connection.execute(delete(jobs).where(jobs.c.id.in_(others)))
        if told:
            self._connection.execute(_tell, [_wordless(row) for row in told])


def _mentioning(
    connection: Connection, lead_of: Mapping[str, str]
) -> Iterator[tuple[int, Sequence[str]]]:
    """Yield the jobs of plugins whose payload names any of the uids, and which.

    Such jobs are few, and their payloads have no index: all are looked at, a page at a time. The
    kernel's own kinds hold no dot; they name what they are about as their subject.
    """
    last = 0
    while True:
        rows = connection.execute(
            select(jobs.c.id, cast(jobs.c.payload, Text).label("text"))
            .where(jobs.c.id > last, jobs.c.kind.contains("."))
            .order_by(jobs.c.id)
            .limit(_PAGE)
        ).all()
        for row in rows:
            found = [uid for uid in _UID.findall(row.text) if uid in lead_of]
            if found:
                yield row.id, found
        if len(rows) < _PAGE:
            return
        last = rows[-1].id


def _wordless(row: Any) -> dict[str, Any]:
    event = {**row.payload.get("event", {}), "message": ""}
    payload = {**row.payload, "event": event}
    return {"of": row.id, "new_payload": payload, "new_error": _ERROR if row.error else ""}
