"""Criteria as a filter in SQL: for lists and reports over stored leads.

What SQL can say exactly it says exactly. What it cannot (patterns, formulas, functions,
distribution lists, distances) becomes a condition that lets through all leads that may match; the
filter says so with ``exact=False``, and the caller evaluates the tree on the rows it gets.
"""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any, Literal, TypeAlias

import msgspec
from sqlalchemy import (
    ColumnElement,
    Text,
    and_,
    cast,
    false,
    func,
    literal,
    not_,
    or_,
    true,
)
from sqlalchemy.dialects.postgresql import JSONB

from leadexec.criteria.check import NO_RESOURCES, Resources, check_tree
from leadexec.criteria.faults import refuse
from leadexec.criteria.rules import Every, Never, Rule, Some
from leadexec.criteria.sql_rules import SqlRules
from leadexec.criteria.tree import Criteria
from leadexec.criteria.values import Schema

DialectName: TypeAlias = Literal["sqlite", "postgresql"]
"""The databases that filters are made for."""

Elements: TypeAlias = Callable[[str], ColumnElement[Any]]
"""Gives the JSON element of a field by its name; see :func:`json_elements`."""

_CHUNK = 30


class SqlFilter(msgspec.Struct, kw_only=True, frozen=True):
    """A condition over stored leads."""

    where: ColumnElement[bool]
    """Never NULL; true for every lead that matches."""
    exact: bool
    """Whether it is true for those only; else evaluate the tree on the rows."""


def json_elements(document: ColumnElement[Any], dialect: DialectName) -> Elements:
    """Return how to reach a field in the JSON column that holds a lead's fields.

    Args:
        document: The column, ``json`` or ``jsonb`` on PostgreSQL.
        dialect: The database.
    """

    def element(field: str) -> ColumnElement[Any]:
        if dialect == "postgresql":
            inside = cast(document, JSONB).op("->", return_type=JSONB())
            return inside(literal(field, Text()))
        if '"' in field or "\\" in field:
            raise refuse("bad_field_name", "field", f"SQLite cannot look up the field “{field}”.")
        return document.op("->", return_type=Text())(literal(f'$."{field}"', Text()))

    return element


def to_sql(
    tree: Criteria,
    schema: Schema,
    column: Elements,
    dialect: DialectName,
    *,
    now: datetime,
    resources: Resources = NO_RESOURCES,
) -> SqlFilter:
    """Return the condition that a tree is in SQL.

    Args:
        tree: What was saved.
        schema: The kind of every field that the tree may name.
        column: Gives the JSON element of a field, stored as ``values.stored`` writes it.
        dialect: The database that will run it.
        now: The instant that relative dates go by.
        resources: What the tree may refer to besides fields.

    Raises:
        CriteriaError: With every fault of the tree, each at its path.
    """
    writer = _Writer(SqlRules(schema, column, dialect, now))
    where = writer.write(check_tree(tree, schema, resources), widest=True)
    return SqlFilter(where=where, exact=writer.exact)


class _Writer:
    """Writes a tree of rules, from above or from below where SQL cannot say it exactly."""

    def __init__(self, rules: SqlRules) -> None:
        self.rules = rules
        self.exact = True

    def write(self, rule: Rule, *, widest: bool) -> ColumnElement[bool]:
        """Return a condition that holds whenever the rule does (``widest``), or only then."""
        match rule:
            case Every(items=items):
                return _fold(and_, [self.write(i, widest=widest) for i in items] or [true()])
            case Some(items=items):
                return _fold(or_, [self.write(i, widest=widest) for i in items] or [false()])
            case Never(item=item):
                return not_(self.write(item, widest=not widest).self_group())
            case _:
                bounds = self.rules.write(rule)
                self.exact = self.exact and bounds.exact
                return bounds.widest if widest or bounds.exact else false()


def _fold(
    join: Callable[..., ColumnElement[bool]], items: Sequence[ColumnElement[bool]]
) -> ColumnElement[bool]:
    """Join conditions as a tree, because SQLite refuses expressions that nest 1 000 deep."""
    level = list(items)
    while len(level) > 1:
        chunks = [level[i : i + _CHUNK] for i in range(0, len(level), _CHUNK)]
        level = [func.coalesce(join(*c), false()) if len(c) > 1 else c[0] for c in chunks]
    return level[0]
