"""Requests per minute and credential, by a token bucket, told in headers (``RC6``)."""

import math
from collections import OrderedDict
from collections.abc import MutableMapping
from typing import Any, Final

from leadexec.contracts.services import Clock
from leadexec.http.problems import RequestError

_KEY: Final = "leadexec.rate_limit"
MOST_BUCKETS: Final = 10_000


class RateLimit:
    """Buckets of this process: each holds a minute's requests and fills evenly."""

    def __init__(self, clock: Clock, per_minute: int) -> None:
        """Allow ``per_minute`` requests a minute, all at once if need be."""
        self._clock = clock
        self._most = per_minute
        self._buckets: OrderedDict[int, tuple[float, float]] = OrderedDict()

    def take(self, credential_id: int, scope: MutableMapping[str, Any] | Any) -> None:
        """Take one request from the bucket; ``headers_for`` then tells what is left.

        Raises:
            RequestError: 429 ``too_many_requests``, with ``Retry-After``.
        """
        now = self._clock.monotonic()
        left, since = self._buckets.pop(credential_id, (float(self._most), now))
        left = min(float(self._most), left + (now - since) * self._most / 60)
        allowed = left >= 1
        left -= 1 if allowed else 0
        self._buckets[credential_id] = (left, now)
        if len(self._buckets) > MOST_BUCKETS:
            self._buckets.popitem(last=False)
        headers = self._headers(left)
        scope[_KEY] = headers
        if not allowed:
            wait = max(1, math.ceil((1 - left) * 60 / self._most))
            raise RequestError(
                429,
                "too_many_requests",
                f"At most {self._most} requests a minute; try again in {wait} s.",
                {"Retry-After": str(wait)},
            )

    def _headers(self, left: float) -> dict[str, str]:
        full_in = math.ceil((self._most - left) * 60 / self._most)
        return {
            "RateLimit-Limit": str(self._most),
            "RateLimit-Remaining": str(int(left)),
            "RateLimit-Reset": str(full_in),
        }


def headers_for(scope: MutableMapping[str, Any] | Any) -> dict[str, str]:
    """Return the rate limit headers of a request; none where there is no limit."""
    found = scope.get(_KEY)
    return dict(found) if isinstance(found, dict) else {}
