"""Slowing down who guesses: each failure past the first few doubles the wait."""

from collections import OrderedDict
from typing import Final

from leadexec.contracts.services import Clock

FREE_FAILURES: Final = 5
LONGEST_WAIT: Final = 900.0
FORGET_AFTER: Final = 3600.0
MOST_KEYS: Final = 10_000


class FailureThrottle:
    """Counts failures per key (a client id with an address) in this process's memory.

    After five failures the next try has to wait one second, then two, four … up to 15 minutes.
    An hour without a failure, or a success, forgets them.
    """

    def __init__(self, clock: Clock) -> None:
        """Measure waits by ``clock``."""
        self._clock = clock
        self._failures: OrderedDict[str, tuple[int, float]] = OrderedDict()

    def wait(self, key: str) -> float:
        """Return the seconds until ``key`` may try again; 0 for now."""
        count, last = self._failures.get(key, (0, 0.0))
        since = self._clock.monotonic() - last
        if count < FREE_FAILURES or since > FORGET_AFTER:
            return 0.0
        return max(0.0, min(2.0 ** min(count - FREE_FAILURES, 20), LONGEST_WAIT) - since)

    def failed(self, key: str) -> None:
        """Count a failure; the key that failed longest ago makes room when there are too many."""
        count, last = self._failures.pop(key, (0, 0.0))
        now = self._clock.monotonic()
        self._failures[key] = (1 if now - last > FORGET_AFTER else count + 1, now)
        if len(self._failures) > MOST_KEYS:
            self._failures.popitem(last=False)

    def succeeded(self, key: str) -> None:
        """Forget the failures of ``key``."""
        self._failures.pop(key, None)
