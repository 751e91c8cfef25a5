"""Whatever is sent is answered, and kept unless it is asked about."""

import json
from collections.abc import Callable
from typing import Any

import anyio
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

TYPES = st.sampled_from(
    [
        "application/json",
        "application/x-www-form-urlencoded",
        "application/x-www-form-urlencoded; charset=latin-1",
        "application/xml",
        "",
        "text/plain",
    ]
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["campaign", "fields", "test", "vid", "a"]), inner)
    ),
    max_leaves=8,
)
BODIES = st.one_of(
    st.binary(max_size=60),
    JSON.map(lambda value: json.dumps(value).encode()),
    st.builds(
        lambda tail: b"AID=12&" + tail,
        st.text(alphabet="a=&%2[]+;AIDé", max_size=20).map(str.encode),
    ),
)
QUERIES = st.sampled_from(["", "?AID=12", "?format=form", "?format=x", "?a=%zz", "?&&=", "?test=2"])


@settings(max_examples=300, deadline=None, suppress_health_check=list(HealthCheck))
@given(content_type=TYPES, body=BODIES, query=QUERIES, method=st.sampled_from(["POST", "GET"]))
def test_any_request_is_answered_and_kept(
    house: Any, content_type: str, body: bytes, query: str, method: str
) -> None:
    house.quotes.asked.clear()
    house.intake.refused.clear()
    headers = {"Content-Type": content_type} if content_type else {}
    answer = house.client.request(method, f"/ping/leads{query}", content=body, headers=headers)

    assert answer.status_code in (200, 400, 401, 405, 415, 422)
    assert len(house.quotes.asked) + len(house.intake.refused) == 1
    assert bool(house.quotes.asked) == (answer.status_code == 200)
    for kept in house.intake.refused:
        assert kept.post.body == body


def test_a_sender_that_hangs_up_is_nobody_to_answer(open_house: Callable[..., Any]) -> None:
    house = open_house()
    sent: list[Any] = []

    async def receive() -> Any:
        return {"type": "http.disconnect"}

    async def send(message: Any) -> None:
        sent.append(message)

    async def run() -> None:
        scope = {
            "type": "http",
            "method": "POST",
            "path": "/ping/leads",
            "raw_path": b"/ping/leads",
            "query_string": b"",
            "headers": [],
            "client": None,
            "server": ("test", 80),
            "scheme": "http",
            "root_path": "",
            "http_version": "1.1",
            "app": house.client.app,
            "state": {},
        }
        await house.client.app(scope, receive, send)

    anyio.run(run)
    assert house.intake.refused == []
    assert house.quotes.asked == []
