"""Emptying the posts that brought erased leads, and those that brought none."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any, Final

from sqlalchemy import (
    ColumnElement,
    Connection,
    bindparam,
    delete,
    literal_column,
    or_,
    select,
    update,
)

from leadexec.distribution.erasing.asked import empty_asked_of_posts, still_good
from leadexec.distribution.erasing.lists import without
from leadexec.distribution.erasing.marks import EMPTIED, is_erased, is_stray, note
from leadexec.storage.columns import OutsideText
from leadexec.storage.tables import idempotency, leads, requests

_JSON: Final = "application/json"
_EMPTY: Final = {
    "remote_ip": "",
    "content_type": _JSON,
    "detail": EMPTIED,
}
_empty_post: Final = (
    update(requests)
    .where(requests.c.uid == bindparam("of"))
    .values(body=bindparam("new_body"), path=bindparam("new_path", type_=OutsideText()), **_EMPTY)
)
_cut_post: Final = (
    update(requests).where(requests.c.uid == bindparam("of")).values(body=bindparam("new_body"))
)


def empty_posts_of(connection: Connection, uids: Collection[str], now: datetime) -> int:
    """Empty the posts ``uids``, some of whose leads are erased by now; return how many changed.

    A post all of whose leads are erased becomes a note. Of a JSON list with other leads in it only
    the erased ones' parts go. Where the parts cannot be told apart, the whole body goes: what is to
    be erased weighs more than the copy of a post, and the other leads themselves are not touched.
    Posts that were repeated with the same idempotency key are treated alike.
    """
    erased: defaultdict[str, list[bool]] = defaultdict(list)
    for uid, facts in connection.execute(
        select(leads.c.request_uid, leads.c.facts)
        .where(leads.c.request_uid.in_(uids))
        .order_by(leads.c.id)
    ):
        erased[uid].append(is_erased(facts))
    emptied, cut = [], []
    for row in connection.execute(_posts(sorted(erased))):
        flags = erased[row.uid if row.uid in erased else _repeated(row.detail)]
        body = None if all(flags) else _left(row.body, flags)
        if body is None:
            emptied.append({"of": row.uid, **_emptied(row.path, now, len(flags))})
        else:
            cut.append({"of": row.uid, "new_body": body})
    if emptied:
        connection.execute(_empty_post, emptied)
    if cut:
        connection.execute(_cut_post, cut)
    gone = [uid for uid, flags in erased.items() if all(flags)]
    connection.execute(delete(idempotency).where(idempotency.c.request_uid.in_(gone)))
    return len(emptied) + len(cut)


def empty_stray_posts(connection: Connection, uids: Sequence[str], now: datetime) -> int:
    """Empty those posts among ``uids`` that brought no lead; return how many there were.

    A ping whose quote may still be used is left until that is over.
    """
    left = sorted(set(uids) - still_good(connection, uids))
    query = select(requests.c.uid, requests.c.path).where(requests.c.uid.in_(left), is_stray())
    rows = [
        {"of": row.uid, **_emptied(row.path, now, 0)}
        for row in connection.execute(query.order_by(requests.c.uid).with_for_update())
    ]
    if rows:
        connection.execute(_empty_post, rows)
        empty_asked_of_posts(connection, [row["of"] for row in rows])
    return len(rows)


def _posts(uids: Sequence[str]) -> Any:
    """Return the question for posts and their repeats that are not emptied, to be changed."""
    repeats = [_REPEATS.format(uid) for uid in uids]
    # Written out, not bound: so that a partial index on repeated posts can serve.
    repeated: ColumnElement[bool] = requests.c.code == literal_column("'repeated'")
    return (
        select(requests.c.uid, requests.c.path, requests.c.body, requests.c.detail)
        .where(
            or_(requests.c.uid.in_(uids), repeated & requests.c.detail.in_(repeats)),
            requests.c.detail != EMPTIED,
        )
        .order_by(requests.c.uid)
        .with_for_update()
    )


_REPEATS: Final = "Its idempotency key was used by the post {}."
"""As intake writes it into the detail of a repeated post."""


def _repeated(detail: str) -> str:
    start, end = _REPEATS.split("{}")
    return detail.removeprefix(start).removesuffix(end)


def _left(body: bytes, flags: Sequence[bool]) -> bytes | None:
    gone = [place for place, flag in enumerate(flags) if flag]
    return without(bytes(body), len(flags), gone)


def _emptied(path: str, now: datetime, count: int) -> dict[str, Any]:
    return {"new_body": note(now, count), "new_path": path.partition("?")[0]}
