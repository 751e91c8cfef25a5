"""Who may pass: a valid token, its scope, its permission."""

from collections.abc import Awaitable, Callable
from typing import Any, Final, TypeAlias

from litestar.connection import ASGIConnection
from litestar.handlers import BaseRouteHandler

from leadexec.http.rate_limit import RateLimit
from leadexec.model.access import Scope
from leadexec.security.callers import Caller, UnauthenticatedError
from leadexec.security.tokens import TokenVerifier

Connection: TypeAlias = ASGIConnection[Any, Any, Any, Any]
Guard: TypeAlias = Callable[[Connection, BaseRouteHandler], Awaitable[None]]

PUBLIC: Final = "public"
"""``opt={"public": True}`` on a plugin's handler opens it."""
_CALLER: Final = "leadexec_caller"


def bearer_token(connection: Connection) -> str:
    """Return the token of the ``Authorization`` header (RFC 6750).

    Raises:
        UnauthenticatedError: ``token_missing``.
    """
    scheme, _, token = connection.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not token.strip():
        raise UnauthenticatedError("token_missing", "Send 'Authorization: Bearer <access token>'.")
    return token.strip()


def token_guard(
    verifier: TokenVerifier,
    limit: RateLimit | None = None,
    scope: Scope | None = None,
    admit: Callable[[Connection], None] | None = None,
) -> Guard:
    """Return a guard that lets valid tokens pass: of ``scope``, or of any.

    ``admit`` is asked about the caller's address first; it raises ``DeniedError``.
    """

    async def guard(connection: Connection, handler: BaseRouteHandler) -> None:
        if handler.opt.get(PUBLIC) is True:
            return
        if admit is not None:
            admit(connection)
        caller = verifier.verify(bearer_token(connection), scope)
        connection.state[_CALLER] = caller
        if limit is not None:
            limit.take(caller.credential_id, connection.scope)

    return guard


def require(permission: str) -> Guard:
    """Return a guard that asks for ``permission``; it comes after a token guard (``AC4``)."""

    async def guard(connection: Connection, _handler: BaseRouteHandler) -> None:
        caller_of(connection).demand(permission)

    return guard


def caller_of(connection: Connection) -> Caller:
    """Return who is calling.

    Raises:
        UnauthenticatedError: ``token_missing``: no guard has let anybody pass.
    """
    found = connection.state.get(_CALLER)
    if not isinstance(found, Caller):
        raise UnauthenticatedError("token_missing", "This needs an access token.")
    return found
