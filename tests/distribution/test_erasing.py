"""An erased lead says nothing of anybody any more; the records of money stay exact."""

from collections.abc import AsyncIterator, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Boolean, Column, Connection, Integer, insert, select

from leadexec.contracts.erasure import Erased
from leadexec.distribution.erasing import StoredErasure
from leadexec.distribution.erasing.leads import Erasing, erase_leads
from leadexec.jobs.events import EventJobs
from leadexec.model.delivery_method import RetrySettings
from leadexec.model.registry import EntityRegistry
from leadexec.storage.columns import MoneyColumn, UtcDateTime
from leadexec.storage.job_rows import insert_jobs, new_job
from leadexec.storage.metadata import kernel_metadata
from leadexec.storage.tables import deliveries, jobs, leads, pings, quotes, requests
from tests.distribution.erasing_house import (
    ALL,
    EMAIL,
    OTHER,
    PERSON,
    PHONE,
    House,
    a_house,
    a_sale,
    set_all,
)
from tests.system.buyers import FAILS

pytestmark = pytest.mark.anyio


@pytest.fixture
async def house(database_url: str, tmp_path: Path, anyio_backend: str) -> AsyncIterator[House]:
    async with a_house(database_url, tmp_path) as house:
        yield house


async def test_nothing_of_an_erased_person_is_left_in_any_table(house: House) -> None:
    campaign, uid = await a_sale(house)
    acts = house.world.kernel.services.leads
    await acts.append_fields(uid, {"Purpose": "Quuxley's new roof"}, "test")
    assert {place.partition(":")[0] for place in await house.traces()} >= {
        "requests.body",
        "leads.fields",
        "leads.log",
        "leads.facts",
        "deliveries.reason",
        "deliveries.reference",
        "deliveries.redirect_url",
        "attempts.exchanges",
        "audit.new",
    }
    money = await house.money()

    erased = await house.erase(uid)

    assert erased == Erased(leads=(uid,), posts=1)
    assert await house.traces() == []
    assert await house.money() == money
    assert campaign.price > 0


async def test_what_stays_of_a_lead_says_when_what_and_for_how_much(house: House) -> None:
    _, uid = await a_sale(house)
    before = await house.world.lead(uid)

    await house.erase(uid)

    lead = await house.world.lead(uid)
    same = ("id", "received_at", "source_id", "campaign_id", "status", "code", "price", "revenue")
    assert [lead[name] for name in same] == [before[name] for name in same]
    assert lead["status"] == "delivered"
    assert (lead["fields"], lead["remote_ip"]) == ({}, "")
    assert lead["facts"]["erased"]["why"] == "They asked."
    steps = [entry["step"] for entry in before["log"]]
    assert [entry["step"] for entry in lead["log"]] == [*steps, "erased"]
    assert [entry.get("message") for entry in lead["log"][:-1]] == [None] * len(steps)
    tried = await house.world.rows("attempts")
    assert [row["verdict"] for row in tried] == ["rejected", "accepted", "accepted"]
    assert (await house.world.explain(uid)).lead == uid


async def test_the_audit_says_who_erased_a_lead_and_nothing_about_it(house: House) -> None:
    _, uid = await a_sale(house)
    await house.erase(uid, by="credential:7")
    rows = await house.store.read(
        lambda c: c.execute(
            select(kernel_metadata.tables["audit"]).where(
                kernel_metadata.tables["audit"].c.entity == "lead"
            )
        ).all()
    )
    assert [(row.act, row.by, row.old, row.new) for row in rows] == [
        ("erased", "credential:7", None, None)
    ]


async def test_other_peoples_leads_are_not_touched(house: House) -> None:
    campaign, uid = await a_sale(house)
    other = await house.sold(campaign, **OTHER)
    before = await house.traces(["other@body.test"])
    await house.erase(uid)
    assert await house.traces(["other@body.test"]) == before
    assert (await house.world.lead(other))["fields"]["Email"] == "other@body.test"


