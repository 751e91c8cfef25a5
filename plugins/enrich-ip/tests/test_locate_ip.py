from decimal import Decimal
from typing import Any

import pytest
from leadexec_enrich_ip.lookup import MaxmindFile
from leadexec_enrich_ip.plugin import EnrichIpPlugin
from leadexec_enrich_ip.settings import LocateSettings
from leadexec_enrich_ip.validator import LocateIp

from leadexec import (
    ConfigurationError,
    FieldKind,
    IpFacts,
    IpQuestion,
    LeadTypeInfo,
    NoSettings,
    Pass,
    Reject,
    SystemField,
    ValidatorSetup,
    Verdict,
)
from leadexec.testing import (
    FakeLookups,
    ValidatorContract,
    a_field_info,
    a_lead,
    a_lead_type_info,
    fake_services,
)

PHOENIX = IpFacts(
    country="US",
    state="AZ",
    city="Phoenix",
    latitude=Decimal("33.4484"),
    longitude=Decimal("-112.074"),
)


def a_type(kind: FieldKind = FieldKind.NUMBER) -> LeadTypeInfo:
    return a_lead_type_info(
        a_field_info("Ip", system=SystemField.IP_ADDRESS),
        a_field_info("Latitude", system=SystemField.LATITUDE, kind=kind),
        a_field_info("Longitude", system=SystemField.LONGITUDE, kind=kind),
        a_field_info("Email"),
    )


def lookups() -> FakeLookups:
    fake = FakeLookups()
    fake.know(IpQuestion(address="8.8.8.8"), PHOENIX)
    fake.know(IpQuestion(address="81.2.69.142"), IpFacts(country="GB"))
    fake.know(IpQuestion(address="5.5.5.5"), IpFacts(latitude=Decimal(1), longitude=Decimal(2)))
    return fake


class TestLocateIpConformance(ValidatorContract):
    component = LocateIp
    lead_type = a_type()
    examples = (
        {},
        {"allow_countries": ["US", "CA"], "use_sender": True},
        {"reject_countries": ["GB"], "seconds": 0.5},
    )
    bad_settings = (
        {"allow_countries": ["usa"]},
        {"reject_countries": ["us"]},
        {"allow_countries": ["US"], "reject_countries": ["GB"]},
        {"seconds": 0},
        {"seconds": 10},
    )

    def services(self) -> Any:
        return fake_services(lookups=lookups())


def a_check(
    lead_type: LeadTypeInfo | None = None, asked: FakeLookups | None = None, **settings: Any
) -> LocateIp:
    services = fake_services(lookups=asked or lookups())
    setup = ValidatorSetup(campaign_id=1, lead_type=lead_type or a_type(), services=services)
    return LocateIp(LocateSettings(**settings), setup)


async def verdict_on(address: str, **settings: Any) -> Verdict:
    return await a_check(**settings).check(a_lead(fields={"Ip": address}))


@pytest.mark.anyio
async def test_where_an_address_is_is_kept_with_the_lead() -> None:
    lead = a_lead(fields={"Ip": " 8.8.8.8 "})
    verdict = await a_check().check(lead)
    assert verdict == Pass(detail="The lead's IP address is in Phoenix, AZ, US.")
    assert lead.facts["enrich-ip"] == {
        "provider": "fake",
        "whose": "lead",
        "found": {
            "country": "US",
            "state": "AZ",
            "city": "Phoenix",
            "latitude": "33.4484",
            "longitude": "-112.074",
        },
        "filled": {"Latitude": "33.4484", "Longitude": "-112.074"},
    }


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("kind", "latitude"), [(FieldKind.NUMBER, Decimal("33.4484")), (FieldKind.TEXT, "33.4484")]
)
async def test_an_empty_position_is_filled(kind: FieldKind, latitude: Any) -> None:
    lead = a_lead(fields={"Ip": "8.8.8.8", "Longitude": ""})
    await a_check(a_type(kind)).check(lead)
    assert lead.fields["Latitude"] == latitude
    assert str(lead.fields["Longitude"]) == "-112.074"


@pytest.mark.anyio
@pytest.mark.parametrize("posted", [{"Latitude": Decimal(0)}, {"Longitude": Decimal(-111)}])
async def test_a_position_that_was_posted_stays_as_it_is(posted: dict[str, Any]) -> None:
    lead = a_lead(fields={"Ip": "8.8.8.8", **posted})
    await a_check().check(lead)
    assert lead.fields == {"Ip": "8.8.8.8", **posted}


