"""The kernel's own eligibility rules: quantity limits and weekly schedules."""

from collections.abc import Callable, Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from leadexec.catalog.windows import compile_limits
from leadexec.contracts.component import NoSettings
from leadexec.contracts.eligibility import (
    AccountRule,
    AccountSetup,
    Consideration,
    EligibilityRule,
    Excluded,
    Limit,
)
from leadexec.model.delivery_account import DeliveryAccount
from leadexec.model.delivery_method import ConfiguredDeliveryMethod
from leadexec.model.limits import ScheduleWindow, Weekday

_DAYS = tuple(Weekday)


class QuantityRule(EligibilityRule[NoSettings]):
    """Keeps delivery accounts within their quantity limits (``DA2``, ``DA6``)."""

    key = "quantity"
    title = "Quantity limits"
    order = 90

    def compile(self, account: AccountSetup) -> AccountRule | None:
        """Return the rule for an account that has limits."""
        entity = account.account
        if not isinstance(entity, DeliveryAccount):
            return None
        limits = compile_limits(entity.limits, f"account:{account.account_id}", account.time_zone)
        return _Quantity(limits) if limits else None


class _Quantity:
    def __init__(self, limits: Callable[[datetime], Sequence[Limit]]) -> None:
        self._limits = limits

    def check(self, consideration: Consideration) -> Excluded | None:
        """Leave the verdict to the counters, inside the reserve transaction."""
        return None

    def limits(self, now: datetime) -> Sequence[Limit]:
        """Return the account's windows at ``now``."""
        return self._limits(now)


class ScheduleRule(EligibilityRule[NoSettings]):
    """Considers a delivery method only inside its weekly windows (``DI11``).

    Windows are wall-clock times in the client's zone: 09:00 is 09:00 in summer and winter. What
    the clocks skip in spring is never inside a window; what they repeat in autumn is inside twice.
    """

    key = "schedule"
    title = "Delivery schedule"
    order = 20

    def compile(self, account: AccountSetup) -> AccountRule | None:
        """Return the rule for an account whose method has a schedule."""
        method = account.method
        if not isinstance(method, ConfiguredDeliveryMethod) or not method.schedule:
            return None
        return _Schedule(method.schedule, account.time_zone)


class _Schedule:
    def __init__(self, windows: Sequence[ScheduleWindow], zone: str) -> None:
        self._zone = ZoneInfo(zone)
        self._name = zone
        self._windows: dict[int, list[tuple[int, int]]] = {}
        for window in windows:
            day = _DAYS.index(window.day)
            span = (_minutes(window.start), _minutes(window.end))
            self._windows.setdefault(day, []).append(span)

    def check(self, consideration: Consideration) -> Excluded | None:
        """Exclude the account outside its windows."""
        local = consideration.now.astimezone(self._zone)
        minute = local.hour * 60 + local.minute
        for start, end in self._windows.get(local.weekday(), ()):
            if start <= minute < end:
                return None
        text = f"It is {local:%A %H:%M} in {self._name}, outside the delivery schedule."
        return Excluded(code="outside_schedule", text=text)

    def limits(self, now: datetime) -> Sequence[Limit]:
        """Take up nothing."""
        return ()


def _minutes(text: str) -> int:
    hours, minutes = text.split(":")
    return int(hours) * 60 + int(minutes)


KERNEL_RULES: tuple[type[EligibilityRule[NoSettings]], ...] = (QuantityRule, ScheduleRule)
