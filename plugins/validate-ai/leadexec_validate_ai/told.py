"""The part of a lead that a judge is told: chosen fields, bounded, plain."""

from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal
from typing import Final

from leadexec import Lead, Value

LONGEST: Final = 1_000
"""Characters of a text that are told."""
_LONGEST_PART: Final = 100
"""The same of each of several values."""
_MOST_ITEMS: Final = 20
_DEEPEST: Final = 2
_EXACT_IN_JSON: Final = 2**53


def told(lead: Lead, names: Iterable[str]) -> dict[str, Value]:
    """Return the filled fields of ``lead`` among ``names``, in JSON's own types, cut to size.

    Nothing else of a lead is told: not its uid, its source, its price or the sender's address.
    """
    found = ((name, _plain(lead.fields.get(name), _DEEPEST)) for name in names)
    return {name: value for name, value in found if value not in (None, "", [], {})}


def _plain(value: Value, depth: int) -> Value:  # noqa: PLR0911  one case per type
    match value:
        case str():
            return _cut(value, LONGEST if depth == _DEEPEST else _LONGEST_PART)
        case int() if abs(value) < _EXACT_IN_JSON:
            return value
        case int():
            return str(Decimal(value))
        case Decimal():
            return str(value)
        case datetime():
            return value.isoformat()
        case list() if depth:
            return [_plain(item, depth - 1) for item in value[:_MOST_ITEMS]]
        case dict() if depth:
            items = list(value.items())[:_MOST_ITEMS]
            return {_cut(name, _LONGEST_PART): _plain(item, depth - 1) for name, item in items}
        case _:
            return None


def _cut(text: str, longest: int) -> str:
    # Half a pair of surrogates cannot be sent; it becomes a question mark.
    return text.strip()[:longest].encode("utf-8", "replace").decode()
