"""Who may see and change the list: holders of the Account API's scope with the permission."""

from collections.abc import Awaitable, Callable
from typing import Any, Final

from litestar.connection import ASGIConnection
from litestar.handlers import BaseRouteHandler

from leadexec import DeniedError

READ: Final = "dnc_number.read"
WRITE: Final = "dnc_number.write"
_SCOPE: Final = "account_api"
_CALLER: Final = "leadexec_caller"
"""Where the kernel's guard of plugin routes, which runs first, leaves who is calling."""


def account_guard(
    permission: str,
) -> Callable[[ASGIConnection[Any, Any, Any, Any], BaseRouteHandler], Awaitable[None]]:
    """Return a guard that lets callers with the Account API's scope and ``permission`` pass."""

    async def guard(
        connection: ASGIConnection[Any, Any, Any, Any], _handler: BaseRouteHandler
    ) -> None:
        caller = connection.state.get(_CALLER)
        if caller is None or not caller.has(_SCOPE):
            raise DeniedError("insufficient_scope", f"The token is not good for {_SCOPE}.")
        caller.demand(permission)

    return guard
