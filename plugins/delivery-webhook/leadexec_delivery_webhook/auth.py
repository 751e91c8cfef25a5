"""Proving who we are: nothing, Basic, a fixed token; Digest and OAuth have their own modules."""

from abc import ABC, abstractmethod
from base64 import b64encode
from collections.abc import Mapping

from leadexec import HttpAnswer
from leadexec_delivery_webhook.exchange import Conversation
from leadexec_delivery_webhook.mask import MASK
from leadexec_delivery_webhook.request import Call


class Authenticator(ABC):
    """Sends calls with proof; one instance serves one configured webhook."""

    shown: Mapping[str, str] = {}
    """The headers it adds, as they may be shown."""
    secrets: tuple[str, ...] = ()
    """What it sends that must not be shown, besides the settings' own secrets."""

    @abstractmethod
    async def send(self, call: Call, conversation: Conversation) -> HttpAnswer:
        """Send ``call`` as often as the proof takes and return the last answer.

        Raises:
            UnavailableError: As the outbound client says.
            TokenError: No token could be had.
        """


class NoAuthenticator(Authenticator):
    """Sends calls as they are."""

    async def send(self, call: Call, conversation: Conversation) -> HttpAnswer:
        """Send ``call``."""
        return await conversation.send(call)


class FixedAuthenticator(Authenticator):
    """Adds the same Authorization header to every call."""

    def __init__(self, prefix: str, proof: str) -> None:
        """Send ``proof`` after ``prefix``, which may be empty."""
        self._value = f"{prefix} {proof}".strip()
        self.shown = {"Authorization": f"{prefix} {MASK}".strip()}
        self.secrets = (proof,)

    async def send(self, call: Call, conversation: Conversation) -> HttpAnswer:
        """Send ``call`` with the header."""
        return await conversation.send(call.with_header("Authorization", self._value))


def basic_proof(username: str, password: str) -> str:
    """Return what follows ``Basic`` (RFC 7617; in UTF-8)."""
    return b64encode(f"{username}:{password}".encode()).decode()
