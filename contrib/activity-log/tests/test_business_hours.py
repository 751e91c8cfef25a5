from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from leadexec_activity_log.plugin import ActivityLogPlugin, ActivityLogSettings

from leadexec import ConfigurationError, Function, Value
from leadexec.testing import fake_services

MONDAY = datetime(2026, 3, 2, tzinfo=UTC)


def the_function(**hours: Any) -> Function:
    settings = msgspec.convert({"business_hours": hours}, ActivityLogSettings)
    (function,) = ActivityLogPlugin(settings, fake_services()).register_functions()
    return function


@pytest.mark.parametrize(
    ("hour", "minute", "within"),
    [(8, 59, False), (9, 0, True), (16, 59, True), (17, 0, False), (0, 0, False)],
)
def test_business_is_open_from_9_until_before_17(hour: int, minute: int, within: bool) -> None:
    assert the_function().call(MONDAY.replace(hour=hour, minute=minute)) is within


@pytest.mark.parametrize("day", range(7))
def test_business_is_open_from_monday_to_friday(day: int) -> None:
    assert the_function().call(MONDAY.replace(day=2 + day, hour=12)) is (day < 5)


def test_the_operator_says_when_and_where() -> None:
    function = the_function(
        time_zone="America/New_York", days=["saturday"], opens="20:00", closes="24:00"
    )
    saturday = datetime(2026, 3, 7, 23, 59, tzinfo=ZoneInfo("America/New_York"))
    assert function.call(saturday) is True
    assert function.call(saturday.replace(hour=19)) is False
    assert function.call(MONDAY.replace(hour=12)) is False


def test_a_time_may_come_as_the_text_in_which_it_is_stored() -> None:
    assert the_function().call("2026-03-02T12:00:00Z") is True
    assert the_function().call("2026-03-02T12:00:00") is True
    assert the_function().call("2026-03-02T12:00:00-08:00") is False


@given(st.datetimes(datetime(1990, 1, 1), datetime(2100, 1, 1), timezones=st.timezones()))  # noqa: DTZ001  the strategy adds the zones
def test_what_counts_is_the_instant_and_not_the_zone_it_is_written_in(moment: datetime) -> None:
    function = the_function(time_zone="Europe/Berlin")
    assert function.call(moment) is function.call(moment.astimezone(UTC))


@pytest.mark.parametrize("value", [None, "", "soon", 7, True, ["2026-03-02"]])
def test_of_what_is_no_time_it_tells_nothing(value: Value) -> None:
    with pytest.raises(ValueError, match=r"date and time|isoformat"):
        the_function().call(value)


def test_all_faults_of_the_hours_are_listed_at_once() -> None:
    with pytest.raises(ConfigurationError) as caught:
        the_function(time_zone="Mars/Olympus", opens="17:00", closes="09:00")
    assert [(fault.code, fault.path) for fault in caught.value.faults] == [
        ("unknown_time_zone", "plugins.activity-log.business_hours.time_zone"),
        ("closes_before_it_opens", "plugins.activity-log.business_hours.closes"),
    ]


@pytest.mark.parametrize("bad", [{"opens": "9:00"}, {"closes": "24:01"}, {"days": []}])
def test_hours_that_no_clock_shows_are_refused(bad: dict[str, Any]) -> None:
    with pytest.raises(msgspec.ValidationError):
        the_function(**bad)
