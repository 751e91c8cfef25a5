"""A ping, posted as JSON or as a form, read as strictly as the lead receiver reads (``PP1``).

**JSON**: ``{"campaign": 12, "fields": {"State": "CA"}}``, with ``password`` and ``test`` beside the
fields. **Forms**, and query strings without a body: the names in ``RESERVED``, in any case, stand
beside the fields; every other name is a field. A field that is really called like one of them is
posted as ``fields[test]``; a name that comes several times is a list, in order; ``name[]`` is a
list in any case. Beside JSON, the query string may give the reserved names and nothing else.
"""

import re
from collections.abc import Iterable
from typing import Any, Final

from leadexec import (
    Fault,
    FormatError,
    JsonError,
    RefusedPostError,
    decode_json,
    media_type,
    read_form,
)

RESERVED: Final = {
    "campaign": "campaign",
    "aid": "campaign",
    "vid": "vid",
    "lid": "lid",
    "password": "password",
    "test": "test",
    "order_id": "order_id",
    "orderid": "order_id",
    "idempotency_key": "idempotency_key",
}
"""Names that stand beside the fields, in lower case → what they are called here."""
FORM_TYPE: Final = "application/x-www-form-urlencoded"
FORMAT_PARAMETER: Final = "format"
"""Of the query string only, in any case: the form of the answer. In a body it is a field."""
_TYPE_LIMIT: Final = 500
_ESCAPED: Final = re.compile(r"fields\[([^\[\]]+)\](\[\])?", re.IGNORECASE)
_CHARSET: Final = re.compile(r";\s*charset\s*=\s*\"?([\w.:-]{1,40})", re.IGNORECASE)
_WORDS: Final = {
    **dict.fromkeys(("true", "1", "yes", "on"), True),
    **dict.fromkeys(("false", "0", "no", "off", ""), False),
}


def read_request(content_type: str, query: bytes, body: bytes) -> Any:
    """Return what a request says, as JSON would say it; ``ping_of`` judges it.

    Args:
        content_type: The whole header, or empty.
        query: The query string without its ``?``.
        body: All of it.

    Raises:
        RefusedPostError: 415 for XML, multipart and other types; 400 for what cannot be read, with
            the codes of the lead receiver.
    """
    try:
        return _decoded(content_type, query, body)
    except FormatError as error:
        fault = Fault(code=error.code, path=error.path, message=error.message)
        status = 415 if error.code == "unsupported_charset" else 400
        faults = [fault] if error.path else []
        raise RefusedPostError(status, error.code, str(error), faults=faults) from None
    except JsonError as error:
        raise RefusedPostError(400, error.code, str(error)) from None


def wanted_format(query: bytes) -> str:
    """Return what the query string asks the answer to be; empty when it does not, or is broken.

    Whoever answers a ping that could not be read asks here, so this never raises.
    """
    if FORMAT_PARAMETER.encode() not in query.lower():
        return ""
    try:
        pairs = read_form(query)
    except FormatError:
        return ""
    return next((value for name, value in pairs if name.lower() == FORMAT_PARAMETER), "")


def _decoded(content_type: str, query: bytes, body: bytes) -> Any:
    kind = _kind(content_type, has_body=bool(body))
    pairs = _without_format(read_form(query)) if query else []
    if kind != "json":
        found = _CHARSET.search(content_type)
        return _of_pairs([*pairs, *(read_form(body, found[1] if found else "") if body else [])])
    decoded = decode_json(body)
    given = _reserved([(name, value) for name, value in pairs if name.lower() in RESERVED])
    if isinstance(decoded, dict):
        twice = next((name for name in given if name in decoded), None)
        if twice:
            raise _twice(twice)
        decoded.update(given)
    return decoded


def _kind(content_type: str, *, has_body: bool) -> str:
    """Return ``json`` or ``form``.

    Raises:
        RefusedPostError: 415 ``wrong_content_type``.
    """
    kind = media_type(content_type) if len(content_type) <= _TYPE_LIMIT else "?"
    if kind == "application/json" or kind.endswith("+json"):
        return "json"
    if kind == FORM_TYPE or not (has_body or kind):
        return "form"
    if kind in ("application/xml", "text/xml") or kind.endswith("+xml"):
        text = "A ping is JSON or a form, not XML; the lead that follows it may be XML."
    else:
        text = f"Send the ping as application/json or {FORM_TYPE}, and name it in Content-Type."
    raise RefusedPostError(415, "wrong_content_type", text)


def _of_pairs(pairs: Iterable[tuple[str, str]]) -> dict[str, Any]:
    beside: list[tuple[str, str]] = []
    values: dict[str, list[str]] = {}
    lists: set[str] = set()
    for name, value in pairs:
        if name.lower() in RESERVED:
            beside.append((name, value))
            continue
        escaped = _ESCAPED.fullmatch(name)
        field = escaped[1] if escaped else name.removesuffix("[]") or name
        if name.endswith("[]") and field != name:
            lists.add(field)
        values.setdefault(field, []).append(value)
    fields = {
        name: found if len(found) > 1 or name in lists else found[0]
        for name, found in values.items()
    }
    return {**_reserved(beside), "fields": fields}


def _reserved(pairs: Iterable[tuple[str, str]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for given, raw in pairs:
        name, value = RESERVED[given.lower()], raw.strip()
        if name in found:
            raise _twice(name)
        found[name] = _WORDS.get(value.lower(), value) if name == "test" else value
    return found


def _without_format(pairs: list[tuple[str, str]]) -> list[tuple[str, str]]:
    return [(name, value) for name, value in pairs if name.lower() != FORMAT_PARAMETER]


def _twice(name: str) -> FormatError:
    return FormatError("duplicate_parameter", f"{name!r} is given more than once.", name)
