"""One set of request settings at work: renders requests, sends them with proof of who we are."""

from collections.abc import Callable, Iterator
from typing import Final, TypeVar

from anyio import to_thread

from leadexec import (
    Attempt,
    ConfigurationError,
    DeliverySetup,
    Failed,
    HttpAnswer,
    Outgoing,
    UnavailableError,
)
from leadexec_delivery_webhook.auth import (
    Authenticator,
    FixedAuthenticator,
    NoAuthenticator,
    basic_proof,
)
from leadexec_delivery_webhook.checks import request_faults
from leadexec_delivery_webhook.digest import DigestAuthenticator
from leadexec_delivery_webhook.exchange import Conversation
from leadexec_delivery_webhook.mask import Mask
from leadexec_delivery_webhook.oauth import OAuthAuthenticator, TokenError
from leadexec_delivery_webhook.request import Call, Renderer, WebhookRequest
from leadexec_delivery_webhook.settings import RequestSettings
from leadexec_delivery_webhook.settings_auth import (
    Auth,
    BasicAuth,
    BearerAuth,
    ClientCredentials,
    DigestAuth,
    NoAuth,
    PasswordGrant,
)

T = TypeVar("T")
_QUICK: Final = 16_384
"""Bytes of an answer that are searched on the event loop; longer ones go to a thread."""
_HOPELESS: Final = frozenset(("address_refused", "bad_url", "bad_request"))
"""What only another configuration can mend."""


class Requester:
    """Renders and sends the requests of one configured delivery method, and records them."""

    def __init__(self, settings: RequestSettings, setup: DeliverySetup) -> None:
        """Compile ``settings``.

        Raises:
            ConfigurationError: With every fault; paths start at ``settings``.
        """
        authorised = not isinstance(settings.auth, NoAuth)
        faults = request_faults(settings, production=setup.production, authorised=authorised)
        if faults:
            raise ConfigurationError(faults)
        self._services = setup.services
        self._auth = authenticator(settings.auth, production=setup.production)
        self._mask = Mask((*_secrets(settings), *self._auth.secrets))
        self._renderer = Renderer(settings, production=setup.production, mask=self._mask)

    def render(self, outgoing: Outgoing, *, key: str = "") -> WebhookRequest:
        """Return the request for ``outgoing``; its text shows no secret.

        Args:
            outgoing: Its fields and tags are all that can be sent.
            key: The idempotency key, where it is known beforehand, for people to read.

        Raises:
            InvalidValueError: ``bad_xml_name``.
        """
        shown = {"Idempotency-Key": key} if key else {}
        return self._renderer.render(outgoing, {**shown, **self._auth.shown})

    async def ask(
        self, request: WebhookRequest, attempt: Attempt, read: Callable[[HttpAnswer], T]
    ) -> T | Failed:
        """Send ``request`` within the time of ``attempt`` and return what ``read`` makes of it.

        Args:
            request: What ``render`` returned.
            attempt: Its idempotency key is sent; all exchanges are recorded with it.
            read: Reads the answer, whatever its status; may run in a thread.

        Returns:
            What ``read`` returned, or why there is no answer.
        """
        call = Call(
            method=request.method,
            url=request.url,
            headers={**request.headers, "Idempotency-Key": attempt.idempotency_key},
            content=request.content,
        )
        conversation = Conversation(self._services, attempt, self._mask)
        try:
            answer = await self._auth.send(call, conversation)
        except UnavailableError as error:
            retry = error.code not in _HOPELESS
            return Failed(code=error.code, reason=error.message, retry=retry)
        except TokenError as error:
            return Failed(code=error.code, reason=error.message, retry=error.retry)
        if len(answer.body) <= _QUICK:
            return read(answer)
        return await to_thread.run_sync(read, answer)


def authenticator(auth: Auth, *, production: bool) -> Authenticator:
    """Return what proves who we are by ``auth``."""
    match auth:
        case NoAuth():
            return NoAuthenticator()
        case BasicAuth():
            return FixedAuthenticator("Basic", basic_proof(auth.username, auth.password.reveal()))
        case BearerAuth():
            return FixedAuthenticator(auth.prefix, auth.token.reveal())
        case DigestAuth():
            return DigestAuthenticator(auth.username, auth.password.reveal())
        case ClientCredentials() | PasswordGrant():
            return OAuthAuthenticator(auth, production=production)


def _secrets(settings: RequestSettings) -> Iterator[str]:
    """Yield every secret of ``settings`` in plain text."""
    yield from (header.secret.reveal() for header in settings.headers if header.secret)
    yield from (secret.value.reveal() for secret in settings.secrets)
    match settings.auth:
        case BasicAuth() | DigestAuth():
            yield settings.auth.password.reveal()
        case BearerAuth():
            yield settings.auth.token.reveal()
        case ClientCredentials():
            yield settings.auth.client_secret.reveal()
        case PasswordGrant():
            yield settings.auth.password.reveal()
            if settings.auth.client_secret:
                yield settings.auth.client_secret.reveal()
