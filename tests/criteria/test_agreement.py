"""The three readers of a tree agree: evaluate, index, SQL; over random trees and leads."""

import asyncio
import os
from collections.abc import Collection, Iterator
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pyroaring import BitMap
from sqlalchemy import (
    JSON,
    Column,
    Connection,
    Integer,
    MetaData,
    Table,
    create_engine,
    delete,
    insert,
    select,
)
from sqlalchemy.ext.asyncio import create_async_engine

from leadexec.criteria import (
    All,
    AnyOf,
    CriteriaIndex,
    DistanceTest,
    FieldKind,
    FieldTest,
    FormulaTest,
    FunctionTest,
    ListTest,
    Not,
    Operator,
    PatternTest,
    Resources,
    compile_criteria,
    json_elements,
    parse_tree,
    stored_fields,
    to_sql,
)

NOW = datetime(2026, 3, 1, 12, 30, tzinfo=UTC)

SCHEMA = {
    "State": FieldKind.TEXT,
    "City name": FieldKind.TEXT,
    "Score": FieldKind.NUMBER,
    "Amount": FieldKind.NUMBER,
    "Born": FieldKind.DATETIME,
    "Consent": FieldKind.BOOLEAN,
    "Tags": FieldKind.LIST,
    "Latitude": FieldKind.NUMBER,
    "Longitude": FieldKind.NUMBER,
}

TEXTS = [
    "CA", " ca\t", "Ca", "TX", "cab", "c", "Ärzte", "ärzte", "ÄRZTE", "a'b", "100%", "a_b",
    "ab",
]  # fmt: skip
TEXTS += ['say "q"', "0012", "12", "12.0", "true", "back\\slash", "2026-03-01T12:30:00Z", "é", "\n"]
NUMBERS = [
    "0", "1", "-1", "12", "12.5", "12.50", "-0.5", "-12.25", "0.000001", "100000", "99999.99",
]  # fmt: skip
NUMBERS += ["12345678901234567890.5", "12345678901234567891", "9007199254740993", "007", "-0"]
MOMENTS = [
    NOW,
    NOW - timedelta(days=1),
    NOW - timedelta(days=1, microseconds=1),
    NOW + timedelta(days=7),
    NOW.replace(microsecond=120000),
    NOW.replace(hour=0, minute=0),
    NOW.astimezone(timezone(timedelta(hours=-7))),
    datetime(1980, 2, 29, 23, 59, 59, 999999, tzinfo=UTC),
    datetime(2026, 3, 1, 12, 30),  # noqa: DTZ001  a naive one is taken as UTC
]
DATES = ["2026-03-01", "2026-02-28", "1980-02-29", "2026-03-01T12:30:00Z", "2026-03-08T13:30+01:00"]
OTHERS: list[Any] = ["", "   ", None, True, False, [], 5, Decimal("1E+3"), Decimal("NaN"), 10**30]

texts = st.sampled_from(TEXTS) | st.text("abC .-ä", max_size=4)
numbers = st.sampled_from([Decimal(n) for n in NUMBERS]) | st.integers(-20, 20)
numbers |= st.decimals(-50, 50, places=2)
moments = st.sampled_from(MOMENTS)
others = st.sampled_from(OTHERS)
scalars = texts | numbers | moments | others
leaves = st.lists(texts | others, max_size=3)
groups = st.lists(
    st.fixed_dictionaries({"make": texts, "tags": st.lists(scalars, max_size=2)}), max_size=2
)

VALUES: dict[str, st.SearchStrategy[Any]] = {
    "State": texts | texts | scalars,
    "City name": texts | groups,
    "Score": numbers | numbers | scalars,
    "Amount": numbers | st.sampled_from(NUMBERS),
    "Born": moments | moments | scalars,
    "Consent": st.booleans() | scalars,
    "Tags": leaves | groups | texts,
    "Latitude": st.sampled_from([Decimal("34.05"), Decimal("40.7"), 95, None, 0]),
    "Longitude": st.sampled_from([Decimal("-118.24"), Decimal("-74"), Decimal("179.9"), None, 0]),
}
leads = st.fixed_dictionaries({}, optional=VALUES)

