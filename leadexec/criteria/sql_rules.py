"""Single rules as SQL conditions that are never NULL."""

import json
import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Numeric,
    Text,
    and_,
    cast,
    false,
    func,
    literal,
    literal_column,
    not_,
    or_,
    select,
    true,
)
from sqlalchemy.dialects.postgresql import JSONB

from leadexec.criteria.rules import (
    Empty,
    Listed,
    Matches,
    Near,
    OneOf,
    Part,
    Range,
    Recent,
    Rule,
    Spans,
)
from leadexec.criteria.sql_values import (
    AnyLeaf,
    TypedBoolean,
    TypedKey,
    TypedMoment,
    TypedNumber,
    TypedText,
    moment_literal,
    number_key,
)
from leadexec.criteria.tree import Operator
from leadexec.criteria.values import FieldKind, Schema, Typed

MANY_VALUES = 20
"""Longer lists of values travel as one JSON parameter."""
MANY_SPANS = 50
"""More dates than this are filtered by the first and the last only."""

_LEAF: ColumnElement[str] = literal_column("leaves.leaf", Text())
_MILES_A_DEGREE = 69.0


@dataclass(frozen=True, slots=True)
class Bounds:
    """A condition that holds whenever a rule does, and whether only then."""

    widest: ColumnElement[bool]
    exact: bool = True


