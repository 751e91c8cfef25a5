"""The function that tells whether a lead's date and time lie within business hours."""

import enum
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Annotated
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from msgspec import Meta, Struct

from leadexec import ConfigurationError, Fault, Function, Value

_TIME = r"^(([01][0-9]|2[0-3]):[0-5][0-9]|24:00)$"


class Day(enum.StrEnum):
    """A day of the week, Monday first."""

    MONDAY = "monday"
    TUESDAY = "tuesday"
    WEDNESDAY = "wednesday"
    THURSDAY = "thursday"
    FRIDAY = "friday"
    SATURDAY = "saturday"
    SUNDAY = "sunday"


_DAYS = tuple(Day)


class BusinessHours(Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """When business is open."""

    time_zone: Annotated[
        str, Meta(title="Time zone", description="IANA name", examples=["America/New_York"])
    ] = "UTC"
    days: Annotated[
        tuple[Day, ...], Meta(title="Days", description="On which it opens", min_length=1)
    ] = _DAYS[:5]
    opens: Annotated[
        str, Meta(title="Opens", description="HH:MM by the clock of that zone", pattern=_TIME)
    ] = "09:00"
    closes: Annotated[
        str, Meta(title="Closes", description="HH:MM; that minute is outside", pattern=_TIME)
    ] = "17:00"


def business_hours_function(hours: BusinessHours, path: str) -> Function:
    """Return the function ``is_business_hours``.

    Args:
        hours: When business is open.
        path: Where the settings stand, for faults.

    Raises:
        ConfigurationError: ``unknown_time_zone``, ``closes_before_it_opens``.
    """
    faults = list(_faults(hours, path))
    if faults:
        raise ConfigurationError(faults)
    zone, days = ZoneInfo(hours.time_zone), {_DAYS.index(day) for day in hours.days}
    opens, closes = _minutes(hours.opens), _minutes(hours.closes)

    def is_business_hours(moment: Value) -> bool:
        """Return whether ``moment``, a date and time, is within business hours.

        Raises:
            ValueError: It is none, or empty: then a criterion matches neither way.
        """
        local = _aware(moment).astimezone(zone)
        return local.weekday() in days and opens <= local.hour * 60 + local.minute < closes

    return Function(
        key="is_business_hours", title="Is within business hours", call=is_business_hours
    )


def _faults(hours: BusinessHours, path: str) -> Iterator[Fault]:
    try:
        ZoneInfo(hours.time_zone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        message = f"There is no time zone {hours.time_zone!r}; write a name like Europe/Berlin."
        yield Fault(code="unknown_time_zone", path=f"{path}.time_zone", message=message)
    if hours.opens >= hours.closes:  # HH:MM: the order of texts is that of times
        message = f"Business that opens at {hours.opens} must close later that day."
        yield Fault(code="closes_before_it_opens", path=f"{path}.closes", message=message)


def _minutes(text: str) -> int:
    hours, minutes = text.split(":")
    return int(hours) * 60 + int(minutes)


def _aware(moment: Value) -> datetime:
    """Return a field's value as a time; stored leads may have it as text, naive means UTC."""
    read = datetime.fromisoformat(moment) if isinstance(moment, str) else moment
    if not isinstance(read, datetime):
        message = f"is_business_hours takes a date and time, not {type(moment).__name__}"
        raise ValueError(message)
    return read if read.tzinfo else read.replace(tzinfo=UTC)
