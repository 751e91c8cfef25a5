"""A buyer's answer as the searches see it."""

import html
import json
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import cached_property
from typing import Any
from urllib.parse import quote_plus

import msgspec

from leadexec import HttpAnswer
from leadexec_delivery_webhook.xpath import parse_xml

_SHORT = 10
"""Characters up to which a body is too short to be known again in an answer."""
_UNREAD = (msgspec.DecodeError, RecursionError, UnicodeError)


class Document:
    """The body of an answer: its text without what it repeats of our request, its JSON, its XML."""

    def __init__(self, answer: HttpAnswer, sent_body: str, sent_values: Sequence[str]) -> None:
        """Wrap ``answer``; the rest is what was sent, which an answer may repeat."""
        self._body = answer.body
        self._echo = (sent_body,) if len(sent_body) > _SHORT else ()
        self._values = sent_values
        self.whole = answer.text()

    @cached_property
    def text(self) -> str:
        """The text without an exact repetition of the request's body."""
        return without(self.whole, self._echo)

    def searchable(self, found_in: Callable[[str], str | None]) -> str:
        """Return the text without repeated values in which the searched text would be found.

        Buyers repeat what they received, and a lead's comment may well say "accepted". A value
        that *is* the searched text is left: it cannot be told from the verdict.

        Args:
            found_in: Returns what is found in a text, None if nothing.
        """
        misleading = [
            value
            for value in self._values
            if (found := found_in(value)) is not None and len(value.strip()) > len(found.strip())
        ]
        return without(self.text, misleading) if misleading else self.text

    @cached_property
    def json(self) -> Any:
        """The decoded body, ``msgspec.UNSET`` if it is no JSON; JSON inside a JSON text is read."""
        decoded = _decoded(self.whole)
        if isinstance(decoded, str) and decoded.lstrip()[:1] in ("{", "["):
            return _decoded(decoded)
        return decoded

    @cached_property
    def torn(self) -> str:
        """A name to which one JSON object gives two different values; empty if there is none.

        ``json`` has the last of them, as most readers have; which one is meant nobody can tell.
        """
        torn: list[str] = []

        def note(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
            read: dict[str, Any] = {}
            for name, value in pairs:
                if name in read and read[name] != value:
                    torn.append(name)
                read[name] = value
            return read

        with suppress(ValueError, RecursionError):
            decoded = json.loads(self.whole, object_pairs_hook=note)
            if isinstance(decoded, str):
                json.loads(decoded, object_pairs_hook=note)
        return torn[0] if torn else ""

    @cached_property
    def xml(self) -> Any | None:
        """The parsed body, None if it is no XML."""
        return parse_xml(self._body)


def without(text: str, repeated: Sequence[str]) -> str:
    """Return ``text`` without ``repeated``, as they are or as JSON, HTML or a URL escape them."""
    for value in repeated:
        escaped = msgspec.json.encode(value).decode()[1:-1]
        slashed = escaped.replace("/", "\\/")
        for form in dict.fromkeys((value, escaped, slashed, html.escape(value), quote_plus(value))):
            text = text.replace(form, "")
    return text


def _decoded(text: str) -> Any:
    try:
        return msgspec.json.decode(text)
    except _UNREAD:
        return msgspec.UNSET
