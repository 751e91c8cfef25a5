"""What is no post is refused in kind, never with a fault of ours, and kept word for word."""

import json
from pathlib import Path
from typing import Any

import pytest

from leadexec.settings import IntakeSettings
from tests.system.world import RECEIVER, World, a_world

pytestmark = pytest.mark.anyio
JSON = {"content-type": "application/json"}


async def send(world: World, body: bytes, **headers: str) -> tuple[int, dict[str, Any]]:
    answer = await world.client.post(
        RECEIVER, content=body, headers=JSON | {k.replace("_", "-"): v for k, v in headers.items()}
    )
    return answer.status_code, answer.json()


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


@pytest.mark.parametrize("kind", ["", "text/plain", "image/svg; charset=utf-8", "a\x00b"])
async def test_another_content_type_is_refused_with_415(
    database_url: str, tmp_path: Path, kind: str
) -> None:
    async with a_world(database_url, tmp_path) as world:
        headers = [(b"content-type", kind.encode())] if kind else []

        status, told = await asgi(world, headers=headers, body=b"{}")

        assert (status, told["code"]) == (415, "wrong_content_type")
        (kept,) = await world.rows("requests")
        assert (kept["status"], kept["body"]) == (415, b"{}")


@pytest.mark.parametrize("method", ["PUT", "DELETE", "UNSUBSCRIBE", "X" * 300])
async def test_another_method_is_refused_with_405(
    database_url: str, tmp_path: Path, method: str
) -> None:
    async with a_world(database_url, tmp_path) as world:
        answer = await world.client.request(method, RECEIVER, content=b"{}")

        assert (answer.status_code, answer.headers["allow"]) == (405, "POST, GET")
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


async def test_without_a_database_every_post_is_asked_to_come_again(sqlite_world: World) -> None:
    campaign = await sqlite_world.campaign()
    await sqlite_world.kernel.store.aclose()

    answers = [
        await sqlite_world.post(campaign),
        await sqlite_world.client.post(RECEIVER, content=b"{", headers=JSON),
    ]

    assert [answer.status_code for answer in answers] == [503, 503]
    assert {answer.headers["retry-after"] for answer in answers} == {"1"}
