"""Which dimension of the index a rule belongs to, and what it wants there."""

import math
from collections.abc import Callable, Collection, Hashable
from dataclasses import dataclass
from functools import partial
from operator import itemgetter
from typing import Any

from leadexec.criteria.dimensions import (
    Affixes,
    Dimension,
    FieldMembers,
    Members,
    Presence,
    Ranges,
    age_of,
    age_range,
)
from leadexec.criteria.facts import Facts
from leadexec.criteria.pattern_sets import PatternMembers
from leadexec.criteria.rules import (
    Empty,
    Listed,
    ListResolver,
    Matches,
    Near,
    Never,
    OneOf,
    Part,
    Range,
    Recent,
    Rule,
)
from leadexec.criteria.tree import Operator
from leadexec.criteria.values import FieldKind

CELLS = 2_000
"""A distance that covers more cells of one degree than this is only evaluated."""

_EARTH_RADIUS = 3958.8
_MARGIN = 1e-6


@dataclass(frozen=True, slots=True)
class Placing:
    """A rule's dimension: its name, how to make it, what the rule wants in it."""

    name: tuple[Hashable, ...]
    make: Callable[[], Dimension]
    wanted: Any
    exact: bool = True
    """Whether the dimension decides; else the rule must be evaluated on who is left, too."""


def place(rule: Rule) -> Placing | None:  # noqa: C901, PLR0911  one case per kind of rule
    """Return where a rule belongs; None when it can only be evaluated."""
    match rule:
        case OneOf(field=field, kind=FieldKind.LIST as kind, negative=negative):
            make = partial(Members, _texts(field, kind), negative=negative)
            return Placing(("leaves", field, negative), make, rule.values)
        case OneOf(field=field):
            return Placing(("set", field), partial(FieldMembers, field), rule)
        case Range(field=field):
            return Placing(("range", field), partial(Ranges, itemgetter(field)), rule)
        case Recent(field=field):
            return Placing(("age", field), partial(Ranges, age_of(field)), age_range(rule))
        case Empty(field=field):
            return Placing(("presence", field), partial(Presence, field), rule)
        case Part():
            return _place_part(rule)
        case Listed():
            return _place_list(rule, negative=False)
        case Never(item=Listed() as listed):
            return _place_list(listed, negative=True)
        case Matches():
            return _place_pattern(rule, negative=False)
        case Never(item=Matches() as matches):
            return _place_pattern(matches, negative=True)
        case Near():
            return _place_near(rule)
        case _:
            return None


def _texts(field: str, kind: FieldKind) -> Callable[[Facts], Collection[Any]]:
    if kind is FieldKind.LIST:
        return lambda facts: facts[field] or ()
    return lambda facts: () if (value := facts[field]) is None else (value,)


def _place_part(rule: Part) -> Placing | None:
    if rule.how is Operator.CONTAINS:
        return None
    at_start = rule.how is Operator.STARTS_WITH
    texts = _texts(rule.field, rule.kind)
    name = ("affix", rule.field, at_start)
    return Placing(name, partial(Affixes, texts, at_start=at_start), rule.text)


def _place_list(rule: Listed, *, negative: bool) -> Placing:
    texts, resolver = _texts(rule.field, rule.kind), rule.resolver
    name = ("list", rule.field, id(resolver), negative)
    probe = _lists(texts, resolver)
    return Placing(name, partial(Members, probe, negative=negative), (rule.list_id,))


def _lists(
    texts: Callable[[Facts], Collection[str]], resolver: ListResolver
) -> Callable[[Facts], set[int]]:
    return lambda facts: {each for text in texts(facts) for each in resolver.lists_with(text)}


def _place_pattern(rule: Matches, *, negative: bool) -> Placing:
    field, ignore_case = rule.field, rule.ignore_case
    name = ("pattern", field, ignore_case, negative)
    make = partial(PatternMembers, field, ignore_case=ignore_case, negative=negative)
    return Placing(name, make, rule.pattern)


def _place_near(rule: Near) -> Placing | None:
    cells = _cells(rule)
    if cells is None:
        return None
    latitude, longitude = rule.latitude_field, rule.longitude_field
    probe = _cell_of(latitude, longitude)
    return Placing(("near", latitude, longitude), partial(Members, probe), cells, exact=False)


def _cell_of(latitude: str, longitude: str) -> Callable[[Facts], Collection[Hashable]]:
    def probe(facts: Facts) -> Collection[Hashable]:
        north, east = facts[latitude], facts[longitude]
        if north is None or east is None or abs(north) > 90 or abs(east) > 180:
            return ()
        return ((math.floor(north), math.floor(east) % 360),)

    return probe


def _cells(rule: Near) -> set[tuple[int, int]] | None:
    """Return the cells of one degree that a circle touches; None when they are too many."""
    angle = rule.miles / _EARTH_RADIUS
    tall = math.degrees(angle) + _MARGIN
    south, north = rule.latitude - tall, rule.latitude + tall
    if south <= -90 or north >= 90:
        return None
    wide = math.degrees(math.asin(math.sin(angle) / math.cos(math.radians(rule.latitude))))
    west, east = rule.longitude - wide - _MARGIN, rule.longitude + wide + _MARGIN
    rows = range(math.floor(south), math.floor(north) + 1)
    columns = range(math.floor(west), math.floor(east) + 1)
    if len(rows) * len(columns) > CELLS:
        return None
    return {(row, column % 360) for row in rows for column in columns}
