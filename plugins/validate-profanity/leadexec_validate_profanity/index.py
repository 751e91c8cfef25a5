"""Looking up entries among the words of a text, in time proportional to their length."""

import functools
import itertools
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final

from msgspec import Struct

from leadexec_validate_profanity.entries import Entry
from leadexec_validate_profanity.leetspeak import BARRIER

_SHORTEST: Final = 4
"""Letters of the shortest entry that is found spelled out or with hidden letters."""
_LONGEST_HIDDEN: Final = 16
"""Letters of the longest entry that is found with hidden letters."""
_STRETCHED = re.compile(r"(.)\1+")

Runs = tuple[int, ...]
"""How often each letter of a word stands in a row: ``(1, 3, 1, 1)`` for ``fuuuck``."""


class _Shape(Struct, kw_only=True, frozen=True):
    """An entry as it is compared: a text may have more of a letter in a row, never fewer."""

    entry: Entry
    thin: tuple[str, ...]
    """Its words with one letter for each run."""
    runs: tuple[Runs, ...]


class Index:
    """Entries by the ways in which they are looked up."""

    def __init__(self, entries: Iterable[Entry]) -> None:
        """Compile ``entries``."""
        shapes = [_shape(entry) for entry in entries]
        single = [s for s in shapes if len(s.thin) == 1 and sum(s.runs[0]) >= _SHORTEST]
        self._by_first = _by_first_word(shapes)
        self._spelled = _by_first_word(single)
        self._lengths = sorted({len(thin) for thin in self._spelled})
        self._hidden = {hidden: s.entry for s in single for hidden in _hidings(s.entry.words[0])}

    def find(self, words: Sequence[str]) -> Entry | None:
        """Return an entry that stands in ``words`` as whole words, spelled out or hidden."""
        thin = _thin(" ".join(words)).split(" ")
        if not self._by_first.keys().isdisjoint(thin):
            for place, word in enumerate(thin):
                for shape in self._by_first.get(word, ()):
                    if _stands_at(shape, place, thin, words):
                        return shape.entry
        if not self._hidden.keys().isdisjoint(words):
            return next(self._hidden[word] for word in words if word in self._hidden)
        return next(self._spelled_out(words), None)

    def _spelled_out(self, words: Sequence[str]) -> Iterator[Entry]:
        for letters in _letters_one_by_one(words):
            thin, runs = _thin(letters), _runs(letters)
            for start, length in itertools.product(range(len(thin)), self._lengths):
                for shape in self._spelled.get(thin[start : start + length], ()):
                    if _at_least(runs[start : start + length], shape.runs[0]):
                        yield shape.entry


@functools.lru_cache(maxsize=32)
def index_of(entries: tuple[Entry, ...]) -> Index:
    """Return the index of ``entries``; campaigns with the same settings share one."""
    return Index(entries)


def _shape(entry: Entry) -> _Shape:
    runs = tuple(_runs(word) for word in entry.words)
    return _Shape(entry=entry, thin=tuple(map(_thin, entry.words)), runs=runs)


def _by_first_word(shapes: Iterable[_Shape]) -> Mapping[str, Sequence[_Shape]]:
    found: dict[str, list[_Shape]] = {}
    for shape in shapes:
        found.setdefault(shape.thin[0], []).append(shape)
    return found


def _stands_at(shape: _Shape, place: int, thin: Sequence[str], words: Sequence[str]) -> bool:
    end = place + len(shape.thin)
    if len(shape.thin) > 1 and tuple(thin[place:end]) != shape.thin:
        return False
    return all(map(_at_least, map(_runs, words[place:end]), shape.runs))


def _at_least(runs: Runs, wanted: Runs) -> bool:
    return len(runs) == len(wanted) and all(map(int.__ge__, runs, wanted))


def _thin(text: str) -> str:
    return _STRETCHED.sub(r"\1", text)


@functools.lru_cache(maxsize=256)
def _runs(word: str) -> Runs:
    return tuple(sum(1 for _ in run) for _, run in itertools.groupby(word))


def _hidings(word: str) -> Iterator[str]:
    """Yield ``word`` with each row of its inner letters hidden; its ends stay in sight."""
    if len(word) <= _LONGEST_HIDDEN:
        for start, end in itertools.combinations(range(1, len(word)), 2):
            yield word[:start] + "*" * (end - start) + word[end:]


def _letters_one_by_one(words: Sequence[str]) -> Iterator[str]:
    """Yield the letters of each long enough row of words of one letter (``f.u.c.k``)."""
    for single, row in itertools.groupby(words, lambda word: len(word) == 1 and word != BARRIER):
        if single and len(letters := "".join(row)) >= _SHORTEST:
            yield letters
