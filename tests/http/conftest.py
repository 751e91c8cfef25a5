"""An application on a real database, with a plugin's components, called as programs call it."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Annotated, Any, ClassVar

import httpx
import msgspec
import pytest
from argon2 import PasswordHasher
from litestar import get
from litestar.handlers import BaseRouteHandler
from msgspec import Meta

from leadexec import (
    AutomationStrategy,
    Candidate,
    ConfigurationError,
    DeliveryMethod,
    DeliverySetup,
    Entity,
    FieldKind,
    FieldSetup,
    FieldType,
    NoSettings,
    Outcome,
    Outgoing,
    Plugin,
    Prepared,
    RawValue,
    Rejected,
    Secret,
    SortContext,
    Stage,
    Validator,
    Value,
    compile_pattern,
    entity,
    hookimpl,
)
from leadexec.http.app import create_http
from leadexec.http.credential_loader import CredentialLoader
from leadexec.http.credentials_api import CredentialDesk, NewCredential, ShownCredential
from leadexec.http.parts import HttpParts, HttpSettings
from leadexec.model.access import Scope
from leadexec.model.registry import EntityRegistry
from leadexec.plugins import FaultLog, Plugins
from leadexec.security.credentials import CredentialCache
from leadexec.security.passwords import Passwords
from leadexec.security.secrets import Cipher
from leadexec.security.token_desk import TokenDesk
from leadexec.security.tokens import TokenIssuer, TokenVerifier, token_key
from leadexec.storage.entity_tables import EntityTables
from leadexec.storage.migrations import upgrade
from leadexec.storage.owners import owners_of
from leadexec.storage.store import Store
from leadexec.testing import FakeClock, FakeRandomness, fake_services
from tests.http.office import Office, an_office
from tests.system.conftest import sqlite_url
from tests.system.world import a_world

__all__ = ["sqlite_url"]

KEY = bytes(range(32))


class TextSettings(msgspec.Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    pattern: Annotated[str, Meta(title="Pattern", examples=["^[a-z]+$"])] = ""


class SampleText(FieldType[TextSettings]):
    """Text."""

    key = "text"
    title = "Text"
    kind: ClassVar[FieldKind] = FieldKind.TEXT

    def __init__(self, settings: TextSettings, setup: Any) -> None:
        super().__init__(settings, setup)
        if settings.pattern:
            compile_pattern(settings.pattern)

    def parse(self, raw: RawValue) -> Value:
        return str(raw)

    def format(self, value: Value) -> str:
        return str(value)

    def sample(self) -> str:
        return "text"


class SampleNumber(FieldType[NoSettings]):
    """A number."""

    key = "number"
    title = "Number"
    kind: ClassVar[FieldKind] = FieldKind.NUMBER

    def parse(self, raw: RawValue) -> Value:
        try:
            return Decimal(str(raw))
        except InvalidOperation:
            raise self.refuse("not_a_number", "is not a number.") from None

    def format(self, value: Value) -> str:
        return str(value)

    def sample(self) -> str:
        return "1"


class ComputedSettings(msgspec.Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    reads: str


class SampleComputed(FieldType[ComputedSettings]):
    """The value of another field."""

    key = "computed"
    title = "Computed"
    kind: ClassVar[FieldKind] = FieldKind.NUMBER
    computed: ClassVar[bool] = True

    def __init__(self, settings: ComputedSettings, setup: FieldSetup) -> None:
        super().__init__(settings, setup)
        if settings.reads not in setup.schema:
            raise ConfigurationError.single("unknown_field", "reads", "There is no such field.")

    def reads(self) -> frozenset[str]:
        return frozenset({self.settings.reads})

    def parse(self, raw: RawValue) -> Value:
        raise self.refuse("computed", "is computed.")

    def format(self, value: Value) -> str:
        return str(value)

    def sample(self) -> str:
        return ""


class CheckSettings(msgspec.Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    days: Annotated[int, Meta(title="Days", ge=1, le=365)]
    token: Annotated[Secret | None, Meta(title="Token")] = None
    fields: Annotated[tuple[str, ...], Meta(title="Fields")] = ()


class SampleCheck(Validator[CheckSettings]):
    """A check that wants to know its fields."""

    key = "sample"
    title = "Sample"
    stage: ClassVar[Stage] = Stage.DUPLICATE
    seen: ClassVar[list[str]] = []
    """The tokens that instances were made with."""

    def __init__(self, settings: CheckSettings, setup: Any) -> None:
        super().__init__(settings, setup)
        missing = [name for name in settings.fields if name not in setup.lead_type.fields]
        if missing:
            raise ConfigurationError.single("unknown_lead_field", "fields", f"No {missing}.")
        if settings.token is not None:
            self.seen.append(settings.token.reveal())


class HookSettings(msgspec.Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    url: str
    password: Secret | None = None
    timeout: float = 30.0


class SampleHook(DeliveryMethod[HookSettings]):
    """Sends nothing anywhere."""

    key = "hook"
    title = "Hook"

    def __init__(self, settings: HookSettings, setup: DeliverySetup) -> None:
        super().__init__(settings, setup)
        if settings.url == "boom":
            message = "what a plugin should not raise"
            raise RuntimeError(message)

    def prepare(self, outgoing: Outgoing) -> Prepared:
        return Prepared(request="")

    async def deliver(self, prepared: Prepared, attempt: Any) -> Outcome:
        return Rejected(code="never")


class SamplePrice(AutomationStrategy[NoSettings]):
    """Leaves the order as it is."""

    key = "price"
    title = "Price"

    def sort(self, candidates: Sequence[Candidate], context: SortContext) -> Sequence[Candidate]:
        return candidates


@entity(name="sample_list", plural="sample_lists", title="Sample list", unique=(("name",),))
class SampleList(Entity, kw_only=True, frozen=True):
    """An entity of a plugin."""

    name: Annotated[str, Meta(title="Name", min_length=1)]
    key: Secret | None = None


class SamplePlugin(Plugin[NoSettings]):
    @hookimpl
    def register_field_types(self) -> Sequence[type[FieldType[Any]]]:
        return (SampleText, SampleNumber, SampleComputed)

    @hookimpl
    def register_validators(self) -> Sequence[type[Validator[Any]]]:
        return (SampleCheck,)

    @hookimpl
    def register_delivery_methods(self) -> Sequence[type[DeliveryMethod[Any]]]:
        return (SampleHook,)

    @hookimpl
    def register_automation_strategies(self) -> Sequence[type[AutomationStrategy[Any]]]:
        return (SamplePrice,)

    @hookimpl
    def register_entities(self) -> Sequence[type[Entity]]:
        return (SampleList,)

    @hookimpl
    def register_routes(self) -> Sequence[BaseRouteHandler]:
        @get("/secret")
        async def guarded() -> dict[str, bool]:
            return {"guarded": True}

        @get("/open", opt={"public": True})
        async def opened() -> dict[str, bool]:
            return {"guarded": False}

        @get("/broken", opt={"public": True})
        async def broken() -> dict[str, bool]:
            message = "the password is hunter2"
            raise RuntimeError(message)

        return (guarded, opened, broken)


@dataclass
class Api:
    """The application under test and clients for it."""

    parts: HttpParts
    client: httpx.AsyncClient
    """Without a token."""
    clock: FakeClock

    async def credential(self, *scopes: Scope, role: int | None = None) -> ShownCredential:
        """Make a credential as the command line does."""
        wanted = NewCredential(name="Test", scopes=scopes, role=role)
        return await CredentialDesk(self.parts).create(wanted, "test")

    async def token(self, *scopes: Scope, role: int | None = None) -> str:
        """Return a token, asked for over HTTP."""
        made = await self.credential(*scopes, role=role)
        answer = await self.client.post(
            "/oauth2/token",
            data={"grant_type": "client_credentials"},
            auth=(made.client_id, made.client_secret),
        )
        return str(answer.json()["access_token"])

    async def login(self, *scopes: Scope, role: int | None = None) -> None:
        """Let ``client`` send a token from now on."""
        token = await self.token(*scopes, role=role)
        self.client.headers["authorization"] = f"Bearer {token}"


def parts_for(
    store: Store, clock: FakeClock, settings: HttpSettings, *, plugin: bool = True
) -> HttpParts:
    """Return the parts of an application on ``store``, with the sample plugin."""
    faults = FaultLog()
    services = fake_services(clock=clock, randomness=FakeRandomness())
    plugins = Plugins(faults)
    if plugin:
        plugins.add("sample", "1.0", SamplePlugin(NoSettings(), services))
    registry = EntityRegistry(plugins.contributions("register_entities"))
    tables = EntityTables(registry)
    cipher = Cipher([KEY])
    cache = CredentialCache()
    key = token_key(KEY)
    cheap = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
    passwords = Passwords(cheap)
    return HttpParts(
        store=store,
        registry=registry,
        tables=tables,
        plugins=plugins,
        services=services,
        cipher=cipher,
        credentials=CredentialLoader(store, tables, cipher, cache),
        tokens=TokenDesk(cache, passwords, TokenIssuer(key, clock, services.randomness), clock),
        verifier=TokenVerifier(key, clock, cache),
        passwords=passwords,
        faults=faults,
        settings=settings,
    )


@pytest.fixture(scope="session")
def make_parts() -> Any:
    """``parts_for``, for tests that run their own store."""
    return parts_for


@pytest.fixture
def http_settings() -> HttpSettings:
    """What the application under test is set to; a test module may override it."""
    return HttpSettings()


@pytest.fixture
async def api(store: Store, http_settings: HttpSettings) -> AsyncIterator[Api]:
    """The application, without a token."""
    clock = FakeClock()
    parts = parts_for(store, clock, http_settings)
    await upgrade(store.database, owners_of(parts.tables, parts.plugins.loaded()))
    await parts.credentials.reload()
    transport = httpx.ASGITransport(app=create_http(parts))
    async with httpx.AsyncClient(transport=transport, base_url="http://leadexec.test") as client:
        yield Api(parts=parts, client=client, clock=clock)


@pytest.fixture
async def account(api: Api) -> Api:
    """The application, with a token for the Account API."""
    await api.login(Scope.ACCOUNT_API)
    return api


@pytest.fixture
async def office(database_url: str, tmp_path: Path) -> AsyncIterator[Office]:
    """A person at the Data API of a running system, on either kind of database."""
    async with a_world(database_url, tmp_path) as world:
        yield await an_office(world)


@pytest.fixture
async def sqlite_office(
    sqlite_url: str, tmp_path: Path, anyio_backend: str
) -> AsyncIterator[Office]:
    """The same on SQLite, for what no database can tell apart."""
    async with a_world(sqlite_url, tmp_path) as world:
        yield await an_office(world)
