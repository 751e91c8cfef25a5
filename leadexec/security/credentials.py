"""The API credentials in memory, so that a token is checked without the database (``RC3``)."""

from collections.abc import Iterable, Mapping

from leadexec.model.access import ApiCredential, Role
from leadexec.security.callers import Caller


class CredentialCache:
    """All credentials with their roles, replaced as a whole whenever one of either changes.

    The routes that change one reload this process's cache at once; other processes follow the
    configuration's revision (``CredentialLoader.keep_fresh``). A credential that is disabled or
    deleted stops to work with its next request, whatever tokens it still has.
    """

    def __init__(self) -> None:
        """Start empty: nobody may do anything."""
        self._by_client_id: Mapping[str, ApiCredential] = {}
        self._callers: Mapping[int, Caller] = {}

    def replace(self, credentials: Iterable[ApiCredential], roles: Iterable[Role]) -> None:
        """Take these credentials and roles instead of what was known."""
        permissions = {role.id: frozenset(role.permissions) for role in roles}
        known = [credential for credential in credentials if credential.enabled]
        self._by_client_id = {credential.client_id: credential for credential in known}
        self._callers = {c.id: _caller(c, permissions) for c in known}

    def enabled(self, client_id: str) -> ApiCredential | None:
        """Return the enabled credential with that client id, or None."""
        return self._by_client_id.get(client_id)

    def caller(self, credential_id: int) -> Caller | None:
        """Return who calls with that credential; None when it is disabled or gone."""
        return self._callers.get(credential_id)


def _caller(credential: ApiCredential, permissions: Mapping[int, frozenset[str]]) -> Caller:
    role = credential.role
    return Caller(
        credential_id=credential.id,
        name=credential.name,
        scopes=frozenset(credential.scopes),
        permissions=None if role is None else permissions.get(role, frozenset()),
    )
