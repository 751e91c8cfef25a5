"""Storage as plugins see it: transactions, their own tables, and entities with their audit."""

from collections.abc import Callable, Mapping
from typing import Any, Generic, TypeVar

from sqlalchemy import Connection, Table

from leadexec.contracts.services import Clock
from leadexec.model.entity import Entity
from leadexec.security.secrets import Cipher
from leadexec.storage.entities import (
    create_entity,
    delete_entity,
    entity_by_id,
    every_entity,
    update_entity,
)
from leadexec.storage.entity_lists import Page, list_entities
from leadexec.storage.entity_tables import EntityTables
from leadexec.storage.store import Store

E = TypeVar("E", bound=Entity)
T = TypeVar("T")


class EntityAccess(Generic[E]):
    """The entities of one kind, inside ``read`` and ``change``: each method takes the connection.

    What is stored through it is not validated again: build the Struct from values you trust.
    """

    def __init__(
        self, struct: type[E], tables: EntityTables, cipher: Cipher, clock: Clock, by: str
    ) -> None:
        """Give access to ``struct``; changes are audited as made by ``by``."""
        self._struct = struct
        self._tables = tables
        self._cipher = cipher
        self._clock = clock
        self._by = by

    def get(self, connection: Connection, entity_id: int) -> E:
        """Return one; raises ``NotFoundError``."""
        return entity_by_id(connection, self._tables, self._struct, entity_id, self._cipher)

    def all(self, connection: Connection) -> list[E]:
        """Return all, by id."""
        return every_entity(connection, self._tables, self._struct, self._cipher)

    def page(
        self,
        connection: Connection,
        *,
        cursor: str = "",
        limit: int = 100,
        filters: Mapping[str, Any] | None = None,
        search: str = "",
        sort: str = "id",
    ) -> Page[E]:
        """Return a page; the arguments are those of ``list_entities``."""
        return list_entities(
            connection,
            self._tables,
            self._struct,
            self._cipher,
            cursor=cursor,
            limit=limit,
            filters=filters,
            search=search,
            sort=sort,
        )

    def create(self, connection: Connection, entity: E) -> E:
        """Store a new one; raises as ``create_entity``."""
        return create_entity(connection, self._tables, entity, **self._author())

    def update(self, connection: Connection, entity: E) -> E:
        """Store a changed one; raises as ``update_entity``."""
        return update_entity(connection, self._tables, entity, **self._author())

    def delete(self, connection: Connection, entity_id: int) -> None:
        """Delete one; raises as ``delete_entity``."""
        now = self._clock.now()
        delete_entity(connection, self._tables, self._struct, entity_id, by=self._by, now=now)

    def _author(self) -> dict[str, Any]:
        return {"by": self._by, "now": self._clock.now(), "cipher": self._cipher}


class PluginStorage:
    """Implements ``leadexec.Storage`` on the store."""

    def __init__(
        self, store: Store, tables: EntityTables, cipher: Cipher, clock: Clock, by: str = "plugin"
    ) -> None:
        """Lend out ``store``; changes of entities are audited as made by ``by``."""
        self._store = store
        self._tables = tables
        self._cipher = cipher
        self._clock = clock
        self._by = by

    async def read(self, question: Callable[[Connection], T]) -> T:
        """Run ``question`` in a read transaction and return its answer."""
        return await self._store.read(question)

    async def change(self, act: Callable[[Connection], T]) -> T:
        """Run ``act`` in an ordinary write transaction, commit, return its result."""
        return await self._store.change(act)

    def table(self, struct: type[Entity]) -> Table:
        """Return the table of an entity, for questions in SQLAlchemy Core.

        Raises:
            KeyError: It is not among the app's entities.
        """
        return self._tables.of(struct).table

    def entities(self, struct: type[E]) -> EntityAccess[E]:
        """Return access to the entities of one kind.

        Raises:
            KeyError: It is not among the app's entities.
        """
        self._tables.of(struct)
        return EntityAccess(struct, self._tables, self._cipher, self._clock, self._by)
