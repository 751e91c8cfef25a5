"""The lists of words that come with the plugin, and the entries they are made of."""

import enum
import functools
from collections.abc import Iterator, Sequence
from importlib.resources import files

import msgspec

from leadexec_validate_profanity.folding import fold


class Language(enum.StrEnum):
    """The languages there is a list for."""

    EN = "en"
    ES = "es"
    FR = "fr"
    DE = "de"
    IT = "it"
    PT = "pt"


class Entry(msgspec.Struct, kw_only=True, frozen=True):
    """One word or phrase that is not accepted."""

    name: str
    """Which one it is, without saying it: ``en-12``, ``own-3``."""
    words: tuple[str, ...]
    """Folded; at least one, none of them empty."""


class _File(msgspec.Struct, kw_only=True, frozen=True):
    note: str
    entries: tuple[str, ...]


@functools.cache
def listed(language: Language) -> tuple[Entry, ...]:
    """Return the entries of the list of ``language``, in the order of its file."""
    return tuple(entries(str(language), _read(str(language))))


@functools.cache
def mistaken() -> tuple[str, ...]:
    """Return the words that the lists would catch by mistake: ``Shiite``, ``Twatt``."""
    return _read("mistaken")


def entries(prefix: str, phrases: Sequence[str]) -> Iterator[Entry]:
    """Yield an entry for each phrase; one without letters is passed over, its number stays free.

    Args:
        prefix: What the names begin with.
        phrases: As somebody wrote them.
    """
    for number, phrase in enumerate(phrases, 1):
        if words := words_of(phrase):
            yield Entry(name=f"{prefix}-{number}", words=words)


def _read(name: str) -> tuple[str, ...]:
    source = files("leadexec_validate_profanity") / "lists" / f"{name}.json"
    return msgspec.json.decode(source.read_bytes(), type=_File).entries


def words_of(phrase: str) -> tuple[str, ...]:
    """Return the folded words of ``phrase``: their letters, without digits and symbols."""
    return tuple(letters_of(fold(phrase)).split())


def letters_of(folded: str) -> str:
    """Return a folded text with a blank for everything that is no letter."""
    return folded.translate(_NO_LETTERS)


_NO_LETTERS = dict.fromkeys(map(ord, "0123456789@$!|+€*#"), " ")
