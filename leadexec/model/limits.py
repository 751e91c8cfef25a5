"""Quantity limits and weekly schedules, shared by campaigns, accounts and methods."""

import enum
from typing import Annotated

from msgspec import Meta, Struct

Quantity = Annotated[int, Meta(ge=0)]


class QuantityLimits(Struct, kw_only=True, frozen=True):
    """How many leads at most per window; None is no limit, 0 is none at all (``DA2``, ``LS6``)."""

    hourly: Quantity | None = None
    daily: Quantity | None = None
    weekly: Annotated[Quantity | None, Meta(description="Weeks begin on Monday")] = None
    monthly: Quantity | None = None


class Weekday(enum.StrEnum):
    """A day of the week."""

    MONDAY = "monday"
    TUESDAY = "tuesday"
    WEDNESDAY = "wednesday"
    THURSDAY = "thursday"
    FRIDAY = "friday"
    SATURDAY = "saturday"
    SUNDAY = "sunday"


TimeOfDay = Annotated[str, Meta(pattern=r"^([01]\d|2[0-3]):[0-5]\d$|^24:00$", examples=["08:30"])]


class ScheduleWindow(Struct, kw_only=True, frozen=True):
    """A part of a weekday, from ``start`` up to but not including ``end`` (``DI11``)."""

    day: Weekday
    start: TimeOfDay = "00:00"
    end: TimeOfDay = "24:00"