async def test_erasing_again_changes_nothing(house: House) -> None:
    _, uid = await a_sale(house)
    await house.erase(uid)
    lead = await house.world.lead(uid)

    assert await house.erase(uid, uid, "nobody") == Erased(before=(uid,), unknown=("nobody",))
    assert await house.world.lead(uid) == lead


async def test_a_break_in_the_middle_leaves_a_batch_as_it_was(house: House) -> None:
    _, uid = await a_sale(house)
    before, money = await house.traces(), await house.money()

    def breaks(connection: Connection, row: Any) -> None:
        raise RuntimeError("the power is gone")

    now = house.world.kernel.services.clock.now()
    act = Erasing(now=now, by="x", why="y", keep=(), lead_types={}, tell=breaks)
    with pytest.raises(RuntimeError, match="power"):
        await house.store.change(lambda connection: erase_leads(connection, [uid], act))

    assert (await house.traces(), await house.money()) == (before, money)
    assert (await house.erase(uid)).leads == (uid,)
    assert await house.traces() == []


async def test_fields_that_name_nobody_may_stay_for_reports(house: House) -> None:
    campaign = await house.campaign()
    uid = await house.sold(campaign, **PERSON, State="CA", Purpose="roof")
    wordy = await house.sold(campaign, **OTHER, Purpose="p" * 41)

    await house.erase(uid, wordy, keep=("State", "Purpose", "Email", "Comments", "Nowhere"))

    assert (await house.world.lead(uid))["fields"] == {"State": "CA", "Purpose": "roof"}
    assert (await house.world.lead(wordy))["fields"] == {"State": "CA"}


async def test_an_erased_person_who_comes_again_is_no_duplicate(house: House) -> None:
    campaign = await house.campaign()
    first = await house.sold(campaign, **PERSON)
    assert (await house.world.lead(await house.sold(campaign, **PERSON)))["status"] == "rejected"
    await house.erase(first)
    assert await house.world.rows("claims") == []
    assert (await house.world.lead(await house.sold(campaign, **PERSON)))["status"] != "rejected"


async def test_observers_are_told_once_more_without_the_words(house: House) -> None:
    campaign = await house.campaign()
    first = await house.sold(campaign, **PERSON)
    second = await house.sold(campaign, **{**PERSON, "Phone": "not a phone Quuxley"})
    (job,) = await house.world.rows("jobs", kind="observe")
    assert job["payload"]["event"]["message"]
    assert job["error"]

    await house.erase(first, second)

    (job,) = await house.world.rows("jobs", kind="observe")
    assert job["payload"]["event"]["lead_uid"] == second
    assert (job["payload"]["event"]["message"], job["error"]) == ("", "Erased.")
    assert await house.traces() == []


async def test_jobs_about_the_lead_end_with_it(house: House) -> None:
    _, uid = await a_sale(house)
    now = house.world.kernel.services.clock.now() + timedelta(days=7)
    (sold, *_) = await house.world.rows("deliveries", lead_uid=uid, state="accepted")
    rows = [
        new_job("engage.call", uid, {"number": PHONE}, now),
        new_job("engage.text", sold["uid"], {"number": PHONE}, now),
        new_job("validate-duplicate.append", "x", {"lead_uid": uid, "fields": PERSON}, now),
        new_job("engage.call", "y", {"lead_uid": "0193f2a0-0000-7000-8000-000000000001"}, now),
    ]
    await house.store.change(lambda connection: insert_jobs(connection, rows))

    await house.erase(uid)

    assert [row["subject"] for row in await house.world.rows("jobs")] == ["y"]
    assert await house.traces() == []


async def test_plugins_that_observe_it_are_told_of_every_erased_lead(house: House) -> None:
    campaign, uid = await a_sale(house)
    clock, catalog = house.world.kernel.services.clock, house.world.kernel.catalog
    events = EventJobs({"lead_erased": ["notes"]})
    erasure = StoredErasure(house.store, clock, catalog, events)
    await house.world.kernel.runner.stop()

    await erasure.erase([uid], **ALL)
    await erasure.erase([uid], **ALL)

    (job,) = await house.world.rows("jobs", kind="observe")
    assert (job["subject"], job["payload"]["plugin"]) == (uid, "notes")
    assert job["payload"]["event"]["campaign_id"] == campaign.id


