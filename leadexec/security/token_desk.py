"""Exchanging credentials for access tokens (``RC3``); implements ``leadexec.Tokens``."""

import math
from typing import Final

from leadexec.contracts.services import Clock
from leadexec.contracts.tokens import IssuedToken, TokenDenied, TokenOutcome
from leadexec.model.access import ApiCredential, Scope
from leadexec.security.credentials import CredentialCache
from leadexec.security.passwords import Passwords
from leadexec.security.throttle import FailureThrottle
from leadexec.security.tokens import TokenIssuer

WRONG: Final = TokenDenied(code="invalid_client", message="The client id or the secret is wrong.")


class TokenDesk:
    """Checks credentials, slows down who guesses, issues tokens."""

    def __init__(
        self, credentials: CredentialCache, passwords: Passwords, issuer: TokenIssuer, clock: Clock
    ) -> None:
        """Issue tokens by ``issuer`` to whom ``credentials`` knows."""
        self._credentials = credentials
        self._passwords = passwords
        self._issuer = issuer
        self._throttle = FailureThrottle(clock)

    async def issue(self, client_id: str, client_secret: str, *, remote_ip: str) -> TokenOutcome:
        """Return a token of all the scopes that the credential was made for, or why there is none.

        It takes the same time whether the id is known or not.
        """
        credential = await self.authenticate(client_id, client_secret, remote_ip=remote_ip)
        return credential if isinstance(credential, TokenDenied) else self.token(credential)

    def token(
        self, credential: ApiCredential, scopes: frozenset[Scope] | None = None
    ) -> IssuedToken:
        """Return a token for ``scopes``, some of the credential's; None: all of them."""
        return self._issuer.issue(credential, scopes)

    async def authenticate(
        self, client_id: str, client_secret: str, *, remote_ip: str
    ) -> ApiCredential | TokenDenied:
        """Return the credential that the secret is right for, or why there is none."""
        key = f"{client_id}@{remote_ip}"
        wait = self._throttle.wait(key)
        if wait > 0:
            text = "Too many failures; wait a while."
            return TokenDenied(code="slow_down", message=text, retry_after=math.ceil(wait))
        credential = self._credentials.enabled(client_id)
        # Counted before the check, so that guesses sent at once do not slip through together.
        self._throttle.failed(key)
        hashed = credential.secret_hash if credential else None
        right = await self._passwords.verify(hashed, client_secret)
        if credential is None or not right:
            return WRONG
        self._throttle.succeeded(key)
        return credential
