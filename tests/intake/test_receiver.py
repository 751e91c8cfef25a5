"""The receiver on the wire: whatever is posted is answered in kind and kept word for word."""

import asyncio
import json
from collections import Counter
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from leadexec.model.access import Scope
from leadexec.model.limits import QuantityLimits
from leadexec.testing import FakeClock
from tests.system.world import RECEIVER, World, a_world

pytestmark = pytest.mark.anyio
JSON = {"content-type": "application/json"}


async def send(world: World, body: bytes, **headers: str) -> tuple[int, dict[str, Any]]:
    answer = await world.client.post(
        RECEIVER, content=body, headers=JSON | {k.replace("_", "-"): v for k, v in headers.items()}
    )
    return answer.status_code, answer.json()


# --- what is accepted


async def test_a_list_is_answered_lead_by_lead_in_its_order(
    database_url: str, tmp_path: Path
) -> None:
    async with a_world(database_url, tmp_path) as world:
        campaign = await world.campaign()
        leads = [
            {"campaign": campaign.id, "fields": {"State": state}}
            for state in ("CA", "Nowhere", "TX")
        ]

        status, answer = await send(world, json.dumps(leads).encode())

        assert status == 200
        told = answer["leads"]
        assert [one["status"] for one in told] == ["accepted", "rejected", "accepted"]
        stored = await world.rows("leads")
        assert [row["uid"] for row in stored] == [one["lead"] for one in told]
        assert len({row["request_uid"] for row in stored}) == 1


async def test_a_rejected_lead_names_every_faulty_field(database_url: str, tmp_path: Path) -> None:
    async with a_world(database_url, tmp_path) as world:
        campaign = await world.campaign()

        answer = await world.post(campaign, State="", Phone="12", Amount="a lot")

        assert answer.status_code == 422
        told = answer.json()
        assert told["status"] == "rejected"
        assert {reason["field"] for reason in told["reasons"]} == {"State", "Phone", "Amount"}
        assert all(reason["code"] and reason["message"] for reason in told["reasons"])
        assert told["code"] == told["reasons"][0]["code"]
        lead = await world.lead(told["lead"])
        assert (lead["status"], lead["code"]) == ("rejected", told["code"])


async def test_unknown_fields_are_kept_and_noted_and_not_fatal(
    database_url: str, tmp_path: Path
) -> None:
    async with a_world(database_url, tmp_path) as world:
        campaign = await world.campaign()
        body = {"campaign": campaign.id, "fields": {"state": "CA", "Pet": "cat"}, "sub_id": 7}

        status, answer = await send(world, json.dumps(body).encode())

        assert status == 201
        lead = await world.lead(answer["lead"])
        assert lead["fields"] == {"State": "CA"}
        (note,) = [step for step in lead["log"] if step["verdict"] == "note"]
        assert (note["code"], note["message"]) == ("unknown_fields", "Pet, sub_id")
        (kept,) = await world.rows("requests")
        assert json.loads(kept["body"]) == body


# --- who may post (LS4, RC3)


async def test_a_campaign_may_ask_for_a_token_of_the_receiver(
    database_url: str, tmp_path: Path
) -> None:
    clock = FakeClock()
    async with a_world(database_url, tmp_path, clock=clock) as world:
        campaign = await world.campaign(require_authentication=True)
        good = await world.token(Scope.LEAD_RECEIVER)
        other = await world.token(Scope.DATA_API)

        async def ask(authorization: str | None) -> tuple[int, str]:
            headers = {"authorization": authorization} if authorization else {}
            answer = await world.post(campaign, headers=headers)
            if answer.status_code == 401:
                assert answer.headers["www-authenticate"].startswith("Bearer")
            return answer.status_code, answer.json()["code"]

        assert await ask(None) == (401, "token_required")
        assert await ask("Basic YTpi") == (401, "token_invalid")
        assert await ask("Bearer nonsense") == (401, "token_invalid")
        assert await ask(f"Bearer {good[:-2]}xx") == (401, "token_invalid")
        assert await ask(f"Bearer {other}") == (403, "insufficient_scope")
        assert await ask(f"Bearer {good}") == (201, "accepted")
        clock.advance(timedelta(seconds=3601))
        assert await ask(f"Bearer {good}") == (401, "token_expired")
        kept = await world.rows("requests")
        assert Counter(row["code"] for row in kept) == {
            "token_required": 1,
            "token_invalid": 3,
            "insufficient_scope": 1,
            "received": 1,
            "token_expired": 1,
        }
        assert len(await world.rows("leads")) == 1


async def test_the_token_of_a_disabled_credential_is_refused(
    database_url: str, tmp_path: Path
) -> None:
    async with a_world(database_url, tmp_path) as world:
        campaign = await world.campaign(require_authentication=True)
        made = await world.app.new_credential("vendor", (Scope.LEAD_RECEIVER,))
        form = {
            "grant_type": "client_credentials",
            "client_id": made.client_id,
            "client_secret": made.client_secret,
        }
        token = (await world.client.post("/oauth2/token", data=form)).json()["access_token"]
        admin = await world.token(Scope.ACCOUNT_API)

        answer = await world.client.patch(
            f"/account/v1/credentials/{made.id}",
            json={"enabled": False},
            headers={"authorization": f"Bearer {admin}", "if-match": f'"{made.revision}"'},
        )
        assert answer.status_code == 200, answer.text
        refused = await world.post(campaign, headers={"authorization": f"Bearer {token}"})

        assert (refused.status_code, refused.json()["code"]) == (401, "credential_disabled")


