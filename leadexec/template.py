"""Texts with tags: ``Dear {{FirstName}}``, compiled once, rendered per lead."""

import enum
import re
from collections.abc import Callable, Mapping
from typing import Final
from urllib.parse import quote_plus
from xml.sax.saxutils import escape as escape_xml

import msgspec

from leadexec.errors import ConfigurationError

_TAG: Final = re.compile(r"\{\{\s*([A-Za-z_][A-Za-z0-9_]{0,63})\s*\}\}")
_MOST: Final = 1_000_000


class Escape(enum.Enum):
    """How a value is written so that it stays a value in the surrounding text."""

    NONE = "none"
    JSON = "json"
    XML = "xml"
    URL = "url"


def _json(text: str) -> str:
    return msgspec.json.encode(text).decode()[1:-1]


def _xml(text: str) -> str:
    return escape_xml(text, {'"': "&quot;", "'": "&apos;"})


_ESCAPES: Final[Mapping[Escape, Callable[[str], str]]] = {
    Escape.NONE: str,
    Escape.JSON: _json,
    Escape.XML: _xml,
    Escape.URL: quote_plus,
}


class Template:
    """A text with tags in double braces; a tag without a value renders as nothing.

    There is no logic, so a template can neither hang nor reach anything but its tags.
    """

    def __init__(self, text: str, escape: Escape = Escape.NONE) -> None:
        """Compile ``text`` (at most 1,000,000 characters).

        Raises:
            ConfigurationError: ``template_too_long``.
        """
        if len(text) > _MOST:
            raise ConfigurationError.single(
                "template_too_long", "", f"A template has at most {_MOST:,} characters."
            )
        self._escape = _ESCAPES[escape]
        self._parts = _TAG.split(text)
        self.tags: frozenset[str] = frozenset(self._parts[1::2])
        """The names the text refers to."""

    def render(self, values: Mapping[str, str]) -> str:
        """Return the text with every tag replaced by its escaped value."""
        pieces = list(self._parts)
        for index in range(1, len(pieces), 2):
            pieces[index] = self._escape(values.get(pieces[index], ""))
        return "".join(pieces)
