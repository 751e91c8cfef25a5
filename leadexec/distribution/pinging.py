"""Asking buyers for bids before a lead is sorted: all at once, under one deadline (``PP4``)."""

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import msgspec
from sqlalchemy import Connection, select

from leadexec.catalog.compiled import CompiledAccount, CompiledCampaign, does_ping
from leadexec.contracts.automation import Candidate
from leadexec.contracts.delivery import Bid, Failed, NoBid, Sale
from leadexec.contracts.eligibility import Excluded
from leadexec.contracts.lead import Lead
from leadexec.delivery.attempt import Pinged
from leadexec.delivery.texts import UnformattedError, field_texts, outgoing
from leadexec.distribution.parts import Parts
from leadexec.distribution.record import PingedAccount
from leadexec.storage.columns import scale_money
from leadexec.storage.rows import RowInsert
from leadexec.storage.tables import pings

SECONDS = 5.0
"""All pings of one lead have together, when nobody waits; a waiting caller may leave less."""
SHARE = 0.5
"""Of a waiting caller's time, what the pings may take: the lead is yet to be delivered."""
NOTHING = Decimal(0)

_insert = RowInsert(
    pings,
    "lead_uid",
    "account_id",
    "at",
    "elapsed_us",
    "verdict",
    "code",
    "reason",
    "price",
    "reference",
    "expires_at",
    "exchanges",
)


@dataclass(slots=True)
class KeepPings:
    """The command that keeps what buyers answered."""

    lead_uid: str
    """The lead's uid, or the Order ID of a quote."""
    pings: Sequence["PingMade"]


def keep_pings(connection: Connection, commands: Sequence[KeepPings]) -> Sequence[None]:
    """Store a batch."""
    _insert(
        connection,
        [(command.lead_uid, *ping.row()) for command in commands for ping in command.pings],
    )
    return [None] * len(commands)


class PingMade(msgspec.Struct, kw_only=True, frozen=True):
    """One buyer that was asked, and its answer."""

    account_id: int
    at: datetime
    elapsed_us: int
    verdict: str
    """``bid``, ``no_bid`` or ``failed``."""
    code: str = ""
    reason: str = ""
    price: Decimal = NOTHING
    reference: str = ""
    expires_at: datetime | None = None
    exchanges: Sequence[Any] = ()

    def row(self) -> tuple[Any, ...]:
        """Return it as it is stored, without the lead."""
        return (
            self.account_id,
            self.at,
            self.elapsed_us,
            self.verdict,
            self.code,
            self.reason[:2000],
            self.price,
            self.reference,
            self.expires_at,
            list(self.exchanges),
        )

    def holds(self, now: datetime) -> bool:
        """Return whether it is a bid that can still be taken."""
        return self.verdict == "bid" and (self.expires_at is None or now < self.expires_at)

    def summary(self) -> PingedAccount:
        """Return what the decision record says of it."""
        return PingedAccount(
            account=self.account_id,
            outcome=self.verdict,
            price=self.price,
            code=self.code,
            us=self.elapsed_us,
        )

    @property
    def exclusion(self) -> Excluded:
        """Why the account is out: it did not bid."""
        return Excluded(code=self.code, text=self.reason or "The buyer did not bid.")


@dataclass(slots=True)
class Bids:
    """What the buyers of one lead answered."""

    made: list[PingMade] = field(default_factory=list)
    known: dict[int, PingMade] = field(default_factory=dict)
    """Account → its latest answer."""

    def add(self, found: Iterable[PingMade]) -> None:
        """Take over answers."""
        for ping in found:
            self.known[ping.account_id] = ping

    def applied(self, candidate: Candidate) -> Candidate:
        """Return ``candidate`` at its bid."""
        ping = self.known.get(candidate.account_id)
        return candidate if ping is None else msgspec.structs.replace(candidate, price=ping.price)

    def reference(self, account_id: int) -> str:
        """Return the reference of an account's bid, or empty."""
        ping = self.known.get(account_id)
        return ping.reference if ping is not None else ""


