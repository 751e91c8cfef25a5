"""Searches in an answer: a text, a pattern, a JSON path, an XPath, compiled once."""

import re
from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Sequence
from html import unescape
from itertools import islice
from typing import Any, Final

import msgspec

from leadexec import compile_pattern
from leadexec_delivery_webhook.document import Document
from leadexec_delivery_webhook.json_path import JsonPath
from leadexec_delivery_webhook.price import leading_price
from leadexec_delivery_webhook.settings_search import (
    JsonPathSearch,
    PatternSearch,
    Search,
    TextSearch,
    XPathSearch,
)
from leadexec_delivery_webhook.xpath import XPath

ACCEPTING: Final = frozenset(("true", "1", "yes", "ok", "success", "successful", "accepted"))
"""Values that mean accepted where the settings name none."""
_MOST: Final = 2_000
"""Characters of a found value that are kept."""
_MOST_PLACES: Final = 100
"""How many places are looked at where a text occurs."""
_BEFORE_VALUE: Final = re.compile(r"\s*(?:[\"']?\s*[:=>])?\s*")
_SEPARATED: Final = re.compile(r"\s{0,9}[\"']?\s{0,9}[:=>]")
_LABEL: Final = re.compile(r"[:=>]\s*$")
_LABELLED: Final = re.compile(r"(.+?[:=>])\s*(\S.*)", re.DOTALL)
_QUOTED: Final = re.compile(r'"((?:[^"\\]|\\.)*)"|\'([^\']*)\'', re.DOTALL)
_BARE: Final = re.compile(r"[^\s\"'<>,;&|}\])]+")
_BARE_NUMBER: Final = re.compile(r"(?:[^\s\"'<>;&|}\])]|[ \u00a0'](?=[0-9]))+")
_LINK: Final = re.compile(r"https?://[^\s\"'<>|}\])]+", re.IGNORECASE)


class Finder(ABC):
    """A compiled search."""

    @abstractmethod
    def accepts(self, document: Document) -> bool:
        """Return whether ``document``, searched for the result, clearly accepts."""

    def contradicted(self, document: Document) -> bool:
        """Return whether ``document``, which accepts, says something else in another place.

        What ``accepts`` already sees to, as paths do, needs no second look.
        """
        return False

    @abstractmethod
    def value(self, document: Document) -> str | None:
        """Return the text that is found, trimmed, or None."""

    @abstractmethod
    def values(self, document: Document) -> Sequence[str]:
        """Return all texts that are found, each once: several of them disagree."""

    def price(self, document: Document) -> str | None:
        """Return the text that is found where a price is expected, or None."""
        return self.value(document)

    def prices(self, document: Document) -> Sequence[str]:
        """Return all texts that are found where prices are expected, each once."""
        return self.values(document)

    def reason(self, document: Document) -> str | None:
        """Return the text that is found where a reason is expected, or None."""
        return self.value(document)


def compile_search(search: Search) -> Finder:
    """Return the finder of ``search``.

    Raises:
        ConfigurationError: With paths inside ``search``.
    """
    match search:
        case TextSearch():
            return _TextFinder(search)
        case PatternSearch():
            return _PatternFinder(search)
        case JsonPathSearch():
            return _JsonFinder(search)
        case XPathSearch():
            return _XmlFinder(search)


class _TextFinder(Finder):
    """Accepts if the text occurs; its value is what stands behind the text."""

    def __init__(self, search: TextSearch) -> None:
        flags = re.IGNORECASE if search.ignore_case else 0
        # A literal: it cannot backtrack.
        self._text = re.compile(re.escape(search.text), flags)
        self._label, self._verdict = _label_and_value(search.text, flags)

    def accepts(self, document: Document) -> bool:
        return self._found(document.searchable(self._found)) is not None

    def contradicted(self, document: Document) -> bool:
        """Return whether the label of ``status=accepted`` stands before another value, too."""
        if self._label is None or self._verdict is None:
            return False
        text = document.searchable(self._found)
        return any(
            self._verdict.match(text, label.end()) is None for label in self._label.finditer(text)
        )

    def value(self, document: Document) -> str | None:
        rest = next(self._behind(document), None)
        return None if rest is None else _kept(_first_value(rest))

    def values(self, document: Document) -> Sequence[str]:
        return _each(_first_value(rest) for rest in self._behind(document))

    def price(self, document: Document) -> str | None:
        rest = next(self._behind(document), None)
        return None if rest is None else _kept(_price_in(rest))

    def prices(self, document: Document) -> Sequence[str]:
        return _each(_price_in(rest) for rest in self._behind(document))

    def reason(self, document: Document) -> str | None:
        """Return the value behind ``"reason":`` and the like, else the text itself if it occurs."""
        text = document.searchable(self._found)
        match = self._text.search(text)
        if match is None:
            return None
        labelled = _LABEL.search(match[0]) or _SEPARATED.match(text, match.end())
        return (self.value(document) if labelled else None) or _kept(match[0])

    def _found(self, text: str) -> str | None:
        match = self._text.search(text)
        return match[0] if match else None

    def _behind(self, document: Document) -> Iterator[str]:
        """Yield what stands behind the text, wherever it occurs."""
        text = document.searchable(self._found)
        for match in islice(self._text.finditer(text), _MOST_PLACES):
            rest = text[match.end() : match.end() + 2 * _MOST]
            yield rest[_end_of(_BEFORE_VALUE, rest) :]


