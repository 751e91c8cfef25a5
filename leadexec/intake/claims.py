"""Keys that leads hold alone, checked and taken in the transaction of intake (``LS8``)."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime

from sqlalchemy import Connection

from leadexec.catalog.compiled import CompiledValidator
from leadexec.contracts.validator import Claim, Conflict, Hold, Pass, Verdict
from leadexec.intake.decide import Decided, claim_key
from leadexec.intake.verdicts import sound_verdict
from leadexec.model.lead import LeadStatus
from leadexec.plugins import FaultLog
from leadexec.storage.locks import lock_names
from leadexec.storage.rows import KeyQuery, RowInsert
from leadexec.storage.tables import claims

_held = KeyQuery(
    claims.c.key, claims.c.key, claims.c.rejected, claims.c.lead_uid, claims.c.claimed_at
)
_take = RowInsert(
    claims,
    "key",
    "rejected",
    "lead_uid",
    "claimed_at",
    conflict="ON CONFLICT (key, rejected) DO UPDATE "
    "SET lead_uid = excluded.lead_uid, claimed_at = excluded.claimed_at",
)

_PASS = Pass()


class ClaimBook:
    """The claims that one batch meets: read once, decided in memory, written once."""

    def __init__(
        self, connection: Connection, decided: Sequence[Decided], faults: FaultLog
    ) -> None:
        """Lock and read every key that the leads in ``decided`` want."""
        self._connection = connection
        self._faults = faults
        keys = sorted({wanted.key for lead in decided for wanted in lead.claims})
        lock_names(connection, (f"claim:{key}" for key in keys))
        self._held: dict[tuple[str, bool], tuple[str, datetime]] = {}
        self._left: set[str] = set()
        self._new: dict[tuple[str, bool], tuple[str, datetime]] = {}
        self._met: set[str] = set()
        for key, rejected, lead_uid, claimed_at in _held(connection, keys):
            self._held[key, rejected] = (lead_uid, claimed_at)
            self._met.add(key)

    def meets_none(self, decided: Decided) -> bool:
        """Tell whether nobody has ever held any of the keys that ``decided`` wants: the usual."""
        met = self._met
        return all(wanted.key not in met for wanted in decided.claims)

    def verdicts(self, decided: Decided) -> Iterator[tuple[CompiledValidator, Verdict]]:
        """Yield each validator's verdicts on its claims, in order; without conflict one pass."""
        free: dict[str, CompiledValidator] = {}
        for used, claim, _ in decided.claims:
            conflict = self._conflict(claim, decided.lead.received_at, decided.lead.uid)
            if conflict is None:
                free[used.key] = used
            else:
                free.pop(used.key, None)
                yield used, self._decide(used, decided, conflict)
        for used in free.values():
            yield used, _PASS

    def _decide(self, used: CompiledValidator, decided: Decided, conflict: Conflict) -> Verdict:
        try:
            return sound_verdict(used.validator.on_conflict(decided.lead, conflict))
        except Exception as error:  # noqa: BLE001  a plugin is isolated; its fault is recorded, the lead held
            fault = self._faults.record(used.plugin, f"on_conflict of '{used.key}'", error)
            message = f"The check '{used.key}' could not run ({fault.error})."
            return Hold(code="check_could_not_run", message=message)

    def _conflict(self, claim: Claim, now: datetime, own: str) -> Conflict | None:
        return _latest(claim, now, self._held, own)

    def leave(self, decided: Decided) -> None:
        """Let the keys stay with the earlier leads that ``decided`` gave way to."""
        self._left.add(decided.lead.uid)

    def take(self, decided: Decided) -> None:
        """Let a settled lead hold its keys; a rejected one only those it takes as rejected."""
        if decided.lead.uid in self._left:
            return
        rejected = decided.status is LeadStatus.REJECTED
        held = (decided.lead.uid, decided.lead.received_at)
        for _, claim, key in decided.claims:
            if rejected and not claim.on_rejected:
                continue
            self._met.add(key)
            self._held[key, rejected] = self._new[key, rejected] = held

    def write(self) -> None:
        """Write the claims that were taken."""
        _take(
            self._connection,
            [(key, rejected, uid, at) for (key, rejected), (uid, at) in sorted(self._new.items())],
        )


def latest_claim(connection: Connection, claim: Claim, now: datetime) -> Conflict | None:
    """Return the lead that holds the key of ``claim`` at ``now``, or None; take nothing."""
    rows = _held(connection, [claim_key(claim)])
    return _latest(claim, now, {(key, rejected): (uid, at) for key, rejected, uid, at in rows})


def _latest(
    claim: Claim,
    now: datetime,
    held: Mapping[tuple[str, bool], tuple[str, datetime]],
    own: str = "",
) -> Conflict | None:
    """Return the latest earlier claim that counts, of another lead than ``own``, or None."""
    latest: Conflict | None = None
    for rejected in (False, True) if claim.on_rejected else (False,):
        found = held.get((claim_key(claim), rejected))
        if found is None:
            continue
        lead_uid, claimed_at = found
        if lead_uid == own:
            continue
        if claim.lookback is not None and now - claimed_at > claim.lookback:
            continue
        if latest is None or claimed_at > latest.claimed_at:
            latest = Conflict(
                claim=claim, lead_uid=lead_uid, claimed_at=claimed_at, rejected=rejected
            )
    return latest
