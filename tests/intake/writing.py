"""One lead written in each form that senders may choose, and what they are answered (``RC1``)."""

import json
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple
from urllib.parse import parse_qsl, urlencode
from xml.etree import ElementTree
from xml.sax.saxutils import escape

import httpx

from leadexec.model.access import Scope
from tests.system.world import RECEIVER, World

FORMS = ("json", "xml", "form", "multipart", "query")
BOUNDARY = "leadexec-test-boundary"
TYPES = {
    "json": "application/json",
    "xml": "application/xml",
    "form": "application/x-www-form-urlencoded",
    "multipart": f"multipart/form-data; boundary={BOUNDARY}",
    "query": "",
}
Values = Mapping[str, str | Sequence[str]]
"""Name → text, or several texts."""


class Written(NamedTuple):
    """A request, ready to be sent."""

    method: str
    query: str
    content_type: str
    body: bytes


def written(form: str, beside: Mapping[str, Any], fields: Values) -> Written:
    """Return the lead as a sender of that form writes it.

    Args:
        form: One of ``FORMS``.
        beside: What stands beside the fields: ``AID``, ``VID``, ``LID``, ``password`` …
        fields: The lead's.
    """
    pairs = [*_pairs(beside), *_pairs(fields)]
    if form == "query":
        return Written("GET", urlencode(pairs), "", b"")
    bodies = {
        "json": lambda: _as_json(beside, fields),
        "xml": lambda: xml_lead(beside, fields).encode(),
        "form": lambda: urlencode(pairs).encode(),
        "multipart": lambda: parts_of(pairs),
    }
    return Written("POST", "", TYPES[form], bodies[form]())


def _as_json(beside: Mapping[str, Any], fields: Values) -> bytes:
    plain = {"campaign" if n == "AID" else n.lower(): value for n, value in beside.items()}
    return json.dumps({**plain, "fields": fields}).encode()


def xml_lead(beside: Mapping[str, Any], fields: Values) -> str:
    """Return the lead as an element."""
    outer = "".join(_element(name, value) for name, value in _pairs(beside))
    inner = "".join(_element(name, value) for name, value in _pairs(fields))
    return f"<lead>{outer}<fields>{inner}</fields></lead>"


def parts_of(pairs: Sequence[tuple[str, str]]) -> bytes:
    """Return the body of a multipart form whose boundary is ``BOUNDARY``."""
    head = 'Content-Disposition: form-data; name="{}"\r\n\r\n{}\r\n'
    parts = "".join(f"--{BOUNDARY}\r\n" + head.format(name, value) for name, value in pairs)
    return f"{parts}--{BOUNDARY}--\r\n".encode()


async def send(world: World, made: Written, **headers: str) -> httpx.Response:
    """Send what was written; ``headers`` are written with underscores."""
    given = {name.replace("_", "-"): value for name, value in headers.items()}
    if made.content_type:
        given["content-type"] = made.content_type
    url = f"{RECEIVER}?{made.query}" if made.query else RECEIVER
    return await world.client.request(made.method, url, content=made.body, headers=given)


def told(answer: httpx.Response) -> dict[str, str]:
    """Return what an answer in any form says: the path of each value → its text.

    Paths are those of form text: ``code``, ``reasons[0][field]``.
    """
    kind = answer.headers["content-type"].partition(";")[0]
    if kind.endswith("json"):
        return dict(_flat("", answer.json()))
    if kind.endswith("xml"):
        return dict(_flat_xml("", ElementTree.fromstring(answer.content)))
    assert kind == TYPES["form"], kind
    pairs = parse_qsl(answer.text, keep_blank_values=True, strict_parsing=True)
    return dict(pairs)


async def data_api(world: World) -> Callable[..., Awaitable[Any]]:
    """Return a function that reads a path of the Data API with a query: ``read("leads", …)``."""
    headers = {"authorization": f"Bearer {await world.token(Scope.DATA_API)}"}

    async def read(path: str, **query: Any) -> Any:
        answer = await world.client.get(f"/data/v1/{path}", params=query, headers=headers)
        assert answer.status_code == 200, answer.text
        return answer.json()

    return read


async def shown_posts(world: World, **where: Any) -> list[dict[str, Any]]:
    """Return the posts that the Data API shows, oldest first."""
    read = await data_api(world)
    page = await read("requests", limit=1000, **where)
    return list(reversed(page["items"]))


def _pairs(values: Mapping[str, Any]) -> list[tuple[str, str]]:
    return [
        (name, _word(item))
        for name, value in values.items()
        for item in (value if isinstance(value, list | tuple) else [value])
    ]


def _word(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _element(name: str, value: str) -> str:
    return f"<{name}>{escape(value)}</{name}>"


def _flat(path: str, value: Any) -> Iterator[tuple[str, str]]:
    if isinstance(value, dict):
        for name, item in value.items():
            yield from _flat(f"{path}[{name}]" if path else name, item)
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from _flat(f"{path}[{index}]", item)
    elif value is not None:
        yield path, _word(value)


def _flat_xml(path: str, element: ElementTree.Element) -> Iterator[tuple[str, str]]:
    """Yield the leaves; a child that is called like an item of a list is one."""
    if not len(element):
        yield path, element.text or ""
    for index, child in enumerate(element):
        name = child.tag.rpartition("}")[2]
        step = str(index) if name in ("answer", "reason", "delivery", "i") else name
        yield from _flat_xml(f"{path}[{step}]" if path or step.isdigit() else step, child)
