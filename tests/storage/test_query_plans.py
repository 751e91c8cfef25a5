"""No question on a lead's way, and no list, looks at every row of a table that grows.

A system with some thousand leads is run through everything that happens often; what it asks of the
database is recorded, and the database is asked how it would find that. ``pytest -s`` prints it.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from decimal import Decimal
from functools import partial
from pathlib import Path

import pytest

from leadexec.delivery.breaker import DeliverySettings
from leadexec.model.access import Scope
from leadexec.model.delivery_method import RetrySettings
from leadexec.model.source import ValidatorUse
from leadexec.storage.database import Database
from leadexec.storage.store import Store
from leadexec.testing import FakeClock
from tests.storage.old_installation import ROWS, fill, uid
from tests.storage.statements import Recording, plan_of, recorded, scans
from tests.system.buyers import ACCEPTS, FAILS
from tests.system.world import World, a_world

pytestmark = pytest.mark.anyio
GROWING = {
    "attempts",
    "audit",
    "claims",
    "counters",
    "decisions",
    "deliveries",
    "idempotency",
    "jobs",
    "leads",
    "pings",
    "quotes",
    "requests",
}
HOT = (
    ("SELECT", "claims", "claims.key"),
    ("SELECT", "counters", "counters.key"),
    ("SELECT", "idempotency", "idempotency.key"),
    ("SELECT", "jobs", "jobs.run_at", "LIMIT"),
    ("UPDATE", "jobs", "jobs.run_at <=", "RETURNING"),
    ("SELECT", "jobs", "jobs.subject"),
    ("DELETE", "jobs", "jobs.kind", "jobs.subject"),
    ("SELECT", "jobs", "jobs.dead IS", "jobs.error", "LIMIT"),
    ("SELECT", "leads", "leads.uid"),
    ("UPDATE", "leads", "leads.uid"),
    ("SELECT", "leads", "leads.campaign_id =", "ORDER BY leads.id DESC"),
    ("SELECT", "leads", "leads.status =", "ORDER BY leads.id DESC"),
    ("SELECT", "deliveries", "deliveries.lead_uid"),
    ("UPDATE", "deliveries", "deliveries.uid"),
    ("SELECT", "attempts", "attempts.delivery_uid"),
    ("SELECT", "decisions", "decisions.lead_uid"),
    ("SELECT", "requests", "ORDER BY requests.uid DESC"),
    ("SELECT", "requests", "requests.uid <", "ORDER BY requests.uid DESC"),
    ("SELECT", "audit", "audit.revision >"),
    ("SELECT", "audit", "audit.entity_id"),
)
"""Verb, table and further words of what must be among what is recorded."""
RARE = (("UPDATE", "jobs", "jobs.kind =", "jobs.dead IS", "jobs.owner ="),)
"""Run when the configuration changes and when a process ends, over the jobs that wait."""


@asynccontextmanager
async def an_old_system(url: str, folder: Path, clock: FakeClock) -> AsyncIterator[World]:
    """Run a system on the filled database, that leaves buyers alone after two failures."""
    delivery = DeliverySettings(circuit_failures=2, circuit_open_seconds=10)
    async with a_world(url, folder, clock=clock, delivery=delivery) as world:
        yield world


async def live_through_a_day(world: World, clock: FakeClock, recording: Recording) -> None:
    """Do what happens often: posts, sales, retries, changes of the configuration, lists."""
    campaign = await world.campaign(
        validators=(ValidatorUse(validator="duplicate", settings={"look_back_days": 30}),)
    )
    account = await world.buyer(
        campaign, "north", daily=1000, retry=RetrySettings(maximum=3, gap_seconds=5)
    )
    recording.forget()
    lead = await world.sell(campaign)
    headers = {"idempotency-key": "once"}
    await world.post(campaign, headers=headers, Phone="2135550001")
    await world.post(campaign, headers=headers, Phone="2135550001")
    await world.post(campaign, Phone="2135550001")
    world.market.answers("north", FAILS, ACCEPTS)
    await world.sell(campaign)
    clock.advance(60)
    await world.settled()
    await world.kernel.services.leads.redeliver(lead, "again")
    await world.settled()
    await world.update(account, price=Decimal(11))
    await look_at_everything(world, lead)


async def look_at_everything(world: World, lead: str) -> None:
    token = await world.token(Scope.DATA_API, Scope.ACCOUNT_API)
    world.client.headers["authorization"] = f"Bearer {token}"
    for path in (
        "/data/v1/leads?limit=5",
        f"/data/v1/leads?limit=5&after={ROWS // 2}",
        "/data/v1/leads?limit=5&campaign=101",
        f"/data/v1/leads?limit=5&campaign=101&after={ROWS // 2}",
        "/data/v1/leads?limit=5&status=held",
        f"/data/v1/leads?limit=5&status=held&after={ROWS // 2}",
        f"/data/v1/leads/{lead}",
        f"/data/v1/leads/{lead}/request",
        f"/data/v1/leads/{lead}/deliveries",
        f"/data/v1/leads/{lead}/explain",
        "/data/v1/requests?limit=5",
        f"/data/v1/requests?limit=5&after={uid(1, ROWS // 2)}",
        "/data/v1/jobs?limit=5",
        "/data/v1/jobs?limit=5&dead=true",
        "/account/v1/clients/1/history",
        "/account/v1/delivery-accounts",
        "/health/ready",
    ):
        answer = await world.client.get(path)
        assert answer.status_code == 200, answer.text


async def test_nothing_that_happens_often_looks_at_every_row(
    database: Database, database_url: str, tmp_path: Path
) -> None:
    clock = FakeClock()
    await database.change(fill)
    with recorded() as recording:
        async with an_old_system(database_url, tmp_path, clock) as world:
            await live_through_a_day(world, clock, recording)
            found = sorted(recording.found.items())

    rare = [statement for wanted in RARE for statement in recording.about(*wanted)]
    faults = []
    for shape, statement in found:
        plan = await database.read(partial(plan_of, statement=statement))
        print(f"\n{shape}", *plan, sep="\n    ")  # noqa: T201  for whoever asks with -s
        if statement not in rare:
            faults += [(shape, step) for step in scans(plan, GROWING, page=statement.pages)]

    assert faults == []
    assert [wanted for wanted in HOT if not recording.about(*wanted)] == []


async def test_a_campaign_and_an_account_in_use_are_not_deleted_and_found_by_index(
    database: Database, database_url: str, tmp_path: Path
) -> None:
    await database.change(fill)
    with recorded() as recording:
        async with an_old_system(database_url, tmp_path, FakeClock()) as world:
            campaign = await world.campaign()
            account = await world.buyer(campaign, "north")
            await world.sell(campaign)
            token = await world.token(Scope.ACCOUNT_API)
            world.client.headers["authorization"] = f"Bearer {token}"
            recording.forget()

            kept = [
                await world.client.delete(f"/account/v1/campaigns/{campaign.id}"),
                await world.client.delete(f"/account/v1/delivery-accounts/{account.id}"),
            ]

    assert [(answer.status_code, answer.json()["code"]) for answer in kept] == [
        (409, "still_used"),
        (409, "still_used"),
    ]
    assert [answer.json()["detail"] for answer in kept] == [
        f"The campaign {campaign.id} is still used (leads: 1). Change or delete those first.",
        f"The delivery account {account.id} is still used (deliveries: 1). "
        "Change or delete those first.",
    ]
    (by_campaign,) = recording.about("SELECT", "leads", "campaign_id")
    (by_account,) = recording.about("SELECT", "deliveries", "account_id")
    for statement in (by_campaign, by_account):
        plan = await database.read(partial(plan_of, statement=statement))
        assert scans(plan, GROWING, page=False) == []


async def test_a_campaign_that_has_no_leads_is_deleted(
    store: Store, database_url: str, tmp_path: Path
) -> None:
    async with an_old_system(database_url, tmp_path, FakeClock()) as world:
        campaign = await world.campaign()
        token = await world.token(Scope.ACCOUNT_API)
        world.client.headers["authorization"] = f"Bearer {token}"

        gone = await world.client.delete(f"/account/v1/campaigns/{campaign.id}")

        assert gone.status_code == 204
        assert (await world.post(campaign)).status_code >= 400


@pytest.mark.parametrize(
    ("plan", "page", "found"),
    [
        (["SCAN leads"], False, True),
        (["SCAN leads"], True, False),
        (["SCAN leads USING INDEX ix_leads_status"], False, True),
        (["SCAN leads", "USE TEMP B-TREE FOR ORDER BY"], True, True),
        (["SEARCH leads USING INDEX ix_leads_status (status=?)"], False, False),
        (["SCAN json_each VIRTUAL TABLE INDEX 1:"], False, False),
        (["Limit", "Seq Scan leads"], True, True),
        (["Limit", "Index Scan leads ix_leads_status"], False, False),
        (["Limit", "Whole Index Scan leads pk_leads"], False, True),
        (["Seq Scan configuration"], False, False),
    ],
)
def test_a_full_scan_is_recognised(plan: list[str], page: bool, found: bool) -> None:
    assert bool(scans(plan, GROWING, page=page)) is found
