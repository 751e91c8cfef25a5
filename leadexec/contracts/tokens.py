"""Access tokens, for plugins whose senders ask for them elsewhere than at ``/oauth2/token``."""

from typing import Protocol, TypeAlias

import msgspec


class IssuedToken(msgspec.Struct, kw_only=True, frozen=True):
    """An access token (RFC 6749 section 5.1)."""

    access_token: str
    token_type: str = "Bearer"  # noqa: S105  the name of a scheme
    expires_in: int = 3600
    """Seconds from now."""
    scope: str = ""
    """Space-separated."""


class TokenDenied(msgspec.Struct, kw_only=True, frozen=True):
    """Why there is no token."""

    code: str
    """``invalid_client`` for an unknown id or a wrong secret (RFC 6749 section 5.2); ``slow_down``
    for who fails too often."""
    message: str
    retry_after: int = 0
    """Seconds after which to try again; 0: at any time."""


TokenOutcome: TypeAlias = IssuedToken | TokenDenied


class Tokens(Protocol):
    """Where access tokens come from (``RC3``)."""

    async def issue(self, client_id: str, client_secret: str, *, remote_ip: str) -> TokenOutcome:
        """Return a token of all the scopes that the credential was made for, or why there is none.

        It takes the same time whether the id is known or not, and slows down who guesses.

        Args:
            client_id: As posted.
            client_secret: As posted.
            remote_ip: The address of who asks, for counting failures.
        """
        ...
