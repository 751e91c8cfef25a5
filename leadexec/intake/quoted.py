"""Order IDs in the transaction of intake: checked, used up once, their plan begun (``PP2``)."""

import enum
from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from time import perf_counter_ns
from typing import Any, Final

from sqlalchemy import Connection, bindparam, update

from leadexec.contracts.post import Reason
from leadexec.intake.decide import Decided
from leadexec.model.lead import LeadStatus
from leadexec.model.source import Channel
from leadexec.storage.counters import give_back
from leadexec.storage.delivery_rows import insert_deliveries, reserved_delivery
from leadexec.storage.job_rows import RELEASE_QUOTE, remove_jobs
from leadexec.storage.rows import KeyQuery, Row, RowStatement
from leadexec.storage.tables import quotes


class QuoteState(enum.StrEnum):
    """Where a quote is."""

    OPEN = "open"
    USED = "used"
    EXPIRED = "expired"


OPEN: Final = QuoteState.OPEN.value
_found = KeyQuery(
    quotes.c.order_id,
    quotes.c.order_id,
    quotes.c.campaign_id,
    quotes.c.expires_at,
    quotes.c.state,
    quotes.c.price,
    quotes.c.plan,
    lock=True,
)
_use = RowStatement(
    update(quotes)
    .where(quotes.c.order_id == bindparam("of"))
    .values(state=bindparam("new_state"), lead_uid=bindparam("lead")),
    "of",
    "new_state",
    "lead",
)


class QuoteBook:
    """The Order IDs that one batch brings: read once, judged in order, written once."""

    def __init__(self, connection: Connection, decided: Sequence[Decided]) -> None:
        """Lock and read the quotes that the leads in ``decided`` name."""
        self._connection = connection
        wanted = sorted({lead.order_id for lead in decided if lead.order_id})
        self._open: dict[str, Mapping[str, Any]] = {
            row[0]: dict(
                zip(("campaign", "expires_at", "state", "price", "plan"), row[1:], strict=True)
            )
            for row in _found(connection, wanted)
        }
        self._used: list[tuple[str, Decided]] = []

    def judge(self, decided: Decided) -> None:
        """Reject a lead whose Order ID does not hold; else agree on the quoted price."""
        if decided.refused or not (decided.order_id or _must_have_one(decided)):
            return
        began = perf_counter_ns()
        reason = self._objection(decided)
        if reason is not None:
            decided.reject([reason], final=True)
            decided.note("order_id", "reject", began, code=reason.code, message=reason.message)
            return
        decided.lead.price = self._open[decided.order_id]["price"]
        decided.note("order_id", "pass", began)

    def take(self, decided: Decided) -> None:
        """Use the Order ID of a settled lead up; a lead that was rejected leaves it as it is."""
        if decided.order_id and decided.status is not LeadStatus.REJECTED:
            self._open[decided.order_id] = {**self._open[decided.order_id], "state": "used"}
            self._used.append((decided.order_id, decided))

    def write(self) -> None:
        """Write what was used, and begin the deliveries that were held for it."""
        if not self._used:
            return
        _use(
            self._connection,
            [(order, QuoteState.USED.value, lead.lead.uid) for order, lead in self._used],
        )
        begun: list[Row] = []
        dropped: list[Mapping[str, int]] = []
        for order, lead in self._used:
            plan = self._open[order]["plan"]
            if lead.status is LeadStatus.QUEUED:
                begun.extend(_delivery(lead, planned) for planned in plan)
            else:  # it waits for a person, the buyers do not
                dropped.extend(planned["limits"] for planned in plan)
        remove_jobs(self._connection, RELEASE_QUOTE, [order for order, _ in self._used])
        insert_deliveries(self._connection, begun)
        give_back(self._connection, dropped)

    def _objection(self, decided: Decided) -> Reason | None:
        order = decided.order_id
        if not order:
            text = "Leads of this campaign are posted with the Order ID that their ping got."
            return Reason(code="order_id_missing", message=text)
        quote = self._open.get(order)
        if quote is None or quote["campaign"] != decided.lead.campaign_id:
            text = f"This campaign has given out no Order ID {order[:64]}."
            return Reason(code="order_id_unknown", message=text)
        if quote["state"] == QuoteState.USED:
            return Reason(code="order_id_used", message="This Order ID was used before.")
        expires_at: datetime = quote["expires_at"]
        if quote["state"] != OPEN or decided.lead.received_at >= expires_at:
            text = f"This Order ID held until {expires_at:%H:%M:%S} UTC; ping again."
            return Reason(code="order_id_expired", message=text)
        return None


def _must_have_one(decided: Decided) -> bool:
    return decided.campaign.entity.channel is Channel.PING_POST and not decided.vouched


def _delivery(decided: Decided, planned: Mapping[str, Any]) -> Row:
    return reserved_delivery(
        planned["delivery_uid"],
        decided.lead.uid,
        account_id=planned["account_id"],
        client_id=planned["client_id"],
        method_id=planned["method_id"],
        price=Decimal(planned["price"]),
        exclusive=planned["exclusive"],
        reference=planned["reference"],
        limits=planned["limits"],
        now=decided.lead.received_at,
    )
