"""What the status of an answer means, and what is kept of every exchange."""

from typing import Any

import pytest

from leadexec import Accepted, Failed, Rejected
from leadexec.testing import an_outgoing
from leadexec.testing.http_receiver import http_answer

pytestmark = pytest.mark.anyio


def text(value: str) -> dict[str, Any]:
    return {"type": "text", "text": value}


def json_path(path: str) -> dict[str, Any]:
    return {"type": "json_path", "path": path}


@pytest.mark.parametrize("status", [408, 425, 429, 500, 502, 503])
async def test_a_buyer_that_cannot_answer_is_tried_again(bench: Any, status: int) -> None:
    answer = http_answer('{"ok":true}', status=status, headers={"Retry-After": "120"})
    outcome = await bench.outcome({"result": json_path("$.ok")}, answer)
    assert isinstance(outcome, Failed)
    assert (outcome.code, outcome.retry) == (f"http_{status}", True)
    assert "Retry-After: 120" in outcome.reason


@pytest.mark.parametrize("status", [400, 403, 404, 409, 410, 422])
async def test_a_4xx_declines_the_lead_whatever_it_says(bench: Any, status: int) -> None:
    answer = http_answer('{"ok":true}', status=status)
    outcome = await bench.outcome({"result": json_path("$.ok")}, answer)
    assert isinstance(outcome, Rejected)
    assert outcome.code == f"http_{status}"


@pytest.mark.parametrize("status", [401, 407])
async def test_refused_credentials_are_a_failure_that_no_retry_mends(
    bench: Any, status: int
) -> None:
    outcome = await bench.outcome({"accept_any_2xx": True}, http_answer("", status=status))
    assert isinstance(outcome, Failed)
    assert (outcome.code, outcome.retry) == ("unauthorized", False)


async def test_a_redirect_is_not_followed(bench: Any) -> None:
    answer = http_answer("", status=302, headers={"Location": "http://169.254.169.254/"})
    outcome = await bench.outcome({"accept_any_2xx": True}, answer)
    assert isinstance(outcome, Failed)
    assert (outcome.code, outcome.retry) == ("redirect", False)
    assert len(bench.receiver.requests) == 1


async def test_a_redirect_accepts_where_the_settings_say_so(bench: Any) -> None:
    target = "https://buyer.example/thanks"
    answer = http_answer("", status=303, headers={"Location": target})
    response = {"accept_any_2xx": True, "accept_redirect": True}
    assert await bench.outcome(response, answer) == Accepted(redirect_url=target)


async def test_a_verdict_beyond_what_is_read_does_not_count(bench: Any) -> None:
    answer = http_answer(" " * 300_000 + "accepted")
    outcome = await bench.outcome({"result": text("accepted")}, answer)
    assert isinstance(outcome, Rejected)
    (exchange,) = bench.attempt.exchanges
    assert exchange.truncated
    assert len(exchange.response) == 65_536


async def test_a_long_answer_is_read_like_a_short_one(bench: Any) -> None:
    padding = '"' + "x" * 100_000 + '"'
    answer = http_answer(f'{{"padding":{padding},"ok":true}}')
    assert await bench.outcome({"result": json_path("$.ok")}, answer) == Accepted()


async def test_what_is_sent_and_answered_is_on_record(bench: Any) -> None:
    answer = http_answer('{"ok":true}', headers={"X-Trace": "t-1"})
    await bench.outcome({"result": json_path("$.ok")}, answer)
    (exchange,) = bench.attempt.exchanges
    assert exchange.request.startswith(f"POST {bench.receiver.url}/leads\n")
    assert f"Idempotency-Key: {bench.attempt.idempotency_key}" in exchange.request
    assert '"FirstName":"Ada"' in exchange.request
    assert exchange.response.startswith("HTTP 200\n")
    assert "t-1" in exchange.response
    assert exchange.response.endswith('\n\n{"ok":true}')
    assert exchange.status == 200


async def test_a_failed_request_is_on_record_too(bench: Any) -> None:
    webhook = bench.webhook({})
    outcome = await webhook.deliver(webhook.prepare(an_outgoing()), bench.attempt)
    assert isinstance(outcome, Failed)
    (exchange,) = bench.attempt.exchanges
    assert exchange.response.startswith("connect_failed")
    assert exchange.status is None
