import asyncio
import base64
from typing import Any

import anyio
import pytest

from leadexec.http.credential_loader import CredentialLoader
from leadexec.model.access import Scope
from leadexec.security.credentials import CredentialCache

pytestmark = pytest.mark.anyio
GRANT = {"grant_type": "client_credentials"}


async def ask(api: Any, **form: str) -> Any:
    request = api.client.build_request("POST", "/oauth2/token", data={**GRANT, **form})
    request.headers.pop("authorization", None)
    return await api.client.send(request)


async def test_a_token_is_issued_for_basic_form_and_json_credentials(api: Any) -> None:
    made = await api.credential(Scope.LEAD_RECEIVER, Scope.DATA_API)
    own = {"client_id": made.client_id, "client_secret": made.client_secret}

    answers = [
        await api.client.post("/oauth2/token", data=GRANT, auth=tuple(own.values())),
        await ask(api, **own),
        await api.client.post("/oauth2/token", json={**GRANT, **own}),
    ]

    for answer in answers:
        assert answer.status_code == 200
        assert answer.headers["cache-control"] == "no-store"
        issued = answer.json()
        assert (issued["token_type"], issued["expires_in"]) == ("Bearer", 3600)
        assert issued["scope"] == "data_api lead_receiver"
        caller = api.parts.verifier.verify(issued["access_token"], Scope.LEAD_RECEIVER)
        assert caller.credential_id == made.id


async def test_a_token_can_be_narrowed_to_some_scopes(api: Any) -> None:
    made = await api.credential(Scope.ACCOUNT_API, Scope.DATA_API)
    own = {"client_id": made.client_id, "client_secret": made.client_secret}

    narrow = await ask(api, **own, scope="data_api")
    too_wide = await ask(api, **own, scope="lead_receiver")

    header = {"authorization": f"Bearer {narrow.json()['access_token']}"}
    answer = await api.client.get("/account/v1/clients", headers=header)
    assert (answer.status_code, answer.json()["code"]) == (403, "insufficient_scope")
    assert (too_wide.status_code, too_wide.json()["error"]) == (400, "invalid_scope")


@pytest.mark.parametrize(
    ("form", "status", "error"),
    [
        ({"grant_type": "password"}, 400, "unsupported_grant_type"),
        ({}, 400, "invalid_request"),
        (GRANT, 400, "invalid_request"),
        ({**GRANT, "client_id": "nobody", "client_secret": "x"}, 401, "invalid_client"),
        ({**GRANT, "client_id": "a", "client_secret": "x" * 10_000}, 401, "invalid_client"),
    ],
)
async def test_errors_are_those_of_the_standard(
    api: Any, form: dict[str, str], status: int, error: str
) -> None:
    answer = await api.client.post("/oauth2/token", data=form)

    assert (answer.status_code, answer.json()["error"]) == (status, error)
    assert answer.headers["content-type"].startswith("application/json")


async def test_a_wrong_secret_by_basic_is_answered_with_a_challenge(api: Any) -> None:
    made = await api.credential(Scope.DATA_API)

    answer = await api.client.post("/oauth2/token", data=GRANT, auth=(made.client_id, "wrong"))

    assert answer.status_code == 401
    assert answer.headers["www-authenticate"] == 'Basic realm="leadexec"'


@pytest.mark.parametrize("header", ["Basic", "Basic !!!", "Bearer x", "Basic " + "a" * 4])
async def test_a_broken_authorization_header_is_an_invalid_request(api: Any, header: str) -> None:
    answer = await api.client.post("/oauth2/token", data=GRANT, headers={"authorization": header})

    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_request")


async def test_two_ways_at_once_are_refused(api: Any) -> None:
    basic = base64.b64encode(b"a:b").decode()

    answer = await api.client.post(
        "/oauth2/token",
        data={**GRANT, "client_id": "a", "client_secret": "b"},
        headers={"authorization": f"Basic {basic}"},
    )

    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_request")


async def test_who_guesses_has_to_wait_even_with_the_right_secret(api: Any) -> None:
    made = await api.credential(Scope.DATA_API)
    for _ in range(5):
        assert (await ask(api, client_id=made.client_id, client_secret="x")).status_code == 401

    own = {"client_id": made.client_id, "client_secret": made.client_secret}
    slowed = await ask(api, **own)
    assert (slowed.status_code, slowed.headers["retry-after"]) == (429, "1")

    api.clock.advance(1.0)
    assert (await ask(api, **own)).status_code == 200


