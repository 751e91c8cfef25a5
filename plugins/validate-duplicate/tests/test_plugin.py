from collections.abc import Iterator, Mapping
from typing import Any

import msgspec
import pytest
from leadexec_validate_duplicate.plugin import ValidateDuplicatePlugin
from leadexec_validate_duplicate.settings import DuplicateSettings
from leadexec_validate_duplicate.validator import Duplicate
from litestar import Request, Response
from litestar.testing import TestClient, create_test_client

from leadexec import (
    DeniedError,
    JobRequest,
    Lead,
    LeadexecError,
    NoSettings,
    NotFoundError,
    Reject,
    Services,
    ValidatorSetup,
)
from leadexec.testing import (
    FakeCampaigns,
    FakeLeadActs,
    a_lead,
    a_lead_type_info,
    fake_services,
)

EARLIER = "0193f29f-0000-7000-8000-000000000009"


def a_check(services: Services, **settings: Any) -> Duplicate:
    setup = ValidatorSetup(campaign_id=7, lead_type=a_lead_type_info(), services=services)
    return Duplicate(DuplicateSettings(**settings), setup)


def draft(fields: Mapping[str, Any]) -> Lead:
    """Play the field types: keep what the lead type has, phones as digits."""
    known = {k: v for k, v in fields.items() if k in a_lead_type_info().fields}
    if "Phone" in known:
        known["Phone"] = "".join(c for c in known["Phone"] if c.isdigit())
    return a_lead(uid="", campaign_id=7, fields=known)


class House:
    """A plugin on fakes: campaign 7 checks duplicates, and one lead was there before."""

    def __init__(self, **settings: Any) -> None:
        self.leads = FakeLeadActs()
        campaigns = FakeCampaigns()
        self.services = fake_services(leads=self.leads, campaigns=campaigns)
        self.check = a_check(self.services, **settings)
        campaigns.add(7, draft, self.check)
        campaigns.add(8, draft)
        for claim in self.check.claims(draft({"Email": "ada@example.test", "Phone": "12"})):
            self.leads.hold(claim, EARLIER)
        self.plugin = ValidateDuplicatePlugin(NoSettings(), self.services)

    async def run(self, job: JobRequest) -> None:
        """Run ``job`` as the kernel does: from stored JSON, by the registered handler."""
        (handler,) = [h for h in self.plugin.register_jobs() if h.kind == job.kind]
        stored = msgspec.json.encode(job.payload)
        await handler.run(msgspec.json.decode(stored, type=handler.payload), self.services)


def problem(_: Request[Any, Any, Any], error: LeadexecError) -> Response[dict[str, str]]:
    status = {NotFoundError: 404, DeniedError: 403}[type(error)]
    return Response({"code": error.code}, status_code=status)


@pytest.fixture
def client() -> Iterator[TestClient[Any]]:
    house = House(allow_ping_check=True, fields=(("Email",), ("Phone",)))
    handlers: Any = {LeadexecError: problem}
    routes = list(house.plugin.register_routes())
    with create_test_client(routes, exception_handlers=handlers) as client:
        yield client


def ask(client: TestClient[Any], campaign_id: int = 7, **fields: Any) -> Any:
    return client.post("/check", json={"campaign_id": campaign_id, "fields": fields})


def test_a_lead_that_is_there_already_is_answered_as_a_duplicate(client: TestClient[Any]) -> None:
    answer = ask(client, Email=" ADA@example.test", Phone="99")
    assert answer.status_code == 200
    assert answer.json() == {"duplicate": True, "fields": ["Email"]}


def test_fields_are_read_by_their_types_before_they_are_compared(client: TestClient[Any]) -> None:
    answer = ask(client, Email="ada@example.test", Phone="1-2")
    assert answer.json() == {"duplicate": True, "fields": ["Email", "Phone"]}


