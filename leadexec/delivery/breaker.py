"""Circuit breakers: a buyer whose endpoint is down is left alone for a while.

A circuit belongs to one configured delivery method. So many failures in a row (no answer, a broken
one; a buyer that declines has answered) open it. While it is open, nothing is sent: its accounts
are passed over when a lead is offered, so that others get the lead at once, and what waits for its
next try waits on. When the time is up, one try is let through: an answer closes the circuit, a
failure opens it again, for longer.

Circuits are kept in memory, each process its own: what one process finds out costs another as many
failures, and nothing that is decided here must outlive the process. A method that was changed
starts with a closed circuit: its address may be another one.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated, Final

import structlog
from msgspec import Meta, Struct

from leadexec.contracts.eligibility import Excluded
from leadexec.contracts.services import Clock, Randomness
from leadexec.model.delivery_method import ConfiguredDeliveryMethod

CIRCUIT_OPEN: Final = "circuit_open"
"""The code of a try that was not made, and of an account that is passed over."""
JITTER: Final = 0.2
"""The part of an open circuit's time that chance may take off."""
SPREAD: Final = 0.25
"""The part of ``circuit_open_seconds`` over which those who wait come back."""

log = structlog.get_logger(__name__)


class DeliverySettings(Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """How buyers that cannot be reached are left alone (each process on its own)."""

    circuit_failures: Annotated[
        int,
        Meta(
            title="Failures that open a circuit",
            ge=0,
            description="Tries of one delivery method that failed in a row, without an answer "
            "between them; 0: methods are never left alone",
        ),
    ] = 8
    circuit_open_seconds: Annotated[
        float,
        Meta(
            title="Time a circuit is open",
            gt=0,
            le=86_400,
            description="Seconds until one try is let through; doubled each time that one fails",
        ),
    ] = 30.0
    circuit_cap_seconds: Annotated[
        float,
        Meta(
            title="Longest time a circuit is open",
            gt=0,
            le=86_400,
            description="In seconds, however often the try that was let through failed",
        ),
    ] = 600.0
    circuit_wait_seconds: Annotated[
        float,
        Meta(
            title="Time a delivery waits for a circuit",
            ge=0,
            le=604_800,
            description="Seconds since it was reserved; a try that an open circuit keeps back "
            "later than that counts as one that failed",
        ),
    ] = 3600.0


class OpenCircuit(Struct, kw_only=True, frozen=True):
    """A circuit that is not closed, as it is shown."""

    method_id: int
    half_open: bool
    """Whether the time is up: the next try is let through, or is under way."""
    failures: int
    """In a row, so far."""
    opened_at: datetime
    until: datetime


@dataclass(slots=True, frozen=True)
class Passage:
    """Whether a try may be made; given back to ``leave`` when it is over."""

    again: datetime | None = None
    """None: go on. Else the method is left alone; come again then."""
    alone: bool = False
    """It is the one try that an open circuit lets through."""


@dataclass(slots=True)
class _Circuit:
    """What is known of one method since its last answer."""

    revision: int
    failures: int = 0
    times: int = 0
    """How often in a row it was opened; 0: it is closed."""
    until: float = 0.0
    """The monotonic instant at which one try is let through."""
    opened_at: datetime | None = None
    tried: bool = False
    """Whether that try is under way."""


_FREE: Final = Passage()


class Breaker:
    """The circuits of all delivery methods in this process."""

    def __init__(self, clock: Clock, randomness: Randomness, settings: DeliverySettings) -> None:
        """Open and close by ``settings``."""
        self._clock = clock
        self._randomness = randomness
        self._settings = settings
        self._circuits: dict[int, _Circuit] = {}

    def enter(self, method: ConfiguredDeliveryMethod) -> Passage:
        """Ask to make a try; ``leave`` must follow when it may be made."""
        circuit = self._open_one(method)
        if circuit is None:
            return _FREE
        left = self._left(circuit)
        if left > 0 or circuit.tried:
            spread = self._settings.circuit_open_seconds * SPREAD * self._randomness.fraction()
            return Passage(again=self._instant(max(left, 1.0) + spread))
        circuit.tried = True
        log.info("circuit half-open: one try", delivery_method=method.id)
        return Passage(alone=True)

    def leave(
        self, method: ConfiguredDeliveryMethod, passage: Passage, *, reached: bool | None
    ) -> None:
        """Say what a try came to.

        Args:
            method: As it was given to ``enter``.
            passage: What ``enter`` returned.
            reached: Whether the buyer answered; None: the try says nothing about that.
        """
        circuit = self._circuits.get(method.id)
        if circuit is not None and circuit.revision != method.revision:
            return
        if circuit is not None and passage.alone:
            circuit.tried = False
        if reached:
            self._close(method, circuit)
        elif reached is False and self._settings.circuit_failures:
            self._fail(method, passage, circuit or _Circuit(revision=method.revision))

    def exclusion(self, method: ConfiguredDeliveryMethod) -> Excluded | None:
        """Return why accounts of ``method`` are passed over now, or None: they are not."""
        circuit = self._open_one(method)
        if circuit is None:
            return None
        left = self._left(circuit)
        if left <= 0 and not circuit.tried:
            return None
        until = f"until {self._instant(left):%H:%M:%S} UTC" if left > 0 else "while it is tried"
        text = (
            f"The delivery method failed {circuit.failures} times in a row "
            f"and is left alone {until}."
        )
        return Excluded(code=CIRCUIT_OPEN, text=text)

    def may_wait(self, reserved_at: datetime) -> bool:
        """Return whether a delivery reserved then may still wait without using up a try."""
        longest = timedelta(seconds=self._settings.circuit_wait_seconds)
        return self._clock.now() < reserved_at + longest

    def states(self) -> tuple[OpenCircuit, ...]:
        """Return the circuits that are not closed, by method id."""
        return tuple(
            OpenCircuit(
                method_id=method_id,
                half_open=not self._left(circuit),
                failures=circuit.failures,
                opened_at=circuit.opened_at,
                until=self._instant(circuit.until - self._clock.monotonic()),
            )
            for method_id, circuit in sorted(self._circuits.items())
            if circuit.opened_at is not None
        )

    def _open_one(self, method: ConfiguredDeliveryMethod) -> _Circuit | None:
        """Return the circuit of ``method`` if it is open; forget one of an earlier revision."""
        circuit = self._circuits.get(method.id) if self._circuits else None
        if circuit is not None and circuit.revision != method.revision:
            del self._circuits[method.id]
            return None
        return circuit if circuit is not None and circuit.times else None

    def _fail(self, method: ConfiguredDeliveryMethod, passage: Passage, circuit: _Circuit) -> None:
        if circuit.times and not passage.alone:
            return  # it began before the circuit opened: nothing new
        self._circuits[method.id] = circuit
        circuit.failures += 1
        if not circuit.times and circuit.failures < self._settings.circuit_failures:
            return
        seconds = self._open_seconds(circuit.times)
        circuit.times += 1
        circuit.opened_at = circuit.opened_at or self._clock.now()
        circuit.until = self._clock.monotonic() + seconds
        log.warning(
            "circuit opened",
            delivery_method=method.id,
            failures=circuit.failures,
            seconds=round(seconds, 3),
        )

    def _close(self, method: ConfiguredDeliveryMethod, circuit: _Circuit | None) -> None:
        if circuit is None:
            return
        del self._circuits[method.id]
        if circuit.times:
            log.info("circuit closed", delivery_method=method.id, failures=circuit.failures)

    def _open_seconds(self, times: int) -> float:
        """Return how long a circuit is open that was opened ``times`` before, without an answer."""
        settings = self._settings
        full = min(
            settings.circuit_open_seconds * 2.0 ** min(times, 30), settings.circuit_cap_seconds
        )
        return full * (1 - JITTER * self._randomness.fraction())

    def _left(self, circuit: _Circuit) -> float:
        """Return the seconds until one try is let through; 0 from then on."""
        left = circuit.until - self._clock.monotonic()
        return left if left > 0.001 else 0.0  # who comes back at an instant was told it rounded

    def _instant(self, seconds: float) -> datetime:
        return self._clock.now() + timedelta(seconds=seconds)
