"""The delivery method: renders the request, sends it with proof, reads the answer."""

from collections.abc import Iterator
from typing import Final

from anyio import to_thread

from leadexec import (
    Attempt,
    ConfigurationError,
    DeliveryMethod,
    DeliverySetup,
    Failed,
    HttpAnswer,
    Outcome,
    Outgoing,
    Prepared,
    UnavailableError,
)
from leadexec_delivery_webhook.answer import AnswerReader
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
from leadexec_delivery_webhook.settings import WebhookSettings
from leadexec_delivery_webhook.settings_auth import (
    Auth,
    BasicAuth,
    BearerAuth,
    ClientCredentials,
    DigestAuth,
    NoAuth,
    PasswordGrant,
)

_QUICK: Final = 16_384
"""Bytes of an answer that are searched on the event loop; longer ones go to a thread."""
_HOPELESS: Final = frozenset(("address_refused", "bad_url", "bad_request"))
"""What only another configuration can mend."""


class Webhook(DeliveryMethod[WebhookSettings]):
    """Sends each lead as one HTTP request and reads the buyer's answer (``DM1``).

    ``answer`` says how answers are read. A buyer that cannot be reached, or breaks off, is tried
    again with the same ``Idempotency-Key``.
    """

    key = "webhook"
    title = "Webhook"

    def __init__(self, settings: WebhookSettings, setup: DeliverySetup) -> None:
        """Compile ``settings``; raise ``ConfigurationError`` with every fault."""
        super().__init__(settings, setup)
        faults = request_faults(
            settings,
            production=setup.production,
            authorised=not isinstance(settings.auth, NoAuth),
        )
        try:
            self._reader = AnswerReader(settings.response)
        except ConfigurationError as error:
            faults.extend(error.faults)
        if faults:
            raise ConfigurationError(faults)
        self.timeout = settings.timeout
        self._auth = authenticator(settings.auth, production=setup.production)
        self._mask = Mask((*_secrets(settings), *self._auth.secrets))
        self._renderer = Renderer(settings, production=setup.production, mask=self._mask)

    def prepare(self, outgoing: Outgoing) -> Prepared:
        """Return the rendered request; its text shows no secret.

        Raises:
            InvalidValueError: ``bad_xml_name``.
        """
        key = {"Idempotency-Key": outgoing.sale.delivery_uid}
        return self._renderer.render(outgoing, {**key, **self._auth.shown})

    async def deliver(self, prepared: Prepared, attempt: Attempt) -> Outcome:
        """Send ``prepared`` and return what the answer means."""
        assert isinstance(prepared, WebhookRequest)  # noqa: S101  prepare made it
        call = Call(
            method=prepared.method,
            url=prepared.url,
            headers={**prepared.headers, "Idempotency-Key": attempt.idempotency_key},
            content=prepared.content,
        )
        conversation = Conversation(self.setup.services, attempt, self._mask)
        try:
            answer = await self._auth.send(call, conversation)
        except UnavailableError as error:
            retry = error.code not in _HOPELESS
            return Failed(code=error.code, reason=error.message, retry=retry)
        except TokenError as error:
            return Failed(code=error.code, reason=error.message, retry=error.retry)
        if len(answer.body) <= _QUICK:
            return self._read(answer, prepared)
        return await to_thread.run_sync(self._read, answer, prepared)

    def _read(self, answer: HttpAnswer, prepared: WebhookRequest) -> Outcome:
        body = prepared.content.decode("utf-8", "replace")
        return self._reader.read(answer, body, prepared.values)


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


def _secrets(settings: WebhookSettings) -> Iterator[str]:
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
