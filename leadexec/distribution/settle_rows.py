"""The statements that settle deliveries and end leads, each run once per row of a batch."""

from sqlalchemy import bindparam, update

from leadexec.storage.columns import JsonColumn, MoneyColumn, UtcDateTime
from leadexec.storage.rows import KeyQuery, RowInsert, RowStatement
from leadexec.storage.tables import attempts, decisions, deliveries, leads

update_deliveries = RowStatement(
    update(deliveries)
    .where(deliveries.c.uid == bindparam("of"), deliveries.c.state == bindparam("open"))
    .values(
        state=bindparam("new_state"),
        price=bindparam("new_price", type_=MoneyColumn),
        code=bindparam("new_code"),
        reason=bindparam("new_reason"),
        reference=bindparam("new_reference"),
        redirect_url=bindparam("new_redirect"),
        attempts=bindparam("new_attempts"),
        next_at=bindparam("new_next", type_=UtcDateTime),
        settled_at=bindparam("new_settled", type_=UtcDateTime),
    ),
    "of",
    "open",
    "new_state",
    "new_price",
    "new_code",
    "new_reason",
    "new_reference",
    "new_redirect",
    "new_attempts",
    "new_next",
    "new_settled",
)
states = KeyQuery(deliveries.c.uid, deliveries.c.uid, deliveries.c.state, lock=True)
sell = RowStatement(
    update(leads)
    .where(leads.c.uid == bindparam("of"))
    .values(
        revenue=leads.c.revenue + bindparam("sold_for", type_=MoneyColumn),
        source_share=leads.c.source_share + bindparam("shared", type_=MoneyColumn),
        delivered_count=leads.c.delivered_count + bindparam("sales"),
        updated_at=bindparam("at", type_=UtcDateTime),
    ),
    "of",
    "sold_for",
    "shared",
    "sales",
    "at",
)
end = RowStatement(
    update(leads)
    .where(leads.c.uid == bindparam("of"))
    .values(
        revenue=leads.c.revenue + bindparam("sold_for", type_=MoneyColumn),
        source_share=leads.c.source_share + bindparam("shared", type_=MoneyColumn),
        delivered_count=leads.c.delivered_count + bindparam("sales"),
        status=bindparam("new_status"),
        code=bindparam("new_code"),
        reasons=bindparam("new_reasons", type_=JsonColumn),
        updated_at=bindparam("at", type_=UtcDateTime),
    ),
    "of",
    "sold_for",
    "shared",
    "sales",
    "new_status",
    "new_code",
    "new_reasons",
    "at",
)
decide = RowInsert(
    decisions,
    "lead_uid",
    "revision",
    "decided_at",
    "record",
    conflict="ON CONFLICT (lead_uid) DO UPDATE SET revision = excluded.revision, "
    "decided_at = excluded.decided_at, record = excluded.record",
)
insert_attempts = RowInsert(
    attempts, "delivery_uid", "number", "at", "elapsed_us", "verdict", "code", "reason", "exchanges"
)
