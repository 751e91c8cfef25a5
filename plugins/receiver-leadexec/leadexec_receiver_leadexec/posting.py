"""What was posted, whatever its form: who sends, what goes with it, and the leads."""

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any, Final

from msgspec import Struct

from leadexec import RefusedPostError

FIELD_LIMIT: Final = 1_000
"""Fields per lead at most."""
RESERVED: Final = {
    "vid": "VID",
    "lid": "LID",
    "aid": "AID",
    "password": "Password",
    "orderid": "OrderID",
    "returnurl": "returnurl",
}
"""Parameters that are no lead fields, in lower case → as they are written in LeadExec's documents.

They are read in any case.
"""


class PostedPart(Struct, kw_only=True, frozen=True):
    """One lead of a posting."""

    fields: Mapping[str, Any]
    no_sell: bool = False
    """It must not be delivered."""
    order_id: str = ""
    """Of the ping before it, where each lead has its own."""
    ignored: tuple[str, ...] = ()
    """Names beside the fields that mean nothing to us."""


class Posting(Struct, kw_only=True, frozen=True):
    """A post that could be read; its identifiers are as they were posted."""

    vid: Any = None
    lid: Any = None
    aid: Any = None
    password: str = ""
    order_id: str = ""
    return_url: str = ""
    leads: tuple[PostedPart, ...]


def split(pairs: Iterable[tuple[str, Any]]) -> tuple[dict[str, Any], list[tuple[str, Any]]]:
    """Return the reserved parameters by their lower-case names, and all other pairs.

    Raises:
        RefusedPostError: ``duplicate_parameter``: one is given twice, and differently.
    """
    found: dict[str, Any] = {}
    others = []
    for name, value in pairs:
        key = name.lower()
        if key in RESERVED:
            put_once(found, key, value, RESERVED[key])
        else:
            others.append((name, value))
    return found, others


def put_once(found: dict[str, Any], key: str, value: Any, shown: str) -> None:
    """Put ``value`` under ``key``; a blank one stands behind any other.

    Raises:
        RefusedPostError: ``duplicate_parameter``: there is another value.
    """
    known = found.get(key)
    if is_blank(known):
        found[key] = value
    elif not is_blank(value) and known != value and str(known) != str(value):
        text = f"{shown} is given more than once, with different values."
        raise RefusedPostError(400, "duplicate_parameter", text)


def is_blank(value: Any) -> bool:
    """Return whether a parameter says nothing: null or blank text."""
    return value is None or (isinstance(value, str) and not value.strip())


def text_of(value: Any, shown: str) -> str:
    """Return a parameter as text without the blanks around it.

    Raises:
        RefusedPostError: ``wrong_type``: it is no text.
    """
    match value:
        case None:
            return ""
        case str():
            return value.strip()
        case bool():
            pass
        case int() | Decimal():
            return str(value)
    raise RefusedPostError(422, "wrong_type", f"{shown} must be text.")


def posting_of(identifiers: Mapping[str, Any], leads: Iterable[PostedPart]) -> Posting:
    """Return the posting of ``leads``; ``identifiers`` are as ``split`` returns them.

    Raises:
        RefusedPostError: ``wrong_type``.
    """
    return Posting(
        vid=identifiers.get("vid"),
        lid=identifiers.get("lid"),
        aid=identifiers.get("aid"),
        password=text_of(identifiers.get("password"), "Password"),
        order_id=text_of(identifiers.get("orderid"), "OrderID"),
        return_url=text_of(identifiers.get("returnurl"), "returnurl"),
        leads=tuple(leads),
    )


def demand_few(fields: Mapping[str, Any], where: str = "") -> None:
    """Refuse a lead with more fields than are taken.

    Raises:
        RefusedPostError: ``too_many_fields``.
    """
    if len(fields) > FIELD_LIMIT:
        text = f"{where}A lead has at most {FIELD_LIMIT:,} fields; this one has {len(fields):,}."
        raise RefusedPostError(400, "too_many_fields", text)