OPERANDS = {
    FieldKind.TEXT: st.sampled_from([t for t in TEXTS if t.strip()]),
    FieldKind.LIST: st.sampled_from([t for t in TEXTS if t.strip()]),
    FieldKind.NUMBER: st.sampled_from(NUMBERS) | st.integers(-20, 20).map(str),
    FieldKind.DATETIME: st.sampled_from(DATES),
    FieldKind.BOOLEAN: st.sampled_from(["true", "No"]),
}
O = Operator  # noqa: E741
SETS = [O.IS, O.IS_NOT, O.IS_ANY_OF, O.IS_NONE_OF, O.IS_EMPTY, O.IS_NOT_EMPTY]
PARTS = [O.CONTAINS, O.STARTS_WITH, O.ENDS_WITH]
ORDERS = [O.GREATER_THAN, O.AT_LEAST, O.LESS_THAN, O.AT_MOST, O.BETWEEN]
DATE_ORDERS = [O.BEFORE, O.AFTER, O.WITHIN_LAST_DAYS, O.WITHIN_NEXT_DAYS]
OPERATORS = {
    FieldKind.TEXT: SETS + PARTS + ORDERS,
    FieldKind.LIST: SETS + PARTS,
    FieldKind.NUMBER: SETS + ORDERS,
    FieldKind.DATETIME: SETS + ORDERS + DATE_ORDERS,
    FieldKind.BOOLEAN: SETS,
}


@st.composite
def field_tests(draw: st.DrawFn) -> FieldTest:
    field = draw(st.sampled_from(sorted(SCHEMA)))
    kind = SCHEMA[field]
    operator = draw(st.sampled_from(OPERATORS[kind]))
    one = OPERANDS[kind]
    if operator in (O.IS_EMPTY, O.IS_NOT_EMPTY):
        values = []
    elif operator in (O.WITHIN_LAST_DAYS, O.WITHIN_NEXT_DAYS):
        values = [str(draw(st.sampled_from([0, 1, 7, 20000])))]
    elif operator is O.BETWEEN:
        values = draw(st.lists(one, min_size=2, max_size=2))
        key = {FieldKind.NUMBER: Decimal, FieldKind.TEXT: lambda t: t.strip().lower()}.get(
            kind, str
        )
        values.sort(key=key)
        if kind is FieldKind.TEXT:
            values = [v for v in values if v.isascii()]
            values = (values or ["a"]) * (3 - len(values) if values else 2)
        if kind is FieldKind.DATETIME:
            values = sorted(draw(st.lists(st.sampled_from(DATES[:3]), min_size=2, max_size=2)))
    elif operator in (O.IS_ANY_OF, O.IS_NONE_OF):
        values = draw(st.lists(one, min_size=1, max_size=12))
    else:
        values = [draw(one)]
    return FieldTest(field=field, operator=operator, values=tuple(values))


FORMULAS = [
    "Score > 5",
    "Amount / Score > 1",
    "[City name] = 'ab' or Consent",
    "not is_empty(State)",
]


def lucky(state: Any) -> bool:
    """Fail for an empty state, so that evaluation has something to fail closed on."""
    if state is None:
        raise ValueError("no state")
    return str(state).strip() != "TX"


class Lists:
    lists = {1: {"ca", "ärzte"}, 2: {"tx", "12"}}

    def knows(self, list_id: int) -> bool:
        return list_id in self.lists

    def lists_with(self, value: str) -> Collection[int]:
        return {list_id for list_id, values in self.lists.items() if value in values}


RESOURCES = Resources(functions={"lucky": lucky}, lists=Lists())

