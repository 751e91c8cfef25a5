"""Whatever is thrown at the receiver: never a fault of ours, always kept word for word."""

import json
from typing import Any

from anyio.from_thread import BlockingPortal
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.system.world import World

SCALARS = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.integers(2**63 - 2, 2**64 + 2)
    | st.floats()
    | st.text()
    | st.text('\0\ud800\udfff"\\{}[]:,é\u2028', max_size=8)
    | st.sampled_from(["1", "CA", "2135551234", "=1+1", "9" * 400])
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner),
    max_leaves=12,
)
GOOD = st.just({"State": "CA"})
FIELDS = GOOD | st.dictionaries(
    st.sampled_from(["FirstName", "state", "STATE", "Phone", "Amount"]) | st.text(), VALUES
)
LEADS = st.fixed_dictionaries(
    {},
    optional={
        "campaign": st.just(1) | st.sampled_from(["1", 1.0, True, 2**70]) | VALUES,
        "fields": FIELDS | VALUES,
        "test": st.booleans() | VALUES,
        "idempotency_key": st.text() | VALUES,
        "": VALUES,
    },
)
WELL_FORMED = (VALUES | LEADS | st.lists(LEADS, max_size=3)).map(
    lambda value: json.dumps(value).encode()
)
BODIES = (
    st.binary(max_size=200)
    | WELL_FORMED
    | st.tuples(WELL_FORMED, st.integers(0, 200), st.binary(max_size=3)).map(
        lambda parts: parts[0][: parts[1]] + parts[2] + parts[0][parts[1] :]
    )
)
HEADERS = st.lists(
    st.tuples(
        st.sampled_from([b"content-type", b"idempotency-key", b"authorization", b"content-length"]),
        st.binary(max_size=30) | st.sampled_from([b"application/json", b"Bearer x", b"7"]),
    ),
    max_size=3,
)


def test_no_request_is_answered_with_a_fault_of_ours_and_every_one_is_kept(
    portal: BlockingPortal, portal_world: World
) -> None:
    portal.call(portal_world.campaign)

    @settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
    @given(
        body=BODIES,
        headers=HEADERS,
        query=st.binary(max_size=20),
        method=st.just("POST") | st.text(max_size=12),
    )
    def check(body: bytes, headers: list[tuple[bytes, bytes]], query: bytes, method: str) -> None:
        portal.call(post_and_look, portal_world, body, headers, query, method)

    check()


async def post_and_look(
    world: World, body: bytes, headers: list[tuple[bytes, bytes]], query: bytes, method: str
) -> None:
    before = {row["uid"] for row in await world.rows("requests")}
    given_type = (
        []
        if any(n == b"content-type" for n, _ in headers)
        else [(b"content-type", b"application/json")]
    )
    scope = {
        "type": "http",
        "method": method,
        "path": "/receiver/leads",
        "query_string": query,
        "headers": [*headers, *given_type],
        "client": ("192.0.2.1", 1),
    }
    sent: list[Any] = []

    async def receive() -> Any:
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(message: Any) -> None:
        sent.append(message)

    await world.app.asgi(scope, receive, send)

    assert 200 <= sent[0]["status"] < 500, sent[1]["body"]
    answer = json.loads(sent[1]["body"])
    kept = [row for row in await world.rows("requests") if row["uid"] not in before]
    if sent[0]["status"] < 300 and not kept:  # an idempotency key that was used before
        assert any(name == b"idempotency-key" for name, _ in headers) or b"idempotency_key" in body
        return
    assert [row["body"] for row in kept] == [body]
    assert sent[0]["status"] < 300 or answer["code"]
