from urllib.parse import parse_qsl, urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadexec.http.formats.errors import CODES, FormatError
from leadexec.http.formats.form import read_form

values = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=20)
names = values.filter(bool)
pairs = st.lists(st.tuples(names, values), max_size=8)


def code_of(body: bytes, charset: str = "") -> str:
    """Return the code that ``body`` is refused with; empty when it is read."""
    try:
        read_form(body, charset)
    except FormatError as error:
        return error.code
    return ""


@given(pairs)
def test_what_is_written_as_a_form_is_read_back(written: list[tuple[str, str]]) -> None:
    assert read_form(urlencode(written).encode()) == written


@given(st.lists(st.tuples(st.just("a"), st.text("aé€Ž =+&%;", max_size=9)), max_size=4))
def test_windows_1252_is_read_where_it_is_named(written: list[tuple[str, str]]) -> None:
    body = urlencode(written, encoding="cp1252").encode()

    assert read_form(body, "ISO-8859-1") == read_form(body, "windows-1252") == written


@given(st.text("ab=&+;%41%C3%A9 é\n", max_size=40).map(str.encode))
def test_a_valid_body_is_read_as_the_standard_library_reads_it(body: bytes) -> None:
    code = code_of(body)

    assert code in ("", "malformed_form", "invalid_utf8")
    if not code:
        assert read_form(body) == parse_qsl(body.decode(), keep_blank_values=True)


@given(st.binary(max_size=60) | st.lists(st.sampled_from(list(b"a=&+%4e")), max_size=30).map(bytes))
def test_any_bytes_are_read_or_refused_with_a_code(body: bytes) -> None:
    assert {code_of(body, charset) for charset in ("", "latin-1", "utf-7")} <= {"", *CODES}


def test_pairs_keep_their_order_and_names_may_come_again() -> None:
    read = read_form(b"b=1&a=2&b=&&c&d=x=y&e=a%2Bb+c;f")

    assert read == [
        ("b", "1"),
        ("a", "2"),
        ("b", ""),
        ("c", ""),
        ("d", "x=y"),
        ("e", "a+b c;f"),
    ]


def test_an_empty_body_holds_no_pairs() -> None:
    assert read_form(b"") == []


def test_bytes_that_are_not_escaped_stand_for_themselves() -> None:
    assert read_form("name=José".encode()) == [("name", "José")]


@pytest.mark.parametrize(
    ("body", "code", "path"),
    [
        (b"a=1&rate=100%&b=2", "malformed_form", "rate"),
        (b"a=1&rate=%4", "malformed_form", "rate"),
        (b"a=1&%zz=1", "malformed_form", "%zz"),
        (b"a=%u00e9", "malformed_form", "a"),
        (b"a=1&=2", "malformed_form", ""),
        (b"a=1&b=x%00y", "nul_in_text", "b"),
        (b"a=1&b=x\x00y", "nul_in_text", "b"),
        (b"a\x00=1", "nul_in_text", "a\x00"),
        (b"name=Jos%E9", "invalid_utf8", "name"),
        (b"name=Jos\xe9", "invalid_utf8", "name"),
        (b"name=%ED%A0%80", "invalid_utf8", "name"),
        (b"name=%C0%80", "invalid_utf8", "name"),
        (b"%FF=1", "invalid_utf8", "a field's name"),
        (b'{"campaign": 12, "fields": {}}', "malformed_form", ""),
        (b'\n [{"campaign": 12}]', "malformed_form", ""),
        (b"<lead/>", "malformed_form", ""),
    ],
)
def test_what_is_no_form_is_refused_with_its_place(body: bytes, code: str, path: str) -> None:
    with pytest.raises(FormatError) as refused:
        read_form(body)

    assert (refused.value.code, refused.value.path) == (code, path)


def test_a_charset_is_never_guessed() -> None:
    assert code_of(b"a=+AGEAYg-", "utf-7") == "unsupported_charset"
    assert code_of(b"a=1", "utf-16") == "unsupported_charset"
    assert code_of(b"a=%81", "windows-1252") == "undecodable_text"


def test_a_thousand_fields_are_read_and_one_more_is_refused() -> None:
    assert len(read_form(b"&".join(b"f%d=x" % n for n in range(1_000)))) == 1_000
    assert code_of(b"&".join(b"f%d=x" % n for n in range(1_001))) == "too_many_fields"


def test_a_flood_is_refused_before_any_of_it_is_read() -> None:
    assert code_of(b"%zz=\x00&" * 10_000) == "too_many_fields"


def test_a_mebibyte_is_read() -> None:
    size = 1 << 20

    assert read_form(b"a=" + b"+" * size) == [("a", " " * size)]
    assert read_form(b"a=" + b"%3D" * (size // 3)) == [("a", "=" * (size // 3))]


def test_a_name_without_end_is_cut_in_the_message() -> None:
    with pytest.raises(FormatError) as refused:
        read_form(b"a" * 100_000 + b"=%zz")

    assert len(str(refused.value)) < 400
    assert len(refused.value.path) < 110