rules = st.one_of(
    field_tests(),
    field_tests(),
    field_tests(),
    st.builds(
        PatternTest,
        field=st.sampled_from(["State", "Tags", "Score"]),
        pattern=st.sampled_from(["^C", "a", r"\d", "^$", "ärzte$"]),
        ignore_case=st.booleans(),
    ),
    st.builds(FormulaTest, expression=st.sampled_from(FORMULAS)),
    st.just(FunctionTest(function="lucky", fields=("State",))),
    st.just(FunctionTest(function="lucky", fields=("State",), expected=("FALSE",))),
    st.builds(ListTest, list_id=st.sampled_from([1, 2]), field=st.sampled_from(["State", "Tags"])),
    st.builds(
        DistanceTest,
        miles=st.sampled_from([30.0, 3000.0, 12000.0]),
        latitude=st.sampled_from([34.0, 40.0, -89.5]),
        longitude=st.sampled_from([-118.0, -179.9]),
    ),
)
trees = st.recursive(
    rules,
    lambda inner: st.one_of(
        st.builds(All, items=st.lists(inner, max_size=4).map(tuple)),
        st.builds(AnyOf, items=st.lists(inner, min_size=1, max_size=4).map(tuple)),
        st.builds(Not, item=inner),
    ),
    max_leaves=10,
)
quick = settings(
    max_examples=150,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)


def matching(forest: dict[int, Any], lead: dict[str, Any]) -> list[int]:
    """Return the keys whose tree matches, each evaluated alone."""
    return [
        key
        for key, tree in sorted(forest.items())
        if compile_criteria(tree, SCHEMA, RESOURCES).matches(lead, NOW)
    ]


@quick
@given(trees, leads)
def test_an_explanation_says_matched_exactly_when_the_tree_matches(tree: Any, lead: Any) -> None:
    compiled = compile_criteria(tree, SCHEMA, RESOURCES)
    verdict = compiled.explain(lead, NOW)
    assert verdict.matched is compiled.matches(lead, NOW)
    assert (verdict.code == "matched") is verdict.matched
    assert 0 < len(verdict.message) <= 500


@quick
@given(trees, leads)
def test_a_lead_read_back_from_storage_is_judged_like_the_lead_it_was(tree: Any, lead: Any) -> None:
    compiled = compile_criteria(tree, SCHEMA, RESOURCES)
    back = msgspec.json.decode(msgspec.json.encode(stored_fields(lead)))
    if not isinstance(tree, FunctionTest):
        assert compiled.matches(back, NOW) is compiled.matches(lead, NOW)


@quick
@given(trees)
def test_a_tree_comes_back_from_json_as_it_was(tree: Any) -> None:
    assert parse_tree(msgspec.json.encode(tree)) == tree


@quick
@given(st.lists(trees, max_size=12), st.lists(leads, min_size=1, max_size=4))
def test_the_index_finds_exactly_the_trees_that_match_alone(forest: Any, some: Any) -> None:
    index = CriteriaIndex(SCHEMA, RESOURCES)
    numbered = dict(enumerate(forest))
    for key, tree in numbered.items():
        index.put(key, tree)
    for lead in some:
        wanted = matching(numbered, lead)
        assert list(index.match(lead, NOW)) == wanted
        few = BitMap(range(0, len(forest), 2))
        assert list(index.match(lead, NOW, among=few)) == [k for k in wanted if k in few]


changes = st.lists(st.tuples(st.integers(0, 6), st.none() | trees), min_size=1, max_size=25)


@quick
@given(changes, leads)
def test_an_index_changed_step_by_step_is_like_one_built_afresh(steps: Any, lead: Any) -> None:
    changed = CriteriaIndex(SCHEMA, RESOURCES)
    forest: dict[int, Any] = {}
    for key, tree in steps:
        if tree is None:
            changed.remove(key)
            forest.pop(key, None)
        else:
            changed.put(key, tree)
            forest[key] = tree
    assert list(changed.keys) == sorted(forest)
    assert list(changed.match(lead, NOW)) == matching(forest, lead)
    for key in forest:
        changed.remove(key)
    assert not changed.match(lead, NOW)


