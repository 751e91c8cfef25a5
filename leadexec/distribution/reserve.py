"""Reserving: the first candidate with room, its limits and its turn, in one transaction."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from sqlalchemy import Connection, bindparam, func, select, text

from leadexec.catalog.compiled import CompiledAutomation
from leadexec.contracts.automation import Candidate, SortContext
from leadexec.contracts.eligibility import Excluded, Limit
from leadexec.contracts.script import Stop
from leadexec.distribution.scripts import Halt, ScriptFailed, only_given
from leadexec.plugins import FaultLog
from leadexec.storage.counters import Counters, amounts_of
from leadexec.storage.delivery_rows import insert_deliveries, reserved_delivery
from leadexec.storage.job_rows import DISTRIBUTE, still_owned
from leadexec.storage.locks import lock_names
from leadexec.storage.rows import Row
from leadexec.storage.tables import turns


@dataclass(slots=True)
class Offer:
    """A candidate with what a sale to it takes up."""

    candidate: Candidate
    method_id: int
    limits: Sequence[Limit]
    reference: str = ""
    """The buyer's id of its bid, if it was pinged."""


@dataclass(slots=True)
class Reserve:
    """Reserve the lead for the first of ``offers`` that has room."""

    lead_uid: str
    delivery_uid: str
    offers: Sequence[Offer]
    """In the order in which they are offered the lead, unless ``automation`` sorts them."""
    now: datetime
    owner: str
    slots: int
    sold: int
    automation: CompiledAutomation | None = None
    """Given when the strategy sorts inside the transaction: those that have room, with statistics
    that nobody else can change meanwhile."""
    arrange: Callable[[Sequence[Candidate]], Sequence[Candidate] | Halt] | None = None
    """What the campaign's scripts make of that order."""


@dataclass(slots=True)
class Reserved:
    """The outcome of ``Reserve``."""

    account_id: int | None
    """Whom the lead is reserved for; None: nobody of the offers has room."""
    full: dict[int, Excluded] = field(default_factory=dict)
    """Accounts that were passed over because a limit is reached."""
    left_out: tuple[int, ...] = ()
    """Accounts that the strategy does not offer the lead."""
    lost: bool = False
    """The lease is somebody else's now: leave the lead alone."""
    fault: str = ""
    """What the strategy raised: the lead is to be held."""
    halted: Halt | None = None
    """What a script ended the distribution with."""
    chosen: Offer | None = None
    """The offer of ``account_id``."""


_TAKE_TURN = text(
    "INSERT INTO turns (account_id, turn) VALUES (:account_id, :turn) "
    "ON CONFLICT (account_id) DO UPDATE SET turn = excluded.turn"
)
_TURNS = select(turns.c.account_id, turns.c.turn).where(
    turns.c.account_id.in_(bindparam("accounts", expanding=True))
)


class Reservations:
    """Reserves batches of leads; made once per app."""

    def __init__(self, faults: FaultLog) -> None:
        """Record what strategies raise in ``faults``."""
        self._faults = faults

    def reserve(self, connection: Connection, commands: Sequence[Reserve]) -> Sequence[Reserved]:
        """Run a batch; every outcome fits the command at its place."""
        owned = still_owned(connection, DISTRIBUTE, ((c.owner, c.lead_uid) for c in commands))
        counters = Counters(
            connection, (limit for c in commands for offer in c.offers for limit in offer.limits)
        )
        order = Turns(connection, commands)
        rows: list[Row] = []
        outcomes: list[Reserved] = []
        for command in commands:
            if (command.owner, command.lead_uid) not in owned:
                outcomes.append(Reserved(account_id=None, lost=True))
                continue
            outcomes.append(self._one(command, counters, order, rows))
        counters.write()
        order.write(connection)
        insert_deliveries(connection, rows)
        return outcomes

    def _one(
        self, command: Reserve, counters: Counters, order: "Turns", rows: list[Row]
    ) -> Reserved:
        outcome = Reserved(account_id=None)
        roomy = [offer for offer in command.offers if _has_room(offer, counters, outcome)]
        try:
            roomy = sorted_offers(command, roomy, order, outcome)
        except Exception as error:  # noqa: BLE001  a plugin is isolated; the lead is held
            name = command.automation.plugin if command.automation else ""
            fault = self._faults.record(name, "sorting candidates", error)
            return Reserved(account_id=None, fault=fault.error)
        if roomy:
            chosen = roomy[0]
            counters.take(chosen.limits)
            order.take(chosen.candidate.account_id)
            outcome.account_id = chosen.candidate.account_id
            outcome.chosen = chosen
            rows.append(_row(command, chosen))
        return outcome


