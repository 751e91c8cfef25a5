"""Digest authentication: the examples of RFC 7616, and a server that checks every answer."""

import hashlib
import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from leadexec_delivery_webhook.digest import Challenge, authorization, strongest
from leadexec_delivery_webhook.request import Call

from leadexec import Accepted, Failed
from leadexec.testing import an_outgoing
from leadexec.testing.http_receiver import ReceivedRequest, http_answer

anyio = pytest.mark.anyio
SETTINGS = {"auth": {"type": "digest", "username": "Mufasa", "password": "Circle of Life"}}


def fields_of(header: str) -> dict[str, str]:
    found = re.findall(r'([a-z*]+)=(?:"([^"]*)"|([^\s,]+))', header.removeprefix("Digest "))
    return {name: quoted or bare for name, quoted, bare in found}


@pytest.mark.parametrize(
    ("algorithm", "response"),
    [
        ("MD5", "8ca523f5e9506fed4657c9700eebdbec"),
        ("SHA-256", "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1"),
    ],
)
def test_the_examples_of_rfc_7616_come_out_as_printed(algorithm: str, response: str) -> None:
    header = authorization(
        Challenge(
            realm="http-auth@example.org",
            nonce="7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v",
            opaque="FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS",
            algorithm=algorithm,
            qop="auth",
        ),
        username="Mufasa",
        password="Circle of Life",
        call=Call(method="GET", url="http://www.example.org/dir/index.html", headers={}),
        cnonce="f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ",
        count=1,
    )
    fields = fields_of(header)
    assert fields["response"] == response
    assert (fields["uri"], fields["nc"], fields["qop"]) == ("/dir/index.html", "00000001", "auth")
    assert fields["opaque"] == "FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS"
    assert fields["algorithm"] == algorithm


class DigestServer:
    """Checks Digest answers by its own reckoning, as RFC 7616 tells a server to."""

    def __init__(self, algorithm: str = "MD5", qop: str = "auth", password: str = "") -> None:
        self.algorithm = algorithm
        self.qop = qop
        self.password = password or "Circle of Life"
        self.nonce = 1
        self.extra = ""
        self.answer_headers: dict[str, str] = {}
        self.counts: list[tuple[str, str]] = []
        self.sessions: dict[str, str] = {}

    def hash(self, text: bytes) -> str:
        name = "sha256" if self.algorithm.startswith("SHA-256") else "md5"
        return hashlib.new(name, text).hexdigest()

    def __call__(self, request: ReceivedRequest) -> bytes:
        header = request.headers.get("authorization", "")
        fields = fields_of(header)
        if header and fields["nonce"] != f"n{self.nonce}":
            return self.challenge("stale=true, ")
        if header and fields["response"] == self.expected(request, fields):
            self.counts.append((fields["nonce"], fields.get("nc", "")))
            return http_answer("OK", headers=self.answer_headers)
        return self.challenge("")

    def challenge(self, stale: str) -> bytes:
        qop = f'qop="{self.qop}", ' if self.qop else ""
        challenge = (
            f'Negotiate, Digest {stale}realm="a \\"b\\", c", {qop}nonce="n{self.nonce}", '
            f'opaque="", algorithm={self.algorithm}{self.extra}, Basic realm="x"'
        )
        return http_answer("no", status=401, headers={"WWW-Authenticate": challenge})

    def expected(self, request: ReceivedRequest, fields: dict[str, str]) -> str:
        secret = self.hash(f'Mufasa:a "b", c:{self.password}'.encode())
        if self.algorithm.lower().endswith("-sess"):
            cnonce = self.sessions.setdefault(fields["nonce"], fields["cnonce"])
            secret = self.hash(f"{secret}:{fields['nonce']}:{cnonce}".encode())
        what = f"{request.method}:{request.target}"
        if fields.get("qop") == "auth-int":
            what += f":{self.hash(request.body)}"
        middle = fields["nonce"]
        if "qop" in fields:
            assert fields["qop"] in self.qop
            middle += f":{fields['nc']}:{fields['cnonce']}:{fields['qop']}"
        return self.hash(f"{secret}:{middle}:{self.hash(what.encode())}".encode())


