"""Tokens: asked for once, shared, renewed in time, and never shown."""

from base64 import b64decode
from typing import Any
from urllib.parse import parse_qs

import anyio
import pytest

from leadexec import Accepted, Failed
from leadexec.testing import FakeAttempt, an_outgoing, fake_services
from leadexec.testing.http_receiver import (
    ReceivedRequest,
    http_answer,
    http_receiver,
    loopback_client,
)

pytestmark = pytest.mark.anyio


def settings(**changes: Any) -> dict[str, Any]:
    auth = {
        "type": "oauth2_client_credentials",
        "token_url": "$URL/token",
        "client_id": "us & co",
        "client_secret": "s3cret:%",
        **changes,
    }
    return {"auth": auth}


class TokenServer:
    """Grants tokens t1, t2 …, and takes leads with a token that is still good."""

    def __init__(self, granted: str = '"expires_in": 3600') -> None:
        self.granted = granted
        self.asked: list[ReceivedRequest] = []
        self.leads: list[str] = []
        self.good = ""

    def __call__(self, request: ReceivedRequest) -> bytes:
        if request.target == "/token":
            self.asked.append(request)
            self.good = f"t0ken-{len(self.asked)}"
            return http_answer(
                f'{{"access_token": "{self.good}", "token_type": "bearer", {self.granted}}}'
            )
        self.leads.append(request.headers["authorization"])
        good = self.leads[-1] == f"Bearer {self.good}"
        return http_answer(b"echo " + request.raw, status=200 if good else 401)


async def test_a_token_is_asked_for_once_and_used_for_all_leads(bench: Any) -> None:
    server = TokenServer()
    outcomes = await bench.deliver(settings(), server, *[an_outgoing()] * 3)
    assert outcomes == [Accepted()] * 3
    assert len(server.asked) == 1
    assert server.leads == ["Bearer t0ken-1"] * 3


async def test_the_client_proves_itself_by_header(bench: Any) -> None:
    server = TokenServer()
    await bench.deliver(settings(scope="leads write"), server)
    (asked,) = server.asked
    kind, _, proof = asked.headers["authorization"].partition(" ")
    assert (kind, b64decode(proof)) == ("Basic", b"us+%26+co:s3cret%3A%25")
    assert asked.headers["content-type"] == "application/x-www-form-urlencoded"
    assert parse_qs(asked.body.decode()) == {
        "grant_type": ["client_credentials"],
        "scope": ["leads write"],
    }


async def test_the_client_proves_itself_in_the_body(bench: Any) -> None:
    server = TokenServer()
    await bench.deliver(settings(client_auth="body"), server)
    (asked,) = server.asked
    assert "authorization" not in asked.headers
    assert parse_qs(asked.body.decode()) == {
        "grant_type": ["client_credentials"],
        "client_id": ["us & co"],
        "client_secret": ["s3cret:%"],
    }


async def test_a_password_grant_sends_user_name_and_password(bench: Any) -> None:
    server = TokenServer()
    auth = {
        "type": "oauth2_password",
        "token_url": "$URL/token",
        "username": "ada",
        "password": "l0velace",
    }
    assert await bench.deliver({"auth": auth}, server) == [Accepted()]
    (asked,) = server.asked
    assert "authorization" not in asked.headers
    assert parse_qs(asked.body.decode()) == {
        "grant_type": ["password"],
        "username": ["ada"],
        "password": ["l0velace"],
    }


@pytest.mark.parametrize(
    ("granted", "advance", "asked"),
    [
        ('"expires_in": 3600', 1700.0, 1),
        ('"expires_in": 3600', 1790.0, 2),
        ('"expires_in": "3600"', 1790.0, 2),
        ('"expires_in": 10', 4.0, 1),
        ('"expires_in": 10', 4.6, 2),
        ('"x": 1', 130.0, 1),
        ('"x": 1', 140.0, 2),
        ('"expires_in": "soon"', 140.0, 2),
        ('"expires_in": -5', 130.0, 1),
    ],
)
async def test_a_token_is_renewed_shortly_before_its_end(
    bench: Any, granted: str, advance: float, asked: int
) -> None:
    server = TokenServer(granted)
    outcomes = await bench.deliver(settings(), server, *[an_outgoing()] * 3, advance=advance)
    assert outcomes == [Accepted()] * 3
    assert len(server.asked) == asked


async def test_a_token_that_is_refused_is_replaced_once(bench: Any) -> None:
    server = TokenServer()

    def script(request: ReceivedRequest) -> bytes:
        answer = server(request)
        if len(server.leads) == 1:
            server.good = "revoked"
        return answer

    outcomes = await bench.deliver(settings(), script, an_outgoing(), an_outgoing())
    assert outcomes == [Accepted(), Accepted()]
    assert server.leads == ["Bearer t0ken-1", "Bearer t0ken-1", "Bearer t0ken-2"]


