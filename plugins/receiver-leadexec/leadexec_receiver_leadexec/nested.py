"""Postings as JSON with ``source`` and ``leads``, the form of ``/v2/insert/general``.

    {"source": {"vid": 7, "aid": 12, "lid": 3, "sendDelay": 0, "returnUrl": ""},
     "leads": [{"properties": {"reference": "", "noSell": false, "tags": []}, "fields": {…}}]}

Names beside the fields are read in any case, because senders write ``returnUrl`` and ``returnURL``.
"""

from collections.abc import Container, Iterable, Iterator, Mapping
from typing import Any, Final

from leadexec import RefusedPostError
from leadexec_receiver_leadexec.posting import (
    RESERVED,
    PostedPart,
    Posting,
    demand_few,
    is_blank,
    posting_of,
    put_once,
    split,
    text_of,
)

_WORDS: Final = {
    **dict.fromkeys(("true", "1", "yes", "on"), True),
    **dict.fromkeys(("false", "0", "no", "off", ""), False),
}
_EMPTY: Final[tuple[Any, ...]] = ([], {}, 0, False)


def is_nested(decoded: Mapping[str, Any]) -> bool:
    """Return whether an object is a posting of this form and not the parameters of one lead."""
    names = {name.lower(): value for name, value in decoded.items()}
    return isinstance(names.get("source"), dict) or isinstance(names.get("leads"), list)


def nested_posting(
    decoded: Mapping[str, Any], query: Iterable[tuple[str, str]], list_limit: int
) -> Posting:
    """Return the posting of a list of leads.

    Args:
        decoded: The object.
        query: The query string's pairs: its identifiers stand in for those the source lacks; what
            else it says is ignored.
        list_limit: Leads at most.

    Raises:
        RefusedPostError: ``wrong_type``, ``no_leads``, ``too_many_leads``, ``too_many_fields``,
            ``duplicate_parameter``; the message says which lead and where.
    """
    top = _folded(decoded, "")
    source = _object(top, "source", "")
    given, unknown = split(query)
    beside = (
        *_meaningful(decoded, ("source", "leads"), ""),
        *_meaningful(source, RESERVED, "source."),
        *(name for name, _ in unknown),
    )
    identifiers, _ = split(source.items())
    for key, value in given.items():
        put_once(identifiers, key, value, RESERVED[key])
    leads = top.get("leads")
    if not isinstance(leads, list) or not leads:
        code = "no_leads" if leads is None or leads == [] else "wrong_type"
        raise RefusedPostError(422, code, "'leads' must be a list with at least one lead.")
    if len(leads) > list_limit:
        text = f"A post holds at most {list_limit:,} leads; this one has {len(leads):,}."
        raise RefusedPostError(400, "too_many_leads", text)
    parts = [_part(lead, number, beside) for number, lead in enumerate(leads, 1)]
    return posting_of(identifiers, parts)


def _part(lead: Any, number: int, beside: tuple[str, ...]) -> PostedPart:
    where = f"Lead {number}: "
    if not isinstance(lead, dict):
        raise RefusedPostError(422, "wrong_type", f"{where}it must be an object with 'fields'.")
    named = _folded(lead, where)
    if "fields" not in named:
        raise RefusedPostError(422, "no_fields", f"{where}'fields' is missing.")
    fields = _object(named, "fields", where)
    demand_few(fields, where)
    properties = _object(named, "properties", where)
    asked = _folded(properties, where)
    ignored = (
        *beside,
        *_meaningful(lead, ("properties", "fields"), ""),
        *_meaningful(properties, ("nosell", "orderid"), "properties."),
    )
    return PostedPart(
        fields=fields,
        no_sell=_yes(asked.get("nosell"), where),
        order_id=text_of(asked.get("orderid"), f"{where}orderId"),
        ignored=ignored,
    )


def _yes(value: Any, where: str) -> bool:
    known = _WORDS.get("" if value is None else str(value).strip().lower())
    if known is None:
        raise RefusedPostError(422, "wrong_type", f"{where}noSell must be true or false.")
    return known


def _folded(named: Mapping[str, Any], where: str) -> dict[str, Any]:
    """Return an object with its names in lower case."""
    folded: dict[str, Any] = {}
    for name, value in named.items():
        put_once(folded, name.lower(), value, f"{where}{name[:100]}")
    return folded


def _object(named: Mapping[str, Any], name: str, where: str) -> dict[str, Any]:
    value = named.get(name)
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise RefusedPostError(422, "wrong_type", f"{where}'{name}' must be an object.")
    return value


def _meaningful(named: Mapping[str, Any], known: Container[str], prefix: str) -> Iterator[str]:
    """Yield the names that are not ``known`` and whose values ask for something."""
    for name, value in named.items():
        if name.lower() not in known and not is_blank(value) and value not in _EMPTY:
            yield f"{prefix}{name}"
