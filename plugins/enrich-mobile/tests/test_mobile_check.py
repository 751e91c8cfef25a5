from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from leadexec_enrich_mobile.lookup import NumberingPlan
from leadexec_enrich_mobile.numbers import asked_number
from leadexec_enrich_mobile.plugin import EnrichMobilePlugin
from leadexec_enrich_mobile.settings import Accept, MobileSettings
from leadexec_enrich_mobile.validator import MobileCheck

from leadexec import (
    ConfigurationError,
    FieldKind,
    LeadTypeInfo,
    NoSettings,
    Pass,
    PhoneFacts,
    PhoneQuestion,
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

MOBILE, FIXED, UNKNOWN = "4805550101", "4805550102", "4805550103"


def a_type(kind: FieldKind = FieldKind.BOOLEAN) -> LeadTypeInfo:
    return a_lead_type_info(
        a_field_info("Phone", system=SystemField.PRIMARY_PHONE),
        a_field_info("IsMobile", system=SystemField.IS_MOBILE, kind=kind),
        a_field_info("Email"),
    )


def lookups() -> FakeLookups:
    fake = FakeLookups()
    fake.know(PhoneQuestion(number=MOBILE), PhoneFacts(possible=True, mobile=True, region="US"))
    fake.know(PhoneQuestion(number=FIXED), PhoneFacts(possible=True, mobile=False, region="US"))
    fake.know(PhoneQuestion(number=UNKNOWN), PhoneFacts(possible=True, region="US"))
    fake.know(PhoneQuestion(number="1112223333"), PhoneFacts(possible=False))
    return fake


class TestMobileCheckConformance(ValidatorContract):
    component = MobileCheck
    lead_type = a_type()
    examples = ({}, {"accept": "mobile"}, {"accept": "not_mobile", "seconds": 0.5})
    bad_settings = ({"accept": "some"}, {"seconds": 0}, {"seconds": 4.5}, {"seconds": "soon"})

    def services(self) -> Any:
        return fake_services(lookups=lookups())


def a_check(
    lead_type: LeadTypeInfo | None = None, asked: FakeLookups | None = None, **settings: Any
) -> MobileCheck:
    services = fake_services(lookups=asked or lookups())
    setup = ValidatorSetup(campaign_id=1, lead_type=lead_type or a_type(), services=services)
    return MobileCheck(MobileSettings(**settings), setup)


async def verdict_on(phone: str, **settings: Any) -> Verdict:
    return await a_check(**settings).check(a_lead(fields={"Phone": phone}))


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("kind", "phone", "written"),
    [
        (FieldKind.BOOLEAN, MOBILE, True),
        (FieldKind.BOOLEAN, FIXED, False),
        (FieldKind.TEXT, MOBILE, "Yes"),
        (FieldKind.TEXT, FIXED, "No"),
    ],
)
async def test_what_is_known_is_written_into_the_field(
    kind: FieldKind, phone: str, written: Any
) -> None:
    lead = a_lead(fields={"Phone": phone})
    verdict = await a_check(a_type(kind)).check(lead)
    assert lead.fields["IsMobile"] == written
    kind_of_number = "a mobile" if phone == MOBILE else "not a mobile"
    assert verdict == Pass(detail=f"Phone is {kind_of_number} number.")


@pytest.mark.anyio
async def test_what_is_known_replaces_what_was_posted_and_that_is_kept() -> None:
    lead = a_lead(fields={"Phone": MOBILE, "IsMobile": False})
    await a_check().check(lead)
    assert lead.fields["IsMobile"] is True
    assert lead.facts["enrich-mobile"] == {
        "provider": "fake",
        "found": {"possible": True, "mobile": True, "region": "US"},
        "posted": "False",
    }


@pytest.mark.anyio
async def test_what_is_not_known_leaves_the_field_as_it_was_posted() -> None:
    lead = a_lead(fields={"Phone": UNKNOWN, "IsMobile": True})
    verdict = await a_check().check(lead)
    assert lead.fields["IsMobile"] is True
    assert verdict == Pass(
        detail="Whether Phone is a mobile number is not known; the lead goes on."
    )
    assert lead.facts["enrich-mobile"]["found"] == {"possible": True, "region": "US"}


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("accept", "phone", "code"),
    [
        (Accept.MOBILE, FIXED, "phone_not_mobile"),
        (Accept.NOT_MOBILE, MOBILE, "phone_is_mobile"),
    ],
)
async def test_the_other_kind_of_number_is_rejected_on_request(
    accept: Accept, phone: str, code: str
) -> None:
    verdict = await verdict_on(phone, accept=accept)
    assert isinstance(verdict, Reject)
    assert verdict.code == code