@pytest.mark.anyio
async def test_a_country_without_a_position_fills_nothing() -> None:
    lead = a_lead(fields={"Ip": "81.2.69.142"})
    assert await a_check().check(lead) == Pass(detail="The lead's IP address is in GB.")
    assert lead.fields == {"Ip": "81.2.69.142"}


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("address", "settings", "rejected"),
    [
        ("81.2.69.142", {"allow_countries": ("US", "CA")}, True),
        ("8.8.8.8", {"allow_countries": ("US", "CA")}, False),
        ("81.2.69.142", {"reject_countries": ("GB",)}, True),
        ("8.8.8.8", {"reject_countries": ("GB",)}, False),
    ],
)
async def test_countries_are_allowed_or_rejected(
    address: str, settings: dict[str, Any], *, rejected: bool
) -> None:
    verdict = await verdict_on(address, **settings)
    assert isinstance(verdict, Reject if rejected else Pass)
    if isinstance(verdict, Reject):
        assert verdict.code == "ip_country"
        assert "GB" in verdict.message


@pytest.mark.anyio
@pytest.mark.parametrize("address", ["5.5.5.5", "9.9.9.9", "10.1.2.3", "nonsense", ""])
async def test_a_lead_from_nobody_knows_where_is_taken(address: str) -> None:
    verdict = await verdict_on(address, allow_countries=("US",))
    assert isinstance(verdict, Pass)
    assert "not " in verdict.detail


@pytest.mark.anyio
async def test_a_provider_that_cannot_be_asked_rejects_nobody() -> None:
    asked = FakeLookups(problem="no answer within 1 s")
    lead = a_lead(fields={"Ip": "8.8.8.8"})
    verdict = await a_check(asked=asked, allow_countries=("CA",)).check(lead)
    assert verdict == Pass(
        detail="The place of the lead's IP address could not be asked: no answer within 1 s; "
        "the lead goes on."
    )
    assert (lead.fields, lead.facts) == ({"Ip": "8.8.8.8"}, {})


@pytest.mark.anyio
async def test_the_sender_is_located_on_request_and_only_without_an_address_of_the_lead() -> None:
    asked = lookups()
    check = a_check(asked=asked, use_sender=True)
    lead = a_lead(fields={}, remote_ip="8.8.8.8")
    await check.check(lead)
    assert lead.facts["enrich-ip"]["whose"] == "sender"
    await check.check(a_lead(fields={"Ip": "81.2.69.142"}, remote_ip="8.8.8.8"))
    assert [question.address for question in map(as_ip, asked.asked)] == ["8.8.8.8", "81.2.69.142"]


def as_ip(question: Any) -> IpQuestion:
    assert isinstance(question, IpQuestion)
    return question


@pytest.mark.anyio
async def test_the_sender_is_not_located_by_default() -> None:
    asked = lookups()
    verdict = await a_check(asked=asked).check(a_lead(fields={}, remote_ip="8.8.8.8"))
    assert verdict == Pass(detail="The lead brings no IP address; it was not located.")
    assert asked.asked == []


def test_a_lead_type_without_an_address_needs_the_senders() -> None:
    bare = a_lead_type_info(a_field_info("Email"))
    with pytest.raises(ConfigurationError) as caught:
        a_check(bare)
    assert [fault.code for fault in caught.value.faults] == ["no_ip_field"]
    assert a_check(bare, use_sender=True).reads() == frozenset()


def test_all_faults_of_a_configuration_are_listed_at_once() -> None:
    odd = a_lead_type_info(
        a_field_info("Ip", system=SystemField.IP_ADDRESS, kind=FieldKind.LIST),
        a_field_info("Latitude", system=SystemField.LATITUDE, kind=FieldKind.BOOLEAN),
        a_field_info("Longitude", system=SystemField.LONGITUDE, kind=FieldKind.DATETIME),
    )
    with pytest.raises(ConfigurationError) as caught:
        a_check(odd, allow_countries=("US",), reject_countries=("GB",))
    assert [fault.code for fault in caught.value.faults] == [
        "not_a_text_field",
        "not_a_number_field",
        "not_a_number_field",
        "allow_and_reject",
    ]


def test_the_plugin_contributes_the_lookup_and_the_check() -> None:
    plugin = EnrichIpPlugin(NoSettings(), fake_services())
    assert list(plugin.register_lookups()) == [MaxmindFile]
    assert list(plugin.register_validators()) == [LocateIp]
