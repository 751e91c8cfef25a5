"""Postings whose identifiers stand among the fields: forms, query strings, XML, flat JSON.

All parameters but the identifiers are fields of the one lead. A name that comes several times is a
list, in order; ``name[]``, as in browsers' forms, is the field ``name`` and a list in any case.

**XML**: the root, whatever its name, is the lead: ``<Lead><VID>7</VID><City>Austin</City></Lead>``.
Its attributes and child elements are parameters; those of a child ``<fields>``, ``<lead>``,
``<source>`` or ``<properties>`` count as if they stood in the root. ``<field name="2nd phone">`` is
the parameter of that name; any other element with children is an object.
"""

from collections.abc import Iterable, Iterator
from typing import Any, Final

from leadexec import RefusedPostError
from leadexec_receiver_leadexec.posting import (
    PostedPart,
    Posting,
    demand_few,
    posting_of,
    split,
)
from leadexec_receiver_leadexec.reading import Element

_SECTIONS: Final = frozenset({"fields", "lead", "source", "properties"})


def flat_posting(pairs: Iterable[tuple[str, Any]]) -> Posting:
    """Return the posting of one lead.

    Raises:
        RefusedPostError: ``duplicate_parameter``, ``too_many_fields``, ``wrong_type``.
    """
    identifiers, others = split(pairs)
    fields = _gathered(others)
    demand_few(fields)
    return posting_of(identifiers, [PostedPart(fields=fields)])


def pairs_of_element(root: Element) -> Iterator[tuple[str, Any]]:
    """Yield the parameters of an XML post.

    Raises:
        RefusedPostError: ``too_many_leads``: there are several ``<lead>``.
    """
    yield from root.attributes.items()
    if sum(child.name.lower() == "lead" and bool(child.children) for child in root.children) > 1:
        text = "A post in XML holds one lead; post each on its own, or all as JSON to /v2."
        raise RefusedPostError(400, "too_many_leads", text)
    for child in root.children:
        if child.children and child.name.lower() in _SECTIONS:
            yield from child.attributes.items()
            yield from (_pair(grandchild) for grandchild in child.children)
        else:
            yield _pair(child)


def _pair(element: Element) -> tuple[str, Any]:
    named = element.attributes.get("name", "") if element.name.lower() == "field" else ""
    return named or element.name, _value(element)


def _value(element: Element) -> Any:
    if not element.children:
        return element.text
    return _gathered(_pair(child) for child in element.children)


def _gathered(pairs: Iterable[tuple[str, Any]]) -> dict[str, Any]:
    """Return name → value, or all its values where a name comes several times."""
    values: dict[str, list[Any]] = {}
    lists = set()
    for written, value in pairs:
        name = written.removesuffix("[]") or written
        if name != written:
            lists.add(name)
        values.setdefault(name, []).append(value)
    return {
        name: found if len(found) > 1 or name in lists else found[0]
        for name, found in values.items()
    }
