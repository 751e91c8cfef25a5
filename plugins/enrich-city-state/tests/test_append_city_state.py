from typing import Any

import msgspec
import pytest
from leadexec_enrich_city_state.lookup import ZipCodes
from leadexec_enrich_city_state.plugin import EnrichCityStatePlugin
from leadexec_enrich_city_state.settings import CityStateSettings, Overwrite
from leadexec_enrich_city_state.validator import AppendCityState

from leadexec import (
    ConfigurationError,
    FieldKind,
    Lead,
    LeadTypeInfo,
    NoSettings,
    Pass,
    PlaceFacts,
    PlaceQuestion,
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

TYPE = a_lead_type_info(
    a_field_info("City", system=SystemField.CITY),
    a_field_info("State", system=SystemField.STATE),
    a_field_info("Zip", system=SystemField.ZIP),
    a_field_info("Country", system=SystemField.COUNTRY),
    a_field_info("Email"),
)
SCOTTSDALE = PlaceFacts(city="Scottsdale", state="AZ", county="Maricopa County")


class TestAppendCityStateConformance(ValidatorContract):
    component = AppendCityState
    lead_type = TYPE
    examples = ({}, {"overwrite": "when_different"}, {"guess_country": False, "seconds": 0.2})
    bad_settings = ({"overwrite": "always"}, {"seconds": 0}, {"seconds": 5}, {"seconds": None})


class TestAppendCityStateConformanceWithoutAProvider(ValidatorContract):
    component = AppendCityState
    lead_type = TYPE

    def services(self) -> Any:
        return fake_services(lookups=FakeLookups(problem="no answer within 1 s"))


def lookups() -> FakeLookups:
    """Return lookups that know Scottsdale."""
    fake = FakeLookups()
    fake.know(PlaceQuestion(postal_code="85254", country="US"), SCOTTSDALE)
    return fake


def a_check(asked: FakeLookups, lead_type: LeadTypeInfo = TYPE, **settings: Any) -> AppendCityState:
    services = fake_services(lookups=asked)
    setup = ValidatorSetup(campaign_id=1, lead_type=lead_type, services=services)
    return AppendCityState(CityStateSettings(**settings), setup)


async def checked(asked: FakeLookups, lead: Lead, **settings: Any) -> str:
    """Check ``lead``; return what the process log says."""
    verdict = await a_check(asked, **settings).check(lead)
    assert isinstance(verdict, Pass)
    return verdict.detail


@pytest.mark.anyio
async def test_an_empty_city_and_state_are_filled_from_the_postal_code() -> None:
    lead = a_lead(fields={"Zip": "85254", "Country": "US", "City": " "})
    detail = await checked(lookups(), lead)
    assert (lead.fields["City"], lead.fields["State"]) == ("Scottsdale", "AZ")
    assert detail == "From postal code 85254, US: City set to Scottsdale, State set to AZ."


@pytest.mark.anyio
async def test_what_was_found_and_done_is_kept_with_the_lead() -> None:
    lead = a_lead(fields={"Zip": "85254", "City": "Phoenix"})
    await checked(lookups(), lead, overwrite=Overwrite.WHEN_DIFFERENT)
    assert lead.facts == {
        "enrich-city-state": {
            "provider": "fake",
            "found": {"city": "Scottsdale", "state": "AZ", "county": "Maricopa County"},
            "filled": {"State": "AZ"},
            "replaced": {"City": {"posted": "Phoenix", "now": "Scottsdale"}},
        }
    }
    assert msgspec.json.encode(lead.facts)


@pytest.mark.anyio
async def test_a_posted_city_stays_by_default() -> None:
    lead = a_lead(fields={"Zip": "85254", "City": "Phoenix"})
    detail = await checked(lookups(), lead)
    assert (lead.fields["City"], lead.fields["State"]) == ("Phoenix", "AZ")
    assert "City kept, though Scottsdale was found" in detail


@pytest.mark.anyio
async def test_a_posted_city_that_differs_is_replaced_on_request() -> None:
    lead = a_lead(fields={"Zip": "85254", "City": "Phoenix", "State": "az"})
    detail = await checked(lookups(), lead, overwrite=Overwrite.WHEN_DIFFERENT)
    assert (lead.fields["City"], lead.fields["State"]) == ("Scottsdale", "az")
    assert "City changed from Phoenix to Scottsdale, State agrees" in detail


@pytest.mark.anyio
async def test_nobody_is_asked_when_there_is_nothing_to_fill() -> None:
    asked = lookups()
    lead = a_lead(fields={"Zip": "85254", "City": "Phoenix", "State": "AZ"})
    assert await checked(asked, lead) == "City and state are there already."
    assert asked.asked == []
    assert lead.facts == {}


@pytest.mark.anyio
@pytest.mark.parametrize("code", ["85254-1234", "852541234", " 85254 "])
async def test_equal_places_make_equal_questions(code: str) -> None:
    asked = lookups()
    await checked(asked, a_lead(fields={"Zip": code, "Country": "usa"}))
    assert asked.asked == [PlaceQuestion(postal_code="85254", country="US")]


@pytest.mark.anyio
async def test_a_lead_without_a_country_is_placed_by_the_shape_of_its_postal_code() -> None:
    asked = FakeLookups()
    asked.know(PlaceQuestion(postal_code="M5V 3L9", country="CA"), PlaceFacts(state="ON"))
    lead = a_lead(fields={"Zip": "m5v3l9"})
    detail = await checked(asked, lead)
    assert lead.fields == {"Zip": "m5v3l9", "State": "ON"}
    assert "City is not known, State set to ON" in detail


@pytest.mark.anyio
async def test_the_country_is_not_guessed_when_that_is_off() -> None:
    asked = lookups()
    lead = a_lead(fields={"Zip": "85254"})
    assert "nothing was appended" in await checked(asked, lead, guess_country=False)
    assert asked.asked == []


@pytest.mark.anyio
@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"Zip": ""},
        {"Zip": "123456"},
        {"Zip": "\uff18\uff15\uff12\uff15\uff14"},
        {"Zip": "85254", "Country": "Atlantis"},
        {"Zip": ["85254"]},
    ],
)
async def test_a_lead_without_a_usable_postal_code_goes_on_and_the_log_says_so(
    fields: dict[str, Any],
) -> None:
    asked, lead = lookups(), a_lead(fields=dict(fields))
    assert "nothing was appended" in await checked(asked, lead)
    assert (lead.fields, asked.asked) == (fields, [])


