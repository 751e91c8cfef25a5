"""How long a sender waits: what takes longer is ended."""

import asyncio
from types import TracebackType
from typing import Final

from leadexec import Clock
from leadexec_channel_ping_post.setting import PingSetting

USUAL_SECONDS: Final = PingSetting(campaign=0).seconds
"""A sender waits as long until its campaign is known."""


class Budget:
    """The time of one ping, from its last byte on: ``async with Budget(clock) as budget``.

    Leaving the block raises ``TimeoutError`` if the time was up before.
    """

    def __init__(self, clock: Clock) -> None:
        """Reckon what is left by ``clock``."""
        self._clock = clock
        self._seconds = USUAL_SECONDS

    async def __aenter__(self) -> "Budget":
        """Begin, with the usual time."""
        self._began = self._clock.monotonic()
        self._at = asyncio.get_running_loop().time()
        self._limit = asyncio.timeout_at(self._at + self._seconds)
        await self._limit.__aenter__()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """End; raises ``TimeoutError`` in place of what the end of the time has cancelled."""
        await self._limit.__aexit__(kind, error, traceback)

    def set(self, seconds: float) -> None:
        """Give it ``seconds`` in all, from the beginning."""
        self._seconds = seconds
        self._limit.reschedule(self._at + seconds)

    def left(self) -> float:
        """Return the seconds that are left; 0 when the time is up."""
        return max(0.0, self._seconds - (self._clock.monotonic() - self._began))
