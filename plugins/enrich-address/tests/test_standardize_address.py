from typing import Any

import pytest
from leadexec_enrich_address.lookup import UspsForm
from leadexec_enrich_address.plugin import EnrichAddressPlugin
from leadexec_enrich_address.settings import AddressSettings
from leadexec_enrich_address.validator import StandardizeAddress

from leadexec import (
    AddressFacts,
    AddressQuestion,
    Answer,
    ConfigurationError,
    FieldKind,
    Lead,
    LeadTypeInfo,
    NoSettings,
    Pass,
    Question,
    SystemField,
    ValidatorSetup,
)
from leadexec.testing import (
    FakeLookups,
    ValidatorContract,
    a_field_info,
    a_lead,
    a_lead_type_info,
    fake_services,
)

MEANINGS = {
    "Street": SystemField.ADDRESS,
    "Street2": SystemField.ADDRESS_2,
    "City": SystemField.CITY,
    "State": SystemField.STATE,
    "Zip": SystemField.ZIP,
    "Country": SystemField.COUNTRY,
}


def a_type(*names: str) -> LeadTypeInfo:
    """Return a lead type with the named fields of an address; without names with all of them."""
    fields = [a_field_info(name, system=MEANINGS[name]) for name in names or MEANINGS]
    return a_lead_type_info(*fields, a_field_info("Email"))


class Rules:
    """A ``Lookups`` that asks this package's own lookup, and nobody else."""

    def __init__(self) -> None:
        self.asked: list[Question] = []
        self._lookup = UspsForm(NoSettings(), fake_services())

    async def ask(self, question: Question, *, seconds: float = 1.0) -> Answer[Any]:
        self.asked.append(question)
        assert isinstance(question, AddressQuestion)
        return Answer(facts=await self._lookup.look_up(question), provider="usps-form")


class TestStandardizeAddressConformance(ValidatorContract):
    component = StandardizeAddress
    lead_type = a_type()
    examples = ({}, {"seconds": 0.3})
    bad_settings = ({"seconds": 0}, {"seconds": 5}, {"seconds": "x"})

    def services(self) -> Any:
        return fake_services(lookups=Rules())


def a_check(lookups: Any, lead_type: LeadTypeInfo | None = None) -> StandardizeAddress:
    services = fake_services(lookups=lookups)
    setup = ValidatorSetup(campaign_id=1, lead_type=lead_type or a_type(), services=services)
    return StandardizeAddress(AddressSettings(), setup)


async def checked(lead: Lead, lookups: Any = None, lead_type: LeadTypeInfo | None = None) -> str:
    verdict = await a_check(lookups or Rules(), lead_type).check(lead)
    assert isinstance(verdict, Pass)
    return verdict.detail


@pytest.mark.anyio
async def test_the_standard_form_is_written_and_the_original_kept() -> None:
    posted = {
        "Street": "123 North Main Street Apt. 4",
        "City": "Phoenix",
        "State": "AZ",
        "Zip": "850031234",
    }
    lead = a_lead(fields=dict(posted))
    detail = await checked(lead)
    assert lead.fields == {
        "Street": "123 N MAIN ST",
        "Street2": "APT 4",
        "City": "PHOENIX",
        "State": "AZ",
        "Zip": "85003-1234",
    }
    assert detail == "Brought into standard form: Street, Street2, City, Zip."
    assert lead.facts["enrich-address"] == {
        "provider": "usps-form",
        "found": lead_found(lead),
        "original": {
            "Street": posted["Street"],
            "Street2": "",
            "City": "Phoenix",
            "Zip": "850031234",
        },
    }


def lead_found(lead: Lead) -> dict[str, Any]:
    names = {"Street": "address", "Street2": "address_2"}
    return {names.get(name, name.lower()): value for name, value in lead.fields.items()}


@pytest.mark.anyio
async def test_an_address_in_standard_form_stays_as_it_is() -> None:
    lead = a_lead(fields={"Street": "123 N MAIN ST", "Street2": "APT 4", "State": "AZ"})
    assert await checked(lead) == "The address is in standard form."
    assert lead.facts["enrich-address"]["original"] == {}


