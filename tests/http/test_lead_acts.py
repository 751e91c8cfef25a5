"""Leads over the Data API: validated, invalidated and added by hand, by people."""

import asyncio
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import update

from leadexec import Claim
from leadexec.http.credentials_api import CredentialDesk, NewCredential
from leadexec.model.access import Role, Scope
from leadexec.model.limits import QuantityLimits
from leadexec.model.source import AutomationUse, RejectOption, ValidatorUse
from leadexec.storage.tables import deliveries, jobs, leads
from leadexec.testing import FakeClock
from leadexec.testing.clock import START
from tests.http.office import Office, an_office, refusal
from tests.system.plugins import a_plugin, a_strategy, a_validator, raising, raising_later
from tests.system.world import a_world

pytestmark = pytest.mark.anyio
NOWHERE = "01a20932-69dd-7f4c-8771-9fca0d9492c7"
TEST = (ValidatorUse(validator="test"),)


def steps(row: Any) -> list[tuple[str, str]]:
    return [(entry["step"], entry["verdict"]) for entry in row["log"]]


# --- validating


async def test_a_validated_lead_is_accepted_priced_and_sold(office: Office) -> None:
    world = office.world
    campaign = await world.campaign(quality_control=True, limits=QuantityLimits(daily=5))
    await world.buyer(campaign, "Acme")
    uid = await office.held(campaign)
    assert (await world.lead(uid))["price"] == 0

    answer = await office.validate(uid, note="Called them.")
    await world.settled()

    assert answer.status_code == 200
    assert answer.json()["uid"] == uid
    row = await world.lead(uid)
    assert (row["status"], row["price"], row["reasons"]) == ("delivered", Decimal("3.50"), [])
    assert await world.sold_to(uid) == ["Acme"]
    assert steps(row)[-2:] == [("limits", "pass"), ("quality_control", "pass")]
    assert row["log"][-1]["message"] == "Validated by credential:1. Called them."
    assert await world.used() == {f"campaign:{campaign.id}:day": 1}, "they are taken once"
    (entry,) = await office.audited(uid)
    assert (entry.by, entry.old["status"], entry.new["status"]) == (
        "credential:1",
        "held",
        "queued",
    )
    assert entry.new["note"] == "Called them."


async def test_only_a_held_lead_can_be_decided_about_and_only_once(office: Office) -> None:
    campaign = await office.world.campaign(quality_control=True)
    uid = await office.held(campaign)
    await office.validate(uid)
    await office.world.settled()

    again = await office.validate(uid)
    against = await office.invalidate(uid)

    assert refusal(again) == refusal(against) == (409, "not_held")
    assert "unsold" in again.json()["detail"]
    assert refusal(await office.validate(NOWHERE)) == (404, "unknown_lead")
    assert refusal(await office.invalidate(NOWHERE)) == (404, "unknown_lead")
    assert len(await office.audited(uid)) == 1


async def test_limits_that_intake_has_not_taken_are_taken_now(office: Office) -> None:
    campaign = await office.world.campaign(
        default_reject=RejectOption.QUALITY_CONTROL, limits=QuantityLimits(daily=1)
    )
    first, second = [await office.held(campaign, State="Nowhere") for _ in range(2)]

    assert (await office.validate(first)).status_code == 200
    answer = await office.validate(second)

    assert refusal(answer) == (409, "campaign_limit_reached")
    assert (await office.world.lead(second))["status"] == "held"
    assert await office.audited(second) == []
    assert steps(await office.world.lead(first))[-2:] == [
        ("limits", "pass"),
        ("quality_control", "pass"),
    ]


async def test_two_people_who_decide_at_once_do_not_both_win(office: Office) -> None:
    campaign = await office.world.campaign(quality_control=True, limits=QuantityLimits(daily=9))
    uids = [await office.held(campaign) for _ in range(4)]

    answers = [
        await asyncio.gather(office.validate(uid), office.invalidate(uid), office.validate(uid))
        for uid in uids
    ]
    await office.world.settled()

    for made in answers:
        assert sorted(answer.status_code for answer in made) == [200, 409, 409]
    kept = [uid for uid in uids if (await office.world.lead(uid))["status"] == "unsold"]
    used = await office.world.used()
    assert used == {f"campaign:{campaign.id}:day": len(kept)}