@pytest.mark.parametrize("algorithm", ["MD5", "md5-sess", "SHA-256", "SHA-256-sess"])
@pytest.mark.parametrize("qop", ["auth", "auth-int", "auth,auth-int", ""])
@anyio
async def test_every_algorithm_and_protection_is_answered(
    bench: Any, algorithm: str, qop: str
) -> None:
    server = DigestServer(algorithm, qop)
    settings = {**SETTINGS, "url": "$URL/leads/{{State}}?mail={{Email}}"}
    outcomes = await bench.deliver(settings, server, an_outgoing(), an_outgoing())
    assert outcomes == [Accepted(), Accepted()]


@anyio
async def test_a_nonce_is_used_again_with_a_growing_count(bench: Any) -> None:
    server = DigestServer()
    await bench.deliver(SETTINGS, server, *[an_outgoing()] * 3)
    assert server.counts == [("n1", "00000001"), ("n1", "00000002"), ("n1", "00000003")]
    assert len(bench.receiver.requests) == 4


@anyio
async def test_a_stale_nonce_is_replaced_without_a_failure(bench: Any) -> None:
    server = DigestServer()

    def script(request: ReceivedRequest) -> bytes:
        answer = server(request)
        if answer.startswith(b"HTTP/1.1 200"):
            server.nonce += 1
        return answer

    outcomes = await bench.deliver(SETTINGS, script, *[an_outgoing()] * 3)
    assert outcomes == [Accepted()] * 3
    assert [nonce for nonce, _ in server.counts] == ["n1", "n2", "n3"]
    assert {count for _, count in server.counts} == {"00000001"}


@anyio
async def test_the_nonce_announced_for_next_time_saves_a_challenge(bench: Any) -> None:
    server = DigestServer()

    def script(request: ReceivedRequest) -> bytes:
        server.answer_headers = {
            "Authentication-Info": f'nextnonce="n{server.nonce + 1}", qop=auth'
        }
        answer = server(request)
        if answer.startswith(b"HTTP/1.1 200"):
            server.nonce += 1
        return answer

    await bench.deliver(SETTINGS, script, *[an_outgoing()] * 3)
    assert len(bench.receiver.requests) == 4
    assert [nonce for nonce, _ in server.counts] == ["n1", "n2", "n3"]


@anyio
async def test_a_wrong_password_is_sent_once_and_is_a_failure(bench: Any) -> None:
    server = DigestServer(password="another")
    (outcome,) = await bench.deliver(SETTINGS, server)
    assert isinstance(outcome, Failed)
    assert (outcome.code, outcome.retry) == ("unauthorized", False)
    assert len(bench.receiver.requests) == 2
    assert len(bench.attempt.exchanges) == 2


@anyio
async def test_the_user_name_is_hashed_where_the_server_asks_for_it(bench: Any) -> None:
    server = DigestServer("SHA-256")
    server.extra = ", userhash=true"
    assert await bench.deliver(SETTINGS, server) == [Accepted()]
    header = bench.receiver.requests[-1].headers["authorization"]
    assert fields_of(header)["username"] == server.hash(b'Mufasa:a "b", c')
    assert "Mufasa" not in header


def test_a_user_name_outside_ascii_is_written_by_rfc_5987() -> None:
    header = authorization(
        Challenge(realm="r", nonce="n"),
        username="Jäsøn Doe",
        password="x",
        call=Call(method="GET", url="http://x.example", headers={}),
        cnonce="c",
        count=1,
    )
    assert "username*=UTF-8''J%C3%A4s%C3%B8n%20Doe" in header
    assert 'uri="/"' in header


@pytest.mark.parametrize(
    ("header", "found"),
    [
        ('Digest nonce="a", algorithm=MD5, Digest nonce="b", algorithm=SHA-256', "b"),
        ('Digest nonce="a", algorithm=SHA-256, Digest nonce="b"', "a"),
        ('Basic realm="Digest nonce=x", Digest realm="r,s", nonce="c"', "c"),
        ('Digest nonce="a", algorithm=SHA-512-256', None),
        ('Digest nonce="a", qop="token"', None),
        ("Digest realm=x", None),
        ("Negotiate", None),
        ("", None),
        ('Digest nonce="unfinished', None),
    ],
)
def test_the_strongest_challenge_that_we_know_is_taken(header: str, found: str | None) -> None:
    challenge = strongest(header)
    assert (challenge.nonce if challenge else None) == found


@given(st.text(alphabet='Digest nonce="a\\",= \t', max_size=60))
def test_no_header_breaks_the_reading_of_challenges(header: str) -> None:
    challenge = strongest(f"Digest {header}")
    assert challenge is None or challenge.nonce is not None
