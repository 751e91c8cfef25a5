import base64
from collections.abc import AsyncIterator
from datetime import timedelta
from decimal import Decimal
from typing import Any

import httpx
import pytest
from sqlalchemy import Connection, insert

from leadexec.distribution.explain import LeadExplained
from leadexec.errors import NotFoundError
from leadexec.http.app import create_http
from leadexec.http.data_api import data_routes
from leadexec.model.access import Scope
from leadexec.storage.tables import attempts, deliveries, leads, requests
from leadexec.testing.clock import START

pytestmark = pytest.mark.anyio


def uid(kind: int, number: int) -> str:
    return f"0193f2a0-0000-7000-8000-{kind:04d}{number:08d}"


def request_row(number: int, **changes: Any) -> dict[str, Any]:
    row = {
        "uid": uid(1, number),
        "received_at": START + timedelta(minutes=number),
        "method": "POST",
        "path": "/receiver/leads",
        "content_type": "application/json",
        "remote_ip": "192.0.2.1",
        "credential_id": 1,
        "body": b'{ "campaign": 1 }',
        "status": 200,
        "code": "accepted",
        "detail": "",
    }
    return {**row, **changes}


def lead_row(number: int, **changes: Any) -> dict[str, Any]:
    at = START + timedelta(minutes=number)
    row = {
        "uid": uid(2, number),
        "received_at": at,
        "lead_type_id": 1,
        "source_id": 1,
        "campaign_id": 1 + number % 2,
        "request_uid": uid(1, number),
        "status": "delivered" if number % 2 else "rejected",
        "code": "",
        "reasons": [{"code": "outside", "message": "Outside."}],
        "price": Decimal("1.5"),
        "revenue": Decimal("12.3456"),
        "delivered_count": 1,
        "is_test": False,
        "remote_ip": "192.0.2.1",
        "fields": {"State": "CA", "Amount": "12.50", "Tags": ["a", "b"]},
        "log": [{"step": "fields", "verdict": "pass", "us": 12}],
        "source_share": Decimal("1.2"),
        "facts": {"enrich-ip": {"country": "US"}},
        "grade": "B",
        "revision": 7,
        "updated_at": at,
    }
    return {**row, **changes}


def delivery_row(number: int, lead: int) -> dict[str, Any]:
    return {
        "uid": uid(3, number),
        "lead_uid": uid(2, lead),
        "account_id": number,
        "client_id": 1,
        "method_id": 1,
        "state": "accepted",
        "price": Decimal(10),
        "exclusive": False,
        "code": "",
        "reason": "",
        "reference": "abc",
        "redirect_url": "",
        "attempts": 2,
        "next_at": None,
        "limits": [],
        "reserved_at": START,
        "settled_at": START,
    }


def attempt_row(delivery: int, number: int) -> dict[str, Any]:
    return {
        "delivery_uid": uid(3, delivery),
        "number": number,
        "at": START,
        "elapsed_us": 1500,
        "verdict": "failed" if number == 1 else "accepted",
        "code": "",
        "reason": "",
        "exchanges": [{"request": "POST ***", "response": "OK", "status": 200}],
    }


def fill(connection: Connection) -> None:
    connection.execute(insert(requests), [request_row(number) for number in range(5)])
    refused = {"status": 401, "code": "token_missing", "credential_id": None, "body": b"\xff\x00"}
    connection.execute(insert(requests), request_row(9, **refused))
    for number in range(5):
        connection.execute(insert(leads), lead_row(number))
    connection.execute(insert(deliveries), [delivery_row(1, 3), delivery_row(2, 3)])
    connection.execute(insert(attempts), [attempt_row(1, 1), attempt_row(1, 2), attempt_row(2, 1)])


async def explain(lead_uid: str) -> LeadExplained:
    """Play the explainer: it knows one lead."""
    if lead_uid != uid(2, 1):
        raise NotFoundError("unknown_lead", f"There is no lead {lead_uid}.")
    return LeadExplained(
        lead=lead_uid,
        status="unsold",
        code="no_match",
        reasons=[],
        log=[],
        strategy="price",
        decided_at=START,
        revision=1,
        present_revision=2,
        accounts=[],
    )


@pytest.fixture
async def data(api: Any) -> AsyncIterator[httpx.AsyncClient]:
    """A client of the Data API over five leads and six posts."""
    await api.parts.store.change(fill)
    app = create_http(api.parts, data_routes=data_routes(api.parts, explain))
    headers = {"authorization": f"Bearer {await api.token(Scope.DATA_API)}"}
    transport = httpx.ASGITransport(app=app)
    async with httpx.AsyncClient(
        transport=transport, base_url="http://leadexec.test", headers=headers
    ) as client:
        yield client


async def found(client: httpx.AsyncClient, path: str) -> Any:
    answer = await client.get(f"/data/v1/{path}")
    assert answer.status_code == 200, answer.text
    return answer.json()