async def test_a_lead_whose_check_could_not_run_may_be_validated_and_is_not_rechecked(
    database_url: str, tmp_path: Path
) -> None:
    plugin = a_plugin(validators=[a_validator(check=raising_later)])
    async with a_world(database_url, tmp_path, ("faulty", plugin), run_jobs=False) as world:
        office, campaign = await an_office(world), await world.campaign(validators=TEST)
        uid = await office.held(campaign)
        await world.kernel.store.change(
            lambda c: c.execute(update(jobs).values(owner="other", run_at=START.replace(year=2999)))
        )

        meanwhile = await office.validate(uid)
        await world.kernel.store.change(
            lambda c: c.execute(update(jobs).values(owner="other", run_at=START))
        )
        answer = await office.validate(uid)

        assert refusal(meanwhile) == (409, "being_rechecked")
        assert answer.status_code == 200
        assert [job["kind"] for job in await world.rows("jobs", subject=uid)] == ["distribute"]


async def test_a_lead_whose_distribution_could_not_run_goes_on_and_is_told_once(
    database_url: str, tmp_path: Path
) -> None:
    told: list[str] = []
    works = False

    async def keep(event: Any) -> None:
        told.append(event.lead_uid)

    def sort(candidates: Any, _context: Any) -> Any:
        return candidates if works else raising()

    plugin = a_plugin({"lead_accepted": keep}, automation_strategies=[a_strategy(sort)])
    async with a_world(database_url, tmp_path, ("faulty", plugin)) as world:
        office = await an_office(world)
        campaign = await world.campaign(
            automation=AutomationUse(strategy="test"), limits=QuantityLimits(daily=1)
        )
        await world.buyer(campaign, "Acme")
        uid = await world.sell(campaign)
        assert (await world.lead(uid))["code"] == "automation_could_not_run"

        works = True
        await office.validate(uid)
        await world.settled()

        assert await world.sold_to(uid) == ["Acme"]
        assert told == [uid]
        assert await world.used() == {f"campaign:{campaign.id}:day": 1}


# --- invalidating


async def test_an_invalidated_lead_goes_back_with_its_reason_and_frees_what_it_took(
    database_url: str, tmp_path: Path
) -> None:
    told: list[Any] = []

    async def keep(event: Any) -> None:
        told.append(event)

    watcher = a_plugin({"lead_rejected": keep})
    async with a_world(database_url, tmp_path, ("watcher", watcher)) as world:
        office = await an_office(world)
        campaign = await world.campaign(
            quality_control=True,
            limits=QuantityLimits(daily=2),
            validators=(ValidatorUse(validator="duplicate"),),
        )
        uid = await office.held(campaign, Phone="2135550001")

        answer = await office.invalidate(uid, code="wrong_person")
        await world.settled()
        again = await office.held(campaign, Phone="2135550001")

        reason = {"code": "wrong_person", "message": "No such person."}
        shown = answer.json()
        assert answer.status_code == 200
        assert (shown["status"], shown["code"], shown["reasons"]) == (
            "rejected",
            "wrong_person",
            [reason],
        )
        assert shown["log"][-1]["code"] == "wrong_person"
        assert again, "its phone is free again"
        assert await world.used() == {f"campaign:{campaign.id}:day": 1}
        assert [(event.lead_uid, event.code) for event in told] == [(uid, "wrong_person")]
        (entry,) = await office.audited(uid)
        assert (entry.new["status"], entry.new["note"]) == ("rejected", "No such person.")


