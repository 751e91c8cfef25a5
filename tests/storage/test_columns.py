"""What goes into the database comes out the same, exactly, on both."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Column, Connection, Integer, MetaData, Table, func, insert, select
from sqlalchemy.exc import StatementError

from leadexec import Secret
from leadexec.storage.columns import (
    JsonColumn,
    MoneyColumn,
    UtcDateTime,
    scale_money,
    to_json,
    to_microseconds,
    unscale_money,
)
from leadexec.storage.store import Store

metadata = MetaData()
things = Table(
    "things",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("price", MoneyColumn),
    Column("at", UtcDateTime),
    Column("data", JsonColumn),
)
LARGEST = Decimal("922337203685477.5807")
amounts = st.integers(-(2**63) + 1, 2**63 - 1).map(lambda units: Decimal(units).scaleb(-4))


@given(amounts)
def test_every_amount_of_four_places_survives_the_way_there_and_back(amount: Decimal) -> None:
    assert unscale_money(scale_money(amount)) == amount


@given(st.lists(amounts, max_size=20))
def test_a_sum_of_stored_amounts_is_the_sum_of_the_amounts(several: list[Decimal]) -> None:
    assert sum(scale_money(amount) for amount in several) == sum(
        int(amount * 10_000) if amount.adjusted() < 20 else 0 for amount in several
    )


@given(st.decimals(allow_nan=True, allow_infinity=True))
def test_an_amount_is_stored_exactly_or_refused(amount: Decimal) -> None:
    try:
        units = scale_money(amount)
    except ValueError:
        assert (
            not amount.is_finite()
            or abs(amount) > LARGEST
            or Decimal(amount).normalize().as_tuple().exponent < -4  # type: ignore[operator]
        )
    else:
        assert unscale_money(units) == amount


@pytest.mark.parametrize("wrong", ["0.00001", "1E-30", "NaN", "Infinity", "922337203685477.5808"])
def test_what_cannot_be_stored_exactly_is_refused(wrong: str) -> None:
    with pytest.raises(ValueError, match="money"):
        scale_money(Decimal(wrong))


@pytest.mark.parametrize("wrong", [1.5, "1.5", True])
def test_only_exact_numbers_are_money(wrong: Any) -> None:
    with pytest.raises(TypeError, match="Decimal"):
        scale_money(wrong)


def test_an_amount_is_read_with_two_places_or_with_four() -> None:
    assert [str(unscale_money(units)) for units in (0, 125_000, 125, -100)] == [
        "0.00",
        "12.50",
        "0.0125",
        "-0.01",
    ]


@given(st.datetimes(timezones=st.timezones()))
def test_instants_keep_their_order_and_their_microseconds(when: datetime) -> None:
    later = when.astimezone(UTC) + timedelta(microseconds=1) if when.year < 9999 else None

    if later:
        assert to_microseconds(later) == to_microseconds(when) + 1


def test_a_time_without_a_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="no time zone"):
        to_microseconds(datetime(2026, 1, 1))  # noqa: DTZ001  that is the point


def test_a_secret_never_becomes_json_in_the_clear() -> None:
    with pytest.raises(TypeError, match="Secret"):
        to_json({"password": Secret("hunter2")})


def rows() -> Iterator[dict[str, Any]]:
    zone = timezone(timedelta(hours=-5))
    data = {"text": "ü\"':", "list": [1, 2.5, None, True], "price": Decimal("1.10")}
    yield {"id": 1, "price": LARGEST, "at": datetime(2026, 1, 1, tzinfo=zone), "data": data}
    yield {"id": 2, "price": Decimal("-0.0001"), "at": datetime.max.replace(tzinfo=UTC), "data": []}
    yield {"id": 3, "price": None, "at": datetime.min.replace(tzinfo=UTC), "data": None}


def write(connection: Connection) -> None:
    metadata.create_all(connection)
    connection.execute(insert(things), list(rows()))


@pytest.mark.anyio
async def test_values_come_back_as_they_were_written(store: Store) -> None:
    await store.change(write)

    read = await store.read(lambda c: c.execute(select(things).order_by(things.c.id)).all())

    wanted = list(rows())
    wanted[0]["data"] = {**wanted[0]["data"], "price": "1.10"}
    assert [row._asdict() for row in read] == wanted
    assert read[0].at.utcoffset() == timedelta(0)


@pytest.mark.anyio
async def test_no_data_is_null_and_not_the_json_null(store: Store) -> None:
    await store.change(write)

    found = await store.read(
        lambda c: c.execute(select(things.c.id).where(things.c.data.is_(None))).scalars().all()
    )

    assert found == [3]


@pytest.mark.anyio
async def test_the_database_adds_up_money_exactly(store: Store) -> None:
    await store.change(write)

    total = await store.read(
        lambda c: c.execute(select(func.sum(things.c.price)).where(things.c.id < 3)).scalar()
    )

    assert total == LARGEST - Decimal("0.0001")


@pytest.mark.anyio
async def test_the_database_never_sees_an_inexact_amount(store: Store) -> None:
    await store.change(write)
    bad = insert(things).values(id=4, price=Decimal("0.00001"))

    with pytest.raises(StatementError, match="at most 4 places"):
        await store.change(lambda c: c.execute(bad))
