"""Leads added by hand over the Data API (``LD3``)."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from leadexec.model.source import Campaign
from leadexec.testing import FakeClock
from tests.http.office import Office, an_office, refusal
from tests.system.world import a_world

pytestmark = pytest.mark.anyio


def a_lead(campaign: Campaign, **changes: Any) -> dict[str, Any]:
    fields = {"FirstName": "Ada", "State": "CA", "Phone": "2135550007"}
    return {"campaign": campaign.id, "fields": fields | changes.pop("fields", {})} | changes


async def test_a_lead_is_added_by_hand_as_any_other_is_posted(office: Office) -> None:
    world = office.world
    campaign = await world.campaign(require_authentication=True)
    await world.buyer(campaign, "Acme")

    answer = await office.call("", a_lead(campaign, test=True))
    await world.settled()

    added = answer.json()
    assert (answer.status_code, added["status"]) == (201, "accepted")
    assert answer.headers["location"] == f"/data/v1/leads/{added['lead']}"
    assert await world.sold_to(added["lead"]) == ["Acme"]
    (post,) = await world.rows("requests")
    assert (post["path"], post["code"]) == ("/data/v1/leads", "received")
    assert (await world.lead(added["lead"]))["is_test"]
    (entry,) = await office.audited(added["lead"])
    assert (entry.act, entry.by) == ("created", "credential:1")


async def test_a_lead_added_by_hand_is_checked_and_kept_whatever_comes_of_it(
    office: Office,
) -> None:
    strict = await office.world.campaign()
    careful = await office.world.campaign(quality_control=True)

    rejected = await office.call("", a_lead(strict, fields={"State": "Nowhere"}))
    held = await office.call("", a_lead(careful))

    assert (rejected.status_code, rejected.json()["code"]) == (422, "not_a_state")
    assert (held.status_code, held.json()["code"]) == (202, "quality_control")
    assert [row["status"] for row in await office.world.rows("leads")] == ["rejected", "held"]


async def test_the_same_key_adds_one_lead(office: Office) -> None:
    campaign = await office.world.campaign()
    key = {"idempotency-key": "k" * 255}

    first = await office.call("", a_lead(campaign), **key)
    again = await office.call("", a_lead(campaign), **key)
    other = await office.call("", a_lead(campaign, test=True), **key)

    assert first.json() == again.json()
    assert refusal(other) == (422, "idempotency_mismatch")
    (row,) = await office.world.rows("leads")
    assert len(await office.audited(row["uid"])) == 1


@pytest.mark.parametrize("queue", [True, False])
async def test_a_lead_may_wait_for_its_distribution(
    database_url: str, tmp_path: Path, *, queue: bool
) -> None:
    clock = FakeClock()
    async with a_world(database_url, tmp_path, clock=clock) as world:
        office = await an_office(world)
        campaign = await world.campaign(use_delivery_queue=queue)
        await world.buyer(campaign, "Acme")

        answer = await office.call("", a_lead(campaign, deliver_at="2026-01-05T13:00:00-05:00"))
        await world.settled()
        uid = answer.json()["lead"]
        before = await world.sold_to(uid)
        clock.advance(timedelta(hours=3))
        await world.settled()

        assert answer.json()["status"] == "accepted"
        assert before == []
        assert await world.sold_to(uid) == ["Acme"]


@pytest.mark.parametrize(
    ("changes", "paths"),
    [
        ({"deliver_at": "2026-01-05T13:00:00"}, ["deliver_at"]),
        ({"deliver_at": "2020-01-05T13:00:00Z"}, ["deliver_at"]),
        ({"deliver_at": "9999-12-31T23:59:59-12:00"}, ["deliver_at"]),
        ({"deliver_at": 5, "campaign": 99, "fields": [], "when": 1}, None),
        ({"password": "x", "idempotency_key": "y"}, ["idempotency_key", "password"]),
    ],
)
async def test_a_lead_that_is_not_understood_is_refused_with_all_faults(
    sqlite_office: Office, changes: dict[str, Any], paths: list[str] | None
) -> None:
    campaign = await sqlite_office.world.campaign()

    answer = await sqlite_office.call("", {**a_lead(campaign), **changes})

    assert answer.status_code == 422
    told = sorted(fault["path"] for fault in answer.json()["errors"])
    assert told == (paths or ["campaign", "deliver_at", "fields", "when"])
    assert await sqlite_office.world.rows("leads") == []


async def test_the_routes_are_described(sqlite_office: Office) -> None:
    paths = (await sqlite_office.world.client.get("/openapi.json")).json()["paths"]

    for path in ("", "/{uid}/validate", "/{uid}/invalidate"):
        operation = paths[f"/data/v1/leads{path}"]["post"]
        schema = operation["requestBody"]["content"]["application/json"]["schema"]
        assert schema["properties"]
        assert "409" in operation["responses"]
