"""Rules: a checked tree with typed operands, from which all three readers work.

A rule answers ``test(facts)`` with True, False, or None: it could not be evaluated. The three
combine as in Kleene's logic, so the order of items never matters; only True is a match.
Rules are equal when they test the same thing, wherever they stand.
"""

import dataclasses
from collections.abc import Collection
from decimal import Decimal
from typing import Any, Protocol, TypeAlias

from leadexec.criteria.formula import Formula
from leadexec.criteria.pattern import Pattern
from leadexec.criteria.tree import Criteria, Operator
from leadexec.criteria.values import CriteriaFunction, FieldKind, Typed


class ListResolver(Protocol):
    """Knows the distribution lists; called in memory on a lead's way, so it must be quick."""

    def knows(self, list_id: int) -> bool:
        """Tell whether there is such a list; asked when a tree is saved."""
        ...

    def lists_with(self, value: str) -> Collection[int]:
        """Return the ids of all lists that hold ``value`` (as ``normal_text`` writes it)."""
        ...


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """What all rules share: where in the tree they come from."""

    path: str = dataclasses.field(compare=False)
    node: Criteria = dataclasses.field(compare=False, repr=False)


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class OneOf(Rule):
    """The typed value is in a set; negative: it is not, or is empty."""

    field: str
    kind: FieldKind
    values: frozenset[Typed]
    negative: bool = False


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Range(Rule):
    """The typed value lies between two bounds; None is no bound."""

    field: str
    low: Typed = None
    high: Typed = None
    low_open: bool = False
    high_open: bool = False


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Spans(Rule):
    """A date lies in one of the disjoint, sorted spans from ``starts`` to before ``ends``."""

    field: str
    starts: tuple[Any, ...]
    ends: tuple[Any, ...]
    negative: bool = False


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Recent(Rule):
    """A date lies at most ``past`` days before now and at most ``future`` days after."""

    field: str
    past: int = 0
    future: int = 0


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Empty(Rule):
    """The field is empty; negative: it is not."""

    field: str
    negative: bool = False


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Part(Rule):
    """The text (or any element) contains, starts with or ends with ``text``."""

    field: str
    kind: FieldKind
    how: Operator
    text: str


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Matches(Rule):
    """A pattern is found in the text (or any element)."""

    field: str
    text: str
    ignore_case: bool
    pattern: Pattern = dataclasses.field(compare=False, repr=False)


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Computed(Rule):
    """A formula is true."""

    text: str
    formula: Formula = dataclasses.field(compare=False, repr=False)


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Called(Rule):
    """A function gives true or one of the expected texts."""

    name: str
    fields: tuple[str, ...]
    expected: frozenset[str]
    function: CriteriaFunction = dataclasses.field(compare=False, repr=False)


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Listed(Rule):
    """The text (or any element) is on a distribution list."""

    field: str
    kind: FieldKind
    list_id: int
    resolver: ListResolver = dataclasses.field(compare=False, repr=False)


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Near(Rule):
    """The lead's coordinates lie within ``miles`` of a point."""

    latitude_field: str
    longitude_field: str
    latitude: float
    longitude: float
    miles: float


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Every(Rule):
    """All items hold."""

    items: tuple[Rule, ...]


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Some(Rule):
    """At least one item holds."""

    items: tuple[Rule, ...]


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Never(Rule):
    """The item does not hold."""

    item: Rule


Number: TypeAlias = int | Decimal
"""A typed number."""
