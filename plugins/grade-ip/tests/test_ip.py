from typing import Any

import msgspec
import pytest
from leadexec_grade_ip.check import IpAgrees, IpSettings
from leadexec_grade_ip.place import Place, place_of_ip, place_of_lead
from leadexec_grade_ip.plugin import GradeIpPlugin

from leadexec import (
    Answer,
    GradingContext,
    IpFacts,
    IpQuestion,
    NoSettings,
    PlaceFacts,
    PlaceQuestion,
    Question,
    Score,
    SystemField,
)
from leadexec.testing import (
    FakeLookups,
    GradingCheckContract,
    a_field_info,
    a_lead,
    a_lead_type_info,
    fake_services,
)

TYPE = a_lead_type_info(
    a_field_info("Ip", system=SystemField.IP_ADDRESS),
    a_field_info("State", system=SystemField.STATE),
    a_field_info("Zip", system=SystemField.ZIP),
    a_field_info("Country", system=SystemField.COUNTRY),
)
IP = "8.8.8.8"
ARIZONA = IpFacts(country="US", state="AZ", city="Phoenix", postal_code="85001")
SAME_STATE = Score(passed=True, detail="The IP address is in the state of the address.")
OTHER_STATE = Score(passed=False, detail="The IP address is in another state than the address.")
OTHER_COUNTRY = Score(passed=False, detail="The IP address is in another country than the address.")
SAME_COUNTRY = Score(passed=True, detail="The IP address is in the country of the address.")


class TestIpConformance(GradingCheckContract):
    component = IpAgrees
    examples = (
        {},
        {"agree_on": "country", "use_remote_ip": False},
        {"proxies_pass": True, "seconds": 0.5},
    )
    bad_settings = ({"agree_on": "street"}, {"seconds": 0}, {"seconds": 2.6})


class Nobody(FakeLookups):
    """Lookups without any provider."""

    async def ask(self, question: Question, *, seconds: float = 1.0) -> Answer[Any]:
        return Answer(facts=None, provider="", problem="no provider answers 'ip' questions")


def knowing(facts: IpFacts | None = ARIZONA, address: str = IP) -> FakeLookups:
    lookups = FakeLookups()
    if facts is not None:
        lookups.know(IpQuestion(address=address), facts)
    return lookups


async def graded(
    lookups: FakeLookups, fields: Any, *, remote_ip: str = "", **settings: Any
) -> Score:
    chosen = msgspec.convert(settings, IpSettings)
    check = IpAgrees(chosen, fake_services(lookups=lookups))
    lead = a_lead(fields=dict(fields), remote_ip=remote_ip)
    return await check.grade(lead, GradingContext(lead_type=TYPE))


@pytest.mark.anyio
async def test_an_ip_address_in_the_state_of_the_address_passes() -> None:
    assert await graded(knowing(), {"Ip": IP, "State": "AZ"}) == SAME_STATE
    assert await graded(knowing(), {"Ip": IP, "State": "arizona", "Country": "USA"}) == SAME_STATE


@pytest.mark.anyio
async def test_an_ip_address_elsewhere_does_not_pass() -> None:
    assert await graded(knowing(), {"Ip": IP, "State": "CA"}) == OTHER_STATE
    assert await graded(knowing(), {"Ip": IP, "State": "ON"}) == OTHER_COUNTRY
    assert await graded(knowing(), {"Ip": IP, "Country": "Canada"}) == OTHER_COUNTRY


@pytest.mark.anyio
async def test_a_state_code_of_another_country_is_another_state() -> None:
    lead = {"Ip": IP, "State": "AZ", "Country": "IT"}
    assert await graded(knowing(), lead) == OTHER_COUNTRY


@pytest.mark.anyio
async def test_the_operator_may_ask_for_the_country_alone() -> None:
    lead = {"Ip": IP, "State": "CA"}
    assert await graded(knowing(), lead, agree_on="country") == SAME_COUNTRY


@pytest.mark.anyio
async def test_the_same_postal_code_is_enough() -> None:
    score = await graded(knowing(), {"Ip": IP, "Zip": "85001-1234"})
    assert score == Score(passed=True, detail="The postal code is the same.")


@pytest.mark.anyio
async def test_a_lead_without_a_state_is_in_the_state_of_its_postal_code() -> None:
    lookups = knowing()
    lookups.know(PlaceQuestion(postal_code="85254", country="US"), PlaceFacts(state="AZ"))
    lookups.know(PlaceQuestion(postal_code="90001", country="US"), PlaceFacts(state="California"))
    assert await graded(lookups, {"Ip": IP, "Zip": 85254}) == SAME_STATE
    assert await graded(lookups, {"Ip": IP, "Zip": "90001"}) == OTHER_STATE
    score = await graded(lookups, {"Ip": IP, "Zip": "10001"})
    assert score == Score(passed=False, detail="Not known: the state of the address.")


