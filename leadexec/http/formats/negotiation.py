"""In which form a sender is answered: as it asks, else as it posted (``RC1``)."""

import enum
import re
from typing import Final, NamedTuple

from leadexec.http.formats.errors import FormatError, shortened
from leadexec.http.formats.media import FORM_TYPE, PostForm

ACCEPT_LIMIT: Final = 2_000
"""Characters of an Accept header that are looked at."""


class AnswerForm(enum.StrEnum):
    """What an answer can be written as; the values are those of the parameter ``format``."""

    JSON = "json"
    XML = "xml"
    FORM = "form"


_TYPES: Final = {
    AnswerForm.JSON: ("application/json", "application/problem+json"),
    AnswerForm.XML: ("application/xml", "text/xml", "application/problem+xml"),
    AnswerForm.FORM: (FORM_TYPE,),
}
_QUALITY: Final = re.compile(r"0(?:\.[0-9]{0,3})?|1(?:\.0{0,3})?")


class _Range(NamedTuple):
    """One media range of an Accept header."""

    kind: str
    quality: float


class _Wish(NamedTuple):
    """How much a form is wanted, and how plainly it was named."""

    quality: float
    exactness: int


def answer_form(posted: PostForm | None, wanted: str = "", accept: str = "") -> AnswerForm:
    """Return the form of the answer.

    The query parameter ``format`` decides. Without it the Accept header does (RFC 9110, by
    quality): of two that are wanted alike, the one named more exactly, then the one that is usual
    for the post. A header that accepts none of our forms is passed over: a sender that posted a
    lead is better served by an answer it did not ask for than by none. Without both, XML is
    answered with XML and everything else with JSON.

    Args:
        posted: The form of the request; None for one that is not taken.
        wanted: The parameter, in any case; empty where there is none.
        accept: The header, or empty.

    Raises:
        FormatError: ``unknown_format`` for a ``wanted`` that is no form.
    """
    if wanted:
        return _named(wanted)
    usual = AnswerForm.XML if posted is PostForm.XML else AnswerForm.JSON
    if not accept:
        return usual
    ranges = _ranges(accept[:ACCEPT_LIMIT])
    wishes = {form: _wish(types, ranges) for form, types in _TYPES.items()}
    best = max(_TYPES, key=lambda form: (*wishes[form], form is usual))
    return best if wishes[best].quality > 0 else usual


def _named(wanted: str) -> AnswerForm:
    try:
        return AnswerForm(wanted.strip().lower())
    except ValueError:
        text = f"There is no answer as {shortened(wanted)!r}: choose json, xml or form."
        raise FormatError("unknown_format", text, "format") from None


def _ranges(accept: str) -> list[_Range]:
    """Return the header's media ranges; one whose quality cannot be read is left out."""
    found = []
    for item in accept.split(","):
        kind, *parameters = (part.strip().lower() for part in item.split(";"))
        given = [text[2:].strip() for text in parameters if text.startswith("q=")]
        if not given:
            found.append(_Range(kind, 1.0))
        elif _QUALITY.fullmatch(given[0]):
            found.append(_Range(kind, float(given[0])))
    return found


def _wish(types: tuple[str, ...], ranges: list[_Range]) -> _Wish:
    """Return what the most exact of the ranges that fit says."""
    fitting = [
        _Wish(quality, exactness)
        for kind, quality in ranges
        if (exactness := max(_exactness(kind, offered) for offered in types))
    ]
    return max(fitting, key=lambda wish: (wish.exactness, wish.quality), default=_Wish(0.0, 0))


def _exactness(kind: str, offered: str) -> int:
    if kind == offered:
        return 3
    if kind == f"{offered.partition('/')[0]}/*":
        return 2
    return 1 if kind == "*/*" else 0
