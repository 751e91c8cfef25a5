"""A request's query string and body, read in whichever form they came (``RC1``).

Senders that moved here were never told off for small things, so two are taken that the kernel's own
receiver refuses: a ``%`` that begins no escape stands for itself, and a body of JSON or XML is read
as such when it is announced as a form or as text, as HTTP clients do by default.
"""

import codecs
import enum
import re
from typing import Any, Final

from msgspec import Struct

from leadexec import (
    Element,
    FormatError,
    JsonError,
    RefusedPostError,
    decode_json,
    media_type,
    read_form,
    read_multipart,
    read_xml,
)

__all__ = ["BodyForm", "Element", "Said", "body_form", "read_request"]

_TYPE_LIMIT: Final = 500
_FORM: Final = "application/x-www-form-urlencoded"
_VAGUE: Final = frozenset({"", _FORM, "text/plain", "application/octet-stream"})
"""Content types that clients send without having been told to: the body itself is looked at."""
_BARE_PERCENT: Final = re.compile(rb"%(?![0-9A-Fa-f]{2})")
_CHARSET: Final = re.compile(r";\s*charset\s*=\s*\"?([\w.:-]{1,40})", re.IGNORECASE)
_LEADS_IN_XML: Final = 1_000
"""More than are taken; whoever reads the elements says what is wrong with two."""
_WRONG_TYPE: Final = frozenset({"unsupported_charset", "wrong_content_type"})


class BodyForm(enum.StrEnum):
    """The forms of a body."""

    NONE = "none"
    """Everything stands in the query string."""
    JSON = "json"
    FORM = "form"
    MULTIPART = "multipart"
    XML = "xml"


class Said(Struct, kw_only=True, frozen=True):
    """What a request says."""

    form: BodyForm
    query: list[tuple[str, str]]
    """Names and values of the query string, in order."""
    pairs: list[tuple[str, str]] = []
    """Those of a form or multipart body."""
    root: Element | None = None
    """That of an XML body."""
    decoded: Any = None
    """What a JSON body says."""


def body_form(method: str, content_type: str, body: bytes) -> BodyForm | None:
    """Return the form of a body, or None for a content type that is not taken.

    A GET is read from its query string, whatever else it carries; so is a blank body.
    """
    if method == "GET" or not body.strip():
        return BodyForm.NONE
    kind = media_type(content_type)
    if kind == "application/json" or kind.endswith("+json"):
        return BodyForm.JSON
    if kind in ("application/xml", "text/xml") or kind.endswith("+xml"):
        return BodyForm.XML
    if kind == "multipart/form-data":
        return BodyForm.MULTIPART
    if kind not in _VAGUE:
        return None
    first = body[:100].removeprefix(codecs.BOM_UTF8).lstrip()[:1]
    return {b"{": BodyForm.JSON, b"[": BodyForm.JSON, b"<": BodyForm.XML}.get(first, BodyForm.FORM)


def read_request(method: str, content_type: str, query: bytes, body: bytes) -> Said:
    """Return what a request says.

    Args:
        method: In upper case.
        content_type: The whole header, or empty.
        query: The query string without its ``?``.
        body: All of it.

    Raises:
        RefusedPostError: It cannot be read; codes are those of the kernel's receiver.
    """
    try:
        return _read(method, content_type, query, body)
    except FormatError as error:
        status = 415 if error.code in _WRONG_TYPE else 400
        raise RefusedPostError(status, error.code, str(error)) from None
    except JsonError as error:
        raise RefusedPostError(400, error.code, str(error)) from None


def _read(method: str, content_type: str, query: bytes, body: bytes) -> Said:
    if len(content_type) > _TYPE_LIMIT:
        raise FormatError("wrong_content_type", "The content type is too long to be one.")
    form = body_form(method, content_type, body)
    pairs = _form(query) if query else []
    match form:
        case BodyForm.NONE:
            return Said(form=form, query=pairs)
        case BodyForm.FORM:
            return Said(form=form, query=pairs, pairs=_form(body, _charset(content_type)))
        case BodyForm.MULTIPART:
            return Said(form=form, query=pairs, pairs=read_multipart(body, content_type))
        case BodyForm.XML:
            root = read_xml(body.lstrip(), _LEADS_IN_XML, _charset(content_type))
            return Said(form=form, query=pairs, root=root)
        case BodyForm.JSON:
            decoded = decode_json(body.removeprefix(codecs.BOM_UTF8))
            return Said(form=form, query=pairs, decoded=decoded)
        case None:
            text = "Send a form, multipart/form-data, XML or JSON, and name it in Content-Type."
            raise FormatError("wrong_content_type", text)


def _form(body: bytes, charset: str = "") -> list[tuple[str, str]]:
    return read_form(_BARE_PERCENT.sub(b"%25", body), charset)


def _charset(content_type: str) -> str:
    found = _CHARSET.search(content_type)
    return found[1] if found else ""
