import asyncio
from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal
from typing import Any, TypeVar

import msgspec
import pytest
from leadexec_lead_forms.entities import LeadForm, LeadFormKey
from leadexec_lead_forms.plugin import LeadFormsPlugin
from leadexec_lead_forms.settings import LeadFormsSettings
from litestar import Request, Response, Router
from litestar.testing import TestClient, create_test_client
from lxml import html

from leadexec import (
    CampaignInfo,
    Entity,
    FieldDetails,
    Lead,
    LeadexecError,
    NotFoundError,
    SystemField,
    UnavailableError,
)
from leadexec.testing import (
    FakeCampaigns,
    FakeClock,
    FakeIntake,
    FakeStorage,
    a_campaign,
    a_lead,
    a_lead_source,
    a_lead_type,
    fake_services,
)

HERE = "/plugins/lead-forms"
E = TypeVar("E", bound=Entity)
STATES = (("AZ", "Arizona"), ("CA", "California"), ("NY", "New <York>"))


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
    a_field("FirstName", description="First name", system=SystemField.FIRST_NAME, required=True),
    a_field("Email", type="email", system=SystemField.EMAIL, sample="ann@example.com"),
    a_field("Phone", type="phone", system=SystemField.PRIMARY_PHONE, sample="(480) 555-0123"),
    a_field("State", type="us_state", system=SystemField.STATE, choices=STATES, sample="AZ"),
    a_field("Landing", description="Landing page", system=SystemField.LANDING_PAGE),
    a_field("Came", description="Referrer", system=SystemField.REFERRER),
    a_field("Term", description="Search term", system=SystemField.SEARCH_TERM),
    a_field("Ip", description="IP Address", system=SystemField.IP_ADDRESS),
    a_field("UtmSource"),
    a_field("Total", computed=True, sample=""),
)


def draft(fields: Mapping[str, Any]) -> Lead:
    """Play the field types: emails have an @, phones digits, all else is short."""
    read = {
        name: value
        for name, value in fields.items()
        if len(value) <= 300
        and ("@" in value if name == "Email" else True)
        and (any(map(str.isdigit, value)) if name == "Phone" else True)
    }
    return a_lead(uid="", campaign_id=1, fields=read)


class BrokenIntake(FakeIntake):
    """An intake that cannot store anything."""

    def __init__(self, code: str = "database_unavailable") -> None:
        super().__init__()
        self.code = code

    async def receive(self, post: Any, leads: Any) -> Any:
        self.received.append((post, leads))
        raise UnavailableError(self.code, "The database does not answer.")

    async def refuse(self, post: Any, status: int, code: str, detail: str) -> str:
        raise UnavailableError(self.code, "The database does not answer.")


class House:
    """The plugin on fakes, with campaign 1 and a form; ``client`` speaks to it."""

    def __init__(
        self,
        *,
        intake: FakeIntake | None = None,
        campaign: Mapping[str, Any] | None = None,
        settings: Mapping[str, Any] | None = None,
        **form: Any,
    ) -> None:
        self.clock = FakeClock()
        self.intake = intake or FakeIntake()
        self.campaigns = FakeCampaigns()
        self.campaigns.tell(self.info(**(campaign or {})))
        self.campaigns.add(1, draft)
        self.storage = FakeStorage(LeadForm, LeadFormKey, clock=self.clock)
        # The audit rows of entities hold times, which the json module cannot write.
        dialect: Any = self.storage.engine.dialect
        dialect._json_serializer = lambda value: msgspec.json.encode(value).decode()
        self.services = fake_services(
            clock=self.clock, intake=self.intake, campaigns=self.campaigns, storage=self.storage
        )
        self.plugin = LeadFormsPlugin(LeadFormsSettings(**(settings or {})), self.services)
        for entity in (a_lead_type(), a_lead_source(), a_campaign()):
            self.create(entity)
        usual = {"campaign": 1, "name": "Quote", "title": "Get a quote", "slug": "get-a-quote"}
        self.form = self.create(LeadForm(**{**usual, **form}))
        self.client: TestClient[Any]

    @staticmethod
    def info(**changes: Any) -> CampaignInfo:
        usual: dict[str, Any] = {
            "id": 1,
            "name": "Search",
            "source_id": 1,
            "source_name": "Lead House",
            "lead_type_id": 1,
            "lead_type_name": "Mortgage",
            "channel": "web",
            "active": True,
            "require_authentication": True,
            "has_password": False,
            "use_delivery_queue": True,
            "allow_send_responses": False,
            "price": Decimal(5),
            "fields": FIELDS,
        }
        return CampaignInfo(**{**usual, **changes})

    def create(self, entity: E) -> E:
        entities = self.storage.entities(type(entity))
        return asyncio.run(self.storage.change(lambda c: entities.create(c, entity)))

    def stored(self) -> LeadForm:
        forms = self.storage.entities(LeadForm)
        return asyncio.run(self.storage.read(lambda c: forms.get(c, self.form.id)))

    def page(self, path: str = "/get-a-quote", **options: Any) -> Any:
        return html.document_fromstring(self.client.get(f"{HERE}{path}", **options).text)

    def ticket(self, path: str = "/get-a-quote") -> str:
        (value,) = self.page(path).xpath("//input[@name='form-ticket']/@value")
        return str(value)

    def send(
        self, path: str = "/get-a-quote", *, wait: float = 10, ticket: str = "", **values: Any
    ) -> Any:
        """Open the page, wait, fill it in, send it."""
        shown = ticket or self.ticket(path)
        self.clock.advance(wait)
        data = {"form-ticket": shown, "FirstName": "Ada", **values}
        return self.client.post(f"{HERE}{path}", data=data, follow_redirects=False)

    def leads(self) -> list[Mapping[str, Any]]:
        return [lead.fields for _, leads in self.intake.received for lead in leads]

    def refused(self) -> list[str]:
        return [refusal.code for refusal in self.intake.refused]


def problem(_: Request[Any, Any, Any], error: LeadexecError) -> Response[dict[str, str]]:
    status = 404 if isinstance(error, NotFoundError) else 503
    return Response({"code": error.code}, status_code=status)


@pytest.fixture
def a_house() -> Iterator[Callable[..., House]]:
    open_clients: list[Any] = []

    def make(**given: Any) -> House:
        house = House(**given)
        router = Router(HERE, route_handlers=list(house.plugin.register_routes()))
        handlers: Any = {LeadexecError: problem}
        made = create_test_client([router], exception_handlers=handlers)
        house.client = made.__enter__()
        open_clients.append(made)
        return house

    yield make
    for made in open_clients:
        made.__exit__(None, None, None)


@pytest.fixture
def field() -> Callable[..., FieldDetails]:
    return a_field


@pytest.fixture
def broken_intake() -> type[BrokenIntake]:
    return BrokenIntake