# --- leads that are not at rest


async def test_a_lead_on_its_way_waits_and_can_be_erased_afterwards(house: House) -> None:
    campaign = await house.campaign()
    retry = RetrySettings(enabled=True, maximum=3, gap_seconds=3600)
    await house.world.buyer(campaign, "away", retry=retry)
    house.world.market.answers("away", FAILS)
    uid = await house.sold(campaign, **PERSON)
    before = await house.traces()

    assert await house.erase(uid) == Erased(waiting=(uid,))
    assert await house.traces() == before

    await set_all(house, deliveries, state="failed")
    await set_all(house, leads, status="unsold")
    assert (await house.erase(uid)).leads == (uid,)


async def test_a_lead_in_a_jobs_hands_waits(house: House) -> None:
    _, uid = await a_sale(house)
    now = house.world.kernel.services.clock.now()
    lease = now + timedelta(minutes=1)
    (sold, *_) = await house.world.rows("deliveries", lead_uid=uid, state="accepted")
    row = new_job("redeliver", sold["uid"], {"lead_uid": uid}, lease, "host/1/abc")
    await house.store.change(lambda connection: insert_jobs(connection, [row]))
    assert (await house.erase(uid)).waiting == (uid,)
    await set_all(house, jobs, run_at=now - timedelta(seconds=1))
    assert (await house.erase(uid)).leads == (uid,)
    assert await house.world.rows("jobs") == []


async def test_a_held_lead_ends_when_it_is_erased(house: House) -> None:
    campaign = await house.campaign(probe={"hold": True})
    await house.world.buyer(campaign, "one")
    uid = await house.sold(campaign, **PERSON)
    assert (await house.world.lead(uid))["status"] == "held"

    await house.erase(uid)
    await house.world.kernel.look_again()
    await house.world.settled()

    lead = await house.world.lead(uid)
    assert (lead["status"], lead["code"]) == ("rejected", "erased")
    assert await house.world.rows("jobs") == []
    assert house.world.market.posts == []
    assert await house.traces() == []


async def test_an_accepted_lead_that_is_held_ends_unsold_and_its_price_stays(house: House) -> None:
    campaign, uid = await a_sale(house)
    await set_all(house, leads, status="held", code="script_could_not_run")
    await house.erase(uid)
    lead = await house.world.lead(uid)
    assert (lead["status"], lead["code"], lead["price"]) == ("unsold", "erased", campaign.price)


# --- the file itself


async def test_on_sqlite_nothing_is_left_in_the_file_either(
    sqlite_url: str, tmp_path: Path, anyio_backend: str
) -> None:
    folder = tmp_path / "data"
    folder.mkdir()
    async with a_house(sqlite_url, folder) as house:
        _, uid = await a_sale(house)
        await house.erase(uid)
    assert files_with(tmp_path, EMAIL) == []


def files_with(folder: Path, words: str) -> list[str]:
    """Return the names of the database's files that hold ``words``."""
    files = folder.glob("leadexec.sqlite3*")
    return [file.name for file in files if words.encode() in file.read_bytes()]


# --- what buyers were asked


