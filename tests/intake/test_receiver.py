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
from leadexec.settings import IntakeSettings
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


# --- what is refused

CASES: dict[str, tuple[bytes, int, str]] = {
    "empty": (b"", 400, "malformed_json"),
    "cut off": (b'{"campaign": 1, "fields": {', 400, "malformed_json"),
    "two values": (b"{} {}", 400, "malformed_json"),
    "not a number": (b'{"campaign": NaN}', 400, "malformed_json"),
    "invalid UTF-8": (b'{"campaign": 1, "fields": {"State": "\xff\xfe"}}', 400, "invalid_utf8"),
    "a raw NUL": (b'{"campaign": 1, "fields": {"State": "C\x00A"}}', 400, "malformed_json"),
    "an escaped NUL": (
        b'{"campaign": 1, "fields": {"State": "C\\u0000A"}}',
        400,
        "nul_in_text",
    ),
    "NUL in a name": (b'{"campaign": 1, "fields": {"St\\u0000": "CA"}}', 400, "nul_in_text"),
    "a lone surrogate": (
        b'{"campaign": 1, "fields": {"State": "\\ud800"}}',
        400,
        "malformed_json",
    ),
    "a key twice": (b'{"campaign": 1, "campaign": 2, "fields": {}}', 400, "duplicate_key"),
    "deep nesting": (b'{"campaign": 1, "fields": ' + b"[" * 90_000, 400, "too_deep"),
    "deep and whole": (b"[" * 500 + b"]" * 500, 400, "too_deep"),
    "a huge number": (b'{"campaign": 1' + b"0" * 5_000 + b', "fields": {}}', 400, ""),
    "a huge exponent": (b'{"campaign": 1e999999999, "fields": {}}', 400, "number_out_of_range"),
    "a text": (b'"hello"', 422, "invalid_post"),
    "an empty list": (b"[]", 422, "invalid_post"),
    "a list of texts": (b'["a", 1, null]', 422, "invalid_post"),
    "no campaign": (b'{"fields": {}}', 422, "invalid_post"),
    "an unknown campaign": (b'{"campaign": 99, "fields": {}}', 422, "invalid_post"),
    "an endless campaign": (b'{"campaign": "1' + b"1" * 400 + b'", "fields": {}}', 422, ""),
    "a campaign beyond 64 bits": (
        b'{"campaign": 99999999999999999999, "fields": {}}',
        422,
        "invalid_post",
    ),
    "fields that are a list": (b'{"campaign": 1, "fields": []}', 422, "invalid_post"),
    "a key that is a number": (
        b'{"campaign": 1, "fields": {}, "idempotency_key": 7}',
        422,
        "invalid_post",
    ),
    "a key too long": (
        b'{"campaign": 1, "fields": {"State": "CA"}, "idempotency_key": "' + b"k" * 101 + b'"}',
        422,
        "idempotency_key_too_long",
    ),
}


@pytest.fixture(params=CASES)
def case(request: pytest.FixtureRequest) -> str:
    return str(request.param)


async def test_what_is_no_post_is_refused_with_its_code_and_kept_word_for_word(
    database_url: str, tmp_path: Path
) -> None:
    async with a_world(database_url, tmp_path) as world:
        await world.campaign()
        for name, (body, expected, code) in CASES.items():
            status, told = await send(world, body)

            assert (name, status) == (name, expected)
            assert told["code"] == (code or told["code"]), name
            assert told["status"] == status
            assert told["detail"]
            uid = told["instance"].removeprefix("urn:uuid:")
            (kept,) = await world.rows("requests", uid=uid)
            assert (name, kept["body"] == body) == (name, True)
            assert (kept["status"], kept["code"]) == (status, told["code"])
        assert await world.rows("leads") == []


async def test_all_faults_of_a_post_are_listed_with_their_places(
    database_url: str, tmp_path: Path
) -> None:
    async with a_world(database_url, tmp_path) as world:
        await world.campaign()
        body = [{"campaign": "x", "test": 1}, 5, {"campaign": 44, "fields": {}}]

        status, told = await send(world, json.dumps(body).encode())

        assert status == 422
        assert [(fault["path"], fault["code"]) for fault in told["errors"]] == [
            ("[0].campaign", "wrong_type"),
            ("[0].fields", "missing"),
            ("[0].test", "wrong_type"),
            ("[1]", "wrong_type"),
            ("[2].campaign", "unknown_campaign"),
        ]


