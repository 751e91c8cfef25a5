"""Filling the credential cache from the database."""

import structlog
from sqlalchemy import Connection

from leadexec.contracts.services import Clock
from leadexec.errors import UnavailableError
from leadexec.model.access import ApiCredential, Role
from leadexec.security.credentials import CredentialCache
from leadexec.security.secrets import Cipher
from leadexec.storage.audit import configuration_revision
from leadexec.storage.entities import every_entity
from leadexec.storage.entity_tables import EntityTables
from leadexec.storage.store import Store

log = structlog.get_logger(__name__)


class CredentialLoader:
    """Reads all credentials and roles; there are dozens of them, not thousands."""

    def __init__(
        self, store: Store, tables: EntityTables, cipher: Cipher, cache: CredentialCache
    ) -> None:
        """Fill ``cache`` from ``store``."""
        self.cache = cache
        self._store = store
        self._tables = tables
        self._cipher = cipher
        self._revision = -1

    async def reload(self) -> None:
        """Read them again: at the start, and whenever a credential or a role was changed."""
        revision, credentials, roles = await self._store.read(self._read)
        # Reads of two reloads may end in either order; an older one must not undo a newer.
        if revision >= self._revision:
            self._revision = revision
            self.cache.replace(credentials, roles)

    async def refresh(self) -> bool:
        """Read them again if any configuration changed since; return whether it had."""
        if await self._store.read(configuration_revision) == self._revision:
            return False
        await self.reload()
        return True

    async def keep_fresh(self, clock: Clock, every: float) -> None:
        """Refresh every ``every`` seconds until cancelled: so other processes' changes arrive."""
        while True:
            await clock.sleep(every)
            try:
                await self.refresh()
            except UnavailableError as error:
                log.warning("the credentials cannot be read now", error=str(error))

    def _read(self, connection: Connection) -> tuple[int, list[ApiCredential], list[Role]]:
        return (
            configuration_revision(connection),
            every_entity(connection, self._tables, ApiCredential, self._cipher),
            every_entity(connection, self._tables, Role, self._cipher),
        )
