"""Asynchronous posts, and the job that sends their results."""

from typing import Any

import httpx
import msgspec
import pytest
from leadexec_receiver_leadexec.returns import Return, ReturnFailedError

JSON_PATH = "/processor/insert/general/json/async"
XML_PATH = "/processor/insert/general/xml/async"
IDS = {"VID": "7", "LID": "3", "AID": "12"}
BACK = "https://sender.example/results?id=9"


def asked(house: Any) -> Return:
    """Return the one job that was asked for, as the kernel reads it back."""
    (added,) = house.jobs.added
    job = added.job
    assert added.subject == "0193f2a0-0000-7000-8000-000000000000"
    (handler,) = house.plugin.register_jobs()
    assert handler.kind == job.kind == "receiver-leadexec.return"
    made: Return = msgspec.json.decode(msgspec.json.encode(job.payload), type=handler.payload)
    return made


async def run(house: Any, job: Return) -> None:
    (handler,) = house.plugin.register_jobs()
    await handler.run(job, house.services)


@pytest.mark.parametrize(
    ("path", "content_type"),
    [
        (JSON_PATH, "application/json; charset=utf-8"),
        (XML_PATH, "application/xml; charset=utf-8"),
    ],
)
@pytest.mark.anyio
async def test_the_result_is_sent_to_the_returnurl(
    house: Any, path: str, content_type: str
) -> None:
    response = house.client.get(path, params={**IDS, "returnurl": BACK, "City": "Austin"})
    house.http.answer(status=204)
    await run(house, asked(house))
    (sent,) = house.http.requests

    assert response.headers["content-type"] == content_type
    assert house.lead().fields == {"City": "Austin"}
    assert house.lead().ignored == ()
    assert (sent.method, sent.url, sent.body) == ("POST", BACK, response.content)
    assert sent.headers["content-type"] == content_type


def test_without_a_returnurl_nothing_is_sent(house: Any) -> None:
    response = house.client.post(JSON_PATH, data={**IDS, "returnurl": ""})

    assert response.json()["isValidPost"] is True
    assert house.jobs.added == []


@pytest.mark.parametrize(
    "url",
    [
        "sender.example/results",
        "ftp://sender.example/",
        "javascript:alert(1)",
        "http://",
        "http://user:secret@sender.example/",
        "https://sender.example/a b",
        "https://sender.example:99999/",
        "https://sender.example/\r\nX: y",
        "https://sender.example/" + "x" * 2_000,
        "https://sender.example/" + "é" * 1_000,
    ],
)
def test_a_bad_returnurl_is_refused_before_anything_is_taken(house: Any, url: str) -> None:
    response = house.client.get(JSON_PATH, params={**IDS, "returnurl": url})

    assert response.status_code == 200
    assert response.json()["ResponseType"] == 9
    assert "returnurl must be a URL" in response.json()["ResponseDetail"]
    assert house.intake.refused[0].code == "bad_return_url"
    assert house.intake.received == []
    assert house.jobs.added == []


def test_a_refused_post_has_nobody_called(house: Any) -> None:
    house.client.get(JSON_PATH, params={"VID": "7", "returnurl": BACK})

    assert house.jobs.added == []


def test_a_result_that_cannot_be_queued_is_said_in_the_answer(house: Any) -> None:
    house.jobs.away = True
    response = house.client.get(JSON_PATH, params={**IDS, "returnurl": BACK})

    assert response.json()["isValidPost"] is True
    told = "Lead was accepted. The result cannot be sent to returnurl."
    assert response.json()["ResponseDetail"] == response.json()["ResponseDetails"] == told


@pytest.mark.parametrize("status", [301, 404, 500])
@pytest.mark.anyio
async def test_an_answer_other_than_2xx_makes_the_job_fail(house: Any, status: int) -> None:
    house.http.answer(status=status, headers={"Location": "http://127.0.0.1/"})
    job = Return(url=BACK, content_type="application/json", body="{}")

    with pytest.raises(ReturnFailedError, match=str(status)):
        await run(house, job)
    assert len(house.http.requests) == 1


@pytest.mark.parametrize("code", ["address_refused", "connect_failed", "timeout"])
@pytest.mark.anyio
async def test_a_returnurl_that_cannot_be_reached_fails_for_good_at_last(
    house: Any, code: str
) -> None:
    house.http.fail(code)
    job = Return(url=BACK, content_type="application/json", body="{}")

    # No UnavailableError: a job that raises one is tried for ever.
    with pytest.raises(ReturnFailedError, match=code):
        await run(house, job)


@pytest.mark.anyio
async def test_the_job_run_again_sends_the_same(house: Any) -> None:
    house.http.answer_by(lambda _: httpx.Response(200))
    house.http.answer_by(lambda _: httpx.Response(200))
    job = Return(url=BACK, content_type="application/xml", body="<x>é</x>")
    await run(house, job)
    await run(house, job)
    first, second = house.http.requests

    assert first == second
    assert first.body == "<x>é</x>".encode()


def test_json_with_source_and_leads_is_taken_here_too(house: Any) -> None:
    body = {
        "source": {"vid": 7, "aid": 12, "lid": 3, "sendDelay": 0, "returnUrl": ""},
        "leads": [{"properties": {"reference": "", "noSell": False}, "fields": {"Zip": "78701"}}],
    }
    response = house.client.post(JSON_PATH, json=body, headers={"api-key": "key"})

    assert response.json()["isValidPost"] is True
    assert house.lead().fields == {"Zip": "78701"}