class Pinging:
    """Asks the buyers of one lead."""

    def __init__(self, parts: Parts, campaign: CompiledCampaign, lead: Lead) -> None:
        """Ask about ``lead``, received by ``campaign``."""
        self._parts = parts
        self._campaign = campaign
        self._lead = lead
        self.bids = Bids()

    def asks(self, candidate: Candidate) -> bool:
        """Return whether the account's method pings."""
        account = self._parts.catalog.accounts.get(candidate.account_id)
        return account is not None and does_ping(account.method.method)

    async def recall(self) -> None:
        """Take over bids of an earlier round, so that nobody is asked twice while a bid holds."""
        now = self._parts.services.clock.now()
        uid = self._lead.uid
        found = await self._parts.store.read(lambda connection: _stored(connection, uid))
        self.bids.add(ping for ping in found if ping.holds(now))

    async def ask(
        self, candidates: Sequence[Candidate], budget: float | None, share: float = SHARE
    ) -> dict[int, Excluded]:
        """Ask all ``candidates`` that have no live bid; return who did not bid, and why.

        Args:
            candidates: Those whose methods ping and that may have the lead.
            budget: Seconds that a caller waits, or None.
            share: The part of them that the pings may take.
        """
        now = self._parts.services.clock.now()
        wanted = [c for c in candidates if not self._holds(c, now)]
        if wanted:
            seconds = SECONDS if budget is None else min(SECONDS, budget * share)
            made = await asyncio.gather(*(self._one(c, seconds) for c in wanted))
            self.bids.made.extend(made)
            self.bids.add(made)
            await self._parts.store.write(KeepPings(lead_uid=self._lead.uid, pings=made))
        asked = [self.bids.known[c.account_id] for c in candidates]
        return {ping.account_id: ping.exclusion for ping in asked if ping.verdict != "bid"}

    def _holds(self, candidate: Candidate, now: datetime) -> bool:
        ping = self.bids.known.get(candidate.account_id)
        return ping is not None and ping.holds(now)

    async def _one(self, candidate: Candidate, seconds: float) -> PingMade:
        account = self._parts.catalog.accounts.get(candidate.account_id)
        now = self._parts.services.clock.now()
        if account is None:  # closed a moment ago
            return PingMade(
                account_id=candidate.account_id,
                at=now,
                elapsed_us=0,
                verdict="failed",
                code="account_gone",
                reason="The delivery account was closed.",
            )
        lead_type = self._campaign.lead_type
        try:
            texts = field_texts(lead_type, self._lead)
        except UnformattedError as fault:
            where = f"formatting field '{fault.field}'"
            self._parts.faults.record(fault.plugin, where, fault.error)
            return _failed(candidate, now, str(fault))
        goods = outgoing(account, lead_type, self._lead, _sale(candidate, account), texts)
        pinged = await self._parts.deliverer.ping(account.method, goods, seconds)
        return _made(candidate, pinged)


def _sale(candidate: Candidate, account: CompiledAccount) -> Sale:
    return Sale(
        delivery_uid="",
        client_id=candidate.client_id,
        client_name=account.client.company,
        account_id=candidate.account_id,
        account_name=account.entity.name,
        price=candidate.price,
    )


def _failed(candidate: Candidate, now: datetime, reason: str) -> PingMade:
    return PingMade(
        account_id=candidate.account_id,
        at=now,
        elapsed_us=0,
        verdict="failed",
        code="plugin_raised",
        reason=reason,
    )


def _made(candidate: Candidate, pinged: Pinged) -> PingMade:
    base = PingMade(
        account_id=candidate.account_id,
        at=pinged.at,
        elapsed_us=pinged.elapsed_us,
        verdict="failed",
        exchanges=pinged.exchanges,
    )
    change = msgspec.structs.replace
    match pinged.outcome:
        case Bid() as bid if problem := _unusable(bid):
            return change(base, verdict="no_bid", code="bid_not_usable", reason=problem)
        case Bid(price=price, reference=reference, expires_in=expires, reason=reason):
            until = None if expires is None else pinged.at + timedelta(seconds=expires)
            return change(
                base,
                verdict="bid",
                reason=reason,
                price=price,
                reference=reference,
                expires_at=until,
            )
        case NoBid(code=code, reason=reason):
            return change(base, verdict="no_bid", code=code or "no_bid", reason=reason)
        case Failed(code=code, reason=reason):
            return change(base, code=code or "ping_failed", reason=reason)


def _unusable(bid: Bid) -> str:
    try:
        scale_money(bid.price)
    except (TypeError, ValueError):
        return f"The bid {bid.price} cannot be used as a price."
    if bid.price <= NOTHING:
        return f"The bid {bid.price} is not more than nothing."
    if bid.expires_in is not None and not 0 <= bid.expires_in <= 86_400 * 365:
        return f"A bid that expires in {bid.expires_in:g} s cannot be used."
    return ""


def _stored(connection: Connection, lead_uid: str) -> list[PingMade]:
    rows = connection.execute(
        select(pings).where(pings.c.lead_uid == lead_uid).order_by(pings.c.id)
    ).mappings()
    return [
        PingMade(
            account_id=row["account_id"],
            at=row["at"],
            elapsed_us=row["elapsed_us"],
            verdict=row["verdict"],
            code=row["code"],
            reason=row["reason"],
            price=row["price"],
            reference=row["reference"],
            expires_at=row["expires_at"],
        )
        for row in rows
    ]
