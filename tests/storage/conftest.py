"""Entities in a database, with a plugin's among them."""

from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime
from decimal import Decimal
from typing import Annotated, Any, TypeVar

import pytest
from msgspec import Meta, Struct
from sqlalchemy import Connection

from leadexec import Amount, Entity, Fixed, Money, Ref, Secret, entity
from leadexec.model.registry import EntityRegistry
from leadexec.security.secrets import Cipher
from leadexec.storage import entities
from leadexec.storage.database import Database
from leadexec.storage.entity_tables import EntityTables
from leadexec.storage.migrations import upgrade
from leadexec.storage.owners import owners_of
from leadexec.storage.store import Store

NOW = datetime(2026, 3, 29, 0, 59, 59, 999_999, tzinfo=UTC)
E = TypeVar("E", bound=Entity)
T = TypeVar("T")


class Login(Struct, kw_only=True, frozen=True):
    user: str = ""
    password: Secret | None = None


@entity(name="depot", plural="depots", title="Depot", unique=(("client", "name"),))
class Depot(Entity, kw_only=True, frozen=True):
    """An entity of a plugin that has one field of every sort."""

    name: str
    client: Annotated[int, Ref("client"), Fixed()]
    parent: Annotated[int | None, Ref("depot")] = None
    fee: Annotated[Money, Meta(title="Fee")] = Decimal(0)
    balance: Annotated[Decimal, Amount(signed=True)] | None = None
    ratio: Decimal = Decimal("0.5")
    opened: datetime | None = None
    secret: Secret | None = None
    login: Login | None = None
    logins: tuple[Login, ...] = ()
    settings: dict[str, Any] = {}


@entity(name="memo", plural="memos", title="Memo", catalogued=False)
class Memo(Entity, kw_only=True, frozen=True):
    """An entity that the catalog does not need."""

    text: str = ""


class World:
    """A store with all entities, and the four things one does with them."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.tables = EntityTables(EntityRegistry([("test-plugin", Depot), ("test-plugin", Memo)]))
        self.cipher = Cipher([b"k" * 32])
        self.Depot, self.Login, self.Memo, self.now = Depot, Login, Memo, NOW

    async def create(self, new: E, by: str = "ann") -> E:
        return await self.change(
            lambda c: entities.create_entity(
                c, self.tables, new, by=by, now=NOW, cipher=self.cipher
            )
        )

    async def update(self, changed: E, by: str = "ben") -> E:
        return await self.change(
            lambda c: entities.update_entity(
                c, self.tables, changed, by=by, now=NOW, cipher=self.cipher
            )
        )

    async def delete(
        self, struct: type[Entity], entity_id: int, revision: int | None = None
    ) -> None:
        await self.change(
            lambda c: entities.delete_entity(
                c, self.tables, struct, entity_id, by="cid", now=NOW, revision=revision
            )
        )

    async def get(self, struct: type[E], entity_id: int) -> E:
        return await self.read(
            lambda c: entities.entity_by_id(c, self.tables, struct, entity_id, self.cipher)
        )

    async def read(self, question: Callable[[Connection], T]) -> T:
        return await self.store.read(question)

    async def change(self, act: Callable[[Connection], T]) -> T:
        return await self.store.change(act)


@pytest.fixture
async def world(database: Database) -> AsyncIterator[World]:
    """A migrated database of either kind with the plugin's tables."""
    made = World(Store(database))
    await upgrade(database, owners_of(made.tables))
    yield made
    await made.store.aclose()
