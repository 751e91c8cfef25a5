"""What the tests of ping-post share: a way to ping and post to a real server."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import msgspec
import pytest
from leadexec_delivery_pingpost.method import PingPost
from leadexec_delivery_pingpost.settings import PingPostSettings

from leadexec import (
    ConfigurationError,
    DeliverySetup,
    LeadTypeInfo,
    Outcome,
    Outgoing,
    PingOutcome,
    Secret,
    Services,
)
from leadexec.testing import (
    FakeAttempt,
    FakeClock,
    a_lead_type_info,
    an_outgoing,
    fake_services,
)
from leadexec.testing.http_receiver import HttpReceiver, Script, http_receiver, loopback_client

BID: Mapping[str, Any] = {"price": {"type": "json_path", "path": "$.bid"}}


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@dataclass
class Bench:
    """Makes ping-posts, and pings and posts by them to a server that follows a script."""

    clock: FakeClock = field(default_factory=FakeClock)
    attempt: FakeAttempt = field(default_factory=FakeAttempt)
    receiver: HttpReceiver | None = None
    lead_type: LeadTypeInfo = field(default_factory=a_lead_type_info)

    def method(
        self,
        ping: Mapping[str, Any] | None = None,
        *,
        services: Services | None = None,
        production: bool = True,
        **settings: Any,
    ) -> PingPost:
        """Return a ping-post whose ping has these settings, and whose post has the others."""
        raw = {
            "url": "https://buyer.example/post",
            "response": {"accept_any_2xx": True},
            "ping": {"url": "https://buyer.example/ping", "response": BID, **(ping or {})},
            **settings,
        }
        setup = DeliverySetup(
            method_id=1,
            lead_type=self.lead_type,
            production=production,
            services=services or fake_services(clock=self.clock),
        )
        decoded = msgspec.convert(raw, PingPostSettings, dec_hook=lambda _, text: Secret(text))
        return PingPost(decoded, setup)

    def faults_of(self, ping: Mapping[str, Any] | None = None, **settings: Any) -> set[str]:
        """Return ``code path`` of every fault that the settings are refused with."""
        with pytest.raises(ConfigurationError) as caught:
            self.method(ping, **settings)
        return {f"{fault.code} {fault.path}" for fault in caught.value.faults}

    async def ping(
        self, ping: Mapping[str, Any], script: Script, outgoing: Outgoing | None = None
    ) -> PingOutcome:
        """Ping the server; ``$URL`` in the settings is where it is."""
        async with loopback_client() as client, http_receiver(script) as self.receiver:
            services = fake_services(http=client, clock=self.clock)
            method = self.method(self._at({"url": "$URL/ping", **ping}), services=services)
            return await method.ping(method.prepare_ping(outgoing or an_outgoing()), self.attempt)

    async def read(self, response: Mapping[str, Any], script: Script, **changes: Any) -> Any:
        """Ping the server and read its answer by these response settings."""
        return await self.ping({"response": response}, script, an_outgoing(**changes))

    async def post(
        self, settings: Mapping[str, Any], script: Script, outgoing: Outgoing
    ) -> Outcome:
        """Post a lead to the server."""
        async with loopback_client() as client, http_receiver(script) as self.receiver:
            services = fake_services(http=client, clock=self.clock)
            at = self._at({"url": "$URL/post", **settings})
            method = self.method(services=services, **at)
            return await method.deliver(method.prepare(outgoing), self.attempt)

    def _at(self, settings: Mapping[str, Any]) -> Any:
        assert self.receiver
        raw = msgspec.json.encode(settings).decode()
        return msgspec.json.decode(raw.replace("$URL", self.receiver.url))


@pytest.fixture
def bench() -> Bench:
    return Bench()
