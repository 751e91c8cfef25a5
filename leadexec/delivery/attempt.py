"""One try at a delivery: isolated, within its time, every exchange kept."""

import asyncio
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from leadexec.catalog.compiled import CompiledMethod
from leadexec.contracts.delivery import (
    Accepted,
    Bid,
    Exchange,
    Failed,
    NoBid,
    Outcome,
    Outgoing,
    PingingDeliveryMethod,
    PingOutcome,
    Prepared,
    Rejected,
)
from leadexec.contracts.services import Clock
from leadexec.delivery.breaker import CIRCUIT_OPEN, Breaker
from leadexec.plugins import FaultLog
from leadexec.storage.columns import to_json


class RunningAttempt:
    """What a delivery method sees of its try; implements ``leadexec.Attempt``."""

    def __init__(self, key: str, number: int, clock: Clock, seconds: float) -> None:
        """Begin try ``number`` of the delivery named ``key``, with ``seconds`` to go."""
        self.idempotency_key = key
        self.number = number
        self.exchanges: list[Exchange] = []
        self._clock = clock
        self._deadline = clock.monotonic() + seconds

    def remaining(self) -> float:
        """Return the seconds that are left."""
        return max(0.0, self._deadline - self._clock.monotonic())

    def record(self, exchange: Exchange) -> None:
        """Keep an exchange.

        Raises:
            TypeError: It is none, or cannot be stored.
        """
        if not isinstance(exchange, Exchange):
            message = f"{exchange!r:.200} is no Exchange"
            raise TypeError(message)
        to_json(exchange)
        self.exchanges.append(exchange)


@dataclass(slots=True)
class Tried:
    """What a try came to."""

    outcome: Outcome
    at: datetime
    elapsed_us: int
    exchanges: list[Exchange] = field(default_factory=list)
    not_before: datetime | None = None
    """Set where nothing was sent because the method's circuit is open: when to come again."""


@dataclass(slots=True)
class Pinged:
    """What a ping came to."""

    outcome: PingOutcome
    at: datetime
    elapsed_us: int
    exchanges: list[Exchange] = field(default_factory=list)