async def test_leads_are_listed_newest_first_page_by_page(data: httpx.AsyncClient) -> None:
    first = await found(data, "leads?limit=3")
    second = await found(data, f"leads?limit=3&after={first['next']}")

    uids = [lead["uid"] for lead in first["items"] + second["items"]]
    assert uids == [uid(2, number) for number in (4, 3, 2, 1, 0)]
    assert second["next"] is None
    lead = first["items"][0]
    assert (lead["price"], lead["revenue"]) == ("1.50", "12.3456")
    assert lead["fields"] == {"State": "CA", "Amount": "12.50", "Tags": ["a", "b"]}


@pytest.mark.parametrize(
    ("query", "numbers"),
    [
        ("status=rejected", [4, 2, 0]),
        ("campaign=2", [3, 1]),
        ("campaign=2&status=rejected", []),
        ("received_from=2026-01-05T15:02:00Z", [4, 3, 2]),
        ("received_from=2026-01-05T10:02:00-05:00&received_until=2026-01-05T15:04:00Z", [3, 2]),
        ("test=true", []),
        ("source=1&lead_type=1&test=false&limit=1", [4]),
    ],
)
async def test_leads_are_filtered(data: httpx.AsyncClient, query: str, numbers: list[int]) -> None:
    page = await found(data, f"leads?{query.replace('+', '%2B')}")

    assert [lead["uid"] for lead in page["items"]] == [uid(2, number) for number in numbers]


@pytest.mark.parametrize(
    "query", ["status=lost", "limit=0", "campaign=x", "nope=1", "received_from=2026-01-05T15:00:00"]
)
async def test_a_query_that_is_not_understood_is_refused(
    data: httpx.AsyncClient, query: str
) -> None:
    answer = await data.get(f"/data/v1/leads?{query}")

    assert answer.status_code in (400, 422)
    assert answer.json()["errors"]


async def test_a_lead_is_read_with_its_log(data: httpx.AsyncClient) -> None:
    lead = await found(data, f"leads/{uid(2, 3)}")

    assert lead["log"] == [{"step": "fields", "verdict": "pass", "us": 12}]
    assert (lead["grade"], lead["facts"]) == ("B", {"enrich-ip": {"country": "US"}})
    assert lead["reasons"] == [{"code": "outside", "message": "Outside."}]
    assert lead["revision"] == 7


async def test_deliveries_are_read_with_every_attempt(data: httpx.AsyncClient) -> None:
    listed = (await found(data, f"leads/{uid(2, 3)}/deliveries"))["items"]

    assert [delivery["uid"] for delivery in listed] == [uid(3, 1), uid(3, 2)]
    assert [attempt["verdict"] for attempt in listed[0]["attempts"]] == ["failed", "accepted"]
    assert listed[0]["attempts"][0]["exchanges"][0]["response"] == "OK"
    assert (await found(data, f"leads/{uid(2, 1)}/deliveries")) == {"items": []}


async def test_a_post_is_read_word_for_word(data: httpx.AsyncClient) -> None:
    posted = await found(data, f"leads/{uid(2, 3)}/request")

    assert posted["uid"] == uid(1, 3)
    assert posted["body"] == '{ "campaign": 1 }'
    assert (await found(data, f"requests/{uid(1, 3)}")) == posted


async def test_refused_posts_are_listed_too_whatever_their_bytes(data: httpx.AsyncClient) -> None:
    page = await found(data, "requests?code=token_missing")
    assert [(post["uid"], post["status"], post["size"]) for post in page["items"]] == [
        (uid(1, 9), 401, 2)
    ]

    posted = await found(data, f"requests/{uid(1, 9)}")

    assert posted["body"] is None
    assert base64.b64decode(posted["body_base64"]) == b"\xff\x00"


async def test_posts_are_paged(data: httpx.AsyncClient) -> None:
    first = await found(data, "requests?limit=4")
    second = await found(data, f"requests?limit=4&after={first['next']}")

    assert len(first["items"] + second["items"]) == 6
    assert second["next"] is None


async def test_a_lead_is_explained(data: httpx.AsyncClient) -> None:
    explained = await found(data, f"leads/{uid(2, 1)}/explain")

    assert (explained["code"], explained["present_revision"]) == ("no_match", 2)


@pytest.mark.parametrize("tail", ["", "/request", "/deliveries", "/explain"])
async def test_what_is_not_there_is_not_found(data: httpx.AsyncClient, tail: str) -> None:
    answer = await data.get(f"/data/v1/leads/{uid(2, 77)}{tail}")

    assert (answer.status_code, answer.json()["code"]) == (404, "unknown_lead")


async def test_it_needs_its_own_scope(api: Any, data: httpx.AsyncClient) -> None:
    token = await api.token(Scope.ACCOUNT_API, Scope.LEAD_RECEIVER)

    answer = await data.get("/data/v1/leads", headers={"authorization": f"Bearer {token}"})

    assert (answer.status_code, answer.json()["code"]) == (403, "insufficient_scope")


async def test_its_routes_are_in_the_openapi_document(data: httpx.AsyncClient) -> None:
    document = (await data.get("/openapi.json")).json()

    listing = document["paths"]["/data/v1/leads"]["get"]
    assert {parameter["name"] for parameter in listing["parameters"]} >= {"status", "after"}
    assert listing["security"] == [{"token": []}]
