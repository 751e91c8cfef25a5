"""Whatever is thrown at the receiver: never a fault of ours, always kept word for word."""

import json
from collections.abc import Sequence
from typing import Any
from urllib.parse import parse_qsl, urlencode
from xml.etree import ElementTree

from anyio.from_thread import BlockingPortal
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.intake.writing import BOUNDARY, TYPES
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
BESIDE = st.sampled_from(["AID", "campaign", "VID", "LID", "test", "password", "idempotency_key"])
INSIDE = st.sampled_from(["State", "Phone[]", "fields[State]", "fields[", "FirstName", "fields"])
NAMES = BESIDE | INSIDE | st.sampled_from(["lead", "leads", "field", ""]) | st.text(max_size=8)
WORDS = st.sampled_from(["1", "CA", "true", "%", "&amp;", "&x;", "<b>", "]]>", ""]) | st.text()
PAIRS = st.lists(st.tuples(NAMES, WORDS), max_size=5)
FORM_BODIES = PAIRS.map(lambda pairs: urlencode(pairs, errors="replace").encode())


def as_parts(pairs: Sequence[tuple[str, str]]) -> bytes:
    head = '--{}\r\nContent-Disposition: form-data; name="{}"\r\n\r\n{}\r\n'
    parts = "".join(head.format(BOUNDARY, name, value) for name, value in pairs)
    return f"{parts}--{BOUNDARY}--\r\n".encode(errors="replace")


def as_elements(pairs: Sequence[tuple[str, str]]) -> bytes:
    """Write XML, or what looks like it."""
    inner = "".join(f"<{name}>{value}</{name}>" for name, value in pairs)
    return f"<lead><campaign>1</campaign>{inner}</lead>".encode(errors="replace")


def marred(bodies: st.SearchStrategy[bytes]) -> st.SearchStrategy[bytes]:
    """Return ``bodies`` as they are, and with something put in anywhere."""
    inserted = st.binary(max_size=3) | st.sampled_from(
        [b"<!DOCTYPE a>", b"&a;", b"<![CDATA[", b"%"]
    )
    return bodies | st.tuples(bodies, st.integers(0, 300), inserted).map(
        lambda parts: parts[0][: parts[1]] + parts[2] + parts[0][parts[1] :]
    )


BODIES_OF = {
    TYPES["json"]: st.binary(max_size=200) | marred(WELL_FORMED),
    TYPES["form"]: st.binary(max_size=200) | marred(FORM_BODIES),
    TYPES["multipart"]: marred(PAIRS.map(as_parts)),
    TYPES["xml"]: marred(PAIRS.map(as_elements)),
    "application/vnd.leads+xml; charset=windows-1252": marred(PAIRS.map(as_elements)),
    "": st.just(b""),
}
POSTS = st.sampled_from(sorted(BODIES_OF)).flatmap(
    lambda kind: st.tuples(st.just(kind.encode()), BODIES_OF[kind])
)
QUERIES = st.binary(max_size=20) | FORM_BODIES | st.sampled_from([b"format=xml", b"FORMAT=form"])
HEADERS = st.lists(
    st.tuples(
        st.sampled_from(
            [b"content-type", b"idempotency-key", b"authorization", b"content-length", b"accept"]
        ),
        st.binary(max_size=30)
        | st.sampled_from([b"application/json", b"text/xml;q=0.5", b"Bearer x", b"7"]),
    ),
    max_size=3,
)


def test_no_request_is_answered_with_a_fault_of_ours_and_every_one_is_kept(
    portal: BlockingPortal, portal_world: World
) -> None:
    portal.call(portal_world.campaign)

    @settings(max_examples=250, deadline=None, suppress_health_check=list(HealthCheck))
    @given(
        post=POSTS,
        headers=HEADERS,
        query=QUERIES,
        method=st.sampled_from(["POST", "POST", "GET"]) | st.text(max_size=12),
    )
    def check(
        post: tuple[bytes, bytes], headers: list[tuple[bytes, bytes]], query: bytes, method: str
    ) -> None:
        portal.call(post_and_look, portal_world, post, headers, query, method)

    check()


async def post_and_look(
    world: World,
    post: tuple[bytes, bytes],
    headers: list[tuple[bytes, bytes]],
    query: bytes,
    method: str,
) -> None:
    before = {row["uid"] for row in await world.rows("requests")}
    kind, body = post
    others = [header for header in headers if not kind or header[0] != b"content-type"]
    scope = {
        "type": "http",
        "method": method,
        "path": "/receiver/leads",
        "query_string": query,
        "headers": [*others, *([(b"content-type", kind)] if kind else [])],
        "client": ("192.0.2.1", 1),
    }
    sent: list[Any] = []

    async def receive() -> Any:
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(message: Any) -> None:
        sent.append(message)

    await world.app.asgi(scope, receive, send)

    status, answered = sent[0]["status"], sent[1]["body"]
    assert 200 <= status < 500, answered
    said = read(dict(sent[0]["headers"])[b"content-type"], answered)
    kept = [row for row in await world.rows("requests") if row["uid"] not in before]
    assert [row["body"] for row in kept] == [body]
    assert status == 200 or "code" in said


def read(kind: bytes, answered: bytes) -> Any:
    """Return an answer, which must be what its content type says, as something with names."""
    if kind.endswith(b"json"):
        return json.loads(answered)
    if kind.endswith(b"xml"):
        return [element.tag.rpartition("}")[2] for element in ElementTree.fromstring(answered)]
    assert kind.decode() == TYPES["form"]
    return dict(parse_qsl(answered.decode(), keep_blank_values=True, strict_parsing=True))
