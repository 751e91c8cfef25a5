"""What is past its term, some at a time."""

from datetime import datetime

from sqlalchemy import Connection, and_, false, or_, select

from leadexec.contracts.erasure import DueLeads, DuePosts, Term
from leadexec.distribution.erasing.marks import is_stray, not_erased
from leadexec.model.lead import LeadStatus
from leadexec.storage.tables import leads, requests


def due_leads(connection: Connection, term: Term, after: int | None, most: int) -> DueLeads:
    """Return leads of the campaign past their term, in order of arrival.

    The index on campaign and id gives them; erased ones are passed over, and their rows are short.
    """
    rejected = leads.c.status == LeadStatus.REJECTED.value
    terms = [
        and_(mine, leads.c.received_at < before)
        for mine, before in ((~rejected, term.received_before), (rejected, term.rejected_before))
        if before is not None
    ]
    rows = connection.execute(
        select(leads.c.id, leads.c.uid)
        .where(
            leads.c.campaign_id == term.campaign_id,
            leads.c.id > (after or 0),
            or_(false(), *terms),
            not_erased(),
        )
        .order_by(leads.c.id)
        .limit(most)
    ).all()
    following = rows[-1].id if len(rows) == most else None
    return DueLeads(leads=tuple(row.uid for row in rows), next=following)


def due_posts(connection: Connection, before: datetime, after: str | None, most: int) -> DuePosts:
    """Return posts that brought no lead and came before an instant, in order of arrival."""
    query = select(requests.c.uid).where(
        requests.c.uid > (after or ""), requests.c.received_at < before, is_stray()
    )
    uids = connection.scalars(query.order_by(requests.c.uid).limit(most)).all()
    return DuePosts(posts=tuple(uids), next=uids[-1] if len(uids) == most else None)
