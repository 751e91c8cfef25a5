"""The Data API's jobs: a dead-letter list, and another try for what is on it."""

from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from leadexec.http.app import create_http
from leadexec.http.jobs_api import job_routes
from leadexec.model.access import Role, Scope
from leadexec.storage.entities import create_entity
from leadexec.storage.job_rows import JobRow, fail_job, insert_jobs, new_job
from leadexec.testing.clock import START

pytestmark = pytest.mark.anyio
JOBS = "/data/v1/jobs"


@pytest.fixture
async def client(api: Any) -> AsyncIterator[httpx.AsyncClient]:
    """A client without a token; of three jobs the second is dead."""
    kinds = ("observe", "sample.send", "sample.send")
    rows = [new_job(kind, f"subject {n}", {"n": n}, START) for n, kind in enumerate(kinds, 1)]
    failed = JobRow(id=2, kind="", subject="", payload={}, attempts=4)
    await api.parts.store.change(lambda c: insert_jobs(c, rows))
    await api.parts.store.change(lambda c: fail_job(c, failed, "Broken", START, dead=True))
    transport = httpx.ASGITransport(app=create_http(api.parts, data_routes=job_routes(api.parts)))
    async with httpx.AsyncClient(transport=transport, base_url="http://leadexec.test") as client:
        yield client


async def login(api: Any, client: httpx.AsyncClient, *permissions: str) -> None:
    """Let ``client`` send a token of the Data API, narrowed to ``permissions`` if any are given."""
    role = None
    if permissions:
        parts = api.parts
        made = await parts.store.change(
            lambda c: create_entity(
                c,
                parts.tables,
                Role(name="Narrow", permissions=permissions),
                by="test",
                now=START,
                cipher=parts.cipher,
            )
        )
        await parts.credentials.reload()
        role = made.id
    client.headers["authorization"] = f"Bearer {await api.token(Scope.DATA_API, role=role)}"


async def test_jobs_are_listed_and_the_dead_letter_list_is_a_part_of_them(
    api: Any, client: httpx.AsyncClient
) -> None:
    await login(api, client)

    every = (await client.get(JOBS)).json()
    dead = (await client.get(JOBS, params={"dead": "true"})).json()
    of_kind = (await client.get(JOBS, params={"dead": "false", "kind": "sample.send"})).json()
    first = (await client.get(JOBS, params={"limit": 1})).json()
    then = (await client.get(JOBS, params={"limit": 5, "after": first["next"]})).json()

    assert [job["id"] for job in every["items"]] == [1, 2, 3]
    (job,) = dead["items"]
    assert (job["id"], job["kind"], job["error"], job["dead"]) == (2, "sample.send", "Broken", True)
    assert (job["payload"], job["attempts"], job["run_at"]) == ({"n": 2}, 1, "2026-01-05T15:00:00Z")
    assert [job["id"] for job in of_kind["items"]] == [3]
    assert [job["id"] for job in then["items"]] == [2, 3]


async def test_a_dead_job_is_replayed_once(api: Any, client: httpx.AsyncClient) -> None:
    await login(api, client)
    api.clock.advance(60)

    answer = await client.post(f"{JOBS}/2/replay")
    again = await client.post(f"{JOBS}/2/replay")

    assert answer.status_code == 200
    job = answer.json()
    assert (job["dead"], job["attempts"], job["run_at"]) == (False, 0, "2026-01-05T15:01:00Z")
    assert (again.status_code, again.json()["code"]) == (409, "not_dead")


async def test_a_job_that_is_not_there_is_not_found(api: Any, client: httpx.AsyncClient) -> None:
    await login(api, client)

    answer = await client.post(f"{JOBS}/99/replay")

    assert (answer.status_code, answer.json()["code"]) == (404, "unknown_job")


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("dead=maybe", "invalid_parameter"),
        ("kind=A%20b", "invalid_parameter"),
        ("limit=0", "invalid_parameter"),
        ("after=x", "invalid_parameter"),
        ("sort=id", "unknown_parameter"),
    ],
)
async def test_a_query_that_is_not_understood_is_refused(
    api: Any, client: httpx.AsyncClient, query: str, code: str
) -> None:
    await login(api, client)

    answer = await client.get(f"{JOBS}?{query}")

    assert answer.is_client_error
    (fault,) = answer.json()["errors"]
    assert (fault["code"], fault["path"]) == (code, query.partition("=")[0])


async def test_reading_jobs_does_not_allow_to_replay_them(
    api: Any, client: httpx.AsyncClient
) -> None:
    await login(api, client, "jobs.read")

    assert (await client.get(JOBS)).status_code == 200
    refused = await client.post(f"{JOBS}/2/replay")
    assert (refused.status_code, refused.json()["code"]) == (403, "permission_missing")


async def test_jobs_are_not_shown_to_who_may_read_leads_only(
    api: Any, client: httpx.AsyncClient
) -> None:
    await login(api, client, "leads.*")

    assert (await client.get(JOBS)).status_code == 403


async def test_jobs_need_a_token_of_the_data_api(api: Any, client: httpx.AsyncClient) -> None:
    assert (await client.get(JOBS)).status_code == 401

    client.headers["authorization"] = f"Bearer {await api.token(Scope.ACCOUNT_API)}"

    assert (await client.get(JOBS)).status_code == 403
