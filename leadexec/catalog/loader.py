"""Filling the catalog from the database, and keeping it up to date while others change it."""

import asyncio
from collections.abc import Awaitable, Callable

import structlog
from sqlalchemy import Connection

from leadexec.catalog.catalog import KINDS, Catalog
from leadexec.contracts.services import Clock
from leadexec.errors import NotFoundError, UnavailableError
from leadexec.model.entity import Entity
from leadexec.security.secrets import Cipher
from leadexec.storage.audit import changes_since, configuration_revision
from leadexec.storage.entities import entity_by_id, every_entity
from leadexec.storage.entity_tables import EntityTables
from leadexec.storage.store import Store

log = structlog.get_logger(__name__)
Found = list[tuple[str, int, Entity | None]]


class CatalogLoader:
    """Brings configuration from the database into the catalog, revision by revision."""

    def __init__(
        self, catalog: Catalog, store: Store, tables: EntityTables, cipher: Cipher, clock: Clock
    ) -> None:
        """Fill ``catalog`` from ``store``."""
        self._catalog = catalog
        self._store = store
        self._tables = tables
        self._cipher = cipher
        self._clock = clock
        self._lock = asyncio.Lock()
        self.observers: list[Callable[[], Awaitable[None]]] = []
        """Called after the catalog has changed."""

    async def load(self) -> None:
        """Read everything there is."""

        def everything(connection: Connection) -> tuple[int, Found]:
            found: Found = []
            for kind, struct in KINDS.items():
                for entity in every_entity(connection, self._tables, struct, self._cipher):
                    found.append((kind, entity.id, entity))
            return configuration_revision(connection), found

        revision, found = await self._store.read(everything)
        self._catalog.apply(found, revision)
        await self._tell()

    async def refresh(self) -> bool:
        """Take over what has changed since the catalog's revision; return whether anything had."""
        async with self._lock:
            known = self._catalog.revision

            def changed(connection: Connection) -> tuple[int, Found]:
                revision = configuration_revision(connection)
                if revision == known:
                    return revision, []
                touched = {(c.entity, c.entity_id) for c in changes_since(connection, known)}
                found: Found = [
                    (kind, entity_id, self._one(connection, kind, entity_id))
                    for kind, entity_id in sorted(touched, key=_by_kind)
                    if kind in KINDS
                ]
                return revision, found

            revision, found = await self._store.read(changed)
            if revision == known:
                return False
            self._catalog.apply(found, revision)
        await self._tell()
        return True

    def _one(self, connection: Connection, kind: str, entity_id: int) -> Entity | None:
        try:
            return entity_by_id(connection, self._tables, KINDS[kind], entity_id, self._cipher)
        except NotFoundError:
            return None

    async def _tell(self) -> None:
        for observer in self.observers:
            await observer()

    async def keep_fresh(self, every: float) -> None:
        """Refresh every ``every`` seconds until cancelled; other processes' changes arrive so."""
        while True:
            await self._clock.sleep(every)
            try:
                await self.refresh()
            except UnavailableError as error:
                log.warning("the configuration cannot be read now", error=str(error))


def _by_kind(item: tuple[str, int]) -> tuple[int, int]:
    order = list(KINDS)
    return (order.index(item[0]) if item[0] in KINDS else len(order), item[1])
