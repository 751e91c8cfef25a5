from typing import Any

import pytest

from leadexec.model.access import Scope

pytestmark = pytest.mark.anyio


async def a_role(account: Any, *permissions: str) -> int:
    answer = await account.client.post(
        "/account/v1/roles", json={"name": "Role", "permissions": list(permissions)}
    )
    assert answer.status_code == 201, answer.text
    return int(answer.json()["id"])


async def test_a_role_opens_what_it_names_and_nothing_else(account: Any) -> None:
    role = await a_role(account, "client.read", "lead_source.*")
    await account.login(Scope.ACCOUNT_API, role=role)

    reads = await account.client.get("/account/v1/clients")
    writes = await account.client.post("/account/v1/clients", json={"company": "A"})
    both = await account.client.post("/account/v1/lead-sources", json={"name": "A"})

    assert reads.status_code == 200
    assert (writes.status_code, writes.json()["code"]) == (403, "permission_missing")
    assert both.status_code == 201


async def test_a_change_of_the_role_takes_effect_at_once(account: Any) -> None:
    role = await a_role(account, "client.read")
    admin = dict(account.client.headers)
    await account.login(Scope.ACCOUNT_API, role=role)
    assert (await account.client.get("/account/v1/clients")).status_code == 200

    answer = await account.client.patch(
        f"/account/v1/roles/{role}",
        json={"permissions": []},
        headers={"authorization": admin["authorization"]},
    )

    assert answer.status_code == 200
    assert (await account.client.get("/account/v1/clients")).status_code == 403


async def test_nobody_gives_more_than_it_has(account: Any) -> None:
    wide = await a_role(account, "*")
    await account.client.patch("/account/v1/roles/1", json={"name": "Wide"})
    narrow = await account.client.post(
        "/account/v1/roles",
        json={"name": "Narrow", "permissions": ["role.*", "api_credential.*", "client.*"]},
    )
    await account.login(Scope.ACCOUNT_API, role=narrow.json()["id"])
    client = account.client

    answers = [
        await client.post("/account/v1/roles", json={"name": "X", "permissions": ["*"]}),
        await client.patch(
            f"/account/v1/roles/{narrow.json()['id']}", json={"permissions": ["campaign.write"]}
        ),
        await client.post("/account/v1/credentials", json={"name": "X", "scopes": ["data_api"]}),
        await client.post(
            "/account/v1/credentials", json={"name": "X", "scopes": ["data_api"], "role": wide}
        ),
        await client.patch("/account/v1/credentials/1", json={"enabled": False}),
        await client.delete("/account/v1/credentials/1"),
    ]
    allowed = await client.post(
        "/account/v1/roles", json={"name": "Y", "permissions": ["client.read"]}
    )

    assert [answer.status_code for answer in answers] == [403] * 6
    assert allowed.status_code == 201


async def test_a_role_names_only_permissions_that_something_asks_for(account: Any) -> None:
    answer = await account.client.post(
        "/account/v1/roles",
        json={"name": "R", "permissions": ["client.read", "customer.read", "sample.run", "Nope"]},
    )

    assert {(f["path"], f["code"]) for f in answer.json()["errors"]} == {
        ("permissions[3]", "wrong_form"),
    }

    answer = await account.client.post(
        "/account/v1/roles", json={"name": "R", "permissions": ["customer.read", "sample.run"]}
    )

    assert {(f["path"], f["code"]) for f in answer.json()["errors"]} == {
        ("permissions[0]", "unknown_permission"),
    }