async def test_a_rejected_lead_keeps_only_the_keys_that_rejected_leads_hold(
    database_url: str, tmp_path: Path
) -> None:
    def claims(lead: Any) -> Any:
        return [
            Claim(scope="a", key=lead.fields["State"], lookback=None),
            Claim(scope="b", key=lead.fields["State"], lookback=None, on_rejected=True),
        ]

    plugin = a_plugin(validators=[a_validator(claims=claims)])
    async with a_world(database_url, tmp_path, ("holder", plugin)) as world:
        office = await an_office(world)
        campaign = await world.campaign(quality_control=True, validators=TEST)
        uid = await office.held(campaign, State="CA")
        other = await office.held(campaign, State="NY")

        await office.invalidate(uid)

        held = [(c["key"], c["rejected"], c["lead_uid"]) for c in await world.rows("claims")]
        assert sorted(held) == [
            ("a|NY", False, other),
            ("b|CA", True, uid),
            ("b|NY", False, other),
        ]


async def test_a_limit_that_was_set_later_is_not_given_back(
    database_url: str, tmp_path: Path
) -> None:
    async with a_world(database_url, tmp_path, clock=FakeClock()) as world:
        office = await an_office(world)
        campaign = await world.campaign(quality_control=True, limits=QuantityLimits(daily=5))
        before = await office.held(campaign)
        await world.update(campaign, limits=QuantityLimits(hourly=5, daily=5))
        await office.held(campaign)

        await office.invalidate(before)

        name = f"campaign:{campaign.id}"
        assert await world.used() == {f"{name}:day": 1, f"{name}:hour": 1}


async def test_what_is_sold_or_under_way_cannot_be_invalidated(office: Office) -> None:
    campaign = await office.world.campaign()
    await office.world.buyer(campaign, "Acme")
    uid = await office.world.sell(campaign)
    await office.world.kernel.store.change(
        lambda c: c.execute(update(leads).values(status="held", code="distribution_not_possible"))
    )
    assert await office.world.sold_to(uid) == ["Acme"]

    assert refusal(await office.invalidate(uid)) == (409, "already_offered")
    await office.world.kernel.store.change(
        lambda c: c.execute(update(deliveries).values(state="rejected"))
    )
    assert (await office.invalidate(uid)).status_code == 200


# --- who may, and how it is asked


async def test_it_needs_the_permission_to_write_leads(office: Office) -> None:
    world = office.world
    uid = await office.held(await world.campaign(quality_control=True))
    role = await world.kernel.create(Role(name="Reader", permissions=("leads.read",)))
    wanted = NewCredential(name="Reader", scopes=(Scope.DATA_API,), role=role.id)
    made = await CredentialDesk(world.app.parts).create(wanted, "test")
    form = {"grant_type": "client_credentials", "client_id": made.client_id}
    form["client_secret"] = made.client_secret
    token = (await world.client.post("/oauth2/token", data=form)).json()["access_token"]
    reader = Office(world, token)

    assert refusal(await reader.validate(uid)) == (403, "permission_missing")
    assert refusal(await reader.invalidate(uid)) == (403, "permission_missing")
    assert refusal(await reader.call("", {})) == (403, "permission_missing")
    receiver = Office(world, await world.token(Scope.LEAD_RECEIVER))
    assert refusal(await receiver.validate(uid)) == (403, "insufficient_scope")


@pytest.mark.parametrize(
    ("act", "body", "status", "paths"),
    [
        ("invalidate", {}, 422, ["message"]),
        ("invalidate", {"message": "", "code": "Not Good", "x": 1}, 422, ["x", "message", "code"]),
        ("invalidate", {"message": "x" * 1001}, 422, ["message"]),
        ("invalidate", [], 400, []),
        ("validate", {"note": 1}, 422, ["note"]),
        ("validate", {"why": "?"}, 422, ["why"]),
    ],
)
async def test_a_body_that_is_wrong_is_refused_with_all_its_faults(
    sqlite_office: Office, act: str, body: Any, status: int, paths: list[str]
) -> None:
    uid = await sqlite_office.held(await sqlite_office.world.campaign(quality_control=True))

    answer = await sqlite_office.call(f"/{uid}/{act}", body)

    assert answer.status_code == status
    assert sorted(fault["path"] for fault in answer.json().get("errors", [])) == sorted(paths)
    assert (await sqlite_office.world.lead(uid))["status"] == "held"
