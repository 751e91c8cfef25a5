import json
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadexec.http.strict_json import JsonError, decode_json

texts = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=12)
tricky = st.sampled_from(['":', '": "', " :", '\\":', '{"a":1}', "a:b", '"', "\n:", "[", "\\u0000"])
keys = st.one_of(texts, tricky, st.sampled_from(["a", "b", "A"]))
numbers = st.integers(-(10**30), 10**30) | st.decimals(
    allow_nan=False, allow_infinity=False, min_value=-(10**9), max_value=10**9, places=3
)
leaves = st.none() | st.booleans() | numbers | texts | tricky


def written(value: Any, draw: Any) -> str:
    """Return JSON text of a value in which pairs stand for objects, spaced and escaped anyhow."""
    space: str = draw(st.sampled_from(["", " ", "\n", "\t ", "\r\n"]))
    if isinstance(value, Pairs):
        inner = [f"{text_of(k, draw)}{space}:{written(v, draw)}" for k, v in value.items]
        return "{" + space + ("," + space).join(inner) + "}"
    if isinstance(value, list):
        return "[" + ",".join(written(item, draw) for item in value) + "]"
    if isinstance(value, str):
        return text_of(value, draw)
    return str(value if isinstance(value, Decimal) else json.dumps(value))


def text_of(text: str, draw: Any) -> str:
    """Return ``text`` as JSON, perhaps with everything beyond ASCII escaped."""
    escaped: bool = draw(st.booleans())
    return json.dumps(text, ensure_ascii=escaped)


class Pairs:
    """An object as written: keys may come twice."""

    def __init__(self, items: list[tuple[str, Any]]) -> None:
        self.items = items


values = st.recursive(
    leaves,
    lambda inner: (
        st.lists(inner, max_size=4) | st.lists(st.tuples(keys, inner), max_size=5).map(Pairs)
    ),
    max_leaves=20,
)


@st.composite
def bodies(draw: Any) -> bytes:
    return written(draw(values), draw).encode()


class Twice(Exception):
    """A key came twice."""


def unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    if len(dict(pairs)) != len(pairs):
        raise Twice
    return dict(pairs)


@given(bodies())
def test_it_reads_what_the_standard_library_reads_and_refuses_duplicate_keys(body: bytes) -> None:
    try:
        expected = json.loads(body, object_pairs_hook=unique, parse_float=Decimal)
    except Twice:
        with pytest.raises(JsonError) as refused:
            decode_json(body)
        assert refused.value.code == "duplicate_key"
    else:
        assert decode_json(body) == expected


@given(st.binary(max_size=40))
def test_any_bytes_are_read_or_refused_with_a_code(body: bytes) -> None:
    assert code_of(body) in {
        "",
        "malformed_json",
        "invalid_utf8",
        "number_out_of_range",
        "too_deep",
        "duplicate_key",
    }


def code_of(body: bytes) -> str:
    """Return the code that ``body`` is refused with; empty when it is read."""
    try:
        decode_json(body)
    except JsonError as error:
        return error.code
    return ""


@pytest.mark.parametrize(
    ("body", "code", "position"),
    [
        (b'{"a": 1, "a": 2}', "duplicate_key", None),
        (b'{"a": 1, "\\u0061" : 2}', "duplicate_key", None),
        (b'[{"x": {"a": 1, "a" \n: 2}}]', "duplicate_key", None),
        (b'{"url": "x:y", "a": ":", "b": 1, "b": 2}', "duplicate_key", None),
        (b'{"a": "\\u0000"}', "nul_in_text", 7),
        (b'{"a\\u0000": 1}', "nul_in_text", 3),
        (b'{"a": "\xff"}', "invalid_utf8", 7),
        (b'{"a": "\xed\xa0\x80"}', "invalid_utf8", 7),
        (b'{"a": "\\ud800"}', "malformed_json", None),
        (b"[NaN]", "malformed_json", 1),
        (b"[Infinity]", "malformed_json", 1),
        (b"[-Infinity]", "malformed_json", 2),
        (b'{"a": 1,}', "malformed_json", 8),
        (b"\xef\xbb\xbf{}", "malformed_json", 0),
        (b"", "malformed_json", None),
        (b"1e400", "number_out_of_range", None),
        (b"1e99999999999999999999", "number_out_of_range", None),
        (b"1." + b"1" * 200, "number_out_of_range", None),
        (b"1" * 5_000, "number_out_of_range", None),
        (b"[" * 33 + b"]" * 33, "too_deep", None),
        (b"[" * 100_000, "too_deep", None),
        (b'{"a":' * 33 + b"1" + b"}" * 33, "too_deep", None),
    ],
)
def test_what_could_be_misread_is_refused(body: bytes, code: str, position: int | None) -> None:
    with pytest.raises(JsonError) as refused:
        decode_json(body)

    assert (refused.value.code, refused.value.position) == (code, position)


def test_numbers_are_kept_exactly() -> None:
    decoded = decode_json(b"[0.1, 1.10, 12345678901234567890, 1E2, -0.0]")

    assert [str(number) for number in decoded] == [
        "0.1",
        "1.10",
        "12345678901234567890",
        "1E+2",
        "-0.0",
    ]
    assert [type(number) for number in decoded] == [Decimal, Decimal, int, Decimal, Decimal]


def test_thirty_two_levels_and_many_lists_side_by_side_are_fine() -> None:
    assert decode_json(b"[" * 32 + b"]" * 32)
    assert len(decode_json(b"[" + b"[]," * 500 + b"[]]")) == 501


def test_an_escaped_backslash_before_u0000_is_plain_text() -> None:
    assert decode_json(b'["\\\\u0000"]') == ["\\u0000"]