async def test_the_credential_is_kept_with_the_post(database_url: str, tmp_path: Path) -> None:
    async with a_world(database_url, tmp_path) as world:
        campaign = await world.campaign()
        token = await world.token()

        await world.post(campaign, headers={"authorization": f"Bearer {token}"})
        await world.post(campaign)

        kept = await world.rows("requests")
        assert sorted(row["credential_id"] is None for row in kept) == [False, True]


# --- idempotency (RC2)


async def test_the_same_key_and_body_give_the_same_answer_and_one_lead(
    database_url: str, tmp_path: Path
) -> None:
    async with a_world(database_url, tmp_path) as world:
        campaign = await world.campaign()
        for state in ("CA", "Nowhere"):
            body = {"campaign": campaign.id, "fields": {"State": state}}
            content = json.dumps(body).encode()
            first = await world.client.post(
                RECEIVER, content=content, headers=JSON | {"idempotency-key": state}
            )
            await world.settled()
            again = await world.client.post(
                RECEIVER, content=content, headers=JSON | {"idempotency-key": state}
            )

            assert (again.status_code, again.content) == (first.status_code, first.content)
        assert len(await world.rows("leads")) == 2


async def test_twenty_posts_at_once_with_one_key_make_one_lead(
    database_url: str, tmp_path: Path
) -> None:
    async with a_world(database_url, tmp_path) as world:
        campaign = await world.campaign()
        await world.buyer(campaign, "acme")
        body = json.dumps(
            {"campaign": campaign.id, "fields": {"State": "CA"}, "idempotency_key": "once"}
        ).encode()

        answers = await asyncio.gather(*(send(world, body) for _ in range(20)))
        await world.settled()

        assert {status for status, _ in answers} == {201}
        assert len({answer["lead"] for _, answer in answers}) == 1
        assert len(await world.rows("leads")) == 1
        assert len(world.market.posts) == 1


async def test_a_repeated_post_is_kept_too_and_says_whose_key_it_used(
    database_url: str, tmp_path: Path
) -> None:
    async with a_world(database_url, tmp_path) as world:
        campaign = await world.campaign()
        for _ in range(2):
            await world.post(campaign, headers={"idempotency-key": "k"}, Phone="2135550199")

        first, again = await world.rows("requests")
        assert (first["code"], again["code"]) == ("received", "repeated")
        assert first["uid"] in again["detail"]


async def test_the_same_key_with_another_body_is_refused_and_kept(
    database_url: str, tmp_path: Path
) -> None:
    async with a_world(database_url, tmp_path) as world:
        campaign = await world.campaign()
        await world.post(campaign, headers={"idempotency-key": "k"}, FirstName="Ada")

        other = await world.post(campaign, headers={"idempotency-key": "k"}, FirstName="Eve")

        assert (other.status_code, other.json()["code"]) == (422, "idempotency_mismatch")
        assert len(await world.rows("leads")) == 1
        assert [row["code"] for row in await world.rows("requests")] == [
            "received",
            "idempotency_mismatch",
        ]


async def test_a_key_holds_for_its_sender_only(database_url: str, tmp_path: Path) -> None:
    async with a_world(database_url, tmp_path) as world:
        campaign = await world.campaign()
        tokens = [await world.token(), await world.token()]

        for token in tokens:
            headers = {"authorization": f"Bearer {token}", "idempotency-key": "1"}
            answer = await world.post(campaign, headers=headers, FirstName=token[-9:])
            assert answer.status_code == 201

        assert len(await world.rows("leads")) == 2


async def test_a_refused_post_does_not_use_up_its_key(database_url: str, tmp_path: Path) -> None:
    async with a_world(database_url, tmp_path) as world:
        campaign = await world.campaign()
        status, _ = await send(world, b'{"campaign": 1', idempotency_key="k")
        assert status == 400

        answer = await world.post(campaign, headers={"idempotency-key": "k"})

        assert answer.status_code == 201


async def test_limits_begin_anew_with_the_next_window(database_url: str, tmp_path: Path) -> None:
    clock = FakeClock()
    async with a_world(database_url, tmp_path, clock=clock) as world:
        campaign = await world.campaign(limits=QuantityLimits(hourly=2, daily=3))

        async def codes(count: int) -> list[str]:
            return [(await world.post(campaign)).json()["code"] for _ in range(count)]

        full = "campaign_limit_reached"
        assert await codes(3) == ["accepted", "accepted", full]
        clock.advance(timedelta(hours=1))
        assert await codes(2) == ["accepted", full]
        clock.advance(timedelta(days=1))
        assert await codes(2) == ["accepted", "accepted"]
