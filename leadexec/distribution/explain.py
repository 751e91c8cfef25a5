"""Why a lead went where it went: every delivery account with what decided (``LD15``)."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

import msgspec
from sqlalchemy import Connection, select

from leadexec.catalog.catalog import Catalog
from leadexec.catalog.compiled import CompiledAccount
from leadexec.contracts.eligibility import Consideration, Excluded
from leadexec.contracts.lead import Lead
from leadexec.contracts.post import Reason
from leadexec.distribution.considering import check_rules
from leadexec.distribution.lead_row import StoredLead, stored_lead
from leadexec.distribution.parts import Parts
from leadexec.errors import NotFoundError
from leadexec.model.entity import Entity
from leadexec.model.lead import LogEntry
from leadexec.storage.tables import decisions


class AccountExplained(msgspec.Struct, kw_only=True, frozen=True):
    """One delivery account, and what became of it for the lead."""

    account: int
    account_name: str
    client: int
    client_name: str
    price: Decimal
    outcome: str
    """``accepted``, ``rejected``, ``failed``, ``reserved`` (offered); ``excluded``;
    ``not_reached`` (it qualified, but the lead was sold or stopped before)."""
    code: str
    text: str
    from_record: bool
    """True: as recorded when it was decided; False: worked out again now."""


class LeadExplained(msgspec.Struct, kw_only=True, frozen=True):
    """Everything that decided about one lead."""

    lead: str
    status: str
    code: str
    reasons: list[Reason]
    log: list[LogEntry]
    """The checks at intake, in order."""
    strategy: str
    decided_at: datetime | None
    revision: int
    """The configuration revision that decided."""
    present_revision: int
    """The configuration revision now; where it differs, what is worked out again may, too."""
    accounts: list[AccountExplained]


class Explainer:
    """Explains stored leads."""

    def __init__(self, parts: Parts) -> None:
        """Work with ``parts``."""
        self._parts = parts

    async def explain(self, lead_uid: str) -> LeadExplained:
        """Return why the lead went where it went.

        Raises:
            NotFoundError: ``unknown_lead``.
        """
        found, decided = await self._parts.store.read(lambda c: _read(c, lead_uid))
        if found is None:
            raise NotFoundError("unknown_lead", f"There is no lead {lead_uid}.")
        record = found.record or {}
        at = decided["decided_at"] if decided else None
        return LeadExplained(
            lead=lead_uid,
            status=found.row["status"],
            code=found.row["code"],
            reasons=msgspec.convert(found.row["reasons"], list[Reason]),
            log=msgspec.convert(found.row["log"], list[LogEntry]),
            strategy=record.get("strategy", ""),
            decided_at=at,
            revision=decided["revision"] if decided else found.row["revision"],
            present_revision=self._parts.catalog.revision,
            accounts=list(self._accounts(found, at)) if decided else [],
        )

    def _accounts(self, found: StoredLead, at: datetime | None) -> Iterator[AccountExplained]:
        catalog = self._parts.catalog
        lead_type = catalog.lead_types.get(found.row["lead_type_id"])
        lead = found.revived(lead_type.schema if lead_type else {})
        recorded = dict(_recorded(found))
        now = at or self._parts.services.clock.now()
        for account_id in sorted({*recorded, *_of_type(catalog, lead.lead_type_id)}):
            if account_id in recorded:
                outcome, code, text, price = recorded[account_id]
                yield _explained(
                    catalog,
                    account_id,
                    outcome=outcome,
                    code=code,
                    text=text,
                    price=price,
                    recorded=True,
                )
            else:
                outcome, why = self._again(account_id, lead, now)
                yield _explained(catalog, account_id, outcome=outcome, code=why.code, text=why.text)

    def _again(self, account_id: int, lead: Lead, now: datetime) -> tuple[str, Excluded]:
        """Return what the account's criteria and rules say about ``lead`` at ``now``."""
        catalog = self._parts.catalog
        inactive = catalog.inactive.get(account_id)
        if inactive is not None:
            return "excluded", inactive.why
        account: CompiledAccount | None = catalog.accounts.get(account_id)
        criteria = catalog.criteria_of(account_id)
        if account is None or criteria is None:
            return "excluded", Excluded(code="account_gone", text="It is not there any more.")
        verdict = criteria.explain(lead.fields, now)
        if not verdict.matched:
            return "excluded", Excluded(code=f"criteria:{verdict.code}", text=verdict.message)
        why = check_rules(account, Consideration(lead=lead, now=now), self._parts.faults)
        if why is not None:
            return "excluded", why
        text = "It qualified; the lead was sold, or its distribution ended, before its turn."
        return "not_reached", Excluded(code="not_reached", text=text)


def _read(connection: Connection, uid: str) -> tuple[StoredLead | None, Mapping[str, Any] | None]:
    query = select(decisions.c.revision, decisions.c.decided_at).where(decisions.c.lead_uid == uid)
    decided = connection.execute(query).mappings().first()
    return stored_lead(connection, uid), dict(decided) if decided else None


def _recorded(found: StoredLead) -> Iterator[tuple[int, tuple[str, str, str, Decimal | None]]]:
    for passed in (found.record or {}).get("passed", ()):
        yield passed["account"], ("excluded", passed["code"], passed["text"], None)
    for delivery in found.deliveries:
        text = f"Delivery {delivery.uid}: {delivery.state.value}."
        code = delivery.code or delivery.state.value
        yield delivery.account_id, (delivery.state.value, code, text, delivery.price)


def _of_type(catalog: Catalog, lead_type_id: int) -> Iterator[int]:
    for known in (catalog.accounts, catalog.inactive):
        for account_id, account in known.items():
            if account.entity.lead_type == lead_type_id:
                yield account_id


def _explained(
    catalog: Catalog,
    account_id: int,
    *,
    outcome: str,
    code: str,
    text: str,
    price: Decimal | None = None,
    recorded: bool = False,
) -> AccountExplained:
    known = catalog.accounts.get(account_id) or catalog.inactive.get(account_id)
    client: Entity | None = catalog.entities["client"].get(known.entity.client) if known else None
    return AccountExplained(
        account=account_id,
        account_name=known.entity.name if known else "",
        client=known.entity.client if known else 0,
        client_name=getattr(client, "company", ""),
        price=price if price is not None else (known.entity.price if known else Decimal(0)),
        outcome=outcome,
        code=code,
        text=text,
        from_record=recorded,
    )
