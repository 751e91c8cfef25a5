"""Leads whose phone is on the do not contact list, in a running system on both databases."""

from pathlib import Path

import pytest
from leadexec_validate_dnc.desk import ListDesk
from leadexec_validate_dnc.entries import DncHit, DncNumber
from leadexec_validate_dnc.known import KnownNumbers

from leadexec.model.registry import EntityRegistry
from leadexec.model.source import ValidatorUse
from leadexec.storage.database import open_database
from leadexec.storage.entity_tables import EntityTables
from leadexec.storage.migrations import upgrade
from leadexec.storage.owners import owners_of
from tests.system.world import STANDARD, World, a_world

pytestmark = pytest.mark.anyio
PLUGINS = (*STANDARD, "validate-dnc")
PHONE = "(212) 555-0123"


async def migrated(url: str) -> str:
    tables = EntityTables(EntityRegistry([("validate-dnc", DncNumber), ("validate-dnc", DncHit)]))
    database = open_database(url)
    try:
        await upgrade(database, owners_of(tables))
    finally:
        await database.aclose()
    return url


def desk_of(world: World) -> ListDesk:
    """Return the list as another process would change it."""
    services = world.kernel.services
    return ListDesk(services, KnownNumbers(services))


@pytest.mark.parametrize(("on_hit", "status"), [("reject", "rejected"), ("hold", "held")])
async def test_a_lead_on_the_list_is_not_sold_and_its_hit_is_counted(
    database_url: str, tmp_path: Path, on_hit: str, status: str
) -> None:
    async with a_world(await migrated(database_url), tmp_path, plugins=PLUGINS) as world:
        use = ValidatorUse(validator="dnc", settings={"fields": ["Phone"], "on_hit": on_hit})
        campaign = await world.campaign(validators=(use,))
        await world.buyer(campaign, "buyer")
        desk = desk_of(world)
        await desk.add(PHONE)

        answers = [(await world.post(campaign, Phone=PHONE)).json() for _ in range(3)]
        passed = (await world.post(campaign, Phone="(212) 555-0124")).json()
        await world.settled()

        assert {answer["code"] for answer in answers} == {"do_not_contact"}
        assert passed["code"] == "accepted"
        statuses = [row["status"] for row in await world.rows("leads")]
        assert statuses.count(status) == 3
        entry = await desk.entry(PHONE)
        assert entry.times_hit == 3
        assert entry.last_hit is not None
        text = str(answers)
        assert "5550123" not in text
        assert "555-0123" not in text

        await desk.remove(PHONE)
        assert (await world.post(campaign, Phone=PHONE)).json()["code"] == "accepted"
