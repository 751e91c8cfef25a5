"""What is found out besides, and what is kept with the lead."""

from typing import Any

import msgspec
import pytest
from leadexec_tcpa.evidence import VERSION, Evidence, Located, as_fact, evidence_of
from leadexec_tcpa.settings import TcpaSettings
from leadexec_tcpa.texts import GENERAL_TEXT, digest
from leadexec_tcpa.validator import TcpaConsent

from leadexec import (
    IpFacts,
    IpQuestion,
    Pass,
    PhoneFacts,
    PhoneQuestion,
    SystemField,
    ValidatorSetup,
    Verdict,
)
from leadexec.testing import FakeLookups, a_field_info, a_lead, a_lead_type_info, fake_services

pytestmark = pytest.mark.anyio
TYPE = a_lead_type_info(
    a_field_info("Phone", system=SystemField.PRIMARY_PHONE),
    a_field_info("Consent", system=SystemField.CONSENT),
    a_field_info("Ip", system=SystemField.IP_ADDRESS),
    a_field_info("Page", system=SystemField.LANDING_PAGE),
    a_field_info("Agent"),
)
PHONE, IP, SENDER = "2125550123", "198.51.100.4", "203.0.113.7"


class Desk:
    """The check over lookups that a test fills."""

    def __init__(self, *, problem: str = "", enabled: bool = True, **settings: Any) -> None:
        self.lookups = FakeLookups(problem=problem)
        services = fake_services(lookups=self.lookups)
        setup = ValidatorSetup(campaign_id=1, lead_type=TYPE, services=services)
        chosen = {"notification_email": "c@example.test"} | settings
        self.check = TcpaConsent.switched(enabled)(TcpaSettings(**chosen), setup)

    async def run(self, **fields: Any) -> tuple[Verdict, Any]:
        lead = a_lead(fields={"Phone": PHONE, "Consent": "yes", "Ip": IP} | fields)
        verdict = await self.check.check(lead)
        return verdict, lead.facts.get("tcpa")


async def test_the_evidence_holds_everything_a_certificate_needs() -> None:
    desk = Desk(mobile_check=True, locate_ip=True, user_agent_field="Agent")
    desk.lookups.know(PhoneQuestion(number=PHONE), PhoneFacts(mobile=True))
    desk.lookups.know(IpQuestion(address=IP), IpFacts(country="US", state="CA", city="Oakland"))
    verdict, fact = await desk.run(Page="https://forms.example.test/loan", Agent="Mozilla/5.0")
    assert verdict == Pass(detail="Consent was given.")
    assert msgspec.json.decode(msgspec.json.encode(fact)) == fact
    assert evidence_of(fact) == Evidence(
        version=1,
        compliant=True,
        missing=(),
        given=True,
        value="yes",
        form="general",
        text=GENERAL_TEXT,
        text_sha256=digest(GENERAL_TEXT),
        received_at=a_lead().received_at,
        ip=IP,
        ip_from="field",
        located=Located(country="US", state="CA", city="Oakland", provider="fake"),
        user_agent="Mozilla/5.0",
        landing_page="https://forms.example.test/loan",
        mobile=True,
        mobile_provider="fake",
    )


async def test_the_digest_is_that_of_the_text_word_for_word() -> None:
    assert digest("abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    assert digest("Abc") != digest("abc")
    assert digest("") == ""


async def test_a_number_that_is_no_mobile_is_noted_and_no_more() -> None:
    desk = Desk(mobile_check=True)
    desk.lookups.know(PhoneQuestion(number=PHONE), PhoneFacts(mobile=False))
    verdict, fact = await desk.run()
    assert isinstance(verdict, Pass)
    assert "known not to be a mobile" in verdict.detail
    assert (fact["mobile"], fact["compliant"]) == (False, True)


@pytest.mark.parametrize("problem", ["", "no provider answers 'phone' questions"])
async def test_what_cannot_be_found_out_never_counts_against_a_lead(problem: str) -> None:
    verdict, fact = await Desk(problem=problem, mobile_check=True, locate_ip=True).run()
    assert isinstance(verdict, Pass)
    assert (fact["mobile"], fact["located"], fact["compliant"]) == (None, None, True)
    assert len(fact["notes"]) == 2
    assert all(problem in note for note in fact["notes"])


async def test_nobody_is_asked_unless_the_campaign_wants_it() -> None:
    desk = Desk()
    _, fact = await desk.run()
    assert desk.lookups.asked == []
    assert (fact["ip"], fact["notes"]) == (IP, [])


@pytest.mark.parametrize("phone", [None, "", "   ", "1" * 41, ["2125550123"]])
async def test_without_a_phone_number_nobody_is_asked_about_it(phone: Any) -> None:
    desk = Desk(mobile_check=True)
    verdict, fact = await desk.run(Phone=phone)
    assert isinstance(verdict, Pass)
    assert desk.lookups.asked == []
    assert fact["notes"] == ["The mobile check had no phone number to ask about."]


@pytest.mark.parametrize("posted", [None, "", "not an address", "999.1.1.1"])
async def test_without_the_visitors_address_the_senders_is_kept_as_such(posted: Any) -> None:
    desk = Desk(locate_ip=True)
    _, fact = await desk.run(Ip=posted)
    assert (fact["ip"], fact["ip_from"]) == (SENDER, "sender")
    assert desk.lookups.asked == [IpQuestion(address=SENDER)]
    assert ("The lead's IP address is none." in fact["notes"]) is bool(posted)


async def test_an_address_of_ipv6_is_kept_in_its_short_form() -> None:
    _, fact = await Desk().run(Ip="2001:0DB8::0001")
    assert fact["ip"] == "2001:db8::1"


async def test_a_rejected_lead_keeps_its_evidence_too() -> None:
    _, fact = await Desk().run(Consent="no")
    assert (fact["compliant"], fact["value"], fact["missing"]) == (False, "no", ["no_consent"])


async def test_switched_off_for_the_account_every_lead_passes_and_nothing_is_kept() -> None:
    desk = Desk(enabled=False, mobile_check=True)
    verdict, fact = await desk.run(Consent="no")
    assert verdict == Pass(detail="switched off for the account")
    assert fact is None
    assert desk.lookups.asked == []


async def test_long_texts_are_cut_before_they_are_kept() -> None:
    _, fact = await Desk(user_agent_field="Agent").run(Agent="x" * 9_000, Consent="y" * 9_000)
    assert (len(fact["user_agent"]), len(fact["value"])) == (4_000, 4_000)


async def test_evidence_of_a_later_version_is_not_misread() -> None:
    _, fact = await Desk().run()
    assert evidence_of(fact | {"something_new": 1}) == evidence_of(fact)
    with pytest.raises(msgspec.ValidationError, match="later release"):
        evidence_of(fact | {"version": VERSION + 1})


def test_evidence_is_read_back_as_it_was_written() -> None:
    found = Evidence(
        compliant=True,
        missing=(),
        given=True,
        value="yes",
        form="general",
        text="a",
        text_sha256=digest("a"),
        received_at=a_lead().received_at,
    )
    assert evidence_of(as_fact(found)) == found
