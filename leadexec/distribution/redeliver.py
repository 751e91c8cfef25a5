"""Sending an accepted delivery once more: same sale, same price, a new request."""

from collections.abc import Mapping
from typing import Any

import msgspec
from sqlalchemy import Connection, insert, update

from leadexec.contracts.delivery import Accepted, Failed, Rejected, Sale
from leadexec.delivery.attempt import Tried
from leadexec.delivery.breaker import CIRCUIT_OPEN
from leadexec.delivery.texts import field_texts, outgoing
from leadexec.distribution.lead_row import OpenDelivery, stored_lead
from leadexec.distribution.parts import Parts
from leadexec.errors import LeadexecError, UnavailableError
from leadexec.storage.job_rows import JobRow
from leadexec.storage.tables import attempts, deliveries

REDELIVER = "redeliver"
"""The kind of the jobs that resend."""


class Resend(msgspec.Struct, kw_only=True, frozen=True):
    """The payload of a ``redeliver`` job; its subject is the delivery's uid."""

    lead_uid: str
    number: int
    """The try's number; part of the idempotency key, so that a buyer sees it as a new request."""
    reason: str


class Redelivery:
    """Runs ``redeliver`` jobs."""

    def __init__(self, parts: Parts) -> None:
        """Work with ``parts``."""
        self._parts = parts

    async def run_job(self, row: JobRow) -> None:
        """Resend one delivery; a buyer that cannot be reached makes the job run again.

        Raises:
            LeadexecError: ``resend_failed``.
            UnavailableError: ``circuit_open``: nothing was sent.
        """
        resend = msgspec.convert(row.payload, Resend)
        found = await self._parts.store.read(
            lambda connection: stored_lead(connection, resend.lead_uid)
        )
        sold = next((d for d in found.deliveries if d.uid == row.subject), None) if found else None
        account = self._parts.catalog.accounts.get(sold.account_id) if sold else None
        if found is None or sold is None or account is None:
            return
        lead_type = self._parts.catalog.lead_types[account.entity.lead_type]
        lead = found.revived(lead_type.schema)
        sale = Sale(
            delivery_uid=f"{sold.uid}.{resend.number}",
            client_id=sold.client_id,
            client_name=account.client.company,
            account_id=sold.account_id,
            account_name=account.entity.name,
            price=sold.price,
            reference=sold.reference,
        )
        goods = outgoing(account, lead_type, lead, sale, field_texts(lead_type, lead))
        tried = await self._parts.deliverer.attempt(account.method, goods, resend.number)
        if tried.not_before is not None:  # never dead for it: it runs when the buyer is back
            raise UnavailableError(CIRCUIT_OPEN, tried.outcome.reason)
        made = _attempt(sold, resend, tried)
        await self._parts.store.change(lambda connection: _record(connection, made))
        if isinstance(tried.outcome, Failed) and tried.outcome.retry:
            raise LeadexecError("resend_failed", tried.outcome.reason or tried.outcome.code)


def _attempt(sold: OpenDelivery, resend: Resend, tried: Tried) -> Mapping[str, Any]:
    match tried.outcome:
        case Accepted(reason=reason):
            verdict, code = "accepted", "resent"
        case Rejected(code=code, reason=reason):
            verdict = "rejected"
        case Failed(code=code, reason=reason):
            verdict = "failed"
    return {
        "delivery_uid": sold.uid,
        "number": resend.number,
        "at": tried.at,
        "elapsed_us": tried.elapsed_us,
        "verdict": verdict,
        "code": code,
        "reason": f"{resend.reason}: {reason}" if reason else resend.reason,
        "exchanges": tried.exchanges,
    }


def _record(connection: Connection, made: Mapping[str, Any]) -> None:
    connection.execute(insert(attempts), [dict(made)])
    connection.execute(
        update(deliveries)
        .where(deliveries.c.uid == made["delivery_uid"])
        .values(attempts=made["number"])
    )