def _has_room(offer: Offer, counters: Counters, outcome: Reserved) -> bool:
    full = counters.first_full(offer.limits)
    if full is not None:
        message = f"The delivery account has reached its {full.text}."
        outcome.full[offer.candidate.account_id] = Excluded(code="limit_reached", text=message)
    return full is None


def sorted_offers(
    command: Reserve, offers: list[Offer], order: "Turns", outcome: Reserved
) -> list[Offer]:
    """Return ``offers`` in the strategy's order, then the scripts'; note whom it leaves out."""
    if command.automation is None or not offers:
        return offers
    by_account = {offer.candidate.account_id: offer for offer in offers}
    strategy = command.automation.strategy
    context = SortContext(
        slots=command.slots,
        sold=command.sold,
        statistics={statistic: order.of(by_account) for statistic in strategy.needs},
    )
    given = [offer.candidate for offer in offers]
    ordered = only_given(strategy.sort(given, context), given)
    wanted = command.arrange(ordered) if command.arrange else ordered
    if isinstance(wanted, Stop | ScriptFailed):
        outcome.halted = wanted
        return []
    chosen = [replace(by_account.pop(c.account_id), candidate=c) for c in wanted]
    outcome.left_out = tuple(by_account)
    return chosen


class Turns:
    """The turns of one batch; read only when a strategy asks, written for whoever is offered."""

    def __init__(self, connection: Connection, commands: Sequence[Reserve]) -> None:
        """Read what the strategies of ``commands`` ask for."""
        asking = [c for c in commands if c.automation and c.automation.strategy.needs]
        self._known: dict[int, int] = {}
        self._new: dict[int, int] = {}
        self._last = 0
        self._active = bool(asking)
        if asking:
            lock_names(connection, ["turns"])
            accounts = {o.candidate.account_id for c in asking for o in c.offers}
            found = connection.execute(_TURNS, {"accounts": sorted(accounts)})
            self._known = {row.account_id: row.turn for row in found}
            self._last = connection.scalar(select(func.max(turns.c.turn))) or 0

    def of(self, accounts: Mapping[int, Offer]) -> dict[int, int]:
        """Return account → the turn at which it was last offered a lead; 0: never."""
        return {account: self._known.get(account, 0) for account in accounts}

    def take(self, account_id: int) -> None:
        """Let ``account_id`` take the next turn; only where turns are kept at all."""
        if self._active:
            self._last += 1
            self._known[account_id] = self._new[account_id] = self._last

    def write(self, connection: Connection) -> None:
        """Write the turns that were taken."""
        rows = [{"account_id": a, "turn": t} for a, t in sorted(self._new.items())]
        if rows:
            connection.execute(_TAKE_TURN, rows)


def _row(command: Reserve, offer: Offer) -> Row:
    candidate = offer.candidate
    return reserved_delivery(
        command.delivery_uid,
        command.lead_uid,
        account_id=candidate.account_id,
        client_id=candidate.client_id,
        method_id=offer.method_id,
        price=candidate.price,
        exclusive=candidate.exclusive,
        reference=offer.reference,
        limits=amounts_of(offer.limits),
        now=command.now,
    )