class SqlRules:
    """Writes single rules over one JSON column of one database."""

    def __init__(
        self,
        schema: Schema,
        column: Callable[[str], ColumnElement[Any]],
        dialect: str,
        now: datetime,
    ) -> None:
        """Write for fields of ``schema`` in ``column`` as of ``now``."""
        self._schema = schema
        self._column = column
        self._sqlite = dialect == "sqlite"
        self._now = now

    def write(self, rule: Rule) -> Bounds:  # noqa: PLR0911  one case per kind of rule
        """Return the condition of a rule that is not a group."""
        match rule:
            case OneOf():
                return Bounds(self._one_of(rule))
            case Range():
                return Bounds(self._range(rule))
            case Recent():
                return Bounds(self._recent(rule))
            case Spans():
                return self._spans(rule)
            case Empty(field=field, negative=negative):
                filled = self._filled(field)
                return Bounds(filled if negative else not_(filled))
            case Part():
                return Bounds(self._part(rule))
            case Near():
                return Bounds(self._near(rule), exact=False)
            case Matches(field=field) | Listed(field=field):
                return Bounds(self._filled(field), exact=False)
            case _:
                return Bounds(true(), exact=False)

    def _typed(self, field: str) -> ColumnElement[Any]:
        element = self._column(field)
        match self._schema[field]:
            case FieldKind.NUMBER:
                return TypedKey(element) if self._sqlite else TypedNumber(element)
            case FieldKind.DATETIME:
                return TypedMoment(element)
            case FieldKind.BOOLEAN:
                return TypedBoolean(element)
            case _:
                return TypedText(element)

    def _plain(self, field: str, value: Typed) -> Any:
        """Return a typed value as the column's typed value is in SQL."""
        match self._schema[field]:
            case FieldKind.NUMBER:
                return number_key(value) if self._sqlite else value
            case FieldKind.DATETIME:
                return moment_literal(value)
            case FieldKind.BOOLEAN:
                return "true" if value else "false"
            case _:
                return value

    def _bind(self, field: str, value: Typed) -> ColumnElement[Any]:
        plain = self._plain(field, value)
        return literal(plain, Text() if isinstance(plain, str) else Numeric())

    def _filled(self, field: str) -> ColumnElement[bool]:
        if self._schema[field] is FieldKind.LIST:
            return AnyLeaf(self._column(field), true())
        return self._typed(field).is_not(None)

    def _one_of(self, rule: OneOf) -> ColumnElement[bool]:
        values = sorted(self._plain(rule.field, value) for value in rule.values)
        if rule.kind is FieldKind.LIST:
            found: ColumnElement[bool] = AnyLeaf(self._column(rule.field), self._in(_LEAF, values))
        else:
            found = _known(self._in(self._typed(rule.field), values))
        return not_(found) if rule.negative else found

    def _in(self, column: ColumnElement[Any], values: list[Any]) -> ColumnElement[bool]:
        numeric = not self._sqlite and isinstance(column, TypedNumber)
        kind: Any = Numeric() if numeric else Text()
        if len(values) <= MANY_VALUES:
            return column.in_([literal(value, kind) for value in values])
        listed = literal(json.dumps([str(value) for value in values]), Text())
        if self._sqlite:
            return column.in_(select(func.json_each(listed).table_valued("value").c.value))
        item = func.jsonb_array_elements_text(cast(listed, JSONB)).column_valued("item")
        return column.in_(select(cast(item, kind) if numeric else item))

    def _range(self, rule: Range) -> ColumnElement[bool]:
        conditions = []
        if rule.low is not None:
            conditions.append(self._above(rule.field, rule.low, or_equal=not rule.low_open))
        if rule.high is not None:
            conditions.append(self._below(rule.field, rule.high, or_equal=not rule.high_open))
        return _known(and_(*conditions))

    def _above(self, field: str, bound: Typed, *, or_equal: bool) -> ColumnElement[bool]:
        typed, value = self._typed(field), self._bind(field, bound)
        if isinstance(typed, TypedKey) and bound < 0:
            nearer = typed <= value if or_equal else typed < value
            return or_(typed >= literal("p", Text()), nearer)
        return typed >= value if or_equal else typed > value

    def _below(self, field: str, bound: Typed, *, or_equal: bool) -> ColumnElement[bool]:
        typed, value = self._typed(field), self._bind(field, bound)
        if isinstance(typed, TypedKey) and bound < 0:
            farther = typed >= value if or_equal else typed > value
            return and_(typed < literal("p", Text()), farther)
        return typed <= value if or_equal else typed < value

    def _recent(self, rule: Recent) -> ColumnElement[bool]:
        low = self._now - timedelta(days=rule.past)
        high = self._now + timedelta(days=rule.future)
        return self._range(
            Range(path=rule.path, node=rule.node, field=rule.field, low=low, high=high)
        )

    def _spans(self, rule: Spans) -> Bounds:
        exact = len(rule.starts) <= MANY_SPANS
        pairs: Iterable[tuple[Any, Any]] = zip(rule.starts, rule.ends, strict=True)
        if not exact:
            pairs = [(rule.starts[0], rule.ends[-1])]
        within = [
            and_(
                self._above(rule.field, start, or_equal=True),
                self._below(rule.field, end, or_equal=False),
            )
            for start, end in pairs
        ]
        found = _known(or_(*within))
        if rule.negative:
            return Bounds(not_(found) if exact else true(), exact=exact)
        return Bounds(found, exact=exact)

    def _part(self, rule: Part) -> ColumnElement[bool]:
        if rule.kind is FieldKind.LIST:
            return AnyLeaf(self._column(rule.field), self._has(_LEAF, rule))
        return _known(self._has(self._typed(rule.field), rule))

    def _has(self, text: ColumnElement[Any], rule: Part) -> ColumnElement[bool]:
        part, size = literal(rule.text, Text()), len(rule.text)
        match rule.how:
            case Operator.CONTAINS:
                position: ColumnElement[int] = (
                    func.instr(text, part) if self._sqlite else func.strpos(text, part)
                )
                return position > 0
            case Operator.STARTS_WITH:
                return func.substr(text, 1, size) == part
            case _:
                end = func.substr(text, -size) if self._sqlite else func.right(text, size)
                return end == part

    def _near(self, rule: Near) -> ColumnElement[bool]:
        """Return a box around the circle; all that have coordinates where no box fits."""
        both = and_(self._filled(rule.latitude_field), self._filled(rule.longitude_field))
        tall = rule.miles / _MILES_A_DEGREE + 1e-6
        south, north = rule.latitude - tall, rule.latitude + tall
        if south <= -89 or north >= 89:
            return both
        shrink = math.cos(math.radians(max(abs(south), abs(north))))
        west, east = rule.longitude - tall / shrink, rule.longitude + tall / shrink
        latitude = self._box(rule, rule.latitude_field, south, north)
        if west < -180 or east > 180:
            return and_(latitude, self._filled(rule.longitude_field))
        return and_(latitude, self._box(rule, rule.longitude_field, west, east))

    def _box(self, rule: Near, field: str, low: float, high: float) -> ColumnElement[bool]:
        down, up = math.floor(low), math.ceil(high)
        return self._range(Range(path=rule.path, node=rule.node, field=field, low=down, high=up))


def _known(condition: ColumnElement[bool]) -> ColumnElement[bool]:
    return func.coalesce(condition, false())
