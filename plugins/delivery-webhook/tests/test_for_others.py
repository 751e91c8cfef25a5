"""What other plugins that send requests and read answers use of the webhook."""

from typing import Any

import pytest
from leadexec_delivery_webhook import (
    Document,
    Finder,
    JsonPathSearch,
    PatternSearch,
    TextSearch,
    XPathSearch,
    compile_search,
    noted,
)

from leadexec import ConfigurationError, Fault
from leadexec.testing import FakeAnswer


def document(body: str) -> Document:
    answer = FakeAnswer(status=200, headers={}, body=body.encode(), truncated=False)
    return Document(answer, "", ())


def by_text(text: str) -> Finder:
    return compile_search(TextSearch(text=text))


@pytest.mark.parametrize(
    ("search", "body", "found"),
    [
        (TextSearch(text="id="), "id=1&id=2&id=1&id=", ("1", "2")),
        (TextSearch(text='"id":'), '{"id": "a", "x": {"id": null}}', ("a", "null")),
        (PatternSearch(pattern="id=([0-9])"), "id=1&id=2", ("1",)),
        (JsonPathSearch(path="$..id"), '[{"id": 1}, {"id": "1"}, {"id": null}]', ("1",)),
        (JsonPathSearch(path="$..id"), '[{"id": 1}, {"id": 2}]', ("1", "2")),
        (XPathSearch(path="//id"), "<r><id>1</id><id> 2 </id><id/></r>", ("1", "2")),
        (JsonPathSearch(path="$.id"), "no json", ()),
    ],
)
def test_all_values_that_are_found_are_returned_once(
    search: Any, body: str, found: tuple[str, ...]
) -> None:
    assert compile_search(search).values(document(body)) == found


def test_prices_behind_a_text_are_found_whole() -> None:
    found = by_text("price").prices(document('price=$1,234.50; "price": 12,50 price:'))
    assert found == ("$1,234.50", "12,50")


@pytest.mark.parametrize(
    ("text", "body", "contradicted"),
    [
        ("status=accepted", "status=accepted status=declined", True),
        ("status=accepted", "status=accepted substatus=declined status= accepted", False),
        ('"status": "ok"', '{"status": "ok", "old": {"status":"no"}}', True),
        ("<status>ok", "<status>ok</status>", False),
        ("accepted", "accepted: no", False),
    ],
)
def test_a_label_before_two_values_contradicts_itself(
    text: str, body: str, contradicted: bool
) -> None:
    found = by_text(text)
    assert found.accepts(document(body))
    assert found.contradicted(document(body)) is contradicted


@pytest.mark.parametrize(
    ("body", "torn"),
    [
        ('{"a": 1, "b": {"ok": true, "ok": false}}', "ok"),
        ('"{\\"ok\\": true, \\"ok\\": 0}"', "ok"),
        ('{"a": 1, "a": 1, "b": [{"a": 2}]}', ""),
        ("[" * 100_000, ""),
        ("no json", ""),
    ],
)
def test_a_name_with_two_values_in_one_object_is_seen(body: str, torn: str) -> None:
    assert document(body).torn == torn


def test_faults_of_several_parts_are_collected_under_their_paths() -> None:
    faults: list[Fault] = []
    with noted(faults, "ping"):
        raise ConfigurationError.single("bad_url", "url", "No.")
    with noted(faults, "ping"):
        raise ConfigurationError.single("bad", "", "No.")
    with noted(faults):
        raise ConfigurationError.single("bad_url", "url", "No.")
    assert [fault.path for fault in faults] == ["ping.url", "ping", "url"]
