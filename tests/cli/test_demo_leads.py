"""The demonstration's leads and account: repeatable, realistic, and whole."""

import itertools
from collections import Counter
from collections.abc import Mapping
from typing import Any, TypeVar

import msgspec
import pytest
from leadexec_fields.simple import SIMPLE_TYPES
from leadexec_simulator import example_buyers

from leadexec import InvalidValueError
from leadexec.cli.demo.account import CLIENTS, check_complete, create_example_account
from leadexec.cli.demo.campaigns import CAMPAIGNS, Vertical
from leadexec.cli.demo.client_plan import PORTAL, Hours
from leadexec.cli.demo.flaws import Flaw
from leadexec.cli.demo.lead_types import lead_type
from leadexec.cli.demo.leads import PostedLead, realistic_leads
from leadexec.contracts.field_type import FieldSetup, FieldType
from leadexec.contracts.lead import SystemField
from leadexec.criteria import All, Criteria, compile_criteria
from leadexec.errors import ConflictError
from leadexec.model.client import Client, ClientStatus
from leadexec.model.delivery_account import DeliveryAccount
from leadexec.model.delivery_method import ConfiguredDeliveryMethod
from leadexec.model.entity import Entity, Ref, fields_of
from leadexec.model.lead_type import LeadType
from leadexec.model.source import Campaign, LeadSource
from leadexec.testing import FakeClock

E = TypeVar("E", bound=Entity)
VERTICALS = {plan.name: plan.vertical for plan in CAMPAIGNS}


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


def leads(count: int = 1_000, seed: int = 1) -> list[PostedLead]:
    return list(realistic_leads(seed, count))


def test_the_same_seed_gives_the_same_leads() -> None:
    assert leads(200) == leads(200)
    assert leads(200) != leads(200, seed=2)


def test_a_stream_without_end_begins_like_a_counted_one() -> None:
    assert list(itertools.islice(realistic_leads(1), 50)) == leads(50)


def test_every_lead_has_its_own_key() -> None:
    assert len({lead.key for lead in leads()}) == 1_000


def test_the_flaws_have_about_their_shares() -> None:
    found = Counter(lead.flaw for lead in leads(4_000))
    for flaw in Flaw:
        assert flaw.share * 40 * 0.7 < found[flaw] < flaw.share * 40 * 1.4, flaw


def test_a_duplicate_repeats_phone_and_email_of_an_earlier_lead_of_its_campaign() -> None:
    seen: set[tuple[str, ...]] = set()
    for lead in leads():
        same = (lead.campaign, *(str(lead.fields.get(f)) for f in ("Email", "PrimaryPhone")))
        assert (same in seen) == (lead.flaw is Flaw.DUPLICATE)
        seen.add(same)


def test_city_state_zip_and_area_code_of_a_lead_belong_together() -> None:
    places = Counter(
        (lead.fields["City"], lead.fields["Zip"][:5], _digits(lead.fields["PrimaryPhone"])[:3])
        for lead in leads()
        if lead.flaw is None
    )
    by_zip = Counter(zip_code for _, zip_code, _ in places)
    assert set(by_zip.values()) == {1}


def test_only_invalid_leads_hold_values_that_their_field_types_refuse() -> None:
    types = {vertical: _field_types(lead_type(vertical)) for vertical in Vertical}
    for lead in leads():
        refused = _refused(types[VERTICALS[lead.campaign]], lead.fields)
        assert bool(refused) == (lead.flaw is Flaw.INVALID), (lead, refused)


def test_only_leads_outside_fail_the_criteria_of_their_campaign() -> None:
    types = {vertical: _field_types(lead_type(vertical)) for vertical in Vertical}
    plans = {plan.name: plan for plan in CAMPAIGNS}
    for lead in leads():
        if lead.flaw in (Flaw.INVALID, Flaw.MISSING):
            continue
        plan = plans[lead.campaign]
        mine = types[plan.vertical]
        fits = _matches(plan.criteria(), mine, _parsed(mine, lead.fields))
        assert fits == (lead.flaw is not Flaw.OUTSIDE), lead


