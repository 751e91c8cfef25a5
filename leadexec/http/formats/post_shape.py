"""Pairs and elements in the very shape that ``read_post`` reads from JSON (``RC1``).

That shape is ``{"campaign": …, "fields": {…}, "test": …, "idempotency_key": …}``, or a list.

**Forms, multipart bodies and query strings** are flat: these names, in any case, stand beside the
fields, and every other name is a field of the lead.

=====================  ============================================================
``campaign``, ``AID``  the campaign's id
``test``               true, 1, yes, on; false, 0, no, off or nothing
``idempotency_key``    the same key and body give the same answer (``RC2``)
``VID``, ``LID``       the source's and the lead type's ids, which the campaign implies
``password``           the campaign's (``LS4``)
``order_id``           also ``OrderID``: what the lead's ping was answered with (``PP2``)
=====================  ============================================================

A field that is really called like one of these is posted as ``fields[test]``; any field may be
written so. A name that comes several times is a list, in order; ``name[]`` is a list in any case.

**XML**: the root, whatever its name, is the lead. Its attributes and child elements are read as a
form's names are, ``<lead><campaign>12</campaign><city>Austin</city></lead>``; or, as in JSON, the
fields stand in ``<fields>``, and what stands beside it is no field. ``<field name="2nd phone">`` is
the field of that name, also of a reserved one. Repeated elements are a list, an element with
children is an object, one with neither text nor children is empty text. Attributes of anything but
the lead, ``<fields>`` and ``<field>`` mean nothing. A root called ``leads`` holds any number of
``<lead>``.
"""

import re
from collections.abc import Iterable, Iterator
from typing import Any, Final

from leadexec.http.formats.errors import FormatError, shortened
from leadexec.http.formats.xml import LIST_ROOT, WHITESPACE, Element

RESERVED: Final = {
    "campaign": "campaign",
    "aid": "campaign",
    "test": "test",
    "idempotency_key": "idempotency_key",
    "vid": "vid",
    "lid": "lid",
    "password": "password",
    "order_id": "order_id",
    "orderid": "order_id",
}
"""Names that stand beside the fields, in lower case → what they are called in a decoded post."""
_ESCAPED: Final = re.compile(r"fields\[([^\[\]]+)\](\[\])?", re.IGNORECASE)
_WORDS: Final = {
    **dict.fromkeys(("true", "1", "yes", "on"), True),
    **dict.fromkeys(("false", "0", "no", "off", ""), False),
}


def post_of_pairs(pairs: Iterable[tuple[str, str]]) -> dict[str, Any]:
    """Return one lead, as posted in names and values.

    Raises:
        FormatError: ``duplicate_parameter`` for a reserved name that comes twice.
    """
    beside: list[tuple[str, Any]] = []
    fields: list[tuple[str, Any]] = []
    always_lists: set[str] = set()
    for name, value in pairs:
        if name.lower() in RESERVED:
            beside.append((name, value))
            continue
        escaped = _ESCAPED.fullmatch(name)
        field = escaped[1] if escaped else name.removesuffix("[]") or name
        if name.endswith("[]") and field != name:
            always_lists.add(field)
        fields.append((field, value))
    return {**_reserved(beside), "fields": _gathered(fields, always_lists)}


def post_of_element(root: Element) -> dict[str, Any] | list[dict[str, Any]]:
    """Return one lead or the list of leads, as posted in XML.

    Raises:
        FormatError: ``unexpected_element`` for anything but ``<lead>`` in ``<leads>``;
            ``duplicate_parameter`` for a reserved name or ``<fields>`` that comes twice.
    """
    if root.name.lower() != LIST_ROOT:
        return _lead(root)
    for index, child in enumerate(root.children):
        if child.name.lower() != "lead":
            text = f"<{root.name}> holds <lead> only, not <{shortened(child.name)}>."
            raise FormatError("unexpected_element", text, f"[{index}]")
    return [_lead(child) for child in root.children]


def add_parameters(decoded: Any, pairs: Iterable[tuple[str, str]]) -> None:
    """Let the reserved names of a query string hold for a post whose leads are in the body.

    Args:
        decoded: What the body says; changed in place. What is no lead is left to ``read_post``.
        pairs: The query string's; other names than reserved ones mean nothing.

    Raises:
        FormatError: ``duplicate_parameter`` for what the body says, too.
    """
    given = _reserved([(name, value) for name, value in pairs if name.lower() in RESERVED])
    for lead in decoded if isinstance(decoded, list) else [decoded]:
        if isinstance(lead, dict):
            twice = next((name for name in given if name in lead), None)
            if twice:
                raise _twice(twice)
            lead.update(given)


def _lead(element: Element) -> dict[str, Any]:
    sections = [child for child in element.children if _is_section(child)]
    if len(sections) > 1:
        raise _twice("fields")
    beside: list[tuple[str, Any]] = []
    others: list[tuple[str, Any]] = []
    for name, value, named in _parts(element, skip=sections):
        (beside if name.lower() in RESERVED and not named else others).append((name, value))
    if not sections:
        return {**_reserved(beside), "fields": _gathered(others)}
    fields = [(name, value) for name, value, _ in _parts(sections[0], skip=())]
    return {**_gathered(others), **_reserved(beside), "fields": _gathered(fields)}


def _is_section(element: Element) -> bool:
    """Tell ``<fields>`` that holds the fields from a field of that name, which holds text."""
    return element.name.lower() == "fields" and not element.text.strip(WHITESPACE)


def _parts(element: Element, skip: Iterable[Element]) -> Iterator[tuple[str, Any, bool]]:
    """Yield name, value and whether it was named by ``<field name>``, attributes first."""
    for name, text in element.attributes.items():
        yield name, text, False
    skipped = [id(child) for child in skip]
    for child in element.children:
        if id(child) not in skipped:
            named = _own_name(child)
            yield named or child.name, _value(child), bool(named)


def _own_name(element: Element) -> str:
    return element.attributes.get("name", "") if element.name.lower() == "field" else ""


def _value(element: Element) -> Any:
    if not element.children:
        return element.text
    return _gathered((_own_name(child) or child.name, _value(child)) for child in element.children)


def _gathered(pairs: Iterable[tuple[str, Any]], always_lists: Iterable[str] = ()) -> dict[str, Any]:
    """Return name → value, or all its values where a name comes several times."""
    gathered: dict[str, list[Any]] = {}
    for name, value in pairs:
        gathered.setdefault(name, []).append(value)
    return {
        name: values if len(values) > 1 or name in always_lists else values[0]
        for name, values in gathered.items()
    }


def _reserved(pairs: Iterable[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for given, raw in pairs:
        name = RESERVED[given.lower()]
        if name in found:
            raise _twice(name)
        value = raw.strip() if isinstance(raw, str) else raw
        if name == "test" and isinstance(value, str):
            value = _WORDS.get(value.lower(), value)
        found[name] = value
    return found


def _twice(name: str) -> FormatError:
    return FormatError("duplicate_parameter", f"{name!r} is given more than once.", name)
