"""Dates and times: what is read, what is shown, in which time zone."""

from datetime import UTC, datetime, timedelta, tzinfo
from typing import Annotated, ClassVar, Final, Literal
from zoneinfo import ZoneInfo

from msgspec import Meta, Struct

from leadexec import (
    ConfigurationError,
    Fault,
    FieldKind,
    FieldSetup,
    FieldType,
    InvalidValueError,
    RawValue,
    Value,
)
from leadexec_fields.text import clean
from leadexec_fields.time_formats import TimeFormat, read_common

_LONGEST: Final = 80
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_UNITS: Final = {"seconds": 1_000_000, "milliseconds": 1_000}
_FURTHEST: Final = 10**15
"""The most milliseconds from 1970 that are looked at; some 31,000 years."""


class DateTimeSettings(Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """How dates are read and shown."""

    format: Annotated[
        str,
        Meta(
            title="Own format",
            description=(
                "Read before all others, and shown, with the directives of strptime: "
                "%Y %y %m %d %b %B %j %H %I %p %M %S %f. A format without hours makes the field "
                "a date. Shown as 11/23/2026 3:04:05 PM if left empty."
            ),
            max_length=60,
            examples=["%m/%d/%Y", "%Y-%m-%d %H:%M"],
        ),
    ] = ""
    date_only: Annotated[
        bool,
        Meta(
            title="Date only",
            description="Keep the date as it is written and drop the time; no zone shifts it.",
        ),
    ] = False
    time_zone: Annotated[
        str,
        Meta(
            title="Time zone",
            description="Where a time without zone belongs, and in which times are shown (IANA).",
            max_length=60,
            examples=["America/New_York"],
        ),
    ] = "UTC"
    numbers: Annotated[
        Literal["refuse", "seconds", "milliseconds"],
        Meta(
            title="Numbers",
            description="What a bare number counts since 1970; refused unless told.",
        ),
    ] = "refuse"
    pivot: Annotated[
        int,
        Meta(
            title="Two-digit years",
            description="From this number on they are of the 1900s, below it of the 2000s.",
            ge=0,
            le=100,
        ),
    ] = 69
    first_year: Annotated[
        int, Meta(title="First year", description="Earlier dates are refused.", ge=1000, le=9990)
    ] = 1900
    last_year: Annotated[
        int, Meta(title="Last year", description="Later dates are refused.", ge=1000, le=9990)
    ] = 2100


class DateTimeType(FieldType[DateTimeSettings]):
    """An instant, held in UTC to the second; or a date, held as its midnight (``LT4`` Date/Time).

    A time that the clocks skip is taken as if they had not been put forward yet; one that they
    show twice is the first of the two. Such a second hour is shown in ISO 8601 with its offset.
    """

    key: ClassVar[str] = "datetime"
    title: ClassVar[str] = "Date / Time"
    kind: ClassVar[FieldKind] = FieldKind.DATETIME

    def __init__(self, settings: DateTimeSettings, setup: FieldSetup) -> None:
        """Compile format and zone.

        Raises:
            ConfigurationError: ``bad_format``, ``unknown_time_zone``, ``empty_range``.
        """
        super().__init__(settings, setup)
        faults: list[Fault] = []
        self._own: TimeFormat | None = None
        self._zone: tzinfo = UTC
        try:
            self._own = TimeFormat(settings.format, settings.pivot) if settings.format else None
        except ConfigurationError as error:
            faults.extend(error.faults)
        try:
            self._zone = UTC if settings.time_zone == "UTC" else ZoneInfo(settings.time_zone)
        except (KeyError, ValueError, OSError):
            message = f"'{settings.time_zone}' is no time zone; write one as America/New_York."
            faults.append(Fault(code="unknown_time_zone", path="time_zone", message=message))
        if settings.first_year > settings.last_year:
            message = "The first year is after the last."
            faults.append(Fault(code="empty_range", path="first_year", message=message))
        if faults:
            raise ConfigurationError(faults)
        self._date_only = settings.date_only or (self._own is not None and not self._own.has_time)
        self._us = self._own is None or not self._own.day_first
        self._years = range(settings.first_year, settings.last_year + 1)

    def parse(self, raw: RawValue) -> Value:
        """Return the instant, aware and in UTC."""
        if isinstance(raw, str):
            written = self._written(raw)
        elif isinstance(raw, datetime):
            written = raw
        else:
            written = self._counted(raw)
        # The far ends cannot be moved to another zone; they are out of every range, too.
        if not 10 < written.year < 9995:
            raise self._out_of_range()
        kept = self._kept(written)
        if kept.year not in self._years:
            raise self._out_of_range()
        return kept

    def format(self, value: Value) -> str:
        """Return the value in the field's format and zone.

        What the format cannot express exactly is written in ISO 8601, so that nothing is lost.
        """
        if not isinstance(value, datetime):
            return str(value)
        local = value if self._date_only else value.astimezone(self._zone)
        shown = self._own.show(local) if self._own else _usual(local, date_only=self._date_only)
        if (self._own or local.fold) and not self._reads_as(shown, value):
            return self._iso(local)
        return shown

    def sample(self) -> str:
        """Return New Year's Day of a year in range, as it is shown."""
        year = min(max(2000, self.settings.first_year), self.settings.last_year)
        return self.format(self._kept(datetime(year, 1, 1, 12, tzinfo=UTC)))

    def _written(self, raw: str) -> datetime:
        text = raw if len(raw) <= _LONGEST and raw.isascii() else clean(self, raw, _LONGEST)
        text = text.strip() if text.isascii() else ""
        try:
            if self._own and (found := self._own.read(text)):
                return found
            if found := read_common(text, self.settings.pivot, self._zone, us=self._us):
                return found
        except (ValueError, OverflowError):
            raise self.refuse("no_such_date", "is a date or time that does not exist.") from None
        if text.isdigit() and self.settings.numbers != "refuse":
            return self._counted(int(text))
        raise self.refuse("not_a_date", f"must be a date or time such as {self.sample()}.")

    def _counted(self, raw: RawValue) -> datetime:
        if isinstance(raw, bool) or not isinstance(raw, int | float):
            raise self.refuse("not_a_date", "must be a date or time written as text.")
        if self.settings.numbers == "refuse":
            raise self.refuse("number", "must be a date or time, not a bare number.")
        unit = _UNITS[self.settings.numbers]
        if not -_FURTHEST < raw < _FURTHEST:
            raise self._out_of_range()
        try:
            return (_EPOCH + timedelta(microseconds=int(raw * unit))).astimezone(self._zone)
        except OverflowError:
            raise self._out_of_range() from None

    def _kept(self, written: datetime) -> datetime:
        """Return what is held of a date and time: no finer than it is shown."""
        if self._date_only:
            return datetime(written.year, written.month, written.day, tzinfo=UTC)
        if written.tzinfo is None:
            written = written.replace(tzinfo=self._zone)
        if self._own:
            return self._own.cut(written.astimezone(self._zone)).astimezone(UTC)
        return written.astimezone(UTC).replace(microsecond=0)

    def _iso(self, local: datetime) -> str:
        if self._date_only:
            return local.date().isoformat()
        # Before standard time, zones had offsets in seconds, which ISO 8601 does not know.
        whole = (local.utcoffset() or timedelta()) % timedelta(minutes=1) == timedelta()
        return (local if whole else local.astimezone(UTC)).isoformat()

    def _reads_as(self, shown: str, value: datetime) -> bool:
        try:
            return self.parse(shown) == value
        except InvalidValueError:
            return False

    def _out_of_range(self) -> InvalidValueError:
        first, last = self._years[0], self._years[-1]
        return self.refuse("out_of_range", f"must be between {first} and {last}.")


def _usual(moment: datetime, *, date_only: bool) -> str:
    date = f"{moment.month:02}/{moment.day:02}/{moment.year:04}"
    if date_only:
        return date
    hour = moment.hour % 12 or 12
    half = "AM" if moment.hour < 12 else "PM"
    return f"{date} {hour}:{moment.minute:02}:{moment.second:02} {half}"
