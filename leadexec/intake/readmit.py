"""Replacing the decision on a lead that was held because a check could not run."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, update

from leadexec.intake.decide import Decided
from leadexec.model.lead import LeadStatus
from leadexec.storage.columns import JsonColumn, MoneyColumn, UtcDateTime
from leadexec.storage.tables import leads


@dataclass(slots=True)
class Readmit:
    """A held lead with its new decision, to be stored in place of the old one."""

    decided: Decided
    log: Sequence[Any]
    """The process log so far; the new steps follow it."""
    now: datetime
    revision: int


readmission = (
    update(leads)
    .where(leads.c.uid == bindparam("of"), leads.c.status == LeadStatus.HELD.value)
    .values(
        status=bindparam("new_status"),
        code=bindparam("new_code"),
        reasons=bindparam("new_reasons", type_=JsonColumn),
        price=bindparam("new_price", type_=MoneyColumn),
        fields=bindparam("new_fields", type_=JsonColumn),
        log=bindparam("new_log", type_=JsonColumn),
        facts=bindparam("new_facts", type_=JsonColumn),
        grade=bindparam("new_grade"),
        score=bindparam("new_score"),
        only_accounts=bindparam("new_only_accounts", type_=JsonColumn),
        revision=bindparam("new_revision"),
        updated_at=bindparam("at", type_=UtcDateTime),
    )
)
"""Replaces the decision on held leads; one row of ``readmission_row`` each."""


def readmission_row(command: Readmit) -> dict[str, Any]:
    """Return the parameters of ``readmission`` for one lead."""
    decided = command.decided
    return {
        "of": decided.lead.uid,
        "new_status": decided.status.value,
        "new_code": decided.code,
        "new_reasons": decided.reasons,
        "new_price": 0 if decided.refused else decided.lead.price,
        "new_fields": decided.lead.fields,
        "new_log": [*command.log, *decided.log],
        "new_facts": decided.lead.facts,
        "new_grade": decided.lead.grade,
        "new_score": decided.lead.score,
        "new_only_accounts": decided.lead.only_accounts,
        "new_revision": command.revision,
        "at": command.now,
    }
