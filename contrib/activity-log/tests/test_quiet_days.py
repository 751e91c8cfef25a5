from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import msgspec
import pytest
from leadexec_activity_log.plugin import ActivityLogPlugin, ActivityLogSettings
from leadexec_activity_log.quiet_days import QuietDays, QuietDaysSettings

from leadexec import AccountSetup, ConfigurationError, Consideration, Excluded
from leadexec.testing import (
    ComponentContract,
    a_client,
    a_delivery_account,
    a_delivery_method,
    a_lead,
    fake_services,
)


def a_rule(settings: Mapping[str, Any]) -> QuietDays:
    try:
        decoded = msgspec.convert(dict(settings), QuietDaysSettings)
    except msgspec.ValidationError as error:
        raise ConfigurationError.single("invalid_settings", "", str(error)) from error
    return QuietDays(decoded, fake_services())


def an_account(time_zone: str) -> AccountSetup:
    return AccountSetup(
        account_id=1,
        client_id=1,
        method_id=1,
        lead_type_id=1,
        price=Decimal(10),
        time_zone=time_zone,
        account=a_delivery_account(),
        client=a_client(),
        method=a_delivery_method(),
    )


def verdict(days: list[str], now: datetime, time_zone: str = "UTC") -> Excluded | None:
    rule = a_rule({"days": days}).compile(an_account(time_zone))
    assert rule is not None
    assert list(rule.limits(now)) == []
    return rule.check(Consideration(lead=a_lead(), now=now))


class TestQuietDaysConformance(ComponentContract):
    component = QuietDays
    examples = ({}, {"days": ["2026-12-25", "2027-01-01"]})
    bad_settings = ({"days": ["Christmas"]}, {"days": ["2026-02-30"]}, {"day": []})

    def make(self, settings: Mapping[str, Any]) -> QuietDays:
        return a_rule(settings)


def test_on_a_quiet_day_an_account_is_out_with_its_reason() -> None:
    excluded = verdict(["2026-12-25"], datetime(2026, 12, 25, 12, tzinfo=UTC))
    assert excluded is not None
    assert excluded.code == "quiet_day"
    assert "2026-12-25" in excluded.text


def test_on_any_other_day_it_is_not() -> None:
    assert verdict(["2026-12-25"], datetime(2026, 12, 24, 23, 59, 59, tzinfo=UTC)) is None
    assert verdict(["2026-12-25"], datetime(2026, 12, 26, tzinfo=UTC)) is None


@pytest.mark.parametrize(
    ("time_zone", "quiet"), [("America/Los_Angeles", False), ("UTC", True), ("Asia/Tokyo", True)]
)
def test_a_day_begins_at_midnight_where_the_client_is(time_zone: str, quiet: bool) -> None:
    excluded = verdict(["2026-12-25"], datetime(2026, 12, 25, 2, tzinfo=UTC), time_zone)
    assert (excluded is not None) is quiet


def test_without_quiet_days_no_account_is_concerned() -> None:
    assert a_rule({}).compile(an_account("UTC")) is None


def test_the_plugin_contributes_the_rule() -> None:
    plugin = ActivityLogPlugin(ActivityLogSettings(), fake_services())
    assert list(plugin.register_eligibility_rules()) == [QuietDays]
