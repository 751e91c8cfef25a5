"""Access tokens: signed, short-lived, checked in memory (``RC3``, RFC 6749, RFC 7519)."""

from collections import OrderedDict
from datetime import timedelta
from typing import Any, Final

import jwt
import msgspec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from leadexec.contracts.services import Clock, Randomness
from leadexec.contracts.tokens import IssuedToken
from leadexec.errors import DeniedError
from leadexec.model.access import ApiCredential, Scope
from leadexec.security.callers import Caller, UnauthenticatedError
from leadexec.security.credentials import CredentialCache

LIFETIME: Final = timedelta(seconds=3600)
ISSUER: Final = "leadexec"
ALGORITHM: Final = "HS256"
LONGEST_TOKEN: Final = 2048
REMEMBERED: Final = 4096
"""Verified tokens kept in memory."""


def token_key(installation_key: bytes) -> bytes:
    """Return the key that signs tokens, derived from the installation's key (RFC 5869)."""
    derivation = HKDF(algorithm=SHA256(), length=32, salt=None, info=b"leadexec access tokens")
    return derivation.derive(installation_key)


class TokenIssuer:
    """Makes access tokens."""

    def __init__(self, key: bytes, clock: Clock, randomness: Randomness) -> None:
        """Sign with ``key`` (see ``token_key``)."""
        self._key = key
        self._clock = clock
        self._randomness = randomness

    def issue(
        self, credential: ApiCredential, scopes: frozenset[Scope] | None = None
    ) -> IssuedToken:
        """Return a token for ``scopes``, some of the credential's; None: all of them."""
        granted = sorted(scopes if scopes is not None else credential.scopes)
        now = self._clock.now()
        claims: dict[str, Any] = {
            "iss": ISSUER,
            "sub": str(credential.id),
            "aud": granted,
            "iat": int(now.timestamp()),
            "exp": int((now + LIFETIME).timestamp()),
            "jti": self._randomness.bytes(12).hex(),
        }
        return IssuedToken(
            access_token=jwt.encode(claims, self._key, algorithm=ALGORITHM),
            expires_in=int(LIFETIME.total_seconds()),
            scope=" ".join(granted),
        )


class _Verified(msgspec.Struct, frozen=True):
    """What a token's signature vouches for."""

    credential_id: int
    scopes: frozenset[str]
    expires: float


class TokenVerifier:
    """Checks tokens in microseconds: signatures are remembered, credentials are in memory."""

    def __init__(self, key: bytes, clock: Clock, credentials: CredentialCache) -> None:
        """Check signatures made with ``key`` and that the credential is still enabled."""
        self._key = key
        self._clock = clock
        self._credentials = credentials
        self._verified: OrderedDict[str, _Verified] = OrderedDict()

    def verify(self, token: str, scope: Scope | None = None) -> Caller:
        """Return who holds ``token``.

        Args:
            token: As sent, without ``Bearer``.
            scope: What the token must be good for; None: any scope will do.

        Raises:
            UnauthenticatedError: ``token_invalid``, ``token_expired`` or ``credential_disabled``.
            DeniedError: ``insufficient_scope``.
        """
        verified = self._verified.get(token) or self._remember(token)
        if self._clock.now().timestamp() >= verified.expires:
            self._verified.pop(token, None)
            raise UnauthenticatedError("token_expired", "The access token has expired.")
        caller = self._credentials.caller(verified.credential_id)
        if caller is None:
            raise UnauthenticatedError("credential_disabled", "The credential is disabled.")
        if scope is not None and scope not in verified.scopes:
            raise DeniedError("insufficient_scope", f"The token is not good for {scope.value}.")
        return caller

    def _remember(self, token: str) -> _Verified:
        verified = self._check(token)
        self._verified[token] = verified
        if len(self._verified) > REMEMBERED:
            self._verified.popitem(last=False)
        return verified

    def _check(self, token: str) -> _Verified:
        if len(token) > LONGEST_TOKEN:
            raise _invalid()
        try:
            claims = jwt.decode(
                token,
                self._key,
                algorithms=[ALGORITHM],
                issuer=ISSUER,
                options={
                    "require": ["sub", "aud", "exp", "iss", "jti"],
                    # Time is the clock's, so verify() compares it; scopes are checked there, too.
                    "verify_exp": False,
                    "verify_iat": False,
                    "verify_aud": False,
                },
            )
            return _Verified(int(claims["sub"]), frozenset(claims["aud"]), float(claims["exp"]))
        except (jwt.InvalidTokenError, ValueError, TypeError):
            raise _invalid() from None


def _invalid() -> UnauthenticatedError:
    return UnauthenticatedError("token_invalid", "The access token is not valid.")
