"""Reading dates and times: the forms that senders use, and formats of the operator's own."""

import re
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from typing import Final

from leadexec import ConfigurationError

_TIME: Final = (
    r"(?P<hour>[0-9]{1,2}):(?P<minute>[0-9]{2})(?::(?P<second>[0-9]{2})(?:[.,](?P<part>[0-9]{1,9}))?)?"
    r"(?: ?(?P<half>[AaPp])\.?[Mm]\.?)?(?: ?(?P<zone>[Zz]|UTC|GMT|[+-][0-9]{2}(?::?[0-9]{2})?))?"
)
_ISO: Final = re.compile(
    rf"(?P<year>[0-9]{{4}})-(?P<month>[0-9]{{2}})-(?P<day>[0-9]{{2}})(?:(?: +|[Tt]){_TIME})?"
)
_US: Final = re.compile(
    r"(?P<month>[0-9]{1,2})(?P<mark>[/-])(?P<day>[0-9]{1,2})(?P=mark)(?P<year>[0-9]{4}|[0-9]{2})"
    rf"(?:(?:,? +|[Tt]){_TIME})?"
)
_BASIC: Final = re.compile(
    r"(?P<year>[0-9]{4})(?P<month>[0-9]{2})(?P<day>[0-9]{2})"
    r"(?:T(?P<hour>[0-9]{2})(?P<minute>[0-9]{2})(?P<second>[0-9]{2})?(?P<zone>Z|[+-][0-9]{4})?)?"
)
_DOT_NET: Final = re.compile(r"\\?/Date\((-?[0-9]{1,15})([+-][0-9]{4})?\)\\?/")
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


def read_common(text: str, pivot: int, zone: tzinfo, *, us: bool) -> datetime | None:
    """Return the date and time in one of the usual forms, or None if it is in none of them.

    ISO 8601 dates and times, extended and basic (no week or ordinal dates); month, day and year
    as in the US, with ``/`` or ``-`` between and a 12 or 24 hour time; .NET's ``/Date(…)/``. Naive
    unless the text has a zone; with its own offset then.

    Args:
        text: Trimmed ASCII.
        pivot: Two-digit years from here on are of the 1900s.
        zone: In which ``/Date(…)/`` without an offset is returned.
        us: Read the month first; otherwise such forms are not read at all.

    Raises:
        ValueError: In a usual form, but no date or time that exists.
        OverflowError: As far away as that.
    """
    if found := _ISO.fullmatch(text) or (us and _US.fullmatch(text)) or None:
        return _built(found.groupdict(), pivot)
    if found := _BASIC.fullmatch(text):
        return _built(found.groupdict(), pivot)
    if found := _DOT_NET.fullmatch(text):
        moment = _EPOCH + timedelta(milliseconds=int(found[1]))
        return moment.astimezone(_offset(found[2]) if found[2] else zone)
    return None


def _built(parts: dict[str, str | None], pivot: int) -> datetime:
    year, month, day = (int(parts[name] or 0) for name in ("year", "month", "day"))
    if len(parts["year"] or "") == 2:
        year = century(year, pivot)
    if parts["hour"] is None:
        return datetime(year, month, day)  # noqa: DTZ001  the zone is the field's to add
    hour, minute, second = (int(parts.get(name) or 0) for name in ("hour", "minute", "second"))
    if half := parts.get("half"):
        if not 1 <= hour <= 12:
            message = f"{hour} is no hour before or after noon"
            raise ValueError(message)
        hour = hour % 12 + (12 if half in "pP" else 0)
    part = int((parts.get("part") or "").ljust(6, "0")[:6])
    zone = _offset(parts["zone"]) if parts["zone"] else None
    return datetime(year, month, day, hour, minute, second, part, zone)


def _offset(text: str) -> tzinfo:
    if text[0] not in "+-":
        return UTC
    digits = text[1:].replace(":", "").ljust(4, "0")
    minutes = int(digits[:2]) * 60 + int(digits[2:])
    if int(digits[2:]) > 59 or minutes > 14 * 60:
        message = f"{text} is no offset"
        raise ValueError(message)
    return timezone(timedelta(minutes=minutes if text[0] == "+" else -minutes))


def century(year: int, pivot: int) -> int:
    """Return the year that two digits stand for."""
    return year + (1900 if year >= pivot else 2000)


_DIRECTIVE: Final = re.compile(r"%(.?)", re.DOTALL)
_KNOWN: Final = frozenset("YymdbBjHIpMSf%")
_PROBES: Final = (
    datetime(2004, 2, 29, 21, 9, 7, 123456),  # noqa: DTZ001  formats have no zone
    datetime(2026, 11, 23, 0, 45, 30, 60),  # noqa: DTZ001
)


class TimeFormat:
    """A format of strptime's directives that can be read back."""

    def __init__(self, text: str, pivot: int) -> None:
        """Check that what ``text`` shows can be read again.

        Raises:
            ConfigurationError: ``bad_format``.
        """
        self._text = text
        self._pivot = pivot
        names = _DIRECTIVE.findall(text)
        self._two_digits = "y" in names and "Y" not in names
        self.day_first = text.find("%d") < text.find("%m")
        """Whether month-first forms would be read wrongly beside this one."""
        self.has_time = "H" in names or "I" in names
        self._hidden = next((n for n, name in enumerate("fSM") if name in names), 3)
        if unknown := [name for name in names if name not in _KNOWN]:
            raise _bad(f"%{unknown[0]} is not among the directives of a field.")
        if not text.isascii() or not text.isprintable():
            raise _bad("A format has plain characters only.")
        if not all(self._reads_back(probe) for probe in _PROBES):
            raise _bad(
                "What it shows cannot be read back: it needs year, month and day, each once, and "
                "%p besides %I."
            )

    def read(self, text: str) -> datetime | None:
        """Return the naive date and time that ``text`` shows, or None if it is not in this format.

        Raises:
            ValueError: A two-digit year that has no such day.
        """
        try:
            found = datetime.strptime(text, self._text)  # noqa: DTZ007  formats have no zone
        except ValueError:
            return None
        if self._two_digits:
            found = found.replace(year=century(found.year % 100, self._pivot))
        return found

    def show(self, moment: datetime) -> str:
        """Return ``moment`` in this format."""
        return moment.strftime(self._text)

    def cut(self, moment: datetime) -> datetime:
        """Return ``moment`` without what this format does not show."""
        hidden = self._hidden
        return moment.replace(
            minute=0 if hidden > 2 else moment.minute,
            second=0 if hidden > 1 else moment.second,
            microsecond=0 if hidden > 0 else moment.microsecond,
        )

    def _reads_back(self, probe: datetime) -> bool:
        kept = self.cut(probe) if self.has_time else datetime(probe.year, probe.month, probe.day)  # noqa: DTZ001
        if self._two_digits:
            kept = kept.replace(year=century(kept.year % 100, self._pivot))
        try:
            return self.read(self.show(kept)) == kept
        except (ValueError, re.error):
            return False


def _bad(message: str) -> ConfigurationError:
    return ConfigurationError.single("bad_format", "format", message)
