"""What is stored beside a lead: deliveries, attempts, decision, claims, audit. No price changes."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from sqlalchemy import Connection, bindparam, delete, select, update

from leadexec.storage.columns import JsonColumn
from leadexec.storage.configuration_tables import audit
from leadexec.storage.tables import attempts, claims, decisions, deliveries

_decide: Final = (
    update(decisions)
    .where(decisions.c.lead_uid == bindparam("of"))
    .values(record=bindparam("new_record", type_=JsonColumn))
)


def empty_beside(connection: Connection, uids: Sequence[str], ids: Sequence[int]) -> None:
    """Empty what is beside the leads ``uids``, whose rows have the numbers ``ids``.

    Deliveries keep client, price, state and times but no words of the buyer's and no reference of
    its; attempts keep times and verdicts; decision records keep codes. Claims are deleted, since
    their keys are made of the lead's values.
    """
    sold = select(deliveries.c.uid).where(deliveries.c.lead_uid.in_(uids))
    connection.execute(
        update(attempts)
        .where(attempts.c.delivery_uid.in_(sold.scalar_subquery()))
        .values(reason="", exchanges=[])
    )
    connection.execute(
        update(deliveries)
        .where(deliveries.c.lead_uid.in_(uids))
        .values(reason="", reference="", redirect_url="")
    )
    query = select(decisions.c.lead_uid, decisions.c.record).where(decisions.c.lead_uid.in_(uids))
    records = [
        {"of": row.lead_uid, "new_record": _wordless(row.record)}
        for row in connection.execute(query.order_by(decisions.c.lead_uid))
    ]
    if records:
        connection.execute(_decide, records)
    connection.execute(delete(claims).where(claims.c.lead_uid.in_(uids)))
    connection.execute(
        update(audit)
        .where(audit.c.entity == "lead", audit.c.entity_id.in_(ids))
        .values(old=None, new=None)
    )


def _wordless(record: Mapping[str, Any]) -> dict[str, Any]:
    """Return a decision record with its codes and without its sentences."""
    plain = dict(record)
    if "passed" in plain:
        plain["passed"] = [{**passed, "text": ""} for passed in plain["passed"]]
    if plain.get("stopped"):
        plain["stopped"] = "erased"
    return plain
