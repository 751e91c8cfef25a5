"""Links that nobody can guess: a keyed digest of the campaign's id."""

import base64
import hmac
from typing import Final

from leadexec import ConfigurationError, Secret

SHORTEST_KEY: Final = 16
"""Characters."""


class Links:
    """Makes and checks the keys in public links."""

    def __init__(self, key: Secret | None) -> None:
        """Make links with ``key``; None: there are none.

        Raises:
            ConfigurationError: ``key_too_short``.
        """
        if key is not None and len(key.reveal()) < SHORTEST_KEY:
            raise ConfigurationError.single(
                "key_too_short",
                "plugins.posting-instructions.link_key",
                f"The key of public links needs at least {SHORTEST_KEY} random characters.",
            )
        self._key = key

    def key_of(self, campaign_id: int) -> str | None:
        """Return the key of a campaign's link, 43 characters (HMAC-SHA256); None without links."""
        if self._key is None:
            return None
        told = f"posting-instructions|campaign|{campaign_id}".encode()
        digest = hmac.digest(self._key.reveal().encode(), told, "sha256")
        return base64.urlsafe_b64encode(digest).decode().rstrip("=")

    def fits(self, campaign_id: int, key: str) -> bool:
        """Tell whether ``key`` is that of the campaign's link, in a time that tells nothing."""
        expected = self.key_of(campaign_id)
        return expected is not None and hmac.compare_digest(expected.encode(), key.encode())