async def test_a_disabled_credential_gets_no_token_and_its_tokens_stop_at_once(api: Any) -> None:
    await api.login(Scope.ACCOUNT_API)
    made = await api.credential(Scope.DATA_API, Scope.ACCOUNT_API)
    own = {"client_id": made.client_id, "client_secret": made.client_secret}
    token = (await ask(api, **own)).json()["access_token"]
    path = f"/account/v1/credentials/{made.id}"

    disabled = await api.client.patch(path, json={"enabled": False})

    assert disabled.json()["enabled"] is False
    answer = await api.client.get(
        "/account/v1/clients", headers={"authorization": f"Bearer {token}"}
    )
    assert (answer.status_code, answer.json()["code"]) == (401, "credential_disabled")
    assert (await ask(api, **own)).status_code == 401

    await api.client.patch(path, json={"enabled": True})
    assert (await ask(api, **own)).status_code == 200


async def test_the_secret_is_shown_once_and_stored_as_a_hash(account: Any) -> None:
    made = await account.client.post(
        "/account/v1/credentials", json={"name": "Vendor", "scopes": ["lead_receiver"]}
    )
    secret = made.json()["client_secret"]
    path = made.headers["location"]

    assert (made.status_code, made.headers["cache-control"]) == (201, "no-store")
    for url in (path, "/account/v1/credentials"):
        answer = await account.client.get(url)
        assert secret not in answer.text
        assert "argon2" not in answer.text
    answer = await ask(account, client_id=made.json()["client_id"], client_secret=secret)
    assert answer.status_code == 200
    assert (await account.client.delete(path)).status_code == 204
    assert (await account.client.get(path)).status_code == 404


@pytest.mark.parametrize(
    ("body", "faults"),
    [
        ({}, {("name", "missing"), ("scopes", "missing")}),
        ({"name": "x", "scopes": []}, {("scopes", "too_short")}),
        ({"name": "x", "scopes": ["nope"]}, {("scopes[0]", "not_one_of")}),
        ({"name": "x", "scopes": ["data_api"], "secret": "mine"}, {("secret", "unknown_field")}),
        ({"name": "x", "scopes": ["data_api"], "role": 99}, {("role", "unknown_reference")}),
    ],
)
async def test_a_new_credential_is_checked(
    account: Any, body: dict[str, Any], faults: set[tuple[str, str]]
) -> None:
    answer = await account.client.post("/account/v1/credentials", json=body)

    assert answer.status_code == 422
    assert {(f["path"], f["code"]) for f in answer.json()["errors"]} == faults


async def test_the_scopes_of_a_credential_never_change(account: Any) -> None:
    answer = await account.client.patch("/account/v1/credentials/1", json={"scopes": ["data_api"]})

    assert answer.json()["errors"][0]["code"] == "unknown_field"


async def test_the_list_of_credentials_cannot_be_searched_for_hashes(account: Any) -> None:
    for query in ("secret_hash=x", "search=argon2", "sort=secret_hash"):
        assert (await account.client.get(f"/account/v1/credentials?{query}")).status_code == 422


async def test_another_process_notices_that_a_credential_was_disabled(api: Any) -> None:
    await api.login(Scope.ACCOUNT_API)
    made = await api.credential(Scope.DATA_API)
    parts, cache = api.parts, CredentialCache()
    other = CredentialLoader(parts.store, parts.tables, parts.cipher, cache)
    await other.reload()
    assert cache.enabled(made.client_id) is not None

    await api.client.patch(f"/account/v1/credentials/{made.id}", json={"enabled": False})

    assert await other.refresh()
    assert cache.enabled(made.client_id) is None
    assert not await other.refresh()


class WatchedCache(CredentialCache):
    """Tells when it was filled."""

    def __init__(self) -> None:
        super().__init__()
        self.replaced = asyncio.Event()

    def replace(self, *known: Any) -> None:
        super().replace(*known)
        self.replaced.set()


async def test_the_other_process_looks_every_few_seconds(api: Any) -> None:
    made = await api.credential(Scope.DATA_API)
    parts, cache = api.parts, WatchedCache()
    other = CredentialLoader(parts.store, parts.tables, parts.cipher, cache)
    looking = asyncio.create_task(other.keep_fresh(api.clock, 2.0))
    await anyio.wait_all_tasks_blocked()
    assert cache.enabled(made.client_id) is None

    api.clock.advance(2)
    await cache.replaced.wait()
    assert cache.enabled(made.client_id) is not None

    looking.cancel()
    with pytest.raises(asyncio.CancelledError):
        await looking
