"""Whatever is sent, the answer is a well-formed PostResponse, and the post is kept."""

import json
from collections.abc import Iterable
from typing import Any
from urllib.parse import quote
from xml.etree import ElementTree as ET

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

NAMES = [
    "PostID",
    "isValidPost",
    "ResponseType",
    "ResponseDetail",
    "ResponseDetails",
    "LeadIdentifier",
    "VendorAccountAssigned",
    "PendingQCReview",
    "Price",
    "RedirectURL",
]
KNOWN = [
    "VID",
    "vid",
    "LID",
    "AID",
    "Password",
    "OrderID",
    "returnurl",
    "source",
    "leads",
    "fields",
]
TYPES = [
    "",
    "application/json",
    "application/xml",
    "text/plain; charset=latin-1",
    "application/x-www-form-urlencoded",
    "multipart/form-data; boundary=b",
    "application/pdf",
]
PATHS = [
    "/processor/insert/general",
    "/processor/insert/general/json/async",
    "/processor/insert/general/xml/async",
    "/processor/insert/AutoRedirect",
    "/v2/insert/general",
]
COMMON = settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
values = st.sampled_from(["7", "3", "12", "", "0", "x", "http://a.example/"]) | st.text(max_size=8)
pairs = st.lists(st.tuples(st.sampled_from(KNOWN) | st.text(max_size=5), values), max_size=6)
trees = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from([*KNOWN, "properties", "noSell", "tags"]) | st.text(max_size=4),
            inner,
            max_size=5,
        )
    ),
    max_leaves=12,
)


def query_of(parts: Iterable[tuple[str, str]]) -> str:
    return "&".join(f"{_quoted(name)}={_quoted(value)}" for name, value in parts)


def _quoted(text: str) -> str:
    return quote(text.encode("utf-8", "replace"))


@st.composite
def bodies(draw: st.DrawFn) -> bytes:
    match draw(st.sampled_from(["bytes", "form", "json", "xml"])):
        case "form":
            return query_of(draw(pairs)).encode()
        case "json":
            return json.dumps(draw(trees)).encode()
        case "xml":
            inside = "".join(
                f"<{name}>{_quoted(value)}</{name}>" for name, value in draw(pairs) if name in KNOWN
            )
            return draw(st.sampled_from([f"<a>{inside}</a>", f"<leads>{inside}", inside])).encode()
        case _:
            return draw(st.binary(max_size=40))


def responses_of(response: Any) -> list[dict[str, Any]]:
    if response.headers["content-type"].startswith("application/json"):
        decoded = response.json()
        found: list[dict[str, Any]] = decoded.get("leads", [decoded])
        return found
    root = ET.fromstring(response.content)
    elements = [root] if root.tag == "PostResponse" else list(root)
    assert {one.tag for one in elements} == {"PostResponse"}
    return [{child.tag: child.text or "" for child in one} for one in elements]


@pytest.mark.parametrize("path", PATHS)
@COMMON
@given(
    method=st.sampled_from(["GET", "POST"]),
    query=pairs.map(query_of) | st.binary(max_size=20).map(quote) | st.just("VID=7&LID=3&AID=12"),
    posted=st.tuples(st.sampled_from(TYPES), bodies()),
)
def test_any_request_is_answered(
    house: Any, path: str, method: str, query: str, posted: tuple[str, bytes]
) -> None:
    house.intake.received.clear()
    house.intake.refused.clear()
    sent = "POST" if path.startswith("/v2") else method
    content_type, body = posted
    headers = {"Content-Type": content_type} if content_type else {}
    response = house.client.request(sent, f"{path}?{query}", content=body, headers=headers)

    assert response.status_code == 200
    answers = responses_of(response)
    assert answers
    assert all(list(answer) == NAMES for answer in answers)
    assert len(house.intake.received) + len(house.intake.refused) == 1
    valid = {str(answer["isValidPost"]).lower() for answer in answers}
    assert valid == ({"true"} if house.intake.received else {"false"})


@COMMON
@given(source=trees, leads=trees, extra=trees)
def test_any_source_and_leads_are_answered(house: Any, source: Any, leads: Any, extra: Any) -> None:
    body = {"source": source, "leads": leads, "extra": extra}
    response = house.client.post("/v2/insert/general?VID=7&LID=3", content=json.dumps(body))

    assert response.status_code == 200
    assert all(list(answer) == NAMES for answer in responses_of(response))


@COMMON
@given(fields=st.dictionaries(st.text(max_size=6), values, max_size=5))
def test_fields_arrive_as_they_were_posted(house: Any, fields: dict[str, str]) -> None:
    house.intake.received.clear()
    body = {"source": {"vid": 7, "lid": 3}, "leads": [{"fields": fields}]}
    sent = json.dumps(body, ensure_ascii=False).encode("utf-8", "replace")
    house.client.post("/v2/insert/general", content=sent)

    if "\0" not in "".join([*fields, *fields.values()]):
        assert house.lead().fields == json.loads(sent)["leads"][0]["fields"]
