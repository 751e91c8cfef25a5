"""Holding what a ping was promised: buyers' limits are taken until the lead comes or time is up."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection, bindparam, select, update

from leadexec.catalog.compiled import CompiledCampaign
from leadexec.contracts.eligibility import Limit
from leadexec.contracts.post import Reason
from leadexec.contracts.quotes import QuoteTerms
from leadexec.distribution.reserve import Offer, Reserve, Reserved, Turns, sorted_offers
from leadexec.intake.admission import insert_post
from leadexec.intake.post import PostedRequest
from leadexec.intake.quoted import OPEN, QuoteState
from leadexec.plugins import FaultLog
from leadexec.storage.counters import Counters, amounts_of, give_back
from leadexec.storage.job_rows import RELEASE_QUOTE, JobRow, insert_jobs, new_job
from leadexec.storage.rows import RowInsert
from leadexec.storage.store import Store
from leadexec.storage.tables import quotes

NOTHING = Decimal(0)

_insert = RowInsert(
    quotes,
    "order_id",
    "campaign_id",
    "request_uid",
    "at",
    "expires_at",
    "state",
    "price",
    "revenue",
    "plan",
    "lead_uid",
)


@dataclass(slots=True)
class HoldQuote:
    """Hold the best set of buyers for a ping, if it brings enough; the command of quoting."""

    order_id: str
    request: PostedRequest
    campaign: CompiledCampaign
    offers: Sequence[Offer]
    limits: Sequence[Limit]
    """The campaign's own: the lead must still find room in them when it comes."""
    terms: QuoteTerms
    now: datetime
    new_uid: Callable[[], str]
    pay: Callable[[Decimal], Decimal]
    """Revenue → what the source is paid."""
    revision: int


@dataclass(slots=True)
class Held:
    """The outcome of ``HoldQuote``."""

    accepted: bool
    code: str = ""
    reasons: list[Reason] = field(default_factory=list)
    price: Decimal = NOTHING
    expires_at: datetime | None = None


class Holdings:
    """Holds batches of quotes; made once per app."""

    def __init__(self, faults: FaultLog) -> None:
        """Record what strategies raise in ``faults``."""
        self._faults = faults

    def hold(self, connection: Connection, commands: Sequence[HoldQuote]) -> Sequence[Held]:
        """Run a batch; every ping is kept, whatever becomes of it."""
        counters = Counters(
            connection,
            (
                limit
                for command in commands
                for limits in (command.limits, *(offer.limits for offer in command.offers))
                for limit in limits
            ),
        )
        turns = Turns(connection, [_sorting(command) for command in commands])
        outcomes: list[Held] = []
        for command in commands:
            held = self._one(connection, command, counters, turns)
            detail = "; ".join(reason.message for reason in held.reasons)
            code = "ping_accepted" if held.accepted else f"ping_{held.code}"
            insert_post(connection, command.request, 200, code[:64], detail)
            outcomes.append(held)
        counters.write()
        turns.write(connection)
        return outcomes

    def _one(
        self, connection: Connection, command: HoldQuote, counters: Counters, turns: Turns
    ) -> Held:
        full = counters.first_full(command.limits)
        if full is not None:
            return _refused("campaign_limit_reached", f"The campaign has reached its {full.text}.")
        try:
            picked = self._pick(command, counters, turns)
        except Exception as error:  # noqa: BLE001  a plugin is isolated; its fault is recorded, the ping refused
            automation = command.campaign.automation
            name = automation.plugin if automation else ""
            fault = self._faults.record(name, "sorting candidates", error)
            return _refused("automation_could_not_run", f"The automation raised {fault.error}.")
        held = _judged(command, picked)
        if not held.accepted:
            for offer in picked:
                counters.untake(offer.limits)
            return held
        for offer in picked:
            turns.take(offer.candidate.account_id)
        _store(connection, command, picked, held)
        return held

    def _pick(self, command: HoldQuote, counters: Counters, turns: Turns) -> list[Offer]:
        """Return those the lead would be sold to, their limits taken."""
        roomy = [o for o in command.offers if counters.first_full(o.limits) is None]
        ordered = sorted_offers(_sorting(command, roomy), roomy, turns, Reserved(account_id=None))
        picked: list[Offer] = []
        clients: set[int] = set()
        for offer in ordered:
            candidate = offer.candidate
            if candidate.client_id in clients or (candidate.exclusive and picked):
                continue
            if counters.first_full(offer.limits) is not None:  # two accounts may share a counter
                continue
            counters.take(offer.limits)
            picked.append(offer)
            clients.add(candidate.client_id)
            if candidate.exclusive or len(picked) == _slots(command):
                break
        return picked


