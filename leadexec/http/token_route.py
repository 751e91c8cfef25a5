"""``POST /oauth2/token``: client credentials in, access token out (``RC3``, RFC 6749)."""

import base64
import binascii
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import unquote_plus

from litestar import Request, Response, post
from litestar.handlers import HTTPRouteHandler

from leadexec.contracts.tokens import TokenDenied
from leadexec.errors import LeadexecError
from leadexec.http.bodies import json_response, read_form_or_object
from leadexec.http.parts import HttpParts
from leadexec.model.access import ApiCredential, Scope

NO_STORE: Final = {"Cache-Control": "no-store", "Pragma": "no-cache"}


class TokenRefusal(LeadexecError):
    """Why there is no token, as RFC 6749 section 5.2 names it."""

    def __init__(self, status: int, code: str, message: str, headers: Mapping[str, str]) -> None:
        """Build the refusal."""
        super().__init__(code, message)
        self.status = status
        self.headers = headers


def token_route(parts: HttpParts) -> HTTPRouteHandler:
    """Return the route that issues access tokens."""
    desk = TokenCounter(parts)

    @post(
        "/oauth2/token",
        opt={"public": True},
        status_code=200,
        summary="Get an access token",
        include_in_schema=False,
    )
    async def issue_token(request: Request[Any, Any, Any]) -> Response[bytes]:
        try:
            return await desk.serve(request)
        except TokenRefusal as refusal:
            answer = {"error": refusal.code, "error_description": refusal.message}
            return json_response(answer, refusal.status, {**NO_STORE, **refusal.headers})

    return issue_token


class TokenCounter:
    """Reads requests for tokens and words the answers as RFC 6749 does."""

    def __init__(self, parts: HttpParts) -> None:
        """Serve the application made of ``parts``."""
        self._parts = parts

    async def serve(self, request: Request[Any, Any, Any]) -> Response[bytes]:
        """Return the token.

        Raises:
            TokenRefusal: As RFC 6749 names it; 429 for who fails too often.
        """
        try:
            form = await read_form_or_object(request)
        except LeadexecError as error:
            raise _refuse("invalid_request", str(error)) from None
        if form.get("grant_type") != "client_credentials":
            wrong = "unsupported_grant_type" if form.get("grant_type") else "invalid_request"
            raise _refuse(wrong, "The grant_type must be client_credentials.")
        client_id, secret, basic = _proof(request, form)
        peer = request.client.host if request.client else ""
        remote = self._parts.services.intake.sender_ip(peer, request.scope["headers"])
        credential = await self._authenticate(client_id, secret, remote, basic=basic)
        token = self._parts.tokens.token(credential, _wanted(form.get("scope"), credential))
        return json_response(token, 200, NO_STORE)

    async def _authenticate(
        self, client_id: str, secret: str, remote: str, *, basic: bool
    ) -> ApiCredential:
        found = await self._parts.tokens.authenticate(client_id, secret, remote_ip=remote)
        if not isinstance(found, TokenDenied):
            return found
        if found.code == "slow_down":
            retry = {"Retry-After": str(found.retry_after)}
            raise TokenRefusal(429, found.code, found.message, retry)
        challenge = {"WWW-Authenticate": 'Basic realm="leadexec"'} if basic else {}
        raise TokenRefusal(401, found.code, found.message, challenge)


def _proof(request: Request[Any, Any, Any], form: Mapping[str, Any]) -> tuple[str, str, bool]:
    """Return client id, secret and whether they came by Basic authentication."""
    header = request.headers.get("authorization")
    if header is None:
        client_id, secret = form.get("client_id"), form.get("client_secret")
        if not (isinstance(client_id, str) and isinstance(secret, str) and client_id):
            raise _refuse("invalid_request", "Send client_id and client_secret.")
        return client_id, secret, False
    if "client_secret" in form:
        raise _refuse("invalid_request", "Prove yourself in one way, not in two.")
    scheme, _, encoded = header.partition(" ")
    try:
        text = base64.b64decode(encoded.strip(), validate=True).decode()
    except (binascii.Error, UnicodeDecodeError):
        text = ""
    client_id, colon, secret = text.partition(":")
    if scheme.lower() != "basic" or not colon:
        raise _refuse("invalid_request", "The Authorization header must be Basic.")
    return unquote_plus(client_id), unquote_plus(secret), True


def _wanted(raw: Any, credential: ApiCredential) -> frozenset[Scope] | None:
    if raw is None or raw == "":
        return None
    names = raw.split() if isinstance(raw, str) else [""]
    granted = {scope.value: scope for scope in credential.scopes}
    if any(name not in granted for name in names):
        known = " ".join(sorted(granted))
        raise _refuse("invalid_scope", f"This credential was made for: {known}.")
    return frozenset(granted[name] for name in names)


def _refuse(code: str, message: str) -> TokenRefusal:
    return TokenRefusal(400, code, message, {})
