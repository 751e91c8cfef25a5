"""``POST /v1/authorization/token``: client credentials in, access token out (``RC3``)."""

from collections.abc import Mapping
from typing import Any, Final

import msgspec
from litestar import Request, Response, post
from litestar.handlers import BaseRouteHandler

from leadexec import IssuedToken, RefusedPostError, Services, TokenDenied
from leadexec_receiver_leadexec.incoming import SenderGoneError, read_incoming
from leadexec_receiver_leadexec.post_response import JSON_TYPE
from leadexec_receiver_leadexec.reading import read_request

TOKEN: Final = "/v1/authorization/token"  # noqa: S105  a path
_BODY_LIMIT: Final = 16_384
_NO_STORE: Final = {"Cache-Control": "no-store", "Pragma": "no-cache"}
_encode: Final = msgspec.json.Encoder().encode


class _RefusedTokenError(Exception):
    """Why there is no token, as it is answered."""

    def __init__(self, status: int, code: str, message: str, retry_after: int = 0) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.retry_after = retry_after


def token_routes(services: Services) -> tuple[BaseRouteHandler, ...]:
    """Return the route that issues tokens."""

    @post(TOKEN, status_code=200, include_in_schema=False)
    async def issue_token(request: Request[Any, Any, Any]) -> Response[bytes]:
        """Return ``{access_token, expires_in}``, or ``{error, error_description}``."""
        try:
            token = await _issued(request, services)
        except _RefusedTokenError as refused:
            retry = {"Retry-After": str(refused.retry_after)} if refused.retry_after else {}
            said = {"error": refused.code, "error_description": str(refused)}
            return _answer(refused.status, said, retry)
        said = {"access_token": token.access_token, "token_type": "Bearer"}
        return _answer(200, {**said, "expires_in": token.expires_in}, {})

    return (issue_token,)


async def _issued(request: Request[Any, Any, Any], services: Services) -> IssuedToken:
    try:
        incoming = await read_incoming(request, _BODY_LIMIT)
    except SenderGoneError:
        raise _RefusedTokenError(400, "invalid_request", "The request broke off.") from None
    if incoming.oversize:
        raise _RefusedTokenError(400, "invalid_request", "The body is too large.")
    try:
        # Not the query string: a secret in a URL ends up in logs.
        said = read_request("POST", incoming.header(b"content-type"), b"", incoming.body)
    except RefusedPostError as error:
        raise _RefusedTokenError(400, "invalid_request", str(error)) from None
    given: Any = said.decoded if said.decoded is not None else dict(said.pairs)
    client_id, secret = _credentials(given)
    remote = services.intake.sender_ip(incoming.peer, incoming.headers) if incoming.peer else ""
    match await services.tokens.issue(client_id, secret, remote_ip=remote):
        case IssuedToken() as token:
            return token
        case TokenDenied(code=code, message=message, retry_after=retry_after):
            status = 401 if code == "invalid_client" else 403
            raise _RefusedTokenError(status, code, message, retry_after)


def _credentials(given: Any) -> tuple[str, str]:
    if not isinstance(given, Mapping):
        raise _RefusedTokenError(400, "invalid_request", "The body must be a JSON object.")
    grant = given.get("grant_type")
    if grant != "client_credentials":
        code = "unsupported_grant_type" if grant else "invalid_request"
        raise _RefusedTokenError(400, code, "The grant_type must be client_credentials.")
    client_id, secret = given.get("client_id"), given.get("client_secret")
    if not (isinstance(client_id, str) and isinstance(secret, str) and client_id and secret):
        raise _RefusedTokenError(400, "invalid_request", "Send client_id and client_secret.")
    return client_id, secret


def _answer(status: int, said: Mapping[str, Any], headers: Mapping[str, str]) -> Response[bytes]:
    return Response(
        _encode(said),
        status_code=status,
        media_type=JSON_TYPE,
        headers={**_NO_STORE, **headers},
    )