async def test_a_buyer_that_refuses_every_token_is_asked_twice_at_most(bench: Any) -> None:
    def script(request: ReceivedRequest) -> bytes:
        return server(request) if request.target == "/token" else http_answer("", status=401)

    server = TokenServer()
    (outcome,) = await bench.deliver(settings(), script)
    assert isinstance(outcome, Failed)
    assert (outcome.code, outcome.retry) == ("unauthorized", False)
    assert len(server.asked) == 2
    assert len(bench.receiver.requests) == 4


async def test_many_deliveries_at_once_ask_for_one_token(bench: Any) -> None:
    server = TokenServer()
    async with loopback_client() as client, http_receiver(server) as receiver:
        made = settings(token_url=f"{receiver.url}/token")
        services = fake_services(http=client, clock=bench.clock)
        webhook = bench.webhook({"url": f"{receiver.url}/leads", **made}, services)
        async with anyio.create_task_group() as group:
            for _ in range(20):
                group.start_soon(webhook.deliver, webhook.prepare(an_outgoing()), FakeAttempt())
    assert len(server.asked) == 1
    assert len(server.leads) == 20


async def test_a_cancelled_asker_leaves_the_way_free_for_the_next(bench: Any) -> None:
    server = TokenServer()
    async with loopback_client() as client, http_receiver(server) as receiver:
        made = settings(token_url=f"{receiver.url}/token")
        services = fake_services(http=client, clock=bench.clock)
        webhook = bench.webhook({"url": f"{receiver.url}/leads", **made}, services)
        prepared = webhook.prepare(an_outgoing())
        async with anyio.create_task_group() as group:
            group.start_soon(webhook.deliver, prepared, FakeAttempt())
            await anyio.lowlevel.checkpoint()
            group.cancel_scope.cancel()
        assert await webhook.deliver(prepared, FakeAttempt()) == Accepted()


@pytest.mark.parametrize(
    ("answer", "code", "retry"),
    [
        (http_answer('{"error": "invalid_client"}', status=400), "token_refused", False),
        (http_answer("", status=401), "token_refused", False),
        (http_answer("", status=403), "token_refused", False),
        (http_answer("", status=429), "token_unavailable", True),
        (http_answer("", status=503), "token_unavailable", True),
        (http_answer("<html>"), "token_missing", True),
        (http_answer('{"access_token": ""}'), "token_missing", True),
        (http_answer('{"access_token": 7}'), "token_missing", True),
        (http_answer('{"access_token": "a\\nb"}'), "token_missing", True),
        (http_answer("[]"), "token_missing", True),
    ],
)
async def test_no_token_means_no_delivery(
    bench: Any, answer: bytes, code: str, retry: bool
) -> None:
    (outcome,) = await bench.deliver(settings(), answer)
    assert isinstance(outcome, Failed)
    assert (outcome.code, outcome.retry) == (code, retry)
    assert len(bench.receiver.requests) == 1
    assert len(bench.attempt.exchanges) == 1


async def test_tokens_and_secrets_are_never_on_record(bench: Any) -> None:
    server = TokenServer('"refresh_token": "r3fresh", "expires_in": 3600')
    await bench.deliver(settings(client_auth="body"), server, an_outgoing(), an_outgoing())
    assert len(bench.attempt.exchanges) == 3
    shown = "".join(e.request + e.response for e in bench.attempt.exchanges)
    assert "POST" in shown
    assert "echo " in shown
    for secret in ("t0ken-1", "r3fresh", "s3cret"):
        assert secret not in shown


async def test_a_basic_proof_is_sent_and_not_shown(bench: Any) -> None:
    auth = {"type": "basic", "username": "ada", "password": "pässword"}
    await bench.deliver({"auth": auth}, lambda r: http_answer(b"echo " + r.raw))
    (request,) = bench.receiver.requests
    proof = request.headers["authorization"].removeprefix("Basic ")
    assert b64decode(proof).decode() == "ada:pässword"
    (exchange,) = bench.attempt.exchanges
    assert proof not in exchange.request + exchange.response


@pytest.mark.parametrize(
    ("prefix", "sent"), [("Bearer", "Bearer t"), ("Token", "Token t"), ("", "t")]
)
async def test_a_fixed_token_follows_its_prefix(bench: Any, prefix: str, sent: str) -> None:
    await bench.deliver({"auth": {"type": "bearer", "token": "t", "prefix": prefix}}, http_answer())
    assert bench.receiver.requests[0].headers["authorization"] == sent
