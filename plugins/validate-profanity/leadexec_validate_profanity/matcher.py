"""Telling whether a text holds one of the entries that are not accepted."""

from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from typing import Final

from leadexec_validate_profanity.entries import Entry, letters_of
from leadexec_validate_profanity.folding import fold
from leadexec_validate_profanity.index import index_of
from leadexec_validate_profanity.leetspeak import BARRIER, decodings, is_coded

SHORT: Final = 48
"""Characters of a text that is remembered: cities and purposes come again and again."""
REMEMBERED: Final = 2_048


class Matcher:
    """Looks for entries as whole words, whatever their case, accents and stretched letters."""

    def __init__(
        self, entries: Iterable[Entry], allowed: Iterable[str] = (), *, leetspeak: bool = True
    ) -> None:
        """Compile.

        Args:
            entries: What is looked for.
            allowed: Words and phrases that are never found, nor any part of them.
            leetspeak: Read digits and symbols as letters, stars as hidden letters.
        """
        self._index = index_of(tuple(entries))
        self._remembered = lru_cache(REMEMBERED)(self._found)
        self._leetspeak = leetspeak
        folded = [fold(text) for text in allowed]
        self._coded = {word for text in folded for word in text.split() if is_coded(word)}
        phrases = (tuple(letters_of(self._guarded(text)).split()) for text in folded)
        self._allowed = {phrase for phrase in phrases if phrase}
        self._lengths: dict[str, list[int]] = {}
        """First word → how many words the allowed phrases have, the longest first."""
        for length, first in sorted({(len(p), p[0]) for p in self._allowed}, reverse=True):
            self._lengths.setdefault(first, []).append(length)

    def find(self, text: str) -> Entry | None:
        """Return an entry found in ``text``, or None; linear in the length of ``text``."""
        return self._found(text) if len(text) > SHORT else self._remembered(text)

    def _found(self, text: str) -> Entry | None:
        for words in self._readings(text):
            kept = self._without_allowed(words) if self._lengths else words
            if (found := self._index.find(kept)) is not None:
                return found
        return None

    def _readings(self, text: str) -> Iterator[Sequence[str]]:
        folded = self._guarded(fold(text))
        yield letters_of(folded).split()
        if self._leetspeak:
            yield from decodings(folded)

    def _guarded(self, folded: str) -> str:
        """Return a folded text without the words with digits and symbols that are allowed."""
        if self._coded.isdisjoint(words := folded.split()):
            return folded
        return " ".join(BARRIER if word in self._coded else word for word in words)

    def _without_allowed(self, words: Sequence[str]) -> Sequence[str]:
        kept: list[str] = []
        place = 0
        while place < len(words):
            length = self._allowed_at(words, place)
            kept.append(BARRIER if length else words[place])
            place += length or 1
        return kept

    def _allowed_at(self, words: Sequence[str], place: int) -> int:
        """Return how many words the longest allowed phrase at ``place`` has; 0 without one."""
        for length in self._lengths.get(words[place], ()):
            if tuple(words[place : place + length]) in self._allowed:
                return length
        return 0
