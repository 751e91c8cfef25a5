"""Filling the credential cache from the database."""

from sqlalchemy import Connection

from leadexec.model.access import ApiCredential, Role
from leadexec.security.credentials import CredentialCache
from leadexec.security.secrets import Cipher
from leadexec.storage.entities import every_entity
from leadexec.storage.entity_tables import EntityTables
from leadexec.storage.store import Store


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

    async def reload(self) -> None:
        """Read them again: at the start, and whenever a credential or a role was changed."""
        credentials, roles = await self._store.read(self._read)
        self.cache.replace(credentials, roles)

    def _read(self, connection: Connection) -> tuple[list[ApiCredential], list[Role]]:
        return (
            every_entity(connection, self._tables, ApiCredential, self._cipher),
            every_entity(connection, self._tables, Role, self._cipher),
        )