@pytest.mark.anyio
async def test_a_place_that_is_not_known_leaves_the_lead_as_it_is() -> None:
    lead = a_lead(fields={"Zip": "99999"})
    detail = await checked(lookups(), lead)
    assert detail == "No place is known for postal code 99999, US; the lead goes on."
    assert (lead.fields, lead.facts) == ({"Zip": "99999"}, {})


@pytest.mark.anyio
async def test_a_provider_that_cannot_be_asked_leaves_the_lead_as_it_is() -> None:
    lead = a_lead(fields={"Zip": "85254"})
    detail = await checked(FakeLookups(problem="no answer within 1 s"), lead)
    assert detail == (
        "The place of postal code 85254, US could not be asked: no answer within 1 s; "
        "the lead goes on."
    )
    assert (lead.fields, lead.facts) == ({"Zip": "85254"}, {})


@pytest.mark.anyio
async def test_a_lead_type_with_a_state_alone_is_enough() -> None:
    small = a_lead_type_info(
        a_field_info("Zip", system=SystemField.ZIP),
        a_field_info("State", system=SystemField.STATE),
    )
    lead = a_lead(fields={"Zip": "85254"})
    check = a_check(lookups(), small)
    await check.check(lead)
    assert lead.fields == {"Zip": "85254", "State": "AZ"}
    assert check.reads() == {"Zip", "State"}


def test_all_that_a_lead_type_lacks_is_listed_at_once() -> None:
    bare = a_lead_type_info(a_field_info("Email"))
    with pytest.raises(ConfigurationError) as caught:
        a_check(lookups(), bare)
    assert [fault.code for fault in caught.value.faults] == ["no_zip_field", "nothing_to_fill"]


def test_a_postal_code_that_is_a_number_has_lost_its_zeros_and_is_refused() -> None:
    numbers = a_lead_type_info(
        a_field_info("Zip", system=SystemField.ZIP, kind=FieldKind.NUMBER),
        a_field_info("State", system=SystemField.STATE),
    )
    with pytest.raises(ConfigurationError) as caught:
        a_check(lookups(), numbers)
    assert [fault.code for fault in caught.value.faults] == ["not_a_text_field"]


def test_the_plugin_contributes_the_lookup_and_the_check() -> None:
    plugin = EnrichCityStatePlugin(NoSettings(), fake_services())
    assert list(plugin.register_lookups()) == [ZipCodes]
    assert list(plugin.register_validators()) == [AppendCityState]