@pytest.mark.anyio
async def test_where_only_the_country_is_known_the_state_does_not_agree() -> None:
    lead = {"Ip": IP, "State": "AZ"}
    score = await graded(knowing(IpFacts(country="US")), lead)
    assert score == Score(passed=False, detail="Not known: the state of the IP address.")
    assert await graded(knowing(IpFacts(country="US")), lead, agree_on="country") == SAME_COUNTRY
    assert not (await graded(knowing(IpFacts()), lead)).passed


@pytest.mark.anyio
async def test_without_an_ip_address_of_its_own_the_senders_is_taken_unless_it_is_not() -> None:
    lead = {"State": "AZ"}
    assert await graded(knowing(), lead, remote_ip=IP) == SAME_STATE
    score = await graded(knowing(), lead, remote_ip=IP, use_remote_ip=False)
    assert score == Score(passed=False, detail="There is no IP address.")
    assert not (await graded(knowing(), lead)).passed


@pytest.mark.anyio
async def test_the_leads_own_ip_address_comes_first() -> None:
    lead = {"Ip": "1.1.1.1", "State": "AZ"}
    assert not (await graded(knowing(), lead, remote_ip=IP)).passed
    lead = {"Ip": "nonsense", "State": "AZ"}
    score = await graded(knowing(), lead, remote_ip=IP)
    assert score == Score(passed=False, detail="The IP address is not written as one.")


@pytest.mark.anyio
@pytest.mark.parametrize(
    "address", ["127.0.0.1", "10.1.2.3", "192.168.0.1", "::1", "fe80::1", "224.0.0.1", "0.0.0.0"]
)
async def test_of_an_address_that_is_not_public_nobody_is_asked(address: str) -> None:
    lookups = knowing()
    score = await graded(lookups, {"Ip": address, "State": "AZ"})
    assert score == Score(passed=False, detail="The IP address is not a public one.")
    assert lookups.asked == []


@pytest.mark.anyio
async def test_an_address_is_asked_about_in_one_form() -> None:
    assert await graded(knowing(), {"Ip": "::ffff:8.8.8.8", "State": "AZ"}) == SAME_STATE
    lookups = knowing(address="2001:4860:4860::8888")
    lead = {"Ip": "2001:4860:4860:0:0:0:0:8888", "State": "AZ"}
    assert await graded(lookups, lead) == SAME_STATE


@pytest.mark.anyio
async def test_a_proxy_does_not_pass_unless_the_operator_lets_it() -> None:
    proxy = msgspec.structs.replace(ARIZONA, proxy=True)
    lead = {"Ip": IP, "State": "AZ"}
    assert not (await graded(knowing(proxy), lead)).passed
    assert await graded(knowing(proxy), lead, proxies_pass=True) == SAME_STATE


@pytest.mark.anyio
async def test_what_is_not_known_at_all_does_not_pass() -> None:
    for lookups, because in (
        (FakeLookups(), "does not know where"),
        (FakeLookups(problem="no answer within 2 s"), "could not be asked"),
        (Nobody(), "no provider answers"),
    ):
        score = await graded(lookups, {"Ip": IP, "State": "AZ"})
        assert (score.passed, because in score.detail) == (False, True)


@pytest.mark.anyio
async def test_a_lead_without_an_address_has_nothing_to_compare_with() -> None:
    lookups = knowing()
    assert not (await graded(lookups, {"Ip": IP})).passed
    assert lookups.asked == []


@pytest.mark.parametrize(
    ("fields", "place"),
    [
        ({"State": "Québec"}, Place(country="CA", state="QC")),
        ({"State": "N.Y."}, Place(country="US", state="NY")),
        (
            {"State": "new  york", "Zip": " 10001 "},
            Place(country="US", state="NY", postal_code="10001"),
        ),
        ({"Zip": "K1A 0B1"}, Place(country="CA", postal_code="K1A0B1")),
        ({"Country": "Puerto Rico"}, Place()),
        ({"Country": "PR"}, Place(country="US", state="PR")),
        ({"State": "Puerto Rico"}, Place(country="US", state="PR")),
        ({"State": "Bayern", "Country": "DE"}, Place(country="DE", state="BAYERN")),
        ({"State": "Nowhere", "Country": "US"}, Place(country="US")),
        ({"State": None, "Zip": True, "Country": ["US"]}, Place()),
    ],
)
def test_where_a_lead_says_it_is_can_be_compared(fields: Any, place: Place) -> None:
    assert place_of_lead(a_lead(fields=fields), TYPE) == place


def test_a_territory_that_is_a_country_to_the_provider_is_a_state_to_the_post() -> None:
    assert place_of_ip(IpFacts(country="PR", state="San Juan")) == Place(country="US", state="PR")


def test_the_plugin_contributes_the_check() -> None:
    plugin = GradeIpPlugin(NoSettings(), fake_services())
    assert list(plugin.register_grading_checks()) == [IpAgrees]
