"""When a failed delivery is tried again."""

from leadexec.contracts.services import Randomness
from leadexec.model.delivery_method import RetrySettings

LONGEST = 86_400.0
"""Seconds; no gap is longer."""


def tries_again(retry: RetrySettings) -> bool:
    """Return whether a method with these settings tries again at all."""
    return retry.enabled and retry.maximum > 0


def next_try(retry: RetrySettings, tries: int, randomness: Randomness) -> float | None:
    """Return the seconds until the next try, or None when there is none.

    Args:
        retry: The delivery method's retry settings.
        tries: How many tries were made.
        randomness: Spreads exponential gaps, so that a buyer that comes back is not flooded.
    """
    if not retry.enabled or tries > retry.maximum:
        return None
    if not retry.exponential:
        return float(retry.gap_seconds)
    gap = min(retry.gap_seconds * 2.0 ** (tries - 1), LONGEST)
    return gap * (0.5 + randomness.fraction())
