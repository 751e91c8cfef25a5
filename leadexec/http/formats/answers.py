"""Answers and problems as JSON, XML or form text (``RC1``, RFC 9457).

All three say the same. XML and form text leave out what JSON says is null; numbers and prices are
written as JSON writes them. In form text, what is inside has a name such as ``reasons[0][code]``.
Problems in XML are those of RFC 9457, appendix B: an element ``problem`` in its namespace, in which
a list's items are called ``i``.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final
from urllib.parse import urlencode
from xml.sax.saxutils import escape

import msgspec
from msgspec import Struct

from leadexec.contracts.post import LeadAnswer
from leadexec.http.formats.media import FORM_TYPE
from leadexec.http.formats.negotiation import AnswerForm
from leadexec.http.problems import PROBLEM_TYPE, Problem

PROBLEM_XML_TYPE: Final = "application/problem+xml"
PROBLEM_NAMESPACE: Final = "urn:ietf:rfc:7807"
_DECLARATION: Final = '<?xml version="1.0" encoding="UTF-8"?>\n'
_NOT_XML: Final = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_ITEMS: Final = {"answers": "answer", "reasons": "reason", "deliveries": "delivery"}
_encode: Final = msgspec.json.Encoder().encode


class WrittenAnswer(Struct, kw_only=True, frozen=True):
    """The body of an answer and what it is."""

    body: bytes
    content_type: str


def write_answers(
    form: AnswerForm, answers: Sequence[LeadAnswer], *, single: bool
) -> WrittenAnswer:
    """Return what became of the posted leads.

    Args:
        form: As ``answer_form`` chose it.
        answers: One per lead, in their order.
        single: One lead was posted, not a list: its answer stands alone. A list is answered with
            ``{"leads": […]}``, ``<answers><answer>…`` or ``leads[0][status]=…``.
    """
    said: Any = answers[0] if single else {"leads": answers}
    if form is AnswerForm.JSON:
        return WrittenAnswer(body=_encode(said), content_type="application/json")
    plain = msgspec.to_builtins(said)
    if form is AnswerForm.FORM:
        return WrittenAnswer(body=_form_text(plain), content_type=FORM_TYPE)
    root = _element("answer", plain) if single else _element("answers", plain["leads"])
    return WrittenAnswer(body=_document(root), content_type="application/xml")


def write_problem(form: AnswerForm, problem: Problem) -> WrittenAnswer:
    """Return what went wrong."""
    if form is AnswerForm.JSON:
        return WrittenAnswer(body=_encode(problem), content_type=PROBLEM_TYPE)
    plain = msgspec.to_builtins(problem)
    if form is AnswerForm.FORM:
        return WrittenAnswer(body=_form_text(plain), content_type=FORM_TYPE)
    inside = "".join(_inside("problem", plain))
    root = f'<problem xmlns="{PROBLEM_NAMESPACE}">{inside}</problem>'
    return WrittenAnswer(body=_document(root), content_type=PROBLEM_XML_TYPE)


def _document(root: str) -> bytes:
    return f"{_DECLARATION}{root}\n".encode()


def _element(name: str, value: Any) -> str:
    return f"<{name}>{''.join(_inside(name, value))}</{name}>"


def _inside(name: str, value: Any) -> Iterator[str]:
    """Yield the content of an element; names are those of our own Structs."""
    if isinstance(value, Mapping):
        yield from (_element(key, item) for key, item in value.items() if item is not None)
    elif isinstance(value, list):
        item_name = _ITEMS.get(name, "i")
        yield from (_element(item_name, item) for item in value)
    else:
        yield _text(_word(value))


def _text(text: str) -> str:
    """Return ``text`` for XML; what XML cannot say becomes U+FFFD."""
    return escape(_NOT_XML.sub("\ufffd", text), {"\r": "&#13;"})


def _word(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


def _form_text(plain: Mapping[str, Any]) -> bytes:
    pairs = [pair for key, value in plain.items() for pair in _flat(key, value)]
    return urlencode(pairs, errors="replace").encode()


def _flat(name: str, value: Any) -> Iterator[tuple[str, str]]:
    """Yield the leaves of ``value`` with their names; an empty list has none."""
    if isinstance(value, Mapping):
        for key, item in value.items():
            yield from _flat(f"{name}[{key}]", item)
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from _flat(f"{name}[{index}]", item)
    elif value is not None:
        yield name, _word(value)