def _slots(command: HoldQuote) -> int:
    return command.campaign.entity.maximum_delivery_count


def _sorting(command: HoldQuote, offers: Sequence[Offer] = ()) -> Reserve:
    """Return what sorts the offers of ``command`` as a reservation sorts its own."""
    automation = command.campaign.automation
    needs = automation is not None and bool(automation.strategy.needs)
    return Reserve(
        lead_uid=command.order_id,
        delivery_uid="",
        offers=offers or command.offers,
        now=command.now,
        owner="",
        slots=_slots(command),
        sold=0,
        automation=automation if needs else None,
    )


def _judged(command: HoldQuote, picked: Sequence[Offer]) -> Held:
    """Return whether what was picked is enough (``PP3``)."""
    terms = command.terms
    if len(picked) < max(1, terms.deliveries):
        if not picked:
            return _refused("no_buyer", "Nobody would buy the lead now.")
        text = f"{len(picked)} buyers were found, {terms.deliveries} are asked for."
        return _refused("too_few_buyers", text)
    revenue = _revenue(picked)
    price = command.pay(revenue)
    profit = revenue - price
    if revenue < terms.revenue:
        return _refused("not_enough_revenue", "The lead would bring less than is asked for.")
    if terms.profit is not None and profit < terms.profit:
        return _refused("not_enough_profit", "The lead would leave less than is asked for.")
    wanted = terms.profit_percentage
    if wanted is not None and profit * 100 < wanted * revenue:
        text = "The lead would leave a smaller part of its revenue than is asked for."
        return _refused("not_enough_profit", text)
    until = command.now + timedelta(seconds=terms.hold_seconds)
    return Held(accepted=True, price=price, expires_at=until)


def _revenue(picked: Sequence[Offer]) -> Decimal:
    return sum((offer.candidate.price for offer in picked), NOTHING)


def _refused(code: str, message: str) -> Held:
    return Held(accepted=False, code=code, reasons=[Reason(code=code, message=message)])


def _store(connection: Connection, command: HoldQuote, picked: Sequence[Offer], held: Held) -> None:
    assert held.expires_at is not None  # noqa: S101  it is accepted
    plan = [
        {
            "delivery_uid": command.new_uid(),
            "account_id": offer.candidate.account_id,
            "client_id": offer.candidate.client_id,
            "method_id": offer.method_id,
            "price": offer.candidate.price,
            "exclusive": offer.candidate.exclusive,
            "reference": offer.reference,
            "limits": amounts_of(offer.limits),
        }
        for offer in picked
    ]
    _insert(
        connection,
        [
            (
                command.order_id,
                command.campaign.entity.id,
                command.request.uid,
                command.now,
                held.expires_at,
                OPEN,
                held.price,
                _revenue(picked),
                plan,
                None,
            )
        ],
    )
    insert_jobs(connection, [new_job(RELEASE_QUOTE, command.order_id, {}, held.expires_at)])


def release_quote(connection: Connection, order_id: str) -> bool:
    """Give back what is held for an Order ID that was not used; return whether anything was."""
    query = select(quotes.c.state, quotes.c.plan).where(quotes.c.order_id == order_id)
    row = connection.execute(query.with_for_update()).first()
    if row is None or row.state != OPEN:
        return False
    connection.execute(
        update(quotes)
        .where(quotes.c.order_id == bindparam("of"))
        .values(state=QuoteState.EXPIRED.value),
        {"of": order_id},
    )
    give_back(connection, (_limits(planned) for planned in row.plan))
    return True


def _limits(planned: Mapping[str, Any]) -> Mapping[str, int]:
    limits: Mapping[str, int] = planned["limits"]
    return limits


class QuoteRelease:
    """Runs ``release_quote`` jobs: what nobody came for in time is given back."""

    def __init__(self, store: Store) -> None:
        """Work in ``store``."""
        self._store = store

    async def run_job(self, row: JobRow) -> None:
        """Let one Order ID expire, unless it was used."""
        await self._store.change(lambda connection: release_quote(connection, row.subject))
