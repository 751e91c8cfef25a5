"""The demonstration wired to the real platform; ``leadexec demo`` is this ``app``."""

import contextlib
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Final, TypeVar

import msgspec

from leadexec.app import App, running_app
from leadexec.cli.demo.command import demo_command
from leadexec.cli.demo.figures import demo_counts, open_work
from leadexec.cli.demo.platform import Credential, DemoCounts
from leadexec.delivery.breaker import DeliverySettings
from leadexec.http.entity_desk import EntityDesk
from leadexec.http.idempotency import Call
from leadexec.model.access import Scope
from leadexec.model.delivery_method import ConfiguredDeliveryMethod
from leadexec.model.entity import SYSTEM_FIELDS, Entity, enc_hook, spec_of
from leadexec.security.callers import Caller
from leadexec.settings import NetworkSettings, PluginSettings, Settings
from leadexec.storage.entities import every_entity

E = TypeVar("E", bound=Entity)

_DEMO: Final = Caller(credential_id=0, name="demo", scopes=frozenset({Scope.ACCOUNT_API}))
_LOOK_AGAIN: Final = 0.1
"""Seconds between two looks at the work that is left."""

STANDARD: Final = (
    "automation-price",
    "automation-priority",
    "automation-round-robin",
    "channel-ping-post",
    "delivery-portal",
    "delivery-webhook",
    "fields",
    "simulator",
    "validate-duplicate",
)
"""The plugins of ``leadexec[standard]``: what the demonstration needs."""


class RunningPlatform:
    """The platform of a running ``App``."""

    def __init__(self, app: App) -> None:
        """Look at ``app``."""
        self._app = app
        self._kernel = app.kernel
        self._desk = EntityDesk(app.parts)
        self.asgi = app.asgi
        self.clock = app.kernel.services.clock

    async def create(self, entity: E, /) -> E:
        """Store ``entity`` as the Account API does, with all its checks, and return it."""
        plain = msgspec.to_builtins(entity, enc_hook=enc_hook)
        raw = {name: value for name, value in plain.items() if name not in SYSTEM_FIELDS}
        call = Call(key=None, credential_id=0, request=b"", now=self.clock.now())
        made, _ = await self._desk.create(spec_of(type(entity)), raw, _DEMO, call)
        if not isinstance(made, type(entity)):
            raise TypeError(type(made).__qualname__)
        return made

    async def all(self, kind: type[E]) -> Sequence[E]:
        """Return all stored entities of ``kind``."""
        return await self._kernel.store.read(
            lambda connection: every_entity(
                connection, self._kernel.tables, kind, self._kernel.cipher
            )
        )

    async def new_credential(self, name: str, scopes: Sequence[Scope]) -> Credential:
        """Make an API credential with ``scopes``."""
        made = await self._app.new_credential(name, scopes)
        return Credential(client_id=made.client_id, client_secret=made.client_secret)

    async def counts(self) -> DemoCounts:
        """Return the present figures, read in one transaction."""
        methods = await self.all(ConfiguredDeliveryMethod)
        portal = {method.id for method in methods if method.type == "portal"}
        return await self._kernel.store.read(lambda connection: demo_counts(connection, portal))

    async def wait_until_settled(self, timeout: float) -> bool:
        """Return True when no job and no delivery has anything left to do."""
        ends = self.clock.monotonic() + timeout
        while await self._kernel.store.read(open_work):
            if self.clock.monotonic() >= ends:
                return False
            await self.clock.sleep(_LOOK_AGAIN)
        return True


@contextlib.asynccontextmanager
async def open_platform(directory: Path) -> AsyncIterator[RunningPlatform]:
    """Run the platform with its embedded database on ``directory`` within the context."""
    settings = Settings(
        data=str(directory),
        # What else is installed may observe or exclude; the demonstration shows what it says.
        plugins=PluginSettings(only=STANDARD),
        network=NetworkSettings(allow_private=("127.0.0.0/8",)),
        # Some of its buyers never answer, and it is to end in seconds: what waits for them must
        # not wait as long as it would for real ones.
        delivery=DeliverySettings(
            circuit_open_seconds=2.0, circuit_cap_seconds=4.0, circuit_wait_seconds=10.0
        ),
    )
    async with running_app(settings) as running:
        yield RunningPlatform(running)


app = demo_command(open_platform)