@quick
@given(st.lists(trees, max_size=15), leads, st.integers(1, 4), st.randoms())
def test_the_first_matches_keep_the_order_they_are_asked_in(
    forest: Any, lead: Any, count: int, random: Any
) -> None:
    index = CriteriaIndex(SCHEMA, RESOURCES)
    for key, tree in enumerate(forest):
        index.put(key, tree)
    order = list(range(len(forest) + 3))
    random.shuffle(order)
    wanted = set(matching(dict(enumerate(forest)), lead))
    assert index.first(lead, NOW, order, count) == [k for k in order if k in wanted][:count]


TABLE = Table(
    "criteria_agreement",
    MetaData(),
    Column("id", Integer, primary_key=True),
    Column("fields", JSON),
    prefixes=["TEMPORARY"],
)


def check_sql(connection: Connection, dialect: Any, forest: list[Any], some: list[Any]) -> None:
    """Store leads and compare what each tree's filter finds with what evaluation finds."""
    connection.execute(delete(TABLE))
    rows = [{"id": i, "fields": stored_fields(lead)} for i, lead in enumerate(some)]
    connection.execute(insert(TABLE), rows)
    for tree in forest:
        column = json_elements(TABLE.c.fields, dialect)
        found = to_sql(tree, SCHEMA, column, dialect, now=NOW, resources=RESOURCES)
        query = select(TABLE.c.id).where(found.where).order_by(TABLE.c.id)
        ids = list(connection.scalars(query))
        compiled = compile_criteria(tree, SCHEMA, RESOURCES)
        wanted = [i for i, lead in enumerate(some) if compiled.matches(lead, NOW)]
        assert set(wanted) <= set(ids), tree
        assert not found.exact or ids == wanted, tree


@pytest.fixture(scope="module")
def sqlite() -> Iterator[Connection]:
    engine = create_engine("sqlite://")
    with engine.connect() as connection:
        TABLE.create(connection)
        yield connection
    engine.dispose()


forests = st.lists(trees, min_size=1, max_size=3)
some_leads = st.lists(leads, min_size=1, max_size=8)


@quick
@given(forests, some_leads)
def test_sqlite_finds_the_leads_that_evaluation_finds(
    sqlite: Connection, forest: Any, some: Any
) -> None:
    check_sql(sqlite, "sqlite", forest, some)


URL = "postgresql+asyncpg://postgres@127.0.0.1:5432/postgres"


@pytest.fixture(scope="module")
def postgresql() -> Iterator[Any]:
    """Run a function with a connection that has the table, or skip when no server answers."""
    url = os.environ.get("LEADEXEC_TEST_POSTGRESQL", URL)
    engine = create_async_engine(url, connect_args={"timeout": 3})
    with asyncio.Runner() as runner:
        try:
            connection = runner.run(_connect(engine))
        except (OSError, TimeoutError) as error:
            pytest.skip(f"no PostgreSQL answers at {url}: {error}")
        yield lambda work: runner.run(connection.run_sync(work))
        runner.run(_disconnect(engine, connection))


async def _connect(engine: Any) -> Any:
    connection = await engine.connect()
    await connection.run_sync(TABLE.create)
    return connection


async def _disconnect(engine: Any, connection: Any) -> None:
    await connection.rollback()
    await connection.close()
    await engine.dispose()


@pytest.mark.postgresql
@quick
@given(forests, some_leads)
def test_postgresql_finds_the_leads_that_evaluation_finds(
    postgresql: Any, forest: Any, some: Any
) -> None:
    postgresql(lambda connection: check_sql(connection, "postgresql", forest, some))
