"""The statements that a system really runs, and the plans a database makes for them."""

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, Engine, event
from sqlalchemy.pool import Pool

_ASKING = re.compile(r"\s*(SELECT|UPDATE|DELETE|WITH)\b", re.IGNORECASE)
_LITERAL = re.compile(r"'(?:[^']|'')*'|\b\d+\b")


@dataclass(frozen=True)
class Statement:
    """A statement with values it was run with."""

    sql: str
    parameters: Any = ()

    @property
    def shape(self) -> str:
        """The statement without its values, and without quotes around names."""
        return " ".join(_LITERAL.sub("?", self.sql).replace('"', "").split())

    @property
    def pages(self) -> bool:
        """Whether it asks for the first so many rows of a whole table, in some order."""
        return " WHERE " not in self.shape and " LIMIT " in self.shape


@dataclass
class Recording:
    """Every kind of question and change that was run, each once."""

    found: dict[str, Statement] = field(default_factory=dict)

    def add(self, sql: str, parameters: Any = ()) -> None:
        """Keep a statement unless one like it is there already, or it only inserts."""
        if _ASKING.match(sql):
            made = Statement(sql, parameters)
            self.found.setdefault(made.shape, made)

    def forget(self) -> None:
        """Begin anew."""
        self.found.clear()

    def about(self, verb: str, table: str, *words: str) -> list[Statement]:
        """Return the statements that begin with ``verb``, name ``table`` and have ``words``."""
        start = re.compile(rf"{verb}\b.*\b{table}\b", re.IGNORECASE)
        return [
            s
            for shape, s in self.found.items()
            if start.match(shape) and all(w in shape for w in words)
        ]


@contextmanager
def recorded() -> Iterator[Recording]:
    """Record what is run on every connection opened from now on.

    On SQLite the driver tells, as some statements go past SQLAlchemy, with values written out.
    """
    recording = Recording()

    def trace(connection: Any, _record: object) -> None:
        if hasattr(connection, "set_trace_callback"):
            connection.set_trace_callback(recording.add)

    def note(
        connection: Connection, _cursor: Any, sql: str, parameters: Any, _context: Any, many: bool
    ) -> None:
        if connection.dialect.name == "postgresql":
            recording.add(sql, parameters[0] if many else parameters)

    event.listen(Pool, "connect", trace)
    event.listen(Engine, "before_cursor_execute", note)
    try:
        yield recording
    finally:
        event.remove(Pool, "connect", trace)
        event.remove(Engine, "before_cursor_execute", note)


def plan_of(connection: Connection, statement: Statement) -> list[str]:
    """Return the steps of the database's plan for ``statement``, one a line."""
    if connection.dialect.name == "sqlite":
        rows = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement.sql}")
        return [str(row.detail) for row in rows]
    said = connection.exec_driver_sql(
        f"EXPLAIN (FORMAT JSON) {statement.sql}", statement.parameters
    ).scalar_one()
    (top,) = json.loads(said) if isinstance(said, str) else said
    return list(_nodes(top["Plan"]))


def _nodes(node: dict[str, Any]) -> Iterator[str]:
    named = [node[key] for key in ("Relation Name", "Index Name", "Index Cond") if key in node]
    whole = "Filter" in node and "Index Cond" not in node and "Index Name" in node
    yield " ".join([*(["Whole"] if whole else []), node["Node Type"], *named])
    for below in node.get("Plans", ()):
        yield from _nodes(below)


def scans(plan: list[str], tables: set[str], *, page: bool) -> list[str]:
    """Return the steps that look at every row of one of ``tables``.

    Walking along an index (or the rows' own order) until a page is full is none, if nothing is
    sorted afterwards.
    """
    sorts = any("TEMP B-TREE FOR ORDER BY" in step or step.startswith("Sort") for step in plan)
    return [
        step
        for step in plan
        if (words := step.split())[:1] in (["SCAN"], ["Seq"], ["Whole"])
        and tables.intersection(words)
        and not (page and words[0] == "SCAN" and not sorts)
    ]
