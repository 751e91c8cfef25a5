from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import datetime
from decimal import Decimal
from functools import cached_property
from typing import Any

import msgspec
import pytest
from leadexec_receiver_leadexec.plugin import ReceiverLeadexecPlugin
from leadexec_receiver_leadexec.settings import ReceiverSettings
from litestar.testing import TestClient, create_test_client

from leadexec import (
    CampaignInfo,
    IssuedToken,
    JobRequest,
    LeadAnswer,
    PostedLead,
    TokenDenied,
    TokenOutcome,
    UnavailableError,
)
from leadexec.testing import FakeCampaigns, FakeHttp, FakeIntake, FakeJobs, fake_services


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


def a_campaign_info(**changes: Any) -> CampaignInfo:
    values: dict[str, Any] = {
        "id": 12,
        "name": "Web",
        "source_id": 7,
        "source_name": "Site",
        "lead_type_id": 3,
        "lead_type_name": "Mortgage",
        "channel": "web",
        "active": True,
        "require_authentication": False,
        "has_password": False,
        "use_delivery_queue": True,
        "allow_send_responses": False,
        "price": Decimal("5.00"),
        "fields": (),
    }
    return CampaignInfo(**values | changes)


class Jobs(FakeJobs):
    """Keeps jobs, unless the database is away."""

    def __init__(self) -> None:
        super().__init__()
        self.away = False

    async def add(self, job: JobRequest, *, subject: str, run_at: datetime | None = None) -> None:
        if self.away:
            raise UnavailableError("database_away", "The database is away.")
        msgspec.json.encode(job.payload)
        await super().add(job, subject=subject, run_at=run_at)


class Tokens:
    """Knows one credential, and remembers who asked."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, str, str]] = []
        self.outcome: TokenOutcome | None = None

    async def issue(self, client_id: str, client_secret: str, *, remote_ip: str) -> TokenOutcome:
        self.asked.append((client_id, client_secret, remote_ip))
        if self.outcome is not None:
            return self.outcome
        if (client_id, client_secret) == ("sender", "right"):
            return IssuedToken(access_token="a.b.c", expires_in=3600)
        return TokenDenied(code="invalid_client", message="The client id or secret is wrong.")


class House:
    """The plugin on fakes: campaign 12 of lead source 7 for lead type 3."""

    def __init__(self, stack: ExitStack, *campaigns: CampaignInfo, **settings: Any) -> None:
        self._stack = stack
        self.intake = FakeIntake()
        self.jobs = Jobs()
        self.tokens = Tokens()
        self.http = FakeHttp()
        self.campaigns = FakeCampaigns()
        for info in campaigns or (a_campaign_info(),):
            self.campaigns.tell(info)
        self.services = fake_services(
            intake=self.intake,
            http=self.http,
            campaigns=self.campaigns,
            jobs=self.jobs,
            tokens=self.tokens,
        )
        self.plugin = ReceiverLeadexecPlugin(ReceiverSettings(**settings), self.services)

    def answers(self, answer: Callable[[PostedLead], LeadAnswer]) -> None:
        self.intake._answer = answer

    def lead(self) -> PostedLead:
        """Return the one lead that was handed over."""
        ((_, leads),) = self.intake.received
        (lead,) = leads
        return lead

    @cached_property
    def client(self) -> TestClient[Any]:
        """The receivers, served."""
        made = create_test_client(list(self.plugin.register_receivers()))
        made.follow_redirects = False
        return self._stack.enter_context(made)


@pytest.fixture
def open_house() -> Iterator[Callable[..., House]]:
    with ExitStack() as stack:
        yield lambda *campaigns, **settings: House(stack, *campaigns, **settings)


@pytest.fixture
def house(open_house: Callable[..., House]) -> House:
    return open_house()


@pytest.fixture
def campaign() -> Callable[..., CampaignInfo]:
    return a_campaign_info
