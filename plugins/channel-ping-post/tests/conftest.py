import asyncio
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime
from decimal import Decimal
from functools import cached_property
from typing import Any

import pytest
from leadexec_channel_ping_post.plugin import ChannelPingPostPlugin
from leadexec_channel_ping_post.setting import PingSetting
from leadexec_channel_ping_post.settings import ChannelPingPostSettings
from litestar import Response, Router
from litestar.connection import ASGIConnection
from litestar.handlers import BaseRouteHandler
from litestar.testing import TestClient, create_test_client

from leadexec import (
    CampaignInfo,
    DeniedError,
    Entity,
    EntityEvent,
    FieldDetails,
    NotFoundError,
    PostedLead,
    Quote,
    QuoteTerms,
    SystemField,
)
from leadexec.testing import (
    FakeCampaigns,
    FakeClock,
    FakeIntake,
    FakeQuotes,
    FakeStorage,
    a_campaign,
    a_lead_source,
    a_lead_type,
    fake_services,
)

PATH = "/ping/leads"
UNTIL = datetime(2026, 3, 2, 12, 5, tzinfo=UTC)


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


def a_field(name: str, **changes: Any) -> FieldDetails:
    usual: dict[str, Any] = {
        "description": name,
        "type": "text",
        "type_title": "Text",
        "system": SystemField.CUSTOM,
        "required": False,
        "default": "",
        "sample": "Example",
    }
    return FieldDetails(name=name, **{**usual, **changes})


FIELDS = (
    a_field("FirstName", required=True),
    a_field("State", sample="CA", choices=(("CA", "California"),)),
    a_field("Zip", sample="90210"),
    a_field("test", sample="Yes"),
    a_field("Total", computed=True, sample=""),
    a_field("ForceId", system=SystemField.FORCE_ID),
    a_field("Cars", type="sub_fields", sample='[{"Make": "Ford"}]'),
)


def an_info(**changes: Any) -> CampaignInfo:
    values: dict[str, Any] = {
        "id": 12,
        "name": "Pings",
        "source_id": 7,
        "source_name": "Site",
        "lead_type_id": 3,
        "lead_type_name": "Mortgage",
        "channel": "ping_post",
        "active": True,
        "require_authentication": False,
        "has_password": False,
        "use_delivery_queue": True,
        "allow_send_responses": False,
        "price": Decimal("5.00"),
        "fields": FIELDS,
    }
    return CampaignInfo(**values | changes)


def accepted(**changes: Any) -> Quote:
    values: dict[str, Any] = {
        "accepted": True,
        "post": "0193f2a0-0000-7000-8000-000000000000",
        "order_id": "0193f2a0-0000-7000-8000-000000000001",
        "price": Decimal("7.25"),
        "expires_at": UNTIL,
    }
    return Quote(**values | changes)


class CountingStorage(FakeStorage):
    """Counts reads."""

    def __init__(self, *entities: type[Entity], clock: FakeClock) -> None:
        super().__init__(*entities, clock=clock)
        self.reads = 0

    async def read(self, question: Any) -> Any:
        self.reads += 1
        return await super().read(question)


class Caller:
    """Who is calling, as the kernel's guard leaves it."""

    def __init__(self, scope: str, *permissions: str) -> None:
        self._scope = scope
        self._permissions = permissions

    def has(self, scope: str) -> bool:
        return scope == self._scope

    def demand(self, permission: str) -> None:
        if permission not in self._permissions:
            raise DeniedError("permission_missing", f"This needs the permission {permission!r}.")


def _told(status: int) -> Callable[..., Response[dict[str, str]]]:
    """Return how the kernel answers an error, in short."""
    return lambda _, error: Response({"code": error.code}, status_code=status)


class House:
    """The plugin on fakes: campaign 12 of lead source 7 for lead type 3."""

    def __init__(self, stack: ExitStack, *campaigns: CampaignInfo, **settings: Any) -> None:
        self._stack = stack
        self.clock = FakeClock()
        self.intake = FakeIntake()
        self.quotes = FakeQuotes(accepted())
        self.caller: Caller | None = Caller("account_api", "ping_setting.read")
        self.campaigns = FakeCampaigns()
        for info in campaigns or (an_info(),):
            self.campaigns.tell(info)
        self.storage = CountingStorage(PingSetting, clock=self.clock)
        services = fake_services(
            clock=self.clock,
            intake=self.intake,
            quotes=self.quotes,
            campaigns=self.campaigns,
            storage=self.storage,
        )
        self.plugin = ChannelPingPostPlugin(ChannelPingPostSettings(**settings), services)
        for entity in (a_lead_type(), a_lead_source()):
            self.store(entity)
        for number in range(1, 14):
            self.store(a_campaign(id=number, name=f"Campaign {number}"))

    def store(self, entity: Any) -> Any:
        entities = self.storage.entities(type(entity))
        return asyncio.run(self.storage.change(lambda c: entities.create(c, entity)))

    def setting(self, **values: Any) -> PingSetting:
        """Store the setting of campaign 12."""
        stored: PingSetting = self.store(PingSetting(**{"campaign": 12} | values))
        return stored

    def answers(self, quote: Quote) -> None:
        self.quotes._answer = quote

    def changed(self, entity: str = "ping_setting") -> None:
        """Tell the plugin of a change."""
        event = EntityEvent(
            entity=entity, entity_id=1, act="updated", by="ann", at=self.clock.now(), revision=1
        )
        asyncio.run(self.plugin.entity_changed(event))

    def asked(self) -> tuple[PostedLead, QuoteTerms]:
        """Return the one ping that was asked about."""
        ((_, lead, terms),) = self.quotes.asked
        return lead, terms

    def ping(self, **fields: Any) -> Any:
        return self.client.post(PATH, json={"campaign": 12, "fields": fields})

    @cached_property
    def client(self) -> TestClient[Any]:
        async def guard(connection: ASGIConnection[Any, Any, Any, Any], _: Any) -> None:
            if self.caller is not None:
                connection.state["leadexec_caller"] = self.caller

        own: list[BaseRouteHandler] = list(self.plugin.register_routes())
        router = Router("/plugins/channel-ping-post", route_handlers=own, guards=[guard])
        made = create_test_client(
            [*self.plugin.register_receivers(), router],
            exception_handlers={DeniedError: _told(403), NotFoundError: _told(404)},
        )
        return self._stack.enter_context(made)


@pytest.fixture
def open_house() -> Iterator[Callable[..., House]]:
    with ExitStack() as stack:
        yield lambda *campaigns, **settings: House(stack, *campaigns, **settings)


@pytest.fixture
def house(open_house: Callable[..., House]) -> House:
    return open_house()


@pytest.fixture
def info() -> Callable[..., CampaignInfo]:
    return an_info


@pytest.fixture
def field() -> Callable[..., FieldDetails]:
    return a_field


@pytest.fixture
def quote() -> Callable[..., Quote]:
    return accepted


@pytest.fixture
def caller() -> type[Caller]:
    return Caller
