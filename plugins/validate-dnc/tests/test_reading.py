import pytest
from hypothesis import given
from hypothesis import strategies as st
from leadexec_validate_dnc.lines import LONGEST, LineReader
from leadexec_validate_dnc.reading import LISTED_FAULTS, NumberReader

from leadexec import ConfigurationError

LINES = b"2125550101\n\n(212) 555-0102\nnonsense\n+442071234567\n212-555-0101\n"
TABLE = (
    '\ufeff"Last name";Phone ;note\r\n'
    'Byron;2125550101;"first;\r\nsecond ""line"""\r\n'
    ";;\r\n"
    "Lovelace;12;\r\n"
    '"O""Hara";(212) 555-0102;5" pipe\r\n'
    "short\r\n"
    "King;+4512345678;"
).encode()


def read(data: bytes, column: str = "", size: int = 0) -> NumberReader:
    """Return what a reader has after ``data`` in pieces of ``size`` (0: all at once)."""
    reader = NumberReader(column)
    for start in range(0, len(data), size or len(data) or 1):
        reader.feed(data[start : start + (size or len(data))])
    reader.feed(b"", last=True)
    return reader


def faults(reader: NumberReader) -> list[tuple[int, str]]:
    return [(fault.row, fault.code) for fault in reader.faults]


def test_each_line_is_a_number() -> None:
    reader = read(LINES)
    assert list(reader.take()) == [12125550101, 12125550102, 442071234567]
    assert (reader.rows, reader.invalid) == (5, 1)
    assert faults(reader) == [(4, "not_a_number")]


def test_a_line_may_be_quoted_or_end_in_a_comma() -> None:
    assert list(read(b'"2125550101"\n2125550102,\n\'2125550103\n').take()) == [
        12125550101,
        12125550102,
        12125550103,
    ]


def test_the_column_of_a_table_is_found_by_its_name() -> None:
    reader = read(TABLE, "PHONE")
    assert list(reader.take()) == [4512345678, 12125550101, 12125550102]
    assert (reader.rows, reader.invalid) == (5, 2)
    assert faults(reader) == [(4, "wrong_length"), (6, "empty")]


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_the_delimiter_is_found_by_the_column(delimiter: str) -> None:
    table = f"a{delimiter}phone{delimiter}b\n1{delimiter}2125550101{delimiter}2\n"
    assert list(read(table.encode(), "phone").take()) == [12125550101]


@given(st.integers(1, 40))
def test_it_does_not_matter_where_a_block_ends(size: int) -> None:
    for data, column in ((LINES, ""), (TABLE, "phone"), (LINES.replace(b"\n", b"\r"), "")):
        whole, pieces = read(data, column), read(data, column, size)
        assert faults(pieces) == faults(whole)
        assert (pieces.rows, pieces.take()) == (whole.rows, whole.take())


@given(st.binary(max_size=300), st.integers(1, 50), st.sampled_from(["", "a"]))
def test_any_bytes_are_read_to_their_end_or_lack_the_column(
    data: bytes, size: int, column: str
) -> None:
    try:
        reader = read(data, column, size)
    except ConfigurationError:
        return  # another test says when
    assert reader.invalid == len(reader.faults) <= reader.rows


def test_a_column_that_is_not_there_is_refused_with_those_that_are() -> None:
    with pytest.raises(ConfigurationError, match="'Last name', 'Phone', 'note'"):
        read(TABLE, "fax")


def test_an_empty_file_has_no_rows() -> None:
    assert [read(b"", column).rows for column in ("", "phone")] == [0, 0]


def test_only_the_first_faults_are_listed_and_all_are_counted() -> None:
    reader = read(b"x\n" * (LISTED_FAULTS + 5))
    assert (len(reader.faults), reader.invalid) == (LISTED_FAULTS, LISTED_FAULTS + 5)


def test_a_line_without_an_end_is_cut_and_what_follows_is_read() -> None:
    reader = read(b"7" * (3 * LONGEST) + b"\n2125550101\n", size=1000)
    assert list(reader.take()) == [12125550101]
    assert faults(reader) == [(1, "not_a_number")]


def test_a_quote_that_is_never_closed_does_not_hold_the_file() -> None:
    table = b'phone,x\n2125550101,"open\n' + b"2125550102,y\n" * (LONGEST // 10)
    reader = read(table, "phone", size=5000)
    assert 12125550101 in reader.take()
    assert reader.rows > 1


def test_what_is_no_utf8_is_a_fault_of_its_row() -> None:
    assert faults(read(b"2125550101\n\xff\xfe\n")) == [(2, "not_a_number")]


def test_lines_end_as_on_any_system() -> None:
    assert LineReader().feed(b"a\rb\r\nc\nd", last=True) == ["a", "b", "c", "d"]
