"""Finding the leads and the stray posts of a person.

Neither the fields of leads nor the bodies of posts have an index on what they say: all are looked
through, a stretch at a time, so that no transaction is long. Per lead the database searches one
text; a million leads take seconds. On PostgreSQL a trigram index on ``lower(fields::text)`` would
serve the question for an email address as it stands.
"""

from collections.abc import Iterable, Sequence
from typing import Any, Final

import msgspec
from sqlalchemy import ColumnElement, Connection, Text, cast, func, or_, select

from leadexec.contracts.erasure import FoundLead, FoundPost
from leadexec.distribution.erasing.marks import is_erased, is_stray
from leadexec.distribution.erasing.matching import Wanted
from leadexec.storage.tables import leads, requests

STRETCH: Final = 20_000
"""Leads looked through in one transaction."""
POSTS: Final = 200
"""Stray posts read in one transaction: their bodies are compared here, not by the database."""
_PUNCTUATION: Final = " ()-./+"
_SHOWN: Final = (
    leads.c.uid,
    leads.c.received_at,
    leads.c.lead_type_id,
    leads.c.campaign_id,
    leads.c.status,
    leads.c.fields,
    leads.c.facts,
)


def last_id(connection: Connection) -> int:
    """Return the number of the latest lead; 0 without any."""
    return connection.scalar(select(func.max(leads.c.id))) or 0


def stretch_of_leads(connection: Connection, wanted: Wanted, after: int) -> Sequence[Any]:
    """Return the rows after the number ``after``, of the next ``STRETCH``, that may be wanted."""
    query = select(*_SHOWN).where(leads.c.id > after, leads.c.id <= after + STRETCH)
    return connection.execute(query.where(_may_be(wanted)).order_by(leads.c.id)).all()


def leads_named(connection: Connection, uids: Sequence[str]) -> Sequence[Any]:
    """Return the rows of leads that are known by their uids."""
    query = select(*_SHOWN).where(leads.c.uid.in_(uids))
    return connection.execute(query.order_by(leads.c.id)).all()


def stray_posts(connection: Connection, after: str) -> Sequence[Any]:
    """Return the next posts after the uid ``after`` that brought no lead, with their bodies."""
    shown = ("uid", "received_at", "status", "code", "path", "body")
    query = select(*(requests.c[name] for name in shown))
    return connection.execute(
        query.where(requests.c.uid > after, is_stray()).order_by(requests.c.uid).limit(POSTS)
    ).all()


def found_leads(rows: Iterable[Any], wanted: Wanted, named: Sequence[str]) -> list[FoundLead]:
    """Return those of ``rows`` that are the person's, with the fields that say so."""
    found = []
    for row in rows:
        agrees = [name for name, value in row.fields.items() if wanted.agrees(value)]
        if row.uid in named:
            agrees.insert(0, "uid")
        if agrees:
            found.append(
                FoundLead(
                    uid=row.uid,
                    received_at=row.received_at,
                    lead_type_id=row.lead_type_id,
                    campaign_id=row.campaign_id,
                    status=row.status,
                    agrees=tuple(agrees),
                    erased=is_erased(row.facts),
                )
            )
    return found


def found_posts(rows: Iterable[Any], wanted: Wanted) -> list[FoundPost]:
    """Return those of ``rows`` in which the person stands."""
    return [
        FoundPost(uid=row.uid, received_at=row.received_at, status=row.status, code=row.code)
        for row in rows
        if wanted.stands_in(row.path, bytes(row.body))
    ]


def _may_be(wanted: Wanted) -> ColumnElement[bool]:
    """Return a condition that no lead of the person fails; what meets it is looked at closely."""
    text = func.lower(cast(leads.c.fields, Text))
    plain: ColumnElement[str] = cast(leads.c.fields, Text)
    for character in _PUNCTUATION:
        plain = func.replace(plain, character, "")
    # Every spelling with a country code holds the one without.
    phones = [p for p in wanted.phones if not any(q != p and q in p for q in wanted.phones)]
    emails = [msgspec.json.encode(email).decode()[1:-1] for email in wanted.emails]
    return or_(
        *(text.contains(email, autoescape=True) for email in emails),
        *(plain.contains(phone) for phone in phones),
    )
