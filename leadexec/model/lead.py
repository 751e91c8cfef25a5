"""Where a lead is, and why: the words that its rows, its log and its answers share."""

import enum

import msgspec


class LeadStatus(enum.StrEnum):
    """Where a lead is; every lead received is in exactly one of these."""

    REJECTED = "rejected"
    HELD = "held"
    QUEUED = "queued"
    """Accepted; its distribution is not over."""
    DELIVERED = "delivered"
    UNSOLD = "unsold"


COULD_NOT_SELL = frozenset(
    {"automation_could_not_run", "distribution_not_possible", "script_could_not_run"}
)
"""Why the system holds an accepted lead: its distribution could not run."""
COULD_NOT_RUN = COULD_NOT_SELL | {
    "campaign_not_usable",
    "check_could_not_run",
    "field_type_missing",
    "field_type_raised",
}
"""Why the system itself holds a lead: something could not run. It goes on when that is back."""


class LogEntry(msgspec.Struct, kw_only=True, frozen=True, omit_defaults=True):
    """One step of a lead's process log (``LD5``)."""

    step: str
    """``access``, ``fields``, ``criteria``, ``validator:duplicate``, ``limits`` …"""
    verdict: str
    """``pass``, ``reject``, ``hold``, ``note``; ``overruled``: a check was against it, and the
    campaign delivers all the same (``LS9``)."""
    us: int
    """How long the step took, in microseconds."""
    code: str = ""
    message: str = ""
    plugin: str = ""