def test_every_client_wants_some_of_the_leads_and_few_want_all() -> None:
    types = {vertical: _field_types(lead_type(vertical)) for vertical in Vertical}
    good = [lead for lead in leads(2_000) if lead.flaw is None]
    parsed = [(VERTICALS[lead.campaign], lead.fields) for lead in good]
    ready = [(vertical, _parsed(types[vertical], fields)) for vertical, fields in parsed]
    wanted = {
        plan.company: sum(
            _matches(All(items=plan.wants), types[plan.vertical], fields)
            for vertical, fields in ready
            if vertical is plan.vertical
        )
        for plan in CLIENTS
    }
    assert [company for company, count in wanted.items() if not count] == []
    assert sum(count > len(good) / 3 for count in wanted.values()) < len(CLIENTS) / 3


def test_the_lead_types_have_twenty_fields_or_more_with_system_fields() -> None:
    for vertical in Vertical:
        made = lead_type(vertical)
        systems = {field.system for field in made.fields}
        assert len(made.fields) >= 20
        assert {SystemField.EMAIL, SystemField.PRIMARY_PHONE, SystemField.ZIP} <= systems
        assert [f.name for f in made.fields if f.duplicate_check] == ["Email", "PrimaryPhone"]


def test_every_client_is_a_branch_of_an_example_buyer_or_uses_the_portal() -> None:
    styles = {plan.style for plan in CLIENTS}
    assert styles == {buyer.name for buyer in example_buyers()} | {PORTAL}
    assert len({(plan.style, plan.branch) for plan in CLIENTS}) == len(CLIENTS) >= 36


def test_at_any_hour_more_than_half_of_the_clients_take_leads() -> None:
    open_always = [plan for plan in CLIENTS if plan.hours is Hours.ALWAYS]
    active = [plan for plan in CLIENTS if plan.status is ClientStatus.ACTIVE]
    assert len(open_always) > len(active) / 2


class Memory:
    """Stores entities and checks that they refer to what is there."""

    def __init__(self) -> None:
        self.stored: dict[type[Entity], list[Entity]] = {}
        self.names: dict[str, type[Entity]] = {
            "lead_type": LeadType,
            "lead_source": LeadSource,
            "client": Client,
            "delivery_method": ConfiguredDeliveryMethod,
        }

    async def create(self, entity: E, /) -> E:
        for field in fields_of(type(entity)):
            reference = field.mark(Ref)
            if reference and getattr(entity, field.name) is not None:
                there = {e.id for e in self.stored[self.names[reference.entity]]}
                assert getattr(entity, field.name) in there
        mine = self.stored.setdefault(type(entity), [])
        made = msgspec.structs.replace(entity, id=len(mine) + 1)
        mine.append(made)
        return made


@pytest.mark.anyio
async def test_the_example_account_refers_only_to_what_was_created_before() -> None:
    memory = Memory()
    await create_example_account(memory.create, lambda buyer, branch: f"http://b/{buyer}/{branch}")
    counts = {kind: len(made) for kind, made in memory.stored.items()}
    assert counts[LeadType] == 2
    assert counts[LeadSource] == 5
    assert counts[Campaign] == 9
    assert counts[Client] == counts[ConfiguredDeliveryMethod] == len(CLIENTS)
    assert counts[DeliveryAccount] == len(CLIENTS) + 2


def test_a_part_of_the_account_is_not_taken_for_the_whole() -> None:
    check_complete({plan.company for plan in CLIENTS})
    with pytest.raises(ConflictError, match=CLIENTS[-1].company):
        check_complete({plan.company for plan in CLIENTS[:-1]})


def _digits(text: str) -> str:
    return "".join(c for c in text if c.isdigit())


def _field_types(made: LeadType) -> Mapping[str, FieldType[Any]]:
    return {
        field.name: SIMPLE_TYPES[field.type](
            msgspec.convert(field.settings, SIMPLE_TYPES[field.type].Settings),
            FieldSetup(name=field.name, description=field.description),
        )
        for field in made.fields
    }


def _parsed(types: Mapping[str, FieldType[Any]], fields: Mapping[str, Any]) -> dict[str, Any]:
    return {
        name: types[name].parse(raw)
        for name, raw in fields.items()
        if name in types and str(raw).strip()
    }


def _refused(types: Mapping[str, FieldType[Any]], fields: Mapping[str, Any]) -> list[str]:
    refused = []
    for name, raw in fields.items():
        try:
            _parsed(types, {name: raw})
        except InvalidValueError as error:
            refused.append(str(error))
    return refused


def _matches(
    tree: Criteria, types: Mapping[str, FieldType[Any]], fields: Mapping[str, Any]
) -> bool:
    schema = {name: type_.kind for name, type_ in types.items()}
    return compile_criteria(tree, schema).matches(fields, FakeClock().now())
