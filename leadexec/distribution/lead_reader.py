"""Reading leads back for their distribution, all that are wanted at once with one question."""

import asyncio
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection

from leadexec.distribution.lead_row import OpenDelivery, StoredLead, open_delivery
from leadexec.errors import UnavailableError
from leadexec.storage.rows import KeyQuery
from leadexec.storage.store import Store
from leadexec.storage.tables import decisions, deliveries, leads

_LEAD = (
    "uid",
    "received_at",
    "lead_type_id",
    "source_id",
    "campaign_id",
    "status",
    "price",
    "remote_ip",
    "is_test",
    "fields",
    "facts",
    "grade",
    "score",
    "only_accounts",
)
_DELIVERY = (
    "id",
    "lead_uid",
    "uid",
    "account_id",
    "client_id",
    "method_id",
    "state",
    "price",
    "exclusive",
    "attempts",
    "next_at",
    "limits",
    "code",
    "reference",
    "reserved_at",
)
_leads = KeyQuery(leads.c.uid, *(leads.c[name] for name in _LEAD))
_deliveries = KeyQuery(deliveries.c.lead_uid, *(deliveries.c[name] for name in _DELIVERY))
_records = KeyQuery(decisions.c.lead_uid, decisions.c.lead_uid, decisions.c.record)


class LeadReader:
    """Reads leads; whoever asks while others do shares their question. One per event loop."""

    def __init__(self, store: Store) -> None:
        """Read from ``store``."""
        self._store = store
        self._gathering: _Asked | None = None

    async def read(self, uid: str) -> StoredLead | None:
        """Return the lead called ``uid`` with its deliveries, or None.

        Raises:
            UnavailableError: ``database_unavailable``.
        """
        asked = self._gathering
        if asked is not None:
            asked.uids.add(uid)
            return (await asyncio.shield(asked.found)).get(uid)
        self._gathering = asked = _Asked(uid)
        try:
            found = await self._ask(asked)
        except BaseException as error:
            asked.fail(error)
            raise
        asked.found.set_result(found)
        return found.get(uid)

    async def _ask(self, asked: "_Asked") -> Mapping[str, StoredLead]:
        try:
            await asyncio.sleep(0)  # whoever else this turn of the loop brings joins
        finally:
            self._gathering = None
        uids = sorted(asked.uids)
        return await self._store.read(lambda connection: stored_leads(connection, uids))


class _Asked:
    """Leads that are read with one question."""

    def __init__(self, uid: str) -> None:
        self.uids = {uid}
        self.found: asyncio.Future[Mapping[str, StoredLead]] = (
            asyncio.get_running_loop().create_future()
        )

    def fail(self, error: BaseException) -> None:
        """Let the others fail as the one who asks for all did."""
        if not isinstance(error, Exception):  # it was cancelled, they were not
            error = UnavailableError("database_unavailable", "Reading the lead was broken off.")
        self.found.set_exception(error)
        self.found.exception()  # perhaps nobody else has asked


def stored_leads(connection: Connection, uids: Sequence[str]) -> dict[str, StoredLead]:
    """Return uid → lead with its deliveries, for those of ``uids`` that exist."""
    offered: defaultdict[str, list[OpenDelivery]] = defaultdict(list)
    for row in sorted(_deliveries(connection, uids)):
        named: dict[str, Any] = dict(zip(_DELIVERY, row, strict=True))
        offered[named["lead_uid"]].append(open_delivery(named))
    records: dict[str, Any] = dict(_records(connection, uids))
    return {
        row[0]: StoredLead(
            row=dict(zip(_LEAD, row, strict=True)),
            deliveries=offered.get(row[0], ()),
            record=records.get(row[0]),
        )
        for row in _leads(connection, uids)
    }
