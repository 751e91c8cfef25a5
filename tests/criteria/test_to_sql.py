"""Filters in SQL: large trees, what is exact, and what is refused."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import JSON, Column, Connection, Integer, MetaData, Table, create_engine, select

from leadexec.criteria import (
    EVERYTHING,
    All,
    AnyOf,
    Criteria,
    CriteriaError,
    DistanceTest,
    FieldKind,
    FieldTest,
    Not,
    Operator,
    PatternTest,
    json_elements,
    stored_fields,
    to_sql,
)

NOW = datetime(2026, 3, 1, 12, 30, tzinfo=UTC)
SCHEMA = {
    "State": FieldKind.TEXT,
    "Score": FieldKind.NUMBER,
    "Born": FieldKind.DATETIME,
    "Latitude": FieldKind.NUMBER,
    "Longitude": FieldKind.NUMBER,
    'Say "x"': FieldKind.TEXT,
}
TABLE = Table("leads", MetaData(), Column("id", Integer), Column("fields", JSON))


def a_test(field: str, operator: str, *values: str) -> FieldTest:
    return FieldTest(field=field, operator=Operator(operator), values=values)


@pytest.fixture
def leads() -> Iterator[Connection]:
    engine = create_engine("sqlite://")
    rows: list[dict[str, Any]] = [
        {"State": "CA", "Score": 7, "Born": NOW},
        {"State": "tx", "Score": Decimal("-12345678901234567890.5"), "Born": NOW},
        {"Latitude": Decimal("34.05"), "Longitude": Decimal("-118.24")},
        {"Latitude": Decimal("-34.05"), "Longitude": Decimal("118.24")},
    ]
    with engine.connect() as connection:
        TABLE.create(connection)
        for number, row in enumerate(rows):
            connection.execute(TABLE.insert().values(id=number, fields=stored_fields(row)))
        yield connection
    engine.dispose()


def found(leads: Connection, tree: Criteria) -> tuple[list[Any], bool]:
    elements = json_elements(TABLE.c.fields, "sqlite")
    made = to_sql(tree, SCHEMA, elements, "sqlite", now=NOW)
    return list(leads.scalars(select(TABLE.c.id).where(made.where))), made.exact


def test_a_tree_without_rules_lets_every_lead_through(leads: Connection) -> None:
    assert found(leads, EVERYTHING) == ([0, 1, 2, 3], True)


def test_the_largest_trees_run_on_sqlite(leads: Connection) -> None:
    scores = tuple(a_test("Score", "less_than", str(n)) for n in range(8, 2_007))
    assert found(leads, All(items=scores)) == ([0, 1], True)
    assert found(leads, AnyOf(items=scores)) == ([0, 1], True)
    states = ("CA", *map(str, range(199_999)))
    assert found(leads, a_test("State", "is_any_of", *states)) == ([0], True)
    deep: Criteria = scores[0]
    for _ in range(19):
        deep = Not(item=deep)
    assert found(leads, deep) == ([2, 3], True)


def test_numbers_compare_exactly_whatever_their_size(leads: Connection) -> None:
    number = "-12345678901234567890.5"
    assert found(leads, a_test("Score", "is", number)) == ([1], True)
    assert found(leads, a_test("Score", "less_than", number)) == ([], True)
    assert found(leads, a_test("Score", "less_than", number[:-1] + "4")) == ([1], True)


def test_many_dates_are_filtered_by_the_first_and_the_last(leads: Connection) -> None:
    days = [str((NOW + timedelta(days=2 * n)).date()) for n in range(60)]
    assert found(leads, a_test("Born", "is_any_of", *days)) == ([0, 1], False)
    assert found(leads, a_test("Born", "is_none_of", *days)) == ([0, 1, 2, 3], False)


def test_a_distance_becomes_a_box(leads: Connection) -> None:
    near = DistanceTest(miles=10, latitude=34.0, longitude=-118.2)
    assert found(leads, near) == ([2], False)
    assert found(leads, Not(item=near)) == ([0, 1, 2, 3], False)


def test_a_pattern_lets_through_who_has_any_text(leads: Connection) -> None:
    assert found(leads, PatternTest(field="State", pattern="^C")) == ([0, 1], False)


def test_a_field_that_sqlite_cannot_look_up_is_refused(leads: Connection) -> None:
    with pytest.raises(CriteriaError, match="cannot look up"):
        found(leads, a_test('Say "x"', "is", "x"))


def test_a_filter_can_be_shown_without_a_database() -> None:
    made = to_sql(
        a_test("Score", "is", "5"),
        SCHEMA,
        json_elements(TABLE.c.fields, "postgresql"),
        "postgresql",
        now=NOW,
    )
    assert "TypedNumber" in str(made.where)
