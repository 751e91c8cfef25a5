"""Dates and times."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from leadexec_fields.times import DateTimeSettings, DateTimeType

from leadexec import FieldSetup, InvalidValueError
from leadexec.testing import FieldTypeContract

SETUP = FieldSetup(name="Field", description="The field")
NEW_YEAR = datetime(2026, 1, 2, tzinfo=UTC)
AFTERNOON = datetime(2026, 1, 2, 15, 4, 5, tzinfo=UTC)
SHOWN = "01/02/2026 3:04:05 PM"


class TestDateTime(FieldTypeContract):
    field_type = DateTimeType
    valid = {
        "1/2/2026": (NEW_YEAR, "01/02/2026 12:00:00 AM"),
        "01-02-2026": (NEW_YEAR, "01/02/2026 12:00:00 AM"),
        "1/2/26": (NEW_YEAR, "01/02/2026 12:00:00 AM"),
        "2026-01-02": (NEW_YEAR, "01/02/2026 12:00:00 AM"),
        "20260102": (NEW_YEAR, "01/02/2026 12:00:00 AM"),
        "1/2/2026 3:04:05 PM": (AFTERNOON, SHOWN),
        "1/2/2026, 3:04:05\u202fPM": (AFTERNOON, SHOWN),
        "1/2/2026 15:04:05": (AFTERNOON, SHOWN),
        "1/2/2026 10:04:05 AM -05:00": (AFTERNOON, SHOWN),
        "2026-01-02T15:04:05Z": (AFTERNOON, SHOWN),
        "2026-01-02 15:04:05.999": (AFTERNOON, SHOWN),
        "2026-01-02T10:04:05.1234567-05:00": (AFTERNOON, SHOWN),
        "20260102T150405Z": (AFTERNOON, SHOWN),
        "/Date(1767366245000)/": (AFTERNOON, SHOWN),
        "/Date(1767366245123-0500)/": (AFTERNOON, SHOWN),
        "\\/Date(1767366245000)\\/": (AFTERNOON, SHOWN),
        "/Date(-1000)/": (datetime(1969, 12, 31, 23, 59, 59, tzinfo=UTC), "12/31/1969 11:59:59 PM"),
        "12/31/69": (datetime(1969, 12, 31, tzinfo=UTC), "12/31/1969 12:00:00 AM"),
        "12/31/68": (datetime(2068, 12, 31, tzinfo=UTC), "12/31/2068 12:00:00 AM"),
        "12/03/22 1:22": (datetime(2022, 12, 3, 1, 22, tzinfo=UTC), "12/03/2022 1:22:00 AM"),
    }
    invalid = [
        ("2026-W01-5", "not_a_date"),
        ("2026-002", "not_a_date"),
        ("January 2, 2026", "not_a_date"),
        ("2.1.2026", "not_a_date"),
        ("1/2-2026", "not_a_date"),
        ("\uff11/2/2026", "not_a_date"),
        ("tomorrow", "not_a_date"),
        ("02/30/2026", "no_such_date"),
        ("13/1/2026", "no_such_date"),
        ("1/2/2026 24:00", "no_such_date"),
        ("1/2/2026 0:30 AM", "no_such_date"),
        ("2026-01-02T03:04:60Z", "no_such_date"),
        ("2026-01-02T03:04:05+14:30", "no_such_date"),
        ("/Date(999999999999999)/", "no_such_date"),
        ("12/31/1899", "out_of_range"),
        ("2101-01-01", "out_of_range"),
        ("0001-01-01T00:00:00+14:00", "out_of_range"),
        (1767366245, "number"),
        ("1767366245", "not_a_date"),
        (True, "not_a_date"),
        ([], "not_a_date"),
    ]
    invalid_settings = (
        (
            {"time_zone": "../etc/passwd", "format": "%d", "first_year": 2001, "last_year": 2000},
            {"time_zone": "unknown_time_zone", "format": "bad_format", "first_year": "empty_range"},
        ),
        ({"time_zone": "Mars/Olympus"}, {"time_zone": "unknown_time_zone"}),
        ({"time_zone": "America"}, {"time_zone": "unknown_time_zone"}),
        ({"format": "%Y-%m-%d %I:%M"}, {"format": "bad_format"}),
        ({"format": "%Y-%m-%d %d"}, {"format": "bad_format"}),
        ({"format": "%c"}, {"format": "bad_format"}),
        ({"format": "%Y-%m-%d %"}, {"format": "bad_format"}),
        ({"format": "today"}, {"format": "bad_format"}),
    )


class TestDateOfBirth(FieldTypeContract):
    field_type = DateTimeType
    settings = {"date_only": True, "time_zone": "America/New_York", "pivot": 30}
    valid = {
        "1/2/55": (datetime(1955, 1, 2, tzinfo=UTC), "01/02/1955"),
        "1/2/1955 11:30 PM": (datetime(1955, 1, 2, tzinfo=UTC), "01/02/1955"),
        "1955-01-02T23:00:00-08:00": (datetime(1955, 1, 2, tzinfo=UTC), "01/02/1955"),
        "/Date(0)/": (datetime(1969, 12, 31, tzinfo=UTC), "12/31/1969"),
        "/Date(0+0000)/": (datetime(1970, 1, 1, tzinfo=UTC), "01/01/1970"),
    }


class TestEuropeanFormat(FieldTypeContract):
    field_type = DateTimeType
    settings = {"format": "%d/%m/%y %H:%M", "time_zone": "Europe/Berlin", "pivot": 50}
    valid = {
        "03/04/26 14:30": (datetime(2026, 4, 3, 12, 30, tzinfo=UTC), "03/04/26 14:30"),
        "03/04/49 14:30": (datetime(2049, 4, 3, 12, 30, tzinfo=UTC), "03/04/49 14:30"),
        "03/04/50 14:30": (datetime(1950, 4, 3, 13, 30, tzinfo=UTC), "03/04/50 14:30"),
        "2026-04-03T12:30:59Z": (datetime(2026, 4, 3, 12, 30, tzinfo=UTC), "03/04/26 14:30"),
        "1920-01-01 10:00": (datetime(1920, 1, 1, 9, 0, tzinfo=UTC), "1920-01-01T10:00:00+01:00"),
    }
    invalid = {"12/25/2026": "not_a_date", "03/04/2026 14:30": "not_a_date"}


class TestFormatWithoutTime(FieldTypeContract):
    field_type = DateTimeType
    settings = {"format": "%b %d, %Y", "time_zone": "Asia/Tokyo"}
    valid = {
        "Jan 02, 2026": (NEW_YEAR, "Jan 02, 2026"),
        "2026-01-02T23:00:00-08:00": (NEW_YEAR, "Jan 02, 2026"),
    }


class TestNumbersAsTimes(FieldTypeContract):
    field_type = DateTimeType
    settings = {"numbers": "seconds", "format": "%Y-%m-%dT%H:%M:%S.%f"}
    valid = {
        1767366245: (AFTERNOON, "2026-01-02T15:04:05.000000"),
        "1767366245": (AFTERNOON, "2026-01-02T15:04:05.000000"),
        1767366245.25: (AFTERNOON.replace(microsecond=250_000), "2026-01-02T15:04:05.250000"),
        "20260102": (NEW_YEAR, "2026-01-02T00:00:00.000000"),
    }
    invalid = [(10**15, "out_of_range"), (10**11, "out_of_range"), (float("nan"), "out_of_range")]


class TestNewYorkTime(FieldTypeContract):
    field_type = DateTimeType
    settings = {"time_zone": "America/New_York", "first_year": 1000, "last_year": 9990}
    valid = {
        "7/4/2026 9:00 AM": (datetime(2026, 7, 4, 13, tzinfo=UTC), "07/04/2026 9:00:00 AM"),
        "3/8/2026 2:30 AM": (datetime(2026, 3, 8, 7, 30, tzinfo=UTC), "03/08/2026 3:30:00 AM"),
        "11/1/2026 1:30 AM": (datetime(2026, 11, 1, 5, 30, tzinfo=UTC), "11/01/2026 1:30:00 AM"),
        "2026-11-01T01:30:00-05:00": (
            datetime(2026, 11, 1, 6, 30, tzinfo=UTC),
            "2026-11-01T01:30:00-05:00",
        ),
    }


ZONES = ["UTC", "America/New_York", "Asia/Kolkata", "Europe/Dublin", "Australia/Lord_Howe"]
FORMATS = ["", "%m/%d/%Y", "%d.%m.%y %H", "%Y%m%d%H%M%S", "%I:%M %p %j %Y", "%Y-%m-%d %H:%M:%S.%f"]


@given(
    moment=st.datetimes(datetime(1800, 1, 1), datetime(2099, 1, 1)),  # noqa: DTZ001
    zone=st.sampled_from(ZONES),
    own=st.sampled_from(FORMATS),
    date_only=st.booleans(),
)
@settings(max_examples=500, deadline=None, database=None, derandomize=True)
def test_what_is_shown_is_read_as_the_same_instant_in_every_zone_and_format(
    moment: datetime, zone: str, own: str, date_only: bool
) -> None:
    chosen = DateTimeSettings(
        format=own, time_zone=zone, date_only=date_only, first_year=1700, last_year=2200
    )
    field = DateTimeType(chosen, SETUP)

    value = field.parse(moment.replace(tzinfo=UTC).isoformat())

    assert field.parse(value) == value
    assert field.parse(field.format(value)) == value


@given(
    moment=st.datetimes(datetime(1970, 1, 1), datetime(2099, 1, 1)),  # noqa: DTZ001
    zone=st.sampled_from(ZONES),
)
@settings(max_examples=200, deadline=None, database=None, derandomize=True)
def test_all_ways_to_write_an_instant_are_read_as_the_same(moment: datetime, zone: str) -> None:
    field = DateTimeType(DateTimeSettings(time_zone=zone), SETUP)
    instant = moment.replace(microsecond=0, tzinfo=UTC)
    local = instant.astimezone(ZoneInfo(zone))
    minutes = int((local.utcoffset() or instant - instant).total_seconds()) // 60
    offset = f"{'-' if minutes < 0 else '+'}{abs(minutes) // 60:02}{abs(minutes) % 60:02}"

    for raw in (
        instant.isoformat(),
        instant.strftime("%Y-%m-%dT%H:%M:%S.0000000Z"),
        instant.strftime("%Y%m%dT%H%M%SZ"),
        f"/Date({int(instant.timestamp() * 1000)})/",
        f"/Date({int(instant.timestamp() * 1000)}{offset})/",
        local.strftime("%m/%d/%Y %I:%M:%S %p ") + offset,
    ):
        assert field.parse(raw) == instant


def test_a_refusal_shows_how_a_date_is_written_in_this_field() -> None:
    field = DateTimeType(DateTimeSettings(format="%d/%m/%Y"), SETUP)

    with pytest.raises(InvalidValueError, match=r"^The field must be .* such as 01/01/2000\."):
        field.parse("soon")
