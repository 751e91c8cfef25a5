from collections.abc import AsyncIterator
from decimal import Decimal
from typing import Any

import pytest
from leadexec_validate_dnc.desk import ListDesk
from leadexec_validate_dnc.entries import DncHit, DncNumber
from leadexec_validate_dnc.known import KnownNumbers
from leadexec_validate_dnc.settings import DncSettings, OnHit
from leadexec_validate_dnc.validator import DoNotContact

from leadexec import (
    ConfigurationError,
    FieldKind,
    Hold,
    JobRequest,
    LeadTypeInfo,
    Pass,
    Reject,
    Services,
    SystemField,
    UnavailableError,
    ValidatorSetup,
)
from leadexec.testing import (
    FakeStorage,
    ValidatorContract,
    a_field_info,
    a_lead,
    a_lead_type_info,
    fake_services,
)

TYPE = a_lead_type_info(
    a_field_info("Phone", system=SystemField.PRIMARY_PHONE),
    a_field_info("WorkPhone", system=SystemField.ALTERNATE_PHONE),
    a_field_info("Mobile"),
    a_field_info("Digits", kind=FieldKind.NUMBER),
    a_field_info("Homeowner", kind=FieldKind.BOOLEAN),
)


def a_system() -> Services:
    return fake_services(storage=FakeStorage(DncNumber, DncHit))


class TestDoNotContactConformance(ValidatorContract):
    component = DoNotContact
    lead_type = TYPE
    examples = ({}, {"fields": ["Mobile", "Digits"]}, {"fields": ["Phone"], "on_hit": "hold"})
    bad_settings = (
        {"fields": ["Nobody"]},
        {"fields": ["Homeowner"]},
        {"fields": "Phone"},
        {"on_hit": "pass"},
    )

    def services(self) -> Services:
        return a_system()


class House:
    """One process: its list, and a check over it."""

    def __init__(self, services: Services | None = None, **settings: Any) -> None:
        self.services = services or a_system()
        self.known = KnownNumbers(self.services)
        self.desk = ListDesk(self.services, self.known)
        setup = ValidatorSetup(campaign_id=1, lead_type=TYPE, services=self.services)
        self.check = DoNotContact.over(self.known)(DncSettings(**settings), setup)

    async def verdict(self, **fields: Any) -> Any:
        return await self.check.check(a_lead(fields=fields))


@pytest.mark.anyio
async def test_a_lead_on_the_list_is_rejected_by_its_field_and_entry_not_its_number() -> None:
    house = House()
    entry, _ = await house.desk.add("(212) 555-0123")
    verdict = await house.verdict(Phone="2125550123", WorkPhone="2125550199")
    assert verdict == Reject(
        code="do_not_contact",
        message=f"Phone is on the do not contact list (entry {entry.id}).",
        jobs=(
            JobRequest(
                kind="validate-dnc.hit",
                payload={
                    "lead_uid": a_lead().uid,
                    "entries": [entry.id],
                    "at": a_lead().received_at.isoformat(),
                },
            ),
        ),
    )


@pytest.mark.anyio
async def test_all_fields_that_are_on_the_list_are_named() -> None:
    house = House()
    for number in ("2125550101", "2125550102"):
        await house.desk.add(number)
    verdict = await house.verdict(Phone="2125550102", WorkPhone="2125550101")
    assert isinstance(verdict, Reject)
    assert verdict.message == (
        "Phone and Work Phone are on the do not contact list (entries 1, 2)."
    )


@pytest.mark.anyio
async def test_a_number_in_two_fields_is_one_hit() -> None:
    house = House()
    await house.desk.add("2125550101")
    verdict = await house.verdict(Phone="2125550101", WorkPhone="2125550101")
    assert isinstance(verdict, Reject)
    assert verdict.jobs[0].payload["entries"] == [1]


@pytest.mark.anyio
async def test_a_lead_is_held_where_the_campaign_says_so() -> None:
    house = House(on_hit=OnHit.HOLD)
    await house.desk.add("2125550123")
    assert isinstance(await house.verdict(Phone="2125550123"), Hold)


