import asyncio
from typing import Any

import httpx
import pytest
from litestar.handlers import asgi

from leadexec.errors import Fault
from leadexec.http.app import create_http
from leadexec.http.parts import HttpSettings, Readiness
from leadexec.model.access import Scope

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", "/nowhere", 404, "not_found"),
        ("GET", "/account/v1/nowhere", 404, "not_found"),
        ("POST", "/health/live", 405, "method_not_allowed"),
        ("GET", "/account/v1/clients", 401, "token_missing"),
        ("GET", "/plugins/sample/secret", 401, "token_missing"),
    ],
)
async def test_every_error_is_a_problem_with_a_code_and_an_id(
    api: Any, method: str, path: str, status: int, code: str
) -> None:
    answer = await api.client.request(method, path)

    problem = answer.json()
    assert answer.headers["content-type"] == "application/problem+json"
    assert (answer.status_code, problem["status"], problem["code"]) == (status, status, code)
    assert problem["type"] == f"urn:leadexec:problem:{code}"
    assert problem["title"]
    assert problem["detail"]
    assert problem["instance"] == f"urn:uuid:{answer.headers['x-request-id']}"


async def test_a_fault_of_ours_is_told_by_its_id_only(api: Any) -> None:
    answer = await api.client.get("/plugins/sample/broken")

    assert (answer.status_code, answer.json()["code"]) == (500, "internal_error")
    assert "hunter2" not in answer.text


@pytest.mark.parametrize(
    "header", ["", "Bearer", "Bearer x.y.z", "Basic YTpi", "Bearer " + "x" * 5000]
)
async def test_a_token_that_is_none_is_answered_with_a_challenge(api: Any, header: str) -> None:
    answer = await api.client.get("/account/v1/clients", headers={"authorization": header})

    assert answer.status_code == 401
    assert answer.headers["www-authenticate"].startswith('Bearer realm="leadexec"')


async def test_a_token_ends_after_an_hour(account: Any) -> None:
    account.clock.advance(3599)
    assert (await account.client.get("/account/v1/clients")).status_code == 200

    account.clock.advance(1)
    answer = await account.client.get("/account/v1/clients")

    assert (answer.status_code, answer.json()["code"]) == (401, "token_expired")


async def test_plugin_routes_are_guarded_unless_they_open_themselves(api: Any) -> None:
    assert (await api.client.get("/plugins/sample/open")).json() == {"guarded": False}

    await api.login(Scope.LEAD_RECEIVER)
    assert (await api.client.get("/plugins/sample/secret")).json() == {"guarded": True}


async def test_answers_carry_security_headers(api: Any) -> None:
    answer = await api.client.get("/health/live")

    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["x-frame-options"] == "DENY"
    assert "server" not in answer.headers


async def test_it_is_ready_when_database_and_catalog_are(api: Any) -> None:
    assert (await api.client.get("/health/live")).json() == {"live": True}
    assert (await api.client.get("/health/ready")).json() == {"ready": True, "faults": []}


async def test_it_is_not_ready_while_the_catalog_is_not(api: Any) -> None:
    fault = Fault(code="catalog_empty", path="catalog", message="Not compiled yet.")

    async def not_yet() -> Readiness:
        return Readiness(ready=False, faults=[fault])

    parts = replaced(api.parts, catalog_ready=not_yet)
    async with client_of(create_http(parts)) as client:
        answer = await client.get("/health/ready")

    assert answer.status_code == 503
    assert answer.json()["faults"][0]["code"] == "catalog_empty"


async def test_it_is_not_ready_without_its_database(api: Any) -> None:
    await api.parts.store.aclose()

    answer = await api.client.get("/health/ready")

    assert answer.status_code == 503
    assert answer.json()["faults"][0]["path"] == "database"