class Deliverer:
    """Sends prepared leads by their methods; what a plugin raises is an outcome."""

    def __init__(self, clock: Clock, faults: FaultLog, circuits: Breaker) -> None:
        """Measure with ``clock``; record what methods raise in ``faults``."""
        self._clock = clock
        self._faults = faults
        self.circuits = circuits
        """Which methods are left alone."""

    async def attempt(
        self, used: CompiledMethod, goods: Outgoing, number: int, budget: float | None = None
    ) -> Tried:
        """Make try ``number``; while the method's circuit is open, nothing is sent.

        Args:
            used: The configured method.
            goods: The lead and its delivery.
            number: 1 for the first try.
            budget: Seconds that the caller has left, when it waits for the answer.
        """
        at = self._clock.now()
        began = self._clock.monotonic()
        passage = self.circuits.enter(used.entity)
        if passage.again is not None:
            return _left_alone(at, passage.again)
        timeout = used.method.timeout if budget is None else min(used.method.timeout, budget)
        attempt = RunningAttempt(goods.sale.delivery_uid, number, self._clock, timeout)
        reached: bool | None = None
        try:
            prepared = self._prepared(used, goods)
            if isinstance(prepared, Failed):
                outcome: Outcome = prepared
            else:
                outcome = await self._outcome(used, prepared, attempt, timeout)
                reached = _reached(outcome, cut_short=timeout < used.method.timeout)
        finally:
            self.circuits.leave(used.entity, passage, reached=reached)
        elapsed = int((self._clock.monotonic() - began) * 1_000_000)
        return Tried(outcome=outcome, at=at, elapsed_us=elapsed, exchanges=attempt.exchanges)

    async def ping(self, used: CompiledMethod, goods: Outgoing, seconds: float) -> Pinged:
        """Ask the buyer for a bid; while the method's circuit is open, nothing is sent.

        Args:
            used: A configured method whose plugin is a ``PingingDeliveryMethod``.
            goods: The lead and the delivery that it may become.
            seconds: The time that all pings of the lead have.
        """
        method = used.method
        assert isinstance(method, PingingDeliveryMethod)  # noqa: S101  the caller has asked it
        at, began = self._clock.now(), self._clock.monotonic()
        passage = self.circuits.enter(used.entity)
        if passage.again is not None:
            return Pinged(outcome=_alone(passage.again), at=at, elapsed_us=0)
        timeout = min(method.ping_timeout, seconds)
        key = f"ping:{goods.lead.uid}:{goods.sale.account_id}"
        attempt = RunningAttempt(key, 1, self._clock, timeout)
        reached: bool | None = None
        try:
            outcome = await self._ping(used, method, goods, attempt, timeout)
            reached = _reached(outcome, cut_short=timeout < method.ping_timeout)
        finally:
            self.circuits.leave(used.entity, passage, reached=reached)
        elapsed = int((self._clock.monotonic() - began) * 1_000_000)
        return Pinged(outcome=outcome, at=at, elapsed_us=elapsed, exchanges=attempt.exchanges)

    async def _ping(
        self,
        used: CompiledMethod,
        method: PingingDeliveryMethod[Any],
        goods: Outgoing,
        attempt: RunningAttempt,
        timeout: float,
    ) -> PingOutcome:
        where = f"pinging by {_named(used)}"
        request = ""
        try:
            prepared = method.prepare_ping(goods)
            request = prepared.request
            async with asyncio.timeout(timeout):
                outcome = await method.ping(prepared, attempt)
            if not _is_sound_bid(outcome):
                message = f"ping returned {outcome!r:.200}"
                raise TypeError(message)
        except TimeoutError:
            if not attempt.exchanges:
                elapsed = int(timeout * 1_000_000)
                attempt.record(Exchange(request=request, elapsed_us=elapsed))
            return Failed(code="timeout", reason=f"No bid within {timeout:g} s.")
        except Exception as error:  # noqa: BLE001  a plugin is isolated; its fault is recorded
            fault = self._faults.record(used.plugin, where, error)
            return Failed(code="plugin_raised", reason=fault.error)
        return outcome

    def _prepared(self, used: CompiledMethod, goods: Outgoing) -> Prepared | Failed:
        try:
            return used.method.prepare(goods)
        except Exception as error:  # noqa: BLE001  a plugin is isolated; its fault is recorded
            fault = self._faults.record(used.plugin, f"preparing by {_named(used)}", error)
            return Failed(code="plugin_raised", reason=fault.error, retry=False)

    async def _outcome(
        self, used: CompiledMethod, prepared: Prepared, attempt: RunningAttempt, timeout: float
    ) -> Outcome:
        where = f"delivering by {_named(used)}"
        try:
            async with asyncio.timeout(timeout):
                outcome = await used.method.deliver(prepared, attempt)
        except TimeoutError:
            reason = f"No answer within {timeout:g} s."
            if not attempt.exchanges:
                elapsed = int(timeout * 1_000_000)
                attempt.record(Exchange(request=prepared.request, elapsed_us=elapsed))
            return Failed(code="timeout", reason=reason, retry=True)
        except Exception as error:  # noqa: BLE001  a plugin is isolated; its fault is recorded
            fault = self._faults.record(used.plugin, where, error)
            return Failed(code="plugin_raised", reason=fault.error, retry=True)
        if not _is_sound(outcome):
            unsound = TypeError(f"deliver returned {outcome!r:.200}")
            fault = self._faults.record(used.plugin, where, unsound)
            return Failed(code="plugin_raised", reason=fault.error, retry=False)
        return outcome


def _named(used: CompiledMethod) -> str:
    return f"delivery method {used.entity.id} ('{used.entity.type}')"


def _left_alone(at: datetime, again: datetime) -> Tried:
    return Tried(outcome=_alone(again), at=at, elapsed_us=0, not_before=again)


def _alone(again: datetime) -> Failed:
    reason = f"Nothing was sent: the delivery method is left alone until {again:%H:%M:%S} UTC."
    return Failed(code=CIRCUIT_OPEN, reason=reason, retry=True)


def _reached(outcome: Outcome | PingOutcome, *, cut_short: bool) -> bool | None:
    """Return whether the buyer answered; None where only its caller had no time left."""
    if not isinstance(outcome, Failed):
        return True
    return None if cut_short and outcome.code == "timeout" else False


def _is_sound(outcome: object) -> bool:
    """Return whether ``outcome`` is one, and can be stored; a price is judged where it is used."""
    match outcome:
        case Accepted(reference=str(), redirect_url=str(), reason=str()):
            return True
        case Rejected(code=str(), reason=str()) | Failed(code=str(), reason=str()):
            return True
    return False


def _is_sound_bid(outcome: object) -> bool:
    """Return whether ``outcome`` is an answer to a ping; its price is judged where it is used."""
    match outcome:
        case Bid(reference=str(), reason=str(), expires_in=None | int() | float()):
            return True
        case NoBid(code=str(), reason=str()) | Failed(code=str(), reason=str()):
            return True
    return False