@pytest.mark.anyio
@pytest.mark.parametrize("accept", list(Accept))
@pytest.mark.parametrize("phone", [UNKNOWN, "1112223333", "4805559999", "none", ""])
async def test_a_lead_whose_line_is_not_known_is_never_rejected(accept: Accept, phone: str) -> None:
    assert isinstance(await verdict_on(phone, accept=accept), Pass)


@pytest.mark.anyio
async def test_a_provider_that_cannot_be_asked_rejects_nobody() -> None:
    asked = FakeLookups(problem="no answer within 1 s")
    lead = a_lead(fields={"Phone": FIXED})
    verdict = await a_check(asked=asked, accept=Accept.MOBILE).check(lead)
    assert verdict == Pass(
        detail="Whether Phone is a mobile number could not be asked: no answer within 1 s; "
        "the lead goes on."
    )
    assert (lead.fields, lead.facts) == ({"Phone": FIXED}, {})


@pytest.mark.anyio
async def test_a_number_that_cannot_exist_is_said_to_be_one() -> None:
    verdict = await verdict_on("1112223333")
    assert verdict == Pass(detail="Phone is a number that cannot exist; the lead goes on.")


@pytest.mark.anyio
async def test_without_a_number_nobody_is_asked() -> None:
    asked = lookups()
    verdict = await a_check(asked=asked).check(a_lead(fields={"Phone": " "}))
    assert verdict == Pass(detail="Phone holds no phone number; nothing was checked.")
    assert asked.asked == []


@pytest.mark.anyio
async def test_a_lead_type_without_the_field_is_checked_all_the_same() -> None:
    phone = a_lead_type_info(a_field_info("Phone", system=SystemField.PRIMARY_PHONE))
    lead = a_lead(fields={"Phone": FIXED})
    check = a_check(phone, accept=Accept.MOBILE)
    assert isinstance(await check.check(lead), Reject)
    assert lead.fields == {"Phone": FIXED}
    assert check.reads() == {"Phone"}


def test_all_that_is_wrong_with_a_lead_type_is_listed_at_once() -> None:
    odd = a_lead_type_info(
        a_field_info("Moved", system=SystemField.IS_MOBILE, kind=FieldKind.DATETIME)
    )
    with pytest.raises(ConfigurationError) as caught:
        a_check(odd)
    assert [f.code for f in caught.value.faults] == ["no_phone_field", "not_a_yes_no_field"]


@pytest.mark.parametrize(
    ("value", "number"),
    [
        ("4805550123", "4805550123"),
        ("(480) 555-0123", "4805550123"),
        ("1 480 555 0123", "4805550123"),
        ("+1.480.555.0123", "4805550123"),
        (4805550123, "4805550123"),
        ("+44 20 7946 0958", "+442079460958"),
        ("442079460958", ""),
        ("5550123", ""),
        ("+123", ""),
        ("+" + "9" * 16, ""),
        ("\u0664" * 10, ""),
        ("+", ""),
        ("4805550123 x9", ""),
        ("9" * 100_000, ""),
        (True, ""),
        (None, ""),
        (["4805550123"], ""),
        (10**30, ""),
        (-4805550123, ""),
    ],
)
def test_numbers_are_asked_about_in_one_way_of_writing(value: Any, number: str) -> None:
    assert asked_number(value) == number


@given(st.text())
def test_whatever_is_asked_has_the_form_of_a_number(text: str) -> None:
    number = asked_number(text)
    assert number == "" or number.removeprefix("+").isdigit()
    assert asked_number(number) == number


def test_the_plugin_contributes_the_lookup_and_the_check() -> None:
    plugin = EnrichMobilePlugin(NoSettings(), fake_services())
    assert list(plugin.register_lookups()) == [NumberingPlan]
    assert list(plugin.register_validators()) == [MobileCheck]