def test_a_new_lead_is_answered_as_no_duplicate(client: TestClient[Any]) -> None:
    assert ask(client, Email="new@example.test").json() == {"duplicate": False, "fields": []}


def test_the_question_can_be_asked_in_a_query(client: TestClient[Any]) -> None:
    answer = client.get("/check", params={"campaign_id": 7, "Email": "ada@example.test"})
    assert answer.json() == {"duplicate": True, "fields": ["Email"]}


def test_asking_twice_gives_the_same_answer(client: TestClient[Any]) -> None:
    assert [ask(client, Email="x@y.test").json()["duplicate"] for _ in range(2)] == [False, False]


def test_the_answer_does_not_name_the_earlier_lead(client: TestClient[Any]) -> None:
    assert EARLIER not in ask(client, Email="ada@example.test").text


def test_a_campaign_that_does_not_exist_is_not_found(client: TestClient[Any]) -> None:
    answer = ask(client, 99, Email="ada@example.test")
    assert (answer.status_code, answer.json()["code"]) == (404, "unknown_campaign")


def test_a_campaign_without_the_check_refuses_the_question(client: TestClient[Any]) -> None:
    answer = ask(client, 8, Email="ada@example.test")
    assert (answer.status_code, answer.json()["code"]) == (403, "ping_check_off")


def test_a_campaign_that_does_not_allow_it_refuses_the_question() -> None:
    house = House(allow_ping_check=False)
    handlers: Any = {LeadexecError: problem}
    routes = list(house.plugin.register_routes())
    with create_test_client(routes, exception_handlers=handlers) as client:
        assert ask(client, Email="ada@example.test", Phone="12").status_code == 403


def test_the_routes_are_not_public() -> None:
    assert all("public" not in route.opt for route in House().plugin.register_routes())


async def decided(house: House, **fields: Any) -> None:
    lead = a_lead(fields={"Email": "ada@example.test", "Phone": "12", **fields})
    conflict = await house.leads.claimed(house.check.claims(lead)[0])
    assert conflict is not None
    verdict = house.check.on_conflict(lead, conflict)
    assert isinstance(verdict, Reject)
    for job in verdict.jobs:
        await house.run(job)


@pytest.mark.anyio
async def test_the_earlier_lead_gets_what_the_duplicate_brings() -> None:
    house = House(append_data=True)
    await decided(house, State="CA")
    (call,) = house.leads.appended
    assert (call.lead_uid, call.fields) == (EARLIER, {"State": "CA"})
    assert house.leads.redelivered == []


@pytest.mark.anyio
async def test_the_deliveries_of_the_earlier_lead_are_sent_again_after_the_data_is_in() -> None:
    house = House(append_data=True, resend_deliveries=True)
    await decided(house, State="CA")
    assert [call.lead_uid for call in house.leads.appended] == [EARLIER]
    assert [call.lead_uid for call in house.leads.redelivered] == [EARLIER]


@pytest.mark.anyio
async def test_without_new_data_the_deliveries_are_sent_again_all_the_same() -> None:
    house = House(append_data=True, resend_deliveries=True)
    await decided(house)
    assert house.leads.appended == []
    assert [call.lead_uid for call in house.leads.redelivered] == [EARLIER]


@pytest.mark.anyio
async def test_two_duplicates_give_two_different_reasons() -> None:
    house = House(resend_deliveries=True)
    for uid in ("a", "b"):
        lead = a_lead(uid=uid, fields={"Email": "ada@example.test", "Phone": "12"})
        conflict = await house.leads.claimed(house.check.claims(lead)[0])
        assert conflict is not None
        verdict = house.check.on_conflict(lead, conflict)
        assert isinstance(verdict, Reject)
        await house.run(verdict.jobs[0])
    assert len({call.reason for call in house.leads.redelivered}) == 2


def test_the_plugin_contributes_the_check() -> None:
    assert list(House().plugin.register_validators()) == [Duplicate]
