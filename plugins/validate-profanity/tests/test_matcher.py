"""What is found in a text and what is not: examples, laws, and texts made to take long."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st
from leadexec_validate_profanity.entries import Entry, Language, entries, listed, mistaken
from leadexec_validate_profanity.matcher import Matcher

ENGLISH = Matcher(listed(Language.EN), mistaken())
EVERYTHING = Matcher([entry for language in Language for entry in listed(language)], mistaken())
INVISIBLE = "\u200b\u200c\u200d\u2060\ufeff\u00ad\u034f\u0301\u0336\ufe0f\u3164\u20dd\x00"
ALL = sorted({" ".join(e.words) for language in Language for e in listed(language)})


@pytest.mark.parametrize(
    "text",
    [
        "shit",
        "SHIT!!!",
        "(shit)",
        "bull-shit, really: shit.",
        "s.h.i.t",
        "s h i t h a p p e n s",
        "shiiiit",
        "sshhiitt",
        "shît",
        "s\u200bh\u00adi\u2060t",
        "ｓｈｉｔ",  # noqa: RUF001  full width
        "𝓼𝓱𝓲𝓽",  # noqa: RUF001  mathematical
        "🅂🄷🄸🅃",
        "🅢🅗🅘🅣",
        "🇸🇭🇮🇹",
        "ꜱʜɪᴛ",
        "shіt",  # noqa: RUF001  a Cyrillic letter
        "sh'it",
        "sh´it",  # noqa: RUF001
        "shit_happens",
        "https://example.test/shit?x=1",
        "shit@example.test",
        "son\nof-a  BITCH",
        "Sonofabitch",
    ],
)
def test_it_is_found_however_it_is_written(text: str) -> None:
    assert ENGLISH.find(text) is not None


@pytest.mark.parametrize(
    "text",
    [
        "sh1t",
        "5hit",
        "$hit",
        "sh!t",
        "sh!t!",
        "bu11sh1t",
        "sh1+",
        "bullsh!+",
        "shi7",
        "a$$h0|e",
        "a55hole",
        "b1tch69",
        "b1tch@example.test",
        "s**t",
        "sh*t",
        "s#!t",
        "son of a b1tch",
    ],
)
def test_digits_and_symbols_are_read_as_letters_if_that_is_wanted(text: str) -> None:
    assert ENGLISH.find(text) is not None
    assert Matcher(listed(Language.EN), leetspeak=False).find(text) is None


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Scunthorpe",
        "Penistone, South Yorkshire",
        "Sussex and Essex",
        "Dick Cheney, Ford Escort, Mrs Butt, Mr Cox, Gay Street",
        "Hancock Assessment & Title, Massachusetts",
        "Shitara Fukuda",
        "the Shiite community of Twatt, Orkney",
        "shiitake",
        "I passed the class",
        "455 A55 Road, Unit 5417",
        "2125550123",
        "S***t",
        "m@ssmail@example.test",
        "a s h",
        "fu ck",
        "日本語のテキスト",
        "\ud800",
    ],
)
def test_what_only_looks_like_it_passes(text: str) -> None:
    assert ENGLISH.find(text) is None


@pytest.mark.parametrize("text", ["Scheiße", "SCHEISSE", "scheisse", "arschlöcher", "Arschlocher"])
def test_accents_and_sharp_s_make_no_difference(text: str) -> None:
    assert Matcher(listed(Language.DE)).find(text) is not None


def test_the_entry_that_is_found_is_named_by_its_place() -> None:
    own = Matcher(entries("own", ["lousy", "rip off"]))
    assert own.find("what a RIP-OFF") == Entry(name="own-2", words=("rip", "off"))


def test_an_entry_is_not_found_with_fewer_of_a_letter_in_a_row() -> None:
    own = Matcher(entries("own", ["boob"]))
    assert own.find("bob") is None
    assert own.find("booob") is not None


def test_an_allowed_phrase_protects_its_words_only_where_they_stand_together() -> None:
    own = Matcher(entries("own", ["dick"]), ["Dick Van Dyke", "Moby Dick"])
    assert own.find("Moby-Dick with DICK VAN DYKE") is None
    assert own.find("Dick Van") is not None


def test_an_allowed_word_written_with_digits_passes() -> None:
    own = Matcher(entries("own", ["ass"]), ["A55"])
    assert own.find("on the A55 road") is None
    assert own.find("a5s") is not None
    assert own.find("ass") is not None


def test_an_allowed_phrase_may_hold_words_with_digits() -> None:
    matcher = Matcher(listed(Language.EN), ["A55 Shit Road"])
    assert matcher.find("12 a55 shit road") is None
    assert matcher.find("shit road") is not None
    assert matcher.find("a shit road") is not None


def test_nothing_is_found_across_an_allowed_word() -> None:
    own = Matcher(entries("own", ["eat dirt"]), ["pray"])
    assert own.find("eat pray dirt") is None


@pytest.mark.parametrize("language", list(Language))
def test_every_entry_of_a_list_is_found_as_it_stands_and_once(language: Language) -> None:
    matcher = Matcher(listed(language), mistaken())
    for entry in listed(language):
        assert matcher.find(" ".join(entry.words)) is not None
    words = [entry.words for entry in listed(language)]
    assert len(set(words)) == len(words)


# What stands around a word, without the letters, digits and signs that could be part of one.
around = st.text(alphabet=" .,;:?/\n-_()[]\"'&%=", max_size=8)
profane = st.sampled_from(ALL)


@given(profane, st.data(), around, around)
def test_case_never_turns_a_hit_into_a_pass(
    text: str, data: st.DataObject, before: str, after: str
) -> None:
    raised = [c.upper() if data.draw(st.booleans()) else c for c in text]
    assert EVERYTHING.find(f"{before} {''.join(raised)} {after}") is not None


@given(st.text(), profane)
def test_the_case_of_letters_never_matters(text: str, word: str) -> None:
    def swapped(c: str) -> str:
        # One letter for one letter: "ŉ" in upper case is two, another text.
        return c.swapcase() if c.isalpha() and len(c.swapcase()) == 1 else c

    whole = f"{text} {word}"
    assert EVERYTHING.find(whole) is not None
    assert EVERYTHING.find("".join(map(swapped, whole))) is not None


@given(profane, st.data())
def test_what_is_invisible_never_turns_a_hit_into_a_pass(text: str, data: st.DataObject) -> None:
    hidden = st.text(alphabet=INVISIBLE, max_size=3)
    assert EVERYTHING.find("".join(c + data.draw(hidden) for c in text)) is not None


@given(profane, st.data())
def test_repeated_letters_never_turn_a_hit_into_a_pass(text: str, data: st.DataObject) -> None:
    stretched = "".join(c * data.draw(st.integers(1, 4)) for c in text)
    assert Matcher(EVERYTHING_ENTRIES).find(stretched) is not None


@given(profane, st.sampled_from(["NFC", "NFD", "NFKC", "NFKD"]))
def test_the_unicode_form_makes_no_difference(text: str, form: str) -> None:
    wide = "".join(chr(ord(c) + 0xFEE0) if "a" <= c <= "z" else c for c in text)
    normal = unicodedata.normalize(form, wide)  # type: ignore[arg-type]
    assert EVERYTHING.find(normal) is not None


@given(st.lists(profane | st.text(alphabet="abcdefgß ", min_size=1), max_size=5), st.data())
def test_allowed_words_never_hit(allowed: list[str], data: st.DataObject) -> None:
    matcher = Matcher(EVERYTHING_ENTRIES, allowed)
    words = data.draw(st.lists(st.sampled_from(allowed), max_size=6)) if allowed else []
    told = [word.upper() if data.draw(st.booleans()) else word for word in words]
    assert matcher.find(data.draw(st.sampled_from([" ", ", ", "-", "\n"])).join(told)) is None


@given(st.text())
def test_more_allowed_words_never_make_more_hits(text: str) -> None:
    if EVERYTHING.find(text) is None:
        assert Matcher(EVERYTHING_ENTRIES, [*mistaken(), "hit", text]).find(text) is None


@given(st.text(alphabet="fuckshitab1!*@ .\u0301"))
def test_any_text_is_read_the_same_way_twice(text: str) -> None:
    assert EVERYTHING.find(text) == EVERYTHING.find(text)


EVERYTHING_ENTRIES = tuple(entry for language in Language for entry in listed(language))


@pytest.mark.parametrize(
    "piece",
    [
        "a decent word ",
        "a",
        "a ",
        "a b ",
        "a.b.c.",
        "\u0300\u0316",  # sorted by normalisation, in quadratic time
        "\u05b0\u064b\u0316",
        "a1b2 ",
        "f**x ",
        "!|+",
        "1",
        "\ufdfa",  # one character that stands for eighteen
        "fu",
        "son of a ",
        "\u200b",
        "\ud800",
    ],
)
def test_a_long_text_of_any_kind_is_looked_through(piece: str) -> None:
    text = piece * (100_000 // len(piece))
    assert EVERYTHING.find(text) is None
    assert EVERYTHING.find(f"{text} shit") is not None
