"""Patterns: found, captured, capped, refused with the words of RE2."""

import pytest

from leadexec.criteria import TEXT_CAP, CriteriaError, compile_pattern


def test_a_pattern_is_searched_matched_whole_and_captures() -> None:
    pattern = compile_pattern(r'"price": ?(\d+)')
    assert pattern.search('{"price": 12}')
    assert not pattern.search("{}")
    assert not pattern.fullmatch('{"price": 12}')
    assert pattern.find('{"price": 12}') == "12"
    assert compile_pattern("b+").find("abbc") == "bb"
    assert compile_pattern("a(x)?").find("a") is None
    assert compile_pattern("é.", ignore_case=True).find("É😀") == "É😀"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("(a", "missing \\)"),
        (r"(a)\1", "invalid escape sequence"),
        ("(?<=a)b", "invalid perl operator"),
        ("a{1001}", "invalid repetition size"),
        ("((a{100}){100}){100}", "invalid repetition size"),
        ("(?:" * 999, "1000|missing|nest"),
        ("x" * 1_001, "1000 characters"),
        ("", "empty"),
        ("\ud800", "no text"),
    ],
)
def test_a_refused_pattern_says_why(text: str, said: str) -> None:
    with pytest.raises(CriteriaError, match=said):
        compile_pattern(text)


def test_a_pattern_looks_at_the_beginning_of_a_long_text_only() -> None:
    pattern = compile_pattern("b")
    assert pattern.search("a" * (TEXT_CAP - 1) + "b")
    assert not pattern.search("a" * TEXT_CAP + "b")


def test_a_text_with_half_a_character_is_searched_all_the_same() -> None:
    assert compile_pattern("b").search("\ud800b")
