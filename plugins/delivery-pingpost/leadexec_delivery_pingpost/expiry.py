"""How long a bid holds, as buyers write it: ``30``, ``2026-11-23T12:00:30Z``, Unix time."""

import re
from datetime import datetime
from typing import Final

_NUMBER: Final = re.compile(r"-?[0-9]{1,16}(?:\.[0-9]{1,9})?", re.ASCII)
_UNIX: Final = 1_000_000_000
"""From here on a number is no count of seconds (32 years) but an instant, in Unix time."""
_UNIX_MS: Final = 1_000_000_000_000
"""From here on it is one in milliseconds."""
LONGEST: Final = 365 * 86_400.0
"""Seconds; a bid that holds longer holds that long."""


def seconds_left(text: str, now: datetime) -> float | None:
    """Return for how many seconds from ``now`` a bid holds that ends as ``text`` says.

    Args:
        text: A number of seconds; or the end in Unix time, in seconds or milliseconds; or the end
            by ISO 8601 with its time zone.
        now: The present instant, aware.

    Returns:
        At most ``LONGEST``; 0 or less for a bid that has ended; None when the text says neither,
        or leaves out the time zone.
    """
    stripped = text.strip()
    if _NUMBER.fullmatch(stripped):
        seconds = _from_number(float(stripped), now)
    else:
        ends = _instant(stripped)
        if ends is None:
            return None
        seconds = (ends - now).total_seconds()
    return min(seconds, LONGEST)


def _from_number(number: float, now: datetime) -> float:
    if number < _UNIX:
        return number
    return (number / 1000 if number >= _UNIX_MS else number) - now.timestamp()


def _instant(text: str) -> datetime | None:
    try:
        instant = datetime.fromisoformat(text)
    except ValueError:
        return None
    return instant if instant.tzinfo is not None else None
