"""Who is calling: a credential with its scopes and permissions."""

import msgspec

from leadexec.errors import DeniedError
from leadexec.model.access import Scope
from leadexec.model.permissions import allows


class UnauthenticatedError(DeniedError):
    """The caller did not prove who it is: no token, or one that does not (or no longer) hold."""


class Caller(msgspec.Struct, kw_only=True, frozen=True):
    """Who a request comes from, as proved by its token."""

    credential_id: int
    name: str
    scopes: frozenset[Scope]
    permissions: frozenset[str] | None = None
    """What its role grants; None: everything that its scopes open."""

    @property
    def label(self) -> str:
        """What the audit log writes as the doer."""
        return f"credential:{self.credential_id}"

    def has(self, scope: Scope) -> bool:
        """Tell whether the credential was made for ``scope``."""
        return scope in self.scopes

    def may(self, permission: str) -> bool:
        """Tell whether the caller's role allows ``permission`` (``AC4``)."""
        return self.permissions is None or allows(self.permissions, permission)

    def demand(self, permission: str) -> None:
        """Do nothing if the caller may.

        Raises:
            DeniedError: ``permission_missing``, naming the permission.
        """
        if not self.may(permission):
            raise DeniedError("permission_missing", f"This needs the permission {permission!r}.")
