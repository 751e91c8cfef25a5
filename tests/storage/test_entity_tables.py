"""The table of an entity follows from its declaration."""

from typing import Any

import pytest
from sqlalchemy import BigInteger, Boolean, Column, Integer, MetaData, Table, Text, inspect
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.dialects.postgresql.base import PGDialect

from leadexec import ConflictError
from leadexec.model.client import Client
from leadexec.model.registry import KERNEL_ENTITIES, EntityRegistry
from leadexec.storage.columns import JsonColumn, MoneyColumn, UtcDateTime
from leadexec.storage.database import Database
from leadexec.storage.entity_tables import ENTITY, KERNEL_TABLES, EntityTables
from leadexec.storage.metadata import kernel_metadata


def test_scalars_have_types_and_whatever_is_nested_is_json() -> None:
    campaigns = KERNEL_TABLES[next(e for e in KERNEL_ENTITIES if e.__name__ == "Campaign")].table

    kinds = {column.name: type(column.type) for column in campaigns.columns}

    assert kinds["created"] is UtcDateTime
    assert kinds["lead_source"] is BigInteger
    assert kinds["price"] is MoneyColumn
    assert kinds["require_authentication"] is Boolean
    assert kinds["channel"] is Text
    assert campaigns.c.limits.type is campaigns.c.criteria.type is JsonColumn
    assert isinstance(JsonColumn.dialect_impl(PGDialect()), JSONB)  # type: ignore[no-untyped-call]
    assert {c.name for c in campaigns.columns if c.nullable} == {
        "automation",
        "campaign_group",
        "criteria",
        "default_user",
        "delivers_to",
        "maximum_return_days",
        "password",
    }


def test_every_reference_has_a_foreign_key_and_an_index() -> None:
    for entity in KERNEL_TABLES.values():
        for name in entity.references:
            (key,) = entity.table.c[name].foreign_keys
            assert key.ondelete == "RESTRICT"
            assert any([c.name for c in index.columns] == [name] for index in entity.table.indexes)


@pytest.mark.anyio
async def test_a_plugins_tables_carry_its_name_and_refer_to_the_kernels(
    world: Any, database: Database
) -> None:
    def keys(connection: Any) -> set[str]:
        found = inspect(connection).get_foreign_keys("test_plugin__depots")
        return {key["referred_table"] for key in found}

    assert await database.read(keys) == {"clients", "test_plugin__depots"}


def test_two_apps_have_the_same_kernel_tables_and_their_own_plugins(world: Any) -> None:
    other = EntityTables(EntityRegistry([("other", world.Memo)]))

    assert (
        other.of(Client).table is world.tables.of(Client).table is kernel_metadata.tables["clients"]
    )
    assert other.of(world.Memo).table.name == "other__memos"
    assert world.tables.of(world.Memo).table.name == "test_plugin__memos"


@pytest.mark.anyio
async def test_ids_kept_without_a_foreign_key_count_as_use(world: Any) -> None:
    client = await world.create(Client(company="Acme"))
    log = Table(
        "test_plugin__log",
        world.tables.metadata,
        Column("id", Integer, primary_key=True),
        Column("client_id", Integer, info={ENTITY: "client"}),
    )
    await world.change(log.create)
    await world.change(lambda c: c.execute(log.insert(), {"client_id": client.id}))

    with pytest.raises(ConflictError, match="log: 1"):
        await world.delete(Client, client.id)


@pytest.mark.anyio
async def test_defaults_stand_in_the_table_for_rows_older_than_their_column(world: Any) -> None:
    await world.create(Client(company="Acme"))
    depots = world.tables.of(world.Depot).table
    bare = Table(
        depots.name,
        MetaData(),
        *(Column(n) for n in ("name", "client", "created", "updated", "revision")),
    )
    row = {"name": "N", "client": 1, "created": 0, "updated": 0, "revision": 1}
    await world.change(lambda c: c.execute(bare.insert(), row))

    depot = await world.get(world.Depot, 1)

    assert depot == world.Depot(
        id=1, name="N", client=1, created=depot.created, updated=depot.updated, revision=1
    )
