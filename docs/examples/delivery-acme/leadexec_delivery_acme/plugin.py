"""Acme: posts a lead as JSON; ``{"accepted": true}`` is a sale."""

import json
from collections.abc import Sequence
from decimal import Decimal
from typing import Annotated, Any

import msgspec
from leadexec import (
    Accepted,
    Attempt,
    ConfigurationError,
    DeliveryMethod,
    DeliverySetup,
    Exchange,
    Failed,
    NoSettings,
    Outcome,
    Outgoing,
    Plugin,
    Prepared,
    Rejected,
    Secret,
    UnavailableError,
    hookimpl,
)
from msgspec import Meta


class AcmeSettings(msgspec.Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """Where and how leads are posted."""

    url: Annotated[
        str,
        Meta(
            title="Address",
            description="Where each lead is posted; starts with https:// or http://.",
            examples=["https://buyer.example/leads"],
        ),
    ]
    token: Annotated[
        Secret | None,
        Meta(title="Token", description="Sent as a bearer token; stored encrypted."),
    ] = None


class AcmeRequest(Prepared, kw_only=True):
    """A rendered lead, ready to be posted."""

    body: bytes


class AcmeAnswer(msgspec.Struct, kw_only=True, frozen=True):
    """What the buyer says; without ``accepted`` it said nothing."""

    accepted: bool = False
    price: Decimal | None = None
    reference: str = ""
    reason: str = ""


class Acme(DeliveryMethod[AcmeSettings]):
    """Posts a lead as JSON and reads a JSON answer."""

    key = "acme"
    title = "Acme"

    def __init__(self, settings: AcmeSettings, setup: DeliverySetup) -> None:
        """Check the address.

        Raises:
            ConfigurationError: ``invalid_url``.
        """
        super().__init__(settings, setup)
        if not settings.url.startswith(("https://", "http://")):
            raise ConfigurationError.single(
                "invalid_url", "url", "The address must start with https:// or http://."
            )

    def prepare(self, outgoing: Outgoing) -> AcmeRequest:
        """Return the lead's outgoing fields as a JSON object."""
        body = json.dumps(dict(outgoing.fields)).encode()
        request = f"POST {self.settings.url}\n\n{body.decode()}"
        return AcmeRequest(request=request, body=body)

    async def deliver(self, prepared: Prepared, attempt: Attempt) -> Outcome:
        """Post the lead; only a clear ``"accepted": true`` is a sale."""
        assert isinstance(prepared, AcmeRequest)  # noqa: S101  prepare made it
        started = self.setup.services.clock.monotonic()
        try:
            answer = await self.setup.services.http.fetch(
                "POST",
                self.settings.url,
                content=prepared.body,
                headers=self._headers(attempt.idempotency_key),
                timeout=attempt.remaining(),
            )
        except UnavailableError as error:
            attempt.record(Exchange(request=prepared.request, response=str(error)))
            return Failed(code=error.code, reason=error.message)
        elapsed = self.setup.services.clock.monotonic() - started
        attempt.record(
            Exchange(
                request=prepared.request,
                response=answer.text(),
                status=answer.status,
                elapsed_us=int(elapsed * 1_000_000),
                truncated=answer.truncated,
            )
        )
        return read_answer(answer.status, answer.body)

    def _headers(self, idempotency_key: str) -> dict[str, str]:
        headers = {"content-type": "application/json", "idempotency-key": idempotency_key}
        if self.settings.token:
            headers["authorization"] = f"Bearer {self.settings.token.reveal()}"
        return headers


def read_answer(status: int, body: bytes) -> Outcome:
    """Return what the buyer said; what is not a clear accept is none (``DM1``)."""
    if status >= 500 or status == 429:
        return Failed(code="buyer_unavailable", reason=f"The buyer answered {status}.")
    try:
        answer = msgspec.json.decode(body, type=AcmeAnswer)
    except msgspec.DecodeError as error:
        return Rejected(code="unreadable_answer", reason=str(error))
    if status < 300 and answer.accepted:
        return Accepted(price=answer.price, reference=answer.reference)
    return Rejected(code="declined", reason=answer.reason or f"The buyer answered {status}.")


class AcmePlugin(Plugin[NoSettings]):
    """Adds the delivery method ``acme``."""

    @hookimpl
    def register_delivery_methods(self) -> Sequence[type[DeliveryMethod[Any]]]:
        """Contribute the delivery method."""
        return (Acme,)