async def test_the_rate_limit_is_told_in_headers_and_kept(api: Any) -> None:
    await api.login(Scope.ACCOUNT_API)
    parts = replaced(api.parts, settings=HttpSettings(rate_limit=2))
    headers = {"authorization": api.client.headers["authorization"]}
    async with client_of(create_http(parts)) as client:
        first = await client.get("/account/v1/clients", headers=headers)
        await client.get("/account/v1/clients", headers=headers)
        third = await client.get("/account/v1/clients", headers=headers)
        api.clock.advance(30)
        later = await client.get("/account/v1/clients", headers=headers)

    assert first.headers["ratelimit-limit"] == "2"
    assert first.headers["ratelimit-remaining"] == "1"
    assert (third.status_code, third.json()["code"]) == (429, "too_many_requests")
    assert third.headers["retry-after"] == "30"
    assert later.status_code == 200


async def test_a_receiver_gets_the_bare_connection(api: Any) -> None:
    @asgi("/receiver/leads", is_mount=False, copy_scope=True)
    async def receiver(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 202, "headers": []})
        await send({"type": "http.response.body", "body": b"taken"})

    async with client_of(create_http(api.parts, receivers=[receiver])) as client:
        answer = await client.post("/receiver/leads", content=b"anything")

    assert (answer.status_code, answer.content) == (202, b"taken")
    assert "x-request-id" not in answer.headers


async def test_a_change_is_answered_after_the_catalog_was_refreshed(api: Any) -> None:
    refreshed: list[str] = []

    async def refresh() -> None:
        await asyncio.sleep(0)
        refreshed.append("catalog")

    await api.login(Scope.ACCOUNT_API)
    headers = {"authorization": api.client.headers["authorization"]}
    async with client_of(create_http(replaced(api.parts, refresh=refresh))) as client:
        await client.get("/account/v1/clients", headers=headers)
        assert refreshed == []
        await client.post("/account/v1/clients", json={"company": "A"}, headers=headers)

    assert refreshed == ["catalog"]


async def test_components_are_listed_with_the_schemas_of_their_settings(account: Any) -> None:
    answer = await account.client.get("/account/v1/components")

    (check,) = answer.json()["validator"]
    assert (check["key"], check["plugin"], check["title"]) == ("sample", "sample", "Sample")
    schema = check["settings"]["components"]["schemas"]["CheckSettings"]
    assert schema["properties"]["days"]["minimum"] == 1
    assert schema["required"] == ["days"]
    assert schema["additionalProperties"] is False


async def test_the_openapi_document_describes_every_route(api: Any) -> None:
    document = (await api.client.get("/openapi.json")).json()

    assert document["openapi"] == "3.1.0"
    assert {
        "/oauth2/token",
        "/health/ready",
        "/account/v1/clients",
        "/account/v1/clients/{entity_id}",
        "/account/v1/clients/{entity_id}/history",
        "/account/v1/account-settings",
        "/account/v1/sample-lists",
        "/account/v1/credentials/{credential_id}",
        "/plugins/sample/secret",
    } <= set(document["paths"])
    write = document["components"]["schemas"]["CampaignWrite"]
    assert write["required"] == ["name", "lead_source", "lead_type"]
    assert "id" not in write["properties"]
    assert write["examples"]
    limits = document["components"]["schemas"]["ScheduleWindow"]
    assert "up to but not including" in limits["description"]
    secured = {
        path: item["get"]["security"] for path, item in document["paths"].items() if "get" in item
    }
    assert secured["/plugins/sample/secret"] == secured["/account/v1/clients"] == [{"token": []}]
    assert secured["/plugins/sample/open"] == secured["/health/live"] == []
    described = document["components"]["schemas"]["ShownRequest"]["properties"]["size"]
    assert described["description"] == "Bytes of its body."
    assert not set(references(document)) - set(document["components"]["schemas"])


def references(node: Any) -> list[str]:
    if isinstance(node, dict):
        own = [node["$ref"].rpartition("/")[2]] if isinstance(node.get("$ref"), str) else []
        return own + [name for item in node.values() for name in references(item)]
    return [name for item in node for name in references(item)] if isinstance(node, list) else []


def replaced(parts: Any, **changes: Any) -> Any:
    import dataclasses

    return dataclasses.replace(parts, **changes)


def client_of(app: Any) -> httpx.AsyncClient:
    return httpx.AsyncClient(
        transport=httpx.ASGITransport(app=app), base_url="http://leadexec.test"
    )
