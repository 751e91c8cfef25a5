"""Searches that are refused when they are saved, and those that could hang if they were not."""

from decimal import Decimal
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from leadexec_delivery_webhook.json_path import JsonPath
from leadexec_delivery_webhook.price import leading_price, read_price
from leadexec_delivery_webhook.xpath import XPath, parse_xml

from leadexec import ConfigurationError


def code_of(make: Any, path: str) -> str:
    with pytest.raises(ConfigurationError) as caught:
        make(path)
    return caught.value.faults[0].code


@pytest.mark.parametrize(
    ("path", "code"),
    [
        ("", "bad_json_path"),
        ("status", "bad_json_path"),
        ("$.", "bad_json_path"),
        ("$[?nosuch(@)]", "bad_json_path"),
        ("$[?" + "(" * 400 + "]", "bad_json_path"),
        ("$..a..b", "costly_json_path"),
        ("$[?count($.*) > 1]", "costly_json_path"),
        ("$[?@..a]", "costly_json_path"),
        ("$[?@.a[?@.b]]", "costly_json_path"),
        ("$[?!(@.x && @.a[?@.b])]", "costly_json_path"),
        ("$" + "[*,*]" * 5, "costly_json_path"),
        ("$[?search(@.a, @.b)]", "costly_json_path"),
        ("$[?search(@.a, '(?=x)')]", "refused_pattern"),
    ],
)
def test_json_paths_that_are_wrong_or_could_hang_are_refused(path: str, code: str) -> None:
    assert code_of(JsonPath, path) == code


@pytest.mark.parametrize(
    ("path", "found"),
    [
        ("$.a.b", [1]),
        ("$['list'][-1].n", [2]),
        ("$..n", [1, 2]),
        ("$.list[?@.n > 1].t", ["two"]),
        ("$.list[?match(@.t, 't.o')].n", [2]),
        ("$.list[?search(@.t, 'n')].n", [1]),
        ("$.list[?@.t == $.wanted].n", [1]),
        ("$.list[?length(@.t) == 3 && !@.x].n", [1, 2]),
        ("$.missing", []),
    ],
)
def test_json_paths_find_what_rfc_9535_says(path: str, found: list[Any]) -> None:
    document = {
        "a": {"b": 1},
        "list": [{"n": 1, "t": "one"}, {"n": 2, "t": "two"}],
        "wanted": "one",
    }
    assert JsonPath(path).find(document) == found


def test_a_pattern_in_a_filter_does_not_backtrack() -> None:
    text = "a" * 9_000 + "!"
    assert JsonPath("$[?match(@.t, '(a|aa)+')].n").find([{"t": text, "n": 1}]) == []


def test_a_document_nested_too_deeply_holds_nothing() -> None:
    document: Any = 1
    for _ in range(500):
        document = {"a": document}
    assert JsonPath("$..b").find(document) == []


@pytest.mark.parametrize(
    ("path", "code"),
    [
        ("", "bad_xpath"),
        ("/a[", "bad_xpath"),
        ("/ns:a/b", "bad_xpath"),
        ("$name", "bad_xpath"),
        ("document('file:///etc/passwd')", "bad_xpath"),
        ("re:test(., 'a')", "bad_xpath"),
        ("//a//b", "costly_xpath"),
        ("/a[.//b]", "costly_xpath"),
        ("/a[/b]", "costly_xpath"),
        ("/a[b = /c]", "costly_xpath"),
        ("/a[count(/c) > 1]", "costly_xpath"),
        ("/a[../b]", "costly_xpath"),
        ("/a/descendant::b/descendant::c", "costly_xpath"),
        ("/a/ancestor::b", "costly_xpath"),
        ("/a/following-sibling::b", "costly_xpath"),
    ],
)
def test_xpaths_that_are_wrong_or_could_hang_are_refused(path: str, code: str) -> None:
    assert code_of(XPath, path) == code


@pytest.mark.parametrize(
    ("path", "found"),
    [
        ("/r/a", ["one", "two"]),
        ("/r/a[2]", ["two"]),
        ("//a[@k='2']", ["two"]),
        ("//a[normalize-space(.) = 'one' and @k]/@k", ["1"]),
        ("/r/child::a[contains(., '//') or starts-with(., 't')]", ["two"]),
        ("count(/r/a)", ["2"]),
        ("string(/r/a)", ["one"]),
        ("/r/a = 'two'", ["true"]),
        ("/r/a = 'three'", []),
        ("number(/r/none)", []),
        ("//none", []),
    ],
)
def test_xpaths_find_texts(path: str, found: list[str]) -> None:
    document = parse_xml(b'<r><a k="1"> one </a><a k="2">two</a></r>')
    assert [text.strip() for text in XPath(path).find(document)] == found


LAUGHS = "".join(f'<!ENTITY e{n + 1} "{f"&e{n};" * 10}">' for n in range(9))


@pytest.mark.parametrize(
    "declared",
    ['<!ENTITY x SYSTEM "file:///etc/hostname">', '<!ENTITY x "accepted">', LAUGHS],
)
def test_a_document_that_declares_entities_is_none(declared: str) -> None:
    content = f'<!DOCTYPE r [<!ENTITY e0 "x">{declared}]><r><a>&x;&e9;</a></r>'
    assert parse_xml(content.encode()) is None


def test_a_document_type_without_entities_does_no_harm() -> None:
    document = parse_xml(b'<!DOCTYPE r SYSTEM "http://192.0.2.1/r.dtd"><r><a>1</a></r>')
    assert XPath("/r/a").find(document) == ["1"]


@pytest.mark.parametrize("content", [b"", b"OK", b"<a>", b"{}", b"<html><br></html>", b"\x00" * 50])
def test_what_is_no_xml_is_none(content: bytes) -> None:
    assert parse_xml(content) is None


def test_an_answer_too_long_for_xml_is_none() -> None:
    assert parse_xml(b"<a>" + b" " * 300_000 + b"</a>") is None


@given(st.decimals(0, 999_999, places=2))
def test_a_price_reads_the_same_however_it_is_written(price: Decimal) -> None:
    for written in (f"{price}", f"${price:,}", f"{price} USD", f"EUR {price:,}"):
        assert read_price(written) == price
        assert read_price(leading_price(f"{written}&x=1") or written) == price


@given(st.text(max_size=30))
def test_reading_a_price_never_fails_and_never_finds_a_negative_one(text: str) -> None:
    price = read_price(text)
    assert price is None or price >= 0


@given(st.recursive(st.none() | st.booleans() | st.integers() | st.text(), st.lists))
def test_json_paths_never_fail_on_any_document(document: Any) -> None:
    decoded = msgspec.json.decode(msgspec.json.encode(document))
    for path in ("$..*", "$[0][1:]", "$[?@ > 1]", "$[?length(@) == 1]"):
        assert isinstance(JsonPath(path).find(decoded), list)
