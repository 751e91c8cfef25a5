"""A plugin of a stranger in a running system: observers, an entity, a rule, a function."""

from pathlib import Path
from typing import Any

import pytest
from leadexec_activity_log.activity import Activity
from sqlalchemy import select

from leadexec import ConfigurationError
from leadexec.criteria import FunctionTest, Not
from leadexec.model.lead_type import LeadField
from leadexec.model.registry import EntityRegistry
from leadexec.storage.database import open_database
from leadexec.storage.entity_tables import EntityTables
from leadexec.storage.migrations import upgrade
from leadexec.storage.owners import owners_of
from leadexec.testing import FakeClock
from tests.system.world import FIELDS, STANDARD, World, a_world

pytestmark = pytest.mark.anyio

PLUGINS = (*STANDARD, "activity-log")
CALL_AT = LeadField(name="CallAt", description="Call at", type="datetime")


def quiet_on(*days: str) -> dict[str, Any]:
    return {"activity-log": {"rules": {"quiet-days": {"days": list(days)}}}}


async def migrated(url: str) -> str:
    """Return ``url`` with the plugin's table made, before anything observes."""
    tables = EntityTables(EntityRegistry([("activity-log", Activity)]))
    database = open_database(url)
    try:
        await upgrade(database, owners_of(tables))
    finally:
        await database.aclose()
    return url


async def activities(world: World) -> list[tuple[str, str]]:
    table = world.kernel.tables.of(Activity).table
    query = select(table.c.event, table.c.subject).order_by(table.c.id)
    return await world.kernel.store.read(lambda c: [tuple(row) for row in c.execute(query)])


async def test_what_happens_is_written_once_for_each_event(
    database_url: str, tmp_path: Path
) -> None:
    async with a_world(await migrated(database_url), tmp_path, plugins=PLUGINS) as world:
        campaign = await world.campaign()
        await world.buyer(campaign, "buyer")
        sold = str((await world.post(campaign)).json()["lead"])
        await world.settled()

        written = await activities(world)
        assert ("entity_changed", f"campaign {campaign.id}") in written
        assert written.count(("lead_accepted", f"lead {sold}")) == 1
        assert [event for event, _ in written].count("delivery_accepted") == 1
        assert not [subject for _, subject in written if subject.startswith("activity")]


async def test_on_a_quiet_day_nobody_gets_the_lead_and_the_record_says_why(
    sqlite_url: str, tmp_path: Path
) -> None:
    clock = FakeClock()
    today = clock.now().date().isoformat()
    options: dict[str, Any] = {
        "plugins": PLUGINS,
        "clock": clock,
        "plugin_settings": quiet_on(today),
    }
    async with a_world(await migrated(sqlite_url), tmp_path, **options) as world:
        campaign = await world.campaign()
        await world.buyer(campaign, "quiet", time_zone="UTC")
        uid = await world.sell(campaign)

        assert await world.why(uid) == {"quiet": "quiet_day"}


async def test_a_function_of_a_plugin_decides_who_matches(sqlite_url: str, tmp_path: Path) -> None:
    within = FunctionTest(function="is_business_hours", fields=("CallAt",))
    async with a_world(await migrated(sqlite_url), tmp_path, plugins=PLUGINS) as world:
        lead_type = await world.lead_type(*FIELDS, CALL_AT)
        campaign = await world.campaign(lead_type)
        await world.buyer(campaign, "by day", criteria=within)
        await world.buyer(campaign, "by night", criteria=Not(item=within))

        day = await world.sell(campaign, CallAt="2026-03-02T12:00:00Z")
        night = await world.sell(campaign, CallAt="2026-03-02T22:00:00Z")
        never = await world.sell(campaign, CallAt="")

        assert await world.sold_to(day) == ["by day"]
        assert await world.sold_to(night) == ["by night"]
        assert await world.sold_to(never) == []


@pytest.mark.parametrize(
    ("rules", "path"),
    [
        ({"quiet-days": {"days": ["Christmas"]}}, "plugins.activity-log.rules.quiet-days"),
        ({"quiet-days": []}, "plugins.activity-log.rules.quiet-days"),
        ({"loud-days": {}}, "plugins.activity-log.rules.loud-days"),
        ("none", "plugins.activity-log.rules"),
    ],
)
async def test_bad_settings_of_a_rule_stop_the_start_and_say_where(
    sqlite_url: str, tmp_path: Path, rules: Any, path: str
) -> None:
    settings = {"activity-log": {"rules": rules}}
    with pytest.raises(ConfigurationError) as caught:
        async with a_world(sqlite_url, tmp_path, plugins=PLUGINS, plugin_settings=settings):
            pass

    assert [fault.path for fault in caught.value.faults] == [path]