async def test_pings_keep_their_verdicts_and_say_nothing(house: House) -> None:
    campaign, uid = await a_sale(house)
    quoted, order = "0193f2a0-0000-7000-8000-00000000ffff", "0193f2a0-0000-7000-8000-00000000eeee"
    now = house.world.kernel.services.clock.now()
    said = {"at": now, "elapsed_us": 1, "verdict": "bid", "code": "", "price": 7}
    said |= {"reason": "We know Quuxley", "reference": f"ref-{EMAIL}"}
    said |= {"exchanges": [{"request": EMAIL}], "account_id": 1}
    quote = {"order_id": order, "campaign_id": campaign.id, "request_uid": quoted, "at": now}
    quote |= {"expires_at": now, "state": "used", "price": 1, "revenue": 2, "lead_uid": uid}
    plan = [{"account_id": 1, "price": "7", "reference": f"ref-{EMAIL}", "limits": {}}]
    post = {"uid": quoted, "received_at": now, "method": "POST", "path": "/ping", "status": 200}
    post |= {"content_type": "", "remote_ip": "", "code": "ping_accepted", "detail": ""}

    def write(connection: Connection) -> None:
        connection.execute(insert(pings), [said | {"lead_uid": one} for one in (uid, order)])
        connection.execute(insert(quotes), quote | {"plan": plan})
        connection.execute(insert(requests), post | {"body": EMAIL.encode()})

    await house.store.change(write)
    assert (await house.erase(uid)).posts == 2
    assert await house.traces() == []
    kept = await house.store.read(lambda c: c.execute(select(pings)).all())
    assert [(row.verdict, row.price, row.exchanges) for row in kept] == [("bid", 7, [])] * 2
    (left,) = await house.store.read(lambda c: c.execute(select(quotes.c.plan)).scalars().all())
    assert left == [{"account_id": 1, "price": "7", "reference": "", "limits": {}}]


async def test_a_ping_whose_lead_is_to_come_is_left_until_it_has_come(house: House) -> None:
    campaign = await house.campaign()
    await house.world.client.post("/receiver/leads", json={"campaign": 99, "fields": PERSON})
    (post,) = await house.world.rows("requests")
    now = house.world.kernel.services.clock.now()
    quote = {"order_id": "o", "campaign_id": campaign.id, "request_uid": post["uid"], "at": now}
    quote |= {"expires_at": now, "state": "open", "price": 1, "revenue": 2, "plan": []}
    await house.store.change(lambda connection: connection.execute(insert(quotes), quote))

    assert await house.erasure.erase_posts([post["uid"]]) == 0
    await set_all(house, quotes, state="expired")
    assert await house.erasure.erase_posts([post["uid"]]) == 1


# --- nothing is forgotten


EMPTIED: Mapping[str, set[str]] = {
    "attempts": {"exchanges", "reason"},
    "audit": {"new", "old"},
    "claims": {"key"},
    "decisions": {"record"},
    "deliveries": {"reason", "redirect_url", "reference"},
    "idempotency": {"body_hash", "key"},
    "jobs": {"error", "payload"},
    "leads": {"facts", "fields", "log", "reasons", "remote_ip"},
    "pings": {"exchanges", "reason", "reference"},
    "quotes": {"plan"},
    "requests": {"body", "content_type", "detail", "path", "remote_ip"},
}
KEPT: Mapping[str, set[str]] = {
    "attempts": {"code", "delivery_uid", "verdict"},
    "audit": {"act", "by", "entity"},
    "claims": {"lead_uid"},
    "counters": {"key", "window"},
    "decisions": {"lead_uid"},
    "deliveries": {"code", "lead_uid", "limits", "state", "uid"},
    "idempotency": {"request_uid"},
    "jobs": {"kind", "owner", "subject"},
    "leads": {"code", "grade", "only_accounts", "request_uid", "status", "uid"},
    "pings": {"code", "lead_uid", "verdict"},
    "quotes": {"lead_uid", "order_id", "request_uid", "state"},
    "requests": {"code", "method", "uid"},
}


def test_of_every_column_that_can_hold_words_it_is_known_what_erasing_does_with_it() -> None:
    entities = {spec.plural for spec in EntityRegistry()}
    found = {
        table.name: {c.name for c in table.columns if _can_hold_words(c)}
        for table in kernel_metadata.sorted_tables
        if table.name not in entities
    }
    known = {name: EMPTIED.get(name, set()) | KEPT[name] for name in KEPT}
    assert {name: columns for name, columns in found.items() if columns} == known


def _can_hold_words(column: Column[Any]) -> bool:
    return not isinstance(column.type, Integer | Boolean | MoneyColumn | UtcDateTime)