@pytest.mark.parametrize("announced", [True, False])
async def test_a_body_over_the_limit_is_refused_and_its_beginning_kept(
    database_url: str, tmp_path: Path, announced: bool
) -> None:
    async with a_world(
        database_url, tmp_path, intake=IntakeSettings(body_limit=2_000, list_limit=2)
    ) as world:
        body = b"[" + b" " * 5_000

        async def pieces() -> Any:
            for start in range(0, len(body), 500):
                yield body[start : start + 500]

        answer = await world.client.post(
            RECEIVER, content=body if announced else pieces(), headers=JSON
        )

        assert (answer.status_code, answer.json()["code"]) == (413, "body_too_large")
        (kept,) = await world.rows("requests")
        assert kept["body"] == body[:2_000]


async def test_a_list_over_the_limit_is_refused(database_url: str, tmp_path: Path) -> None:
    async with a_world(database_url, tmp_path, intake=IntakeSettings(list_limit=2)) as world:
        campaign = await world.campaign()
        body = [{"campaign": campaign.id, "fields": {"State": "CA"}}] * 3

        status, told = await send(world, json.dumps(body).encode())

        assert (status, told["errors"][0]["code"]) == (422, "too_many_leads")


@pytest.mark.parametrize("kind", ["", "text/plain", "application/xml; charset=utf-8", "a\x00b"])
async def test_another_content_type_is_refused_with_415(
    database_url: str, tmp_path: Path, kind: str
) -> None:
    async with a_world(database_url, tmp_path) as world:
        headers = [(b"content-type", kind.encode())] if kind else []

        status, told = await asgi(world, headers=headers, body=b"{}")

        assert (status, told["code"]) == (415, "wrong_content_type")
        (kept,) = await world.rows("requests")
        assert (kept["status"], kept["body"]) == (415, b"{}")


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "UNSUBSCRIBE", "X" * 300])
async def test_another_method_is_refused_with_405(
    database_url: str, tmp_path: Path, method: str
) -> None:
    async with a_world(database_url, tmp_path) as world:
        answer = await world.client.request(method, RECEIVER, content=b"{}")

        assert (answer.status_code, answer.headers["allow"]) == (405, "POST")
        assert answer.headers["content-type"] == "application/problem+json"
        assert len(await world.rows("requests")) == 1


async def asgi(world: World, *, body: bytes = b"{}", **changes: Any) -> tuple[int, dict[str, Any]]:
    """Call the application with a scope as no tidy client would make it."""
    scope = {
        "type": "http",
        "method": "POST",
        "path": RECEIVER,
        "query_string": b"",
        "headers": [(b"content-type", b"application/json")],
        "client": ("192.0.2.1", 4711),
    } | changes
    sent: list[Any] = []

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": body, "more_body": False}

    async def keep(message: Any) -> None:
        sent.append(message)

    await world.app.asgi(scope, receive, keep)
    return sent[0]["status"], json.loads(sent[1]["body"])


@pytest.mark.parametrize(
    "changes",
    [
        {"query_string": b"a=\x00&b=\xff\xfe"},
        {"headers": [(b"content-type", b"application/json"), (b"authorization", b"\xff\x00 \x00")]},
        {"headers": [(b"content-type", b"application/json\x00" * 40)]},
        {"headers": [(b"content-type", b"application/json"), (b"idempotency-key", b"\xff\x80")]},
        {"headers": [(b"content-type", b"application/json"), (b"idempotency-key", b"\x00")]},
        {"client": ("fe80::1234:5678:9abc:def0%a-very-long-interface-name-indeed", 1)},
        {"client": None},
    ],
    ids=["query", "authorization", "content type", "key", "NUL in a key", "zone", "no address"],
)
async def test_no_byte_of_a_request_is_too_strange_to_be_kept(
    database_url: str, tmp_path: Path, changes: dict[str, Any]
) -> None:
    async with a_world(database_url, tmp_path) as world:
        campaign = await world.campaign()
        body = json.dumps({"campaign": campaign.id, "fields": {"State": "CA"}}).encode()

        status, _ = await asgi(world, body=body, **changes)

        assert status < 500
        (kept,) = await world.rows("requests")
        assert kept["body"] == body


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


async def test_without_a_database_every_post_is_asked_to_come_again(sqlite_world: World) -> None:
    campaign = await sqlite_world.campaign()
    await sqlite_world.kernel.store.aclose()

    answers = [
        await sqlite_world.post(campaign),
        await sqlite_world.client.post(RECEIVER, content=b"{", headers=JSON),
    ]

    assert [answer.status_code for answer in answers] == [503, 503]
    assert {answer.headers["retry-after"] for answer in answers} == {"1"}
