"""Who may do it: holders of the Data API's scope with the permission."""

from collections.abc import Awaitable, Callable
from typing import Any, Final, TypeAlias

from litestar.connection import ASGIConnection
from litestar.handlers import BaseRouteHandler

from leadexec import DeniedError

FIND: Final = "gdpr.find"
EXPORT: Final = "gdpr.export"
ERASE: Final = "gdpr.erase"
SWEEP: Final = "gdpr.sweep"
Connection: TypeAlias = ASGIConnection[Any, Any, Any, Any]
_SCOPE: Final = "data_api"
_CALLER: Final = "leadexec_caller"
"""Where the kernel's guard of plugin routes, which runs first, leaves who is calling."""


def data_guard(permission: str) -> Callable[[Connection, BaseRouteHandler], Awaitable[None]]:
    """Return a guard that lets callers with the Data API's scope and ``permission`` pass."""

    async def guard(connection: Connection, _handler: BaseRouteHandler) -> None:
        caller = connection.state.get(_CALLER)
        if caller is None or not caller.has(_SCOPE):
            raise DeniedError("insufficient_scope", f"The token is not good for {_SCOPE}.")
        caller.demand(permission)

    return guard


def caller_label(connection: Connection) -> str:
    """Return what the audit and the record of erasures call the caller."""
    return str(connection.state[_CALLER].label)
