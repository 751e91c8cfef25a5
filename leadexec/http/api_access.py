"""Which addresses may call the Account API and the Data API (``RC5``)."""

from collections.abc import Callable
from typing import TypeAlias

from leadexec.catalog.catalog import Catalog
from leadexec.errors import DeniedError
from leadexec.ip_access import AccessList
from leadexec.model.account_settings import AccountSettings

Admit: TypeAlias = Callable[[str], None]
"""Takes a caller's address; raises ``DeniedError`` if it may not call."""


def anybody(_address: str) -> None:
    """Let everybody call: for an application without a catalog."""


class ApiAccess:
    """Judges by the account settings as they are now; compiled anew only when they change."""

    def __init__(self, catalog: Catalog) -> None:
        """Look into ``catalog``."""
        self._catalog = catalog
        self._known: AccountSettings | None = None
        self._rules = AccessList()

    def __call__(self, address: str) -> None:
        """Do nothing if ``address`` may call.

        Raises:
            DeniedError: ``ip_denied``, ``ip_not_allowed``.
        """
        found = self._catalog.entities["account_settings"].get(1)
        if not isinstance(found, AccountSettings):
            return
        if found is not self._known:
            self._rules = AccessList(found.api_allow, found.api_deny)
            self._known = found
        why = self._rules.admits(address)
        if why is not None:
            raise DeniedError(why.code, why.message)