class _PatternFinder(Finder):
    """Accepts if the pattern is found; its value is the first group, or all that was matched."""

    def __init__(self, search: PatternSearch) -> None:
        self._pattern = compile_pattern(search.pattern, ignore_case=search.ignore_case)

    def accepts(self, document: Document) -> bool:
        return self._pattern.search(document.searchable(self._pattern.find))

    def value(self, document: Document) -> str | None:
        return _kept(self._pattern.find(document.searchable(self._pattern.find)))

    def values(self, document: Document) -> Sequence[str]:
        """Return the first match: a pattern says by itself which one it means."""
        return _each((self.value(document),))


class _PathFinder(Finder):
    """What JSON paths and XPaths have in common: they find a list of texts."""

    def __init__(self, search: JsonPathSearch | XPathSearch) -> None:
        self._exists = search.exists
        expected = frozenset(value.strip().casefold() for value in search.equals)
        self._expected = expected or ACCEPTING

    @abstractmethod
    def found(self, document: Document) -> Sequence[str | None]:
        """Return the texts found; None for what is no text, an object or a list."""

    def accepts(self, document: Document) -> bool:
        found = self.found(document)
        if self._exists:
            return bool(found)
        # Several verdicts that disagree are no clear accept.
        return bool(found) and all(
            text is not None and text.strip().casefold() in self._expected for text in found
        )

    def value(self, document: Document) -> str | None:
        return next((kept for text in self.found(document) if (kept := _kept(text))), None)

    def values(self, document: Document) -> Sequence[str]:
        return _each(self.found(document))


class _JsonFinder(_PathFinder):
    def __init__(self, search: JsonPathSearch) -> None:
        super().__init__(search)
        self._path = JsonPath(search.path)

    def found(self, document: Document) -> Sequence[str | None]:
        decoded = document.json
        if decoded is msgspec.UNSET:
            return ()
        return _texts(self._path.find(decoded))


class _XmlFinder(_PathFinder):
    def __init__(self, search: XPathSearch) -> None:
        super().__init__(search)
        self._path = XPath(search.path)

    def found(self, document: Document) -> Sequence[str | None]:
        return () if document.xml is None else self._path.find(document.xml)


def _texts(values: Iterable[Any]) -> list[str | None]:
    return [_scalar(value) for value in values]


def _scalar(value: Any) -> str | None:
    match value:
        case bool():
            return "true" if value else "false"
        case str():
            return value
        case float() if value.is_integer() and abs(value) < 1e15:
            return str(int(value))
        case int() | float():
            return str(value)
        case _:
            return None


def _each(texts: Iterable[str | None]) -> Sequence[str]:
    return tuple(dict.fromkeys(kept for text in texts if (kept := _kept(text))))


def _label_and_value(
    text: str, flags: int
) -> tuple[re.Pattern[str] | None, re.Pattern[str] | None]:
    """Return what finds ``"status":`` and what its value must be, for ``"status": "success"``."""
    split = _LABELLED.fullmatch(text)
    if split is None:
        return None, None
    start = r"(?<![\w-])" if split[1][:1].isalnum() else ""
    label = re.compile(start + re.escape(split[1].rstrip()), flags)
    return label, re.compile(r"\s*" + re.escape(split[2]), flags)


def _price_in(rest: str) -> str | None:
    # A number that is no clear price is kept whole, so that no part of it passes for one.
    return leading_price(rest) or _first_value(rest, _BARE_NUMBER)


def _first_value(rest: str, word: re.Pattern[str] = _BARE) -> str | None:
    """Return the value at the start of ``rest``: a quoted text, a link or a bare word."""
    quoted = _QUOTED.match(rest)
    if quoted:
        return _unescaped(quoted[1]) if quoted[1] is not None else quoted[2]
    bare = _LINK.match(rest) or word.match(rest)
    return unescape(bare[0]) if bare else None


def _unescaped(text: str) -> str:
    """Return a text as JSON means it; as it stands if it is no JSON."""
    try:
        return msgspec.json.decode(f'"{text}"', type=str)
    except (msgspec.DecodeError, UnicodeError):
        return text


def _end_of(pattern: re.Pattern[str], text: str) -> int:
    match = pattern.match(text)
    return match.end() if match else 0


def _kept(text: str | None) -> str | None:
    stripped = (text or "").strip()[:_MOST]
    return stripped or None