@pytest.mark.anyio
async def test_the_unit_stays_in_the_line_of_a_lead_type_with_one() -> None:
    lead = a_lead(fields={"Street": "123 Main St, Apt 4"})
    await checked(lead, lead_type=a_type("Street"))
    assert lead.fields == {"Street": "123 MAIN ST APT 4"}


@pytest.mark.anyio
@pytest.mark.parametrize(
    "street", ["Corner of Main and Elm", "12 \u041b\u0435\u043d\u0438\u043d\u0430"]
)
async def test_an_address_that_is_not_understood_stays_as_posted(street: str) -> None:
    lead = a_lead(fields={"Street": street, "City": "Phoenix"})
    detail = await checked(lead)
    assert detail == "No standard form of the address is known; it stays as posted."
    assert (lead.fields, lead.facts) == ({"Street": street, "City": "Phoenix"}, {})


@pytest.mark.anyio
async def test_a_provider_that_cannot_be_asked_leaves_the_lead_as_it_is() -> None:
    lead = a_lead(fields={"Street": "12 Main Street"})
    detail = await checked(lead, FakeLookups(problem="no answer within 1 s"))
    assert detail == (
        "The standard form of the address could not be asked: no answer within 1 s; "
        "the lead goes on."
    )
    assert (lead.fields, lead.facts) == ({"Street": "12 Main Street"}, {})


@pytest.mark.anyio
async def test_a_provider_with_postal_data_is_believed() -> None:
    known = FakeLookups()
    asked = AddressQuestion(address="12 Mian Street", zip="85003")
    known.know(asked, AddressFacts(address="12 MAIN ST", zip="85003-1111", deliverable=True))
    lead = a_lead(fields={"Street": "12 Mian Street", "Zip": "85003"})
    await checked(lead, known)
    assert lead.fields == {"Street": "12 MAIN ST", "Zip": "85003-1111"}
    assert lead.facts["enrich-address"]["found"]["deliverable"] is True


@pytest.mark.anyio
async def test_a_lead_without_an_address_is_not_asked_about() -> None:
    rules = Rules()
    assert await checked(a_lead(fields={"City": "Phoenix"}), rules) == "The lead has no address."
    assert rules.asked == []


@pytest.mark.anyio
async def test_a_lead_without_a_country_is_one_of_the_us_unless_its_postal_code_is_none() -> None:
    rules = Rules()
    await checked(a_lead(fields={"Street": "12 Main Street", "Zip": "85003"}), rules)
    await checked(a_lead(fields={"Street": "12 Main Street", "Zip": "M5V 3L9"}), rules)
    (question,) = rules.asked
    assert isinstance(question, AddressQuestion)
    assert question.country == "US"


@pytest.mark.anyio
async def test_an_address_of_another_country_stays_as_posted() -> None:
    lead = a_lead(fields={"Street": "12 Main Street", "Country": "Canada"})
    assert "stays as posted" in await checked(lead)
    assert lead.fields["Street"] == "12 Main Street"


def test_all_that_is_wrong_with_a_lead_type_is_listed_at_once() -> None:
    odd = a_lead_type_info(
        a_field_info("Zip", system=SystemField.ZIP, kind=FieldKind.NUMBER),
        a_field_info("Country", system=SystemField.COUNTRY, kind=FieldKind.LIST),
    )
    with pytest.raises(ConfigurationError) as caught:
        a_check(Rules(), odd)
    codes = [fault.code for fault in caught.value.faults]
    assert codes == ["no_address_field", "not_a_text_field", "not_a_text_field"]


def test_the_plugin_contributes_the_lookup_and_the_check() -> None:
    plugin = EnrichAddressPlugin(NoSettings(), fake_services())
    assert list(plugin.register_lookups()) == [UspsForm]
    assert list(plugin.register_validators()) == [StandardizeAddress]
