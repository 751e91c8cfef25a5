"""Held leads as rows: found, locked, changed, what they took given back; for ``quality``."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeAlias

import msgspec
from sqlalchemy import Connection, delete, exists, select, update

from leadexec.catalog.compiled import CompiledCampaign, Limits
from leadexec.catalog.windows import compile_limits
from leadexec.contracts.eligibility import Limit
from leadexec.contracts.validator import Claim
from leadexec.distribution.states import DeliveryState
from leadexec.errors import ConflictError, NotFoundError
from leadexec.model.lead import LeadStatus
from leadexec.model.limits import QuantityLimits
from leadexec.storage.audit import record_change
from leadexec.storage.configuration_tables import audit
from leadexec.storage.counters import Counters
from leadexec.storage.job_rows import RECHECK
from leadexec.storage.locks import lock_names
from leadexec.storage.rows import RowInsert
from leadexec.storage.tables import claims, deliveries, jobs, leads

Row: TypeAlias = Mapping[Any, Any]
_take_rejected = RowInsert(
    claims,
    "key",
    "rejected",
    "lead_uid",
    "claimed_at",
    conflict="ON CONFLICT (key, rejected) DO UPDATE "
    "SET lead_uid = excluded.lead_uid, claimed_at = excluded.claimed_at "
    "WHERE claims.claimed_at < excluded.claimed_at",
)


@dataclass(slots=True, frozen=True)
class Seen:
    """A lead as it was a moment before the transaction."""

    row: Row
    campaign: CompiledCampaign
    before: Mapping[str, Any] | None
    """The campaign's row as it was when intake decided; None: it has not changed since."""

    def limits_now(self) -> Sequence[Limit]:
        """Return what the lead takes up of the campaign's limits, for the time when it came."""
        return self._at_arrival(self.campaign.limits)

    def limits_then(self) -> Sequence[Limit]:
        """Return what it took up of the limits that the campaign had when intake decided.

        What a limit never counted must not be given back to it.
        """
        if self.before is None:
            return self.limits_now()
        quantities = msgspec.convert(self.before["limits"], QuantityLimits)
        owner = f"campaign:{self.campaign.entity.id}"
        return self._at_arrival(compile_limits(quantities, owner, self.before["time_zone"]))

    def _at_arrival(self, limits: Limits | None) -> Sequence[Limit]:
        return () if limits is None else limits(self.row["received_at"])


def look(connection: Connection, uid: str) -> tuple[Row, Mapping[str, Any] | None]:
    """Return a lead's row, and its campaign's as it was if it was changed since the decision.

    Raises:
        NotFoundError: ``unknown_lead``.
    """
    row = connection.execute(select(leads).where(leads.c.uid == uid)).mappings().first()
    if row is None:
        raise NotFoundError("unknown_lead", f"There is no lead {uid}.")
    query = select(audit.c.old).where(
        audit.c.entity == "campaign",
        audit.c.entity_id == row["campaign_id"],
        audit.c.act == "updated",
        audit.c.revision > row["revision"],
    )
    return dict(row), connection.scalar(query.order_by(audit.c.id).limit(1))


def held_lead(connection: Connection, seen: Seen, now: datetime) -> Row:
    """Return the row of a held lead, locked, and take its recheck away: a person decides now.

    Raises:
        NotFoundError: ``unknown_lead``.
        ConflictError: ``not_held``; ``being_rechecked``: its checks run at this very moment.
    """
    uid = seen.row["uid"]
    query = select(leads).where(leads.c.uid == uid).with_for_update()
    row = connection.execute(query).mappings().first()
    if row is None:
        raise NotFoundError("unknown_lead", f"There is no lead {uid}.")
    if row["status"] != LeadStatus.HELD:
        raise ConflictError("not_held", f"The lead is {row['status']}, not held.")
    recheck = (jobs.c.kind == RECHECK, jobs.c.subject == uid)
    in_hand = (jobs.c.owner != "") & (jobs.c.run_at > now)
    connection.execute(delete(jobs).where(*recheck, ~in_hand))
    busy = connection.execute(select(jobs.c.id).where(*recheck)).first() is not None
    if busy or row["revision"] != seen.row["revision"]:
        text = "The lead's checks are being run again at this moment."
        raise ConflictError("being_rechecked", text, "Try again in a few seconds.")
    return dict(row)


def refuse_offered(connection: Connection, uid: str) -> None:
    """Do nothing if nobody has bought the lead and nobody is about to.

    Raises:
        ConflictError: ``already_offered``.
    """
    lasting = (DeliveryState.ACCEPTED.value, DeliveryState.RESERVED.value)
    bought = exists().where(deliveries.c.lead_uid == uid, deliveries.c.state.in_(lasting))
    if connection.scalar(select(bought)):
        text = "The lead was sold, or is being delivered; it cannot go back as invalid."
        raise ConflictError("already_offered", text, "Validate it, and return its deliveries.")


def change_lead(
    connection: Connection,
    row: Row,
    changes: Mapping[str, Any],
    *,
    log: Sequence[Any],
    by: str,
    note: str,
    now: datetime,
) -> None:
    """Write what a person decided: the lead's new columns, its process log, the audit.

    Args:
        connection: In a transaction.
        row: The lead as it is.
        changes: Column → new value.
        log: Steps that follow those of the process log so far.
        by: Who decided.
        note: Why.
        now: When.
    """
    connection.execute(
        update(leads)
        .where(leads.c.uid == row["uid"])
        .values(**changes, log=[*row["log"], *log], updated_at=now)
    )
    record_change(
        connection,
        at=now,
        by=by,
        entity="lead",
        entity_id=row["id"],
        act="updated",
        old={name: row[name] for name in changes},
        new={**changes, "note": note} if note else changes,
        revision=None,
    )


def took_limits(row: Row) -> bool:
    """Return whether the lead takes up its campaign's quantity limits, as its log says."""
    return any(e.get("step") == "limits" and e.get("verdict") == "pass" for e in row["log"])


def take_limits(connection: Connection, limits: Sequence[Limit]) -> None:
    """Take up ``limits``.

    Raises:
        ConflictError: ``campaign_limit_reached``.
    """
    counters = Counters(connection, limits)
    full = counters.first_full(limits)
    if full is not None:
        text = f"The campaign has reached its {full.text}, for the time when the lead came."
        raise ConflictError("campaign_limit_reached", text, "Raise the limit, or invalidate it.")
    counters.take(limits)
    counters.write()


def release_claims(connection: Connection, wanted: Mapping[str, Claim], row: Row) -> None:
    """Leave the lead only the keys that a rejected one holds; others may take the rest (``LS8``).

    A key that it does not hold, because it gave way to an earlier lead or a later one has taken it
    since, is left alone.
    """
    keys = sorted(wanted)
    lock_names(connection, (f"claim:{key}" for key in keys))
    uid = row["uid"]
    own = (claims.c.key.in_(keys), claims.c.rejected.is_(False), claims.c.lead_uid == uid)
    held = sorted(connection.scalars(select(claims.c.key).where(*own)))
    connection.execute(delete(claims).where(*own))
    lasting = [key for key in held if wanted[key].on_rejected]
    _take_rejected(connection, [(key, True, uid, row["received_at"]) for key in lasting])
