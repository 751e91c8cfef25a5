"""No question on a lead's way, and no list, looks at every row of a table that grows.

A system with some thousand leads is run through everything that happens often; what it asks of the
database is recorded, and the database is asked how it would find that. ``pytest -s`` prints it.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, insert

from leadexec.delivery.breaker import DeliverySettings
from leadexec.model.access import Scope
from leadexec.model.delivery_method import RetrySettings
from leadexec.model.source import ValidatorUse
from leadexec.storage.configuration_tables import audit, configuration
from leadexec.storage.database import Database
from leadexec.storage.store import Store
from leadexec.storage.tables import (
    attempts,
    claims,
    counters,
    decisions,
    deliveries,
    idempotency,
    jobs,
    leads,
    requests,
)
from leadexec.testing import FakeClock
from leadexec.testing.clock import START
from tests.storage.statements import Recording, plan_of, recorded, scans
from tests.system.buyers import ACCEPTS, FAILS
from tests.system.world import World, a_world

pytestmark = pytest.mark.anyio
ROWS = 3000
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


def uid(kind: int, number: int) -> str:
    return f"0193f2a0-0000-7000-8000-{kind:04d}{number:08d}"


def fill(connection: Connection) -> None:
    """Fill every growing table as an installation does that has run for a while."""
    numbers = range(1, ROWS + 1)
    at = {n: START - timedelta(minutes=ROWS - n) for n in numbers}
    rows = {
        requests: [request_row(n) | {"received_at": at[n]} for n in numbers],
        leads: [lead_row(n) | {"received_at": at[n], "updated_at": at[n]} for n in numbers],
        deliveries: [
            delivery_row(n) | {"reserved_at": at[n], "settled_at": at[n]} for n in numbers
        ],
        attempts: [attempt_row(n) | {"at": at[n]} for n in numbers],
        decisions: [
            {"lead_uid": uid(2, n), "revision": 1, "decided_at": at[n], "record": {}}
            for n in numbers
        ],
        counters: [{"key": f"account:{n}@day", "window": "day", "used": 1} for n in numbers],
        claims: [
            {"key": f"x|{n}", "rejected": False, "lead_uid": uid(2, n), "claimed_at": at[n]}
            for n in numbers
        ],
        idempotency: [
            {"key": f"k{n}", "body_hash": "", "request_uid": uid(1, n), "at": at[n]}
            for n in numbers
        ],
        jobs: [job_row(n) for n in numbers],
        audit: [audit_row(n) | {"at": at[n]} for n in numbers],
        configuration: [{"id": 1, "revision": ROWS}],
    }
    for table, made in rows.items():
        connection.execute(insert(table), made)
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql("ANALYZE")


def request_row(n: int) -> dict[str, Any]:
    return {
        "uid": uid(1, n),
        "method": "POST",
        "path": "/receiver/leads",
        "content_type": "application/json",
        "remote_ip": "192.0.2.1",
        "credential_id": 1,
        "body": b'{"campaign": 1, "fields": {"FirstName": "Ada", "State": "CA"}}',
        "status": 200,
        "code": "accepted",
        "detail": "",
    }


def lead_row(n: int) -> dict[str, Any]:
    return {
        "uid": uid(2, n),
        "lead_type_id": 1 + n % 3,
        "source_id": 1 + n % 10,
        "campaign_id": 102 + n % 40 if n % 500 else 101,
        "request_uid": uid(1, n),
        "status": "held" if n % 50 == 0 else "delivered",
        "code": "delivered",
        "reasons": [],
        "price": Decimal(1),
        "revenue": Decimal(2),
        "delivered_count": 1,
        "is_test": False,
        "remote_ip": "192.0.2.1",
        "fields": {"FirstName": "Ada", "State": "CA", "Phone": "+12135550100"},
        "log": [{"step": "fields", "verdict": "pass", "us": 12}],
        "revision": 1,
    }


def delivery_row(n: int) -> dict[str, Any]:
    return {
        "uid": uid(3, n),
        "lead_uid": uid(2, n),
        "account_id": 101 + n % 200,
        "client_id": 1,
        "method_id": 1,
        "state": "accepted",
        "price": Decimal(2),
        "exclusive": False,
        "code": "",
        "reason": "",
        "reference": "",
        "redirect_url": "",
        "attempts": 1,
        "next_at": None,
        "limits": {},
    }


def attempt_row(n: int) -> dict[str, Any]:
    return {
        "delivery_uid": uid(3, n),
        "number": 1,
        "elapsed_us": 1500,
        "verdict": "accepted",
        "code": "accepted",
        "reason": "",
        "exchanges": [{"request": "POST", "response": "OK", "status": 200}],
    }


def job_row(n: int) -> dict[str, Any]:
    """Return a job that is due in a year, or dead."""
    return {
        "kind": "recheck" if n % 3 else "distribute",
        "subject": uid(2, n),
        "payload": {},
        "run_at": START + timedelta(days=365, seconds=n),
        "attempts": 1,
        "dead": n % 1000 == 0,
        "error": "",
        "owner": "",
    }


def audit_row(n: int) -> dict[str, Any]:
    return {
        "by": "ann",
        "entity": "client",
        "entity_id": 1000 + n,
        "act": "created",
        "old": None,
        "new": {"company": "Acme"},
        "revision": n,
    }


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
