"""The windows in which quantity limits count, in the zone of the client or campaign."""

from collections.abc import Callable, Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from leadexec.contracts.eligibility import Limit
from leadexec.model.limits import QuantityLimits

NAMES = ("hour", "day", "week", "month")


class WindowNames:
    """Names the hour, day, week and month of an instant in one zone.

    The hour carries its offset, so that the two hours of an autumn night count apart; a local
    day, week or month is one window however long it is (``DI11``, ``DA2``).
    """

    def __init__(self, zone: str) -> None:
        """Reckon in the IANA zone ``zone``."""
        self._zone = ZoneInfo(zone)
        self._minute = -1
        self._names: tuple[str, str, str, str] = ("", "", "", "")

    def at(self, now: datetime) -> tuple[str, str, str, str]:
        """Return the names of the hour, day, week and month that ``now`` lies in."""
        minute = int(now.timestamp()) // 60
        if minute != self._minute:
            local = now.astimezone(self._zone)
            year, week, _ = local.isocalendar()
            self._names = (
                f"{local:%Y-%m-%dT%H%z}",
                f"{local:%Y-%m-%d}",
                f"{year}-W{week:02}",
                f"{local:%Y-%m}",
            )
            self._minute = minute
        return self._names


_ZONES: dict[str, WindowNames] = {}
"""Pure: names by zone, so that thousands of accounts share one reckoning."""


def windows_of(zone: str) -> WindowNames:
    """Return the shared ``WindowNames`` of ``zone``."""
    if zone not in _ZONES:
        _ZONES[zone] = WindowNames(zone)
    return _ZONES[zone]


def compile_limits(
    limits: QuantityLimits, owner: str, zone: str
) -> Callable[[datetime], Sequence[Limit]] | None:
    """Return what a lead takes up of ``limits`` at an instant; None where nothing is limited.

    Args:
        limits: The quantities per window.
        owner: Whose they are, the head of the counters' keys (``account:7``).
        zone: IANA name of the zone the windows are reckoned in.
    """
    quantities = (limits.hourly, limits.daily, limits.weekly, limits.monthly)
    wanted = [
        (index, f"{owner}:{name}", quantity, f"{adjective} limit of {quantity}")
        for index, (name, adjective, quantity) in enumerate(
            zip(NAMES, ("hourly", "daily", "weekly", "monthly"), quantities, strict=True)
        )
        if quantity is not None
    ]
    if not wanted:
        return None
    names = windows_of(zone)
    last: tuple[tuple[str, str, str, str], tuple[Limit, ...]] | None = None

    def at(now: datetime) -> tuple[Limit, ...]:
        nonlocal last
        windows = names.at(now)
        if last is None or last[0] is not windows:
            last = (
                windows,
                tuple(
                    Limit(key=key, window=windows[index], limit=quantity, text=text)
                    for index, key, quantity, text in wanted
                ),
            )
        return last[1]

    return at
