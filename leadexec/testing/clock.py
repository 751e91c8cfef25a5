"""Time and chance that a test holds in its hand."""

import heapq
import itertools
import random
from datetime import UTC, datetime, timedelta

import anyio
import anyio.lowlevel

START = datetime(2026, 1, 5, 15, 0, tzinfo=UTC)
"""Where a fake clock starts: a Monday afternoon in UTC, a Monday morning in the United States."""


class FakeClock:
    """A ``Clock`` that stands still until the test advances it."""

    def __init__(self, start: datetime = START) -> None:
        """Start at ``start`` (aware; kept in UTC)."""
        if start.tzinfo is None:
            message = "a FakeClock starts at an aware time"
            raise ValueError(message)
        self._start = start.astimezone(UTC)
        self._passed = timedelta()
        self._order = itertools.count()
        self._sleepers: list[tuple[timedelta, int, anyio.Event]] = []

    def now(self) -> datetime:
        """Return the present instant, aware, UTC."""
        return self._start + self._passed

    def monotonic(self) -> float:
        """Return the seconds that the test let pass."""
        return self._passed.total_seconds()

    async def sleep(self, seconds: float) -> None:
        """Return when the test has advanced the clock by ``seconds``; at once for 0 or less."""
        if seconds <= 0:
            await anyio.lowlevel.checkpoint()
            return
        sleeper = (self._passed + timedelta(seconds=seconds), next(self._order), anyio.Event())
        heapq.heappush(self._sleepers, sleeper)
        try:
            await sleeper[2].wait()
        finally:
            if sleeper in self._sleepers:
                self._sleepers.remove(sleeper)
                heapq.heapify(self._sleepers)

    @property
    def sleepers(self) -> int:
        """How many tasks are sleeping on this clock."""
        return len(self._sleepers)

    def advance(self, by: float | timedelta) -> None:
        """Let ``by`` (seconds, or a timedelta) pass; whoever's time is up wakes, in order.

        The woken run when the test next awaits something (``await anyio.wait_all_tasks_blocked()``
        lets all of them go as far as they can).
        """
        step = by if isinstance(by, timedelta) else timedelta(seconds=by)
        if step < timedelta():
            message = "time does not go back"
            raise ValueError(message)
        self._passed += step
        while self._sleepers and self._sleepers[0][0] <= self._passed:
            heapq.heappop(self._sleepers)[2].set()


class FakeRandomness:
    """A ``Randomness`` that repeats itself: the same seed gives the same bytes and fractions."""

    def __init__(self, seed: int = 0) -> None:
        """Start the sequence of ``seed``."""
        self._random = random.Random(seed)  # noqa: S311  repeatable is what a test wants

    def bytes(self, count: int) -> bytes:
        """Return the next ``count`` bytes of the sequence."""
        return self._random.randbytes(count)

    def fraction(self) -> float:
        """Return the next number in [0, 1) of the sequence."""
        return self._random.random()
