from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from leadexec_validate_dnc.numbers import number_in, ranges_of, read_number, show_number

from leadexec import InvalidValueError

AMERICAN = st.from_regex(r"[2-9][0-9]{2}[2-9][0-9]{6}", fullmatch=True)
FOREIGN = st.from_regex(r"[2-9][0-9]{6,14}", fullmatch=True)
STORED = AMERICAN.map(lambda ten: int("1" + ten)) | FOREIGN.map(int)
SPELLINGS = (
    "{0}{1}{2}",
    "1{0}{1}{2}",
    "+1{0}{1}{2}",
    "({0}) {1}-{2}",
    "1-{0}-{1}-{2}",
    "+1 {0}.{1}.{2}",
    "001 {0} {1} {2}",
    "0111{0}{1}{2}",
    " tel:+1-{0}-{1}-{2} ",
    "{0}/{1} {2} ext. 12",
    "{0}{1}{2}x7",
    "{0}{1}{2}.0",
    "{0}\u2011{1}\u2013{2}\u00a0",
)


@given(AMERICAN, st.sampled_from(SPELLINGS))
def test_ten_digits_are_the_same_number_in_every_spelling(ten: str, spelling: str) -> None:
    written = spelling.format(ten[:3], ten[3:6], ten[6:])
    assert read_number(written) == int("1" + ten)
    assert show_number(read_number(written)) == ten


@given(FOREIGN, st.sampled_from(["+{}", "00{}", "011{}", " + {} "]))
def test_a_number_of_another_country_is_its_digits(digits: str, spelling: str) -> None:
    assert read_number(spelling.format(digits)) == int(digits)


@given(STORED)
def test_a_shown_number_is_read_as_the_same(number: int) -> None:
    assert read_number(show_number(number)) == number


def test_ten_digits_are_american_and_with_a_plus_they_are_not() -> None:
    assert read_number("4512345678".replace("1", "6", 1)) == 14562345678
    assert read_number("+4512345678") == 4512345678


def test_eleven_digits_or_more_need_no_plus() -> None:
    assert read_number("442071234567") == 442071234567


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "empty"),
        ("   ", "empty"),
        ("nobody", "not_a_number"),
        ("2.125550123E9", "not_a_number"),
        ("212555012\u0663", "not_a_number"),
        ("2125550123 9175550199x", "not_a_number"),
        ("2" * 61, "not_a_number"),
        ("+", "not_a_number"),
        ("555-0123", "wrong_length"),
        ("+1 212 555 012", "wrong_length"),
        ("1" * 16, "wrong_length"),
        ("+123456", "wrong_length"),
        ("+" + "2" * 16, "wrong_length"),
        ("+212555", "wrong_length"),
        ("1125550123", "no_such_number"),
        ("2121550123", "no_such_number"),
        ("+0123456789", "no_such_number"),
    ],
)
def test_what_is_no_number_is_refused_without_repeating_it(text: str, code: str) -> None:
    with pytest.raises(InvalidValueError) as caught:
        read_number(text)
    assert caught.value.code == code
    assert not text.strip() or text.strip() not in caught.value.message


@given(st.text(max_size=80))
def test_any_text_is_a_number_or_refused(text: str) -> None:
    try:
        number = read_number(text)
    except InvalidValueError:
        return
    assert 10**6 <= number < 10**15


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("(212) 555-0123", 12125550123),
        (2125550123, 12125550123),
        (Decimal("2125550123.00"), 12125550123),
        (Decimal("1E+1000000"), None),
        (Decimal("NaN"), None),
        (Decimal("-Infinity"), None),
        (10**500, None),
        (-2125550123, None),
        (True, None),
        (None, None),
        (["2125550123"], None),
        ("none", None),
    ],
)
def test_the_number_in_a_field_is_found_whatever_its_kind(value: Any, expected: int | None) -> None:
    assert number_in(value) == expected


@given(STORED, st.integers(1, 15))
def test_a_search_finds_exactly_what_begins_with_it(number: int, length: int) -> None:
    shown = show_number(number)
    beginning = shown[: length + shown.startswith("+")]
    found = list(ranges_of(beginning))
    assert any(low <= number < high for low, high in found)
    for low, high in found:
        assert show_number(low).startswith(beginning)
        assert show_number(high - 1).startswith(beginning)


@pytest.mark.parametrize("beginning", ["", "abc", "0", "+0", "+" + "3" * 16, "5" * 20])
def test_what_no_number_begins_with_cannot_be_searched(beginning: str) -> None:
    with pytest.raises(InvalidValueError):
        list(ranges_of(beginning))
