"""The eligibility rule of days on which nothing is delivered."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Annotated, ClassVar
from zoneinfo import ZoneInfo

from msgspec import Meta, Struct

from leadexec import (
    AccountRule,
    AccountSetup,
    Consideration,
    EligibilityRule,
    Excluded,
    Limit,
)


class QuietDaysSettings(Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """On which days nobody gets a lead."""

    days: Annotated[
        tuple[date, ...],
        Meta(
            title="Quiet days",
            description="Dates in each client's own time zone",
            examples=[["2026-12-25", "2027-01-01"]],
            max_length=10_000,
        ),
    ] = ()


class QuietDays(EligibilityRule[QuietDaysSettings]):
    """Excludes every delivery account on the listed days, reckoned in its client's zone."""

    key: ClassVar[str] = "quiet-days"
    title: ClassVar[str] = "Quiet days"
    order = 10

    def compile(self, account: AccountSetup) -> AccountRule | None:
        """Return the rule for ``account``; None as long as no day is listed."""
        days = frozenset(self.settings.days)
        return _QuietDays(days, account.time_zone) if days else None


class _QuietDays:
    def __init__(self, days: frozenset[date], zone: str) -> None:
        self._days = days
        self._name = zone
        self._zone = ZoneInfo(zone)

    def check(self, consideration: Consideration) -> Excluded | None:
        """Exclude the account while it is a quiet day where its client is."""
        today = consideration.now.astimezone(self._zone).date()
        if today not in self._days:
            return None
        text = f"It is {today} in {self._name}, a day on which nothing is delivered."
        return Excluded(code="quiet_day", text=text)

    def limits(self, now: datetime) -> Sequence[Limit]:
        """Take up nothing."""
        return ()
