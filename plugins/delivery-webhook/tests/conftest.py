"""What the tests of the webhook share: a way to deliver to a real server and see what happens."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import msgspec
import pytest
from leadexec_delivery_webhook.method import Webhook
from leadexec_delivery_webhook.settings import WebhookSettings

from leadexec import ConfigurationError, DeliverySetup, Outcome, Outgoing, Secret, Services
from leadexec.testing import (
    FakeAttempt,
    FakeClock,
    a_lead_type_info,
    an_outgoing,
    fake_services,
)
from leadexec.testing.http_receiver import HttpReceiver, Script, http_receiver, loopback_client

ANY: Mapping[str, Any] = {"accept_any_2xx": True}


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@dataclass
class Bench:
    """Makes webhooks and delivers leads by them to a server that follows a script."""

    clock: FakeClock = field(default_factory=FakeClock)
    attempt: FakeAttempt = field(default_factory=FakeAttempt)
    receiver: HttpReceiver | None = None

    def webhook(
        self,
        settings: Mapping[str, Any],
        services: Services | None = None,
        *,
        production: bool = True,
    ) -> Webhook:
        raw = {"url": "https://buyer.example/leads", "response": ANY, **settings}
        setup = DeliverySetup(
            method_id=1,
            lead_type=a_lead_type_info(),
            production=production,
            services=services or fake_services(clock=self.clock),
        )
        decoded = msgspec.convert(raw, WebhookSettings, dec_hook=lambda _, text: Secret(text))
        return Webhook(decoded, setup)

    def faults_of(self, settings: Mapping[str, Any], *, production: bool = True) -> set[str]:
        """Return ``code path`` of every fault that the settings are refused with."""
        with pytest.raises(ConfigurationError) as caught:
            self.webhook(settings, production=production)
        return {f"{fault.code} {fault.path}" for fault in caught.value.faults}

    async def deliver(
        self,
        settings: Mapping[str, Any],
        script: Script,
        *outgoings: Outgoing,
        advance: float = 0,
    ) -> list[Outcome]:
        """Deliver ``outgoings`` one after the other; ``$URL`` in the settings is the server's."""
        outcomes = []
        async with loopback_client() as client, http_receiver(script) as self.receiver:
            services = fake_services(http=client, clock=self.clock)
            raw = msgspec.json.encode({"url": "$URL/leads", **settings}).decode()
            filled = msgspec.json.decode(raw.replace("$URL", self.receiver.url))
            webhook = self.webhook(filled, services)
            for outgoing in outgoings or (an_outgoing(),):
                outcomes.append(await webhook.deliver(webhook.prepare(outgoing), self.attempt))
                self.clock.advance(advance)
        return outcomes

    async def outcome(self, response: Mapping[str, Any], script: Script, **changes: Any) -> Outcome:
        """Deliver one lead with these response settings."""
        settings = {"response": response}
        (outcome,) = await self.deliver(settings, script, an_outgoing(**changes))
        return outcome


@pytest.fixture
def bench() -> Bench:
    return Bench()
