"""The kernel's own clock, chance and ids; the services it lends to plugins."""

import asyncio
import secrets
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from random import SystemRandom

from leadexec.contracts.campaigns import Campaigns
from leadexec.contracts.erasure import Erasure
from leadexec.contracts.quotes import Quotes
from leadexec.contracts.services import (
    Clock,
    Grading,
    Jobs,
    LeadActs,
    LeadIntake,
    Lookups,
    OutboundHttp,
    Randomness,
    Storage,
)
from leadexec.contracts.tokens import Tokens

_RANDOM = SystemRandom()


class SystemClock:
    """The machine's time."""

    def now(self) -> datetime:
        """Return the present instant, aware, UTC."""
        return datetime.now(UTC)

    def monotonic(self) -> float:
        """Return seconds that only grow."""
        return time.monotonic()

    async def sleep(self, seconds: float) -> None:
        """Return after ``seconds``."""
        await asyncio.sleep(seconds)


class SystemRandomness:
    """The machine's unpredictable chance."""

    def bytes(self, count: int) -> bytes:
        """Return ``count`` bytes, fit for secrets."""
        return secrets.token_bytes(count)

    def fraction(self) -> float:
        """Return a number in [0, 1)."""
        return _RANDOM.random()


class UidMaker:
    """Makes UUIDs of version 7 (RFC 9562): by time, unique, in order within a process."""

    def __init__(self, clock: Clock, randomness: Randomness) -> None:
        """Take the time of ``clock`` and the chance of ``randomness``."""
        self._clock = clock
        self._randomness = randomness
        self._last = 0
        self._pool = b""

    def _tail(self) -> int:
        """Return 62 random bits; the system is asked for many at a time, as asking is slow."""
        if not self._pool:
            self._pool = self._randomness.bytes(2048)
        taken, self._pool = self._pool[:8], self._pool[8:]
        return int.from_bytes(taken) & 0x3FFF_FFFF_FFFF_FFFF

    def __call__(self) -> str:
        """Return the next uid as 36 characters.

        The 60 bits after version and milliseconds begin with the microseconds (RFC 9562, 6.2,
        method 3); two uids of one microsecond are told apart by counting on.
        """
        microseconds = int(self._clock.now().timestamp() * 1_000_000)
        self._last = max(microseconds, self._last + 1)
        milliseconds, fraction = divmod(self._last, 1000)
        tail = self._tail()
        value = (
            (milliseconds & 0xFFFF_FFFF_FFFF) << 80
            | 0x7 << 76
            | (fraction << 2) << 64
            | 0b10 << 62
            | tail
        )
        text = f"{value:032x}"
        return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"


@dataclass(slots=True)
class KernelServices:
    """What the kernel lends to plugins; filled while the app is put together."""

    clock: Clock
    randomness: Randomness
    http: OutboundHttp
    storage: Storage
    leads: LeadActs
    campaigns: Campaigns
    lookups: Lookups
    grading: Grading
    intake: LeadIntake
    quotes: Quotes
    tokens: Tokens
    jobs: Jobs
    erasure: Erasure