@pytest.mark.anyio
@pytest.mark.parametrize(
    "fields", [{}, {"Phone": ""}, {"Phone": "none"}, {"Phone": None}, {"Mobile": "2125550123"}]
)
async def test_a_lead_without_a_listed_number_in_its_fields_passes(fields: Any) -> None:
    house = House()
    await house.desk.add("2125550123")
    assert isinstance(await house.verdict(**fields), Pass)


@pytest.mark.anyio
@pytest.mark.parametrize("value", ["+1 212 555 0123", Decimal(2125550123), 12125550123])
async def test_named_fields_are_looked_up_however_the_number_is_written(value: Any) -> None:
    house = House(fields=("Mobile", "Digits"))
    await house.desk.add("2125550123")
    assert isinstance(await house.verdict(Digits=value), Reject)
    assert isinstance(await house.verdict(Mobile=str(value)), Reject)
    assert isinstance(await house.verdict(Phone="2125550123"), Pass)


@pytest.mark.anyio
async def test_ten_foreign_digits_are_another_number_than_the_american_ones() -> None:
    house = House()
    await house.desk.add("+4562345678")
    assert isinstance(await house.verdict(Phone="4562345678"), Pass)
    assert isinstance(await house.verdict(Phone="+45 62345678"), Reject)


@pytest.mark.anyio
async def test_all_campaigns_of_a_process_share_one_list_in_memory() -> None:
    house = House()
    await house.desk.load(a_file(b"2125550101\n2125550102\n"))
    fresh = KnownNumbers(house.services)
    setup = ValidatorSetup(campaign_id=2, lead_type=TYPE, services=house.services)
    for check in [DoNotContact.over(fresh)(DncSettings(), setup) for _ in range(2)]:
        await check.check(a_lead(fields={"Phone": "2125550199"}))
    assert (fresh.held, fresh.is_fresh) == (2, True)


async def a_file(data: bytes) -> AsyncIterator[bytes]:
    yield data


class AwayStorage(FakeStorage):
    """A database that can go away."""

    away = True

    async def read(self, question: Any) -> Any:
        if self.away:
            raise UnavailableError("database_unavailable", "The database does not answer.")
        return await super().read(question)


@pytest.mark.anyio
async def test_while_the_list_cannot_be_read_the_check_raises_and_afterwards_goes_on() -> None:
    storage = AwayStorage(DncNumber, DncHit)
    house = House(fake_services(storage=storage))
    for _ in range(2):
        with pytest.raises(UnavailableError):
            await house.verdict(Phone="2125550123")
    storage.away = False
    assert isinstance(await house.verdict(Phone="2125550123"), Pass)


@pytest.mark.anyio
async def test_a_lead_without_a_number_passes_also_while_the_list_cannot_be_read() -> None:
    house = House(fake_services(storage=AwayStorage(DncNumber, DncHit)))
    assert isinstance(await house.verdict(Phone="none"), Pass)


def a_check(lead_type: LeadTypeInfo = TYPE, **settings: Any) -> DoNotContact:
    setup = ValidatorSetup(campaign_id=1, lead_type=lead_type, services=a_system())
    return DoNotContact(DncSettings(**settings), setup)


def test_it_reads_the_phones_of_the_lead_type_or_the_fields_named() -> None:
    assert a_check().reads() == {"Phone", "WorkPhone"}
    assert a_check(fields=("Mobile",)).reads() == {"Mobile"}


def test_all_faults_of_a_configuration_are_listed_at_once() -> None:
    with pytest.raises(ConfigurationError) as caught:
        a_check(fields=("Fax", "Phone", "Homeowner"))
    assert [(fault.code, fault.path) for fault in caught.value.faults] == [
        ("unknown_field", "fields[0]"),
        ("not_a_phone_field", "fields[2]"),
    ]


def test_a_lead_type_without_phones_needs_named_fields() -> None:
    bare = a_lead_type_info(a_field_info("Mobile"))
    with pytest.raises(ConfigurationError) as caught:
        a_check(bare)
    assert [fault.code for fault in caught.value.faults] == ["no_phone_fields"]
    assert a_check(bare, fields=("Mobile",)).reads() == {"Mobile"}
