"""What counts as consent, and what becomes of a lead without it."""

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from leadexec_tcpa.evidence import Evidence, evidence_of
from leadexec_tcpa.settings import ConsentForm, Counts, OnMissing, Seller, TcpaSettings
from leadexec_tcpa.texts import GENERAL_TEXT, digest, fold
from leadexec_tcpa.tokens import token_of
from leadexec_tcpa.validator import TcpaConsent

from leadexec import (
    ConfigurationError,
    Hold,
    Lead,
    LeadTypeInfo,
    Pass,
    Reject,
    SystemField,
    ValidatorSetup,
    Verdict,
)
from leadexec.testing import a_field_info, a_lead, a_lead_type_info, fake_services

pytestmark = pytest.mark.anyio
TYPE = a_lead_type_info(
    a_field_info("Phone", system=SystemField.PRIMARY_PHONE),
    a_field_info("OptIn", system=SystemField.CONSENT),
    a_field_info("Agreed"),
    a_field_info("Shown"),
    a_field_info("Chosen"),
    a_field_info("Token", system=SystemField.CONSENT_TOKEN),
)
LEAD_ID = "4EC5C0BA-3D3C-4DFF-8B4A-0F6A1F0C2D11"
CERTIFICATE = "https://cert.trustedform.com/0123456789abcdef0123456789abcdef01234567"
OWN_TEXT = "I agree that Acme Lending may call me."


def a_check(lead_type: LeadTypeInfo = TYPE, **settings: Any) -> TcpaConsent:
    setup = ValidatorSetup(campaign_id=1, lead_type=lead_type, services=fake_services())
    return TcpaConsent(TcpaSettings(notification_email="c@example.test", **settings), setup)


async def checked(check: TcpaConsent, **fields: Any) -> tuple[Verdict, Evidence]:
    lead: Lead = a_lead(fields=fields)
    verdict = await check.check(lead)
    return verdict, evidence_of(lead.facts["tcpa"])


@pytest.mark.parametrize("value", [True, "yes", " YES ", "True", "1", "on", "On.", 1, Decimal(1)])
async def test_a_yes_is_consent_however_it_is_written(value: Any) -> None:
    verdict, evidence = await checked(a_check(), OptIn=value)
    assert isinstance(verdict, Pass)
    assert (evidence.compliant, evidence.given, evidence.missing) == (True, True, ())


@pytest.mark.parametrize(
    "value",
    [None, "", "  ", [], {}, False, "no", "No", "0", "off", "false", 0, 2, "maybe", "y", "yes no"],
)
async def test_whatever_else_stands_there_is_none(value: Any) -> None:
    verdict, evidence = await checked(a_check(), OptIn=value)
    assert isinstance(verdict, Reject)
    assert verdict.code == "no_consent"
    assert (evidence.compliant, evidence.given, evidence.missing) == (False, False, ("no_consent",))


async def test_without_the_field_there_is_no_consent() -> None:
    verdict, _ = await checked(a_check(), Phone="2125550123")
    assert verdict == Reject(
        code="no_consent", message="There is no consent to be contacted: Opt In is empty."
    )


async def test_one_no_beside_a_yes_is_a_no() -> None:
    for said in (["yes", "no"], [False, True]):
        verdict, _ = await checked(a_check(), OptIn=said)
        assert isinstance(verdict, Reject)
        assert verdict.message.endswith("says no.")
    verdict, _ = await checked(a_check(), OptIn=["yes", "on"])
    assert isinstance(verdict, Pass)


async def test_the_consent_text_in_the_field_is_consent() -> None:
    spelt = f"  {OWN_TEXT.upper().replace(' ', chr(10))}!!  "
    verdict, evidence = await checked(a_check(consent_text=OWN_TEXT), OptIn=spelt)
    assert isinstance(verdict, Pass)
    assert (evidence.shown, evidence.text_matches) == (spelt.strip(), True)


@pytest.mark.parametrize(
    "text", [f"I do not agree. {OWN_TEXT}", "I agree that Acme Lending may", GENERAL_TEXT]
)
async def test_another_text_is_no_consent(text: str) -> None:
    verdict, evidence = await checked(a_check(consent_text=OWN_TEXT), OptIn=text)
    assert isinstance(verdict, Reject)
    assert evidence.text_matches is False


async def test_a_text_counts_only_where_the_campaign_says_so() -> None:
    check = a_check(consent_text=OWN_TEXT, counts_as_consent=(Counts.YES,))
    assert isinstance((await checked(check, OptIn=OWN_TEXT))[0], Reject)


async def test_the_address_of_a_record_counts_only_where_the_campaign_says_so() -> None:
    url = "https://records.example.test/consent/17"
    assert isinstance((await checked(a_check(), OptIn=url))[0], Reject)
    check = a_check(counts_as_consent=(Counts.URL,))
    assert isinstance((await checked(check, OptIn=url))[0], Pass)
    for bad in ("https://", "ftp://a.test/x", "javascript:alert(1)", "https://[", "https:// x"):
        assert isinstance((await checked(check, OptIn=bad))[0], Reject)


async def test_another_field_may_say_it() -> None:
    check = a_check(consent_field="Agreed")
    assert isinstance((await checked(check, OptIn="yes"))[0], Reject)
    assert isinstance((await checked(check, Agreed="yes"))[0], Pass)
    assert "Agreed" in check.reads()
    assert "OptIn" not in check.reads()


async def test_a_lead_without_consent_is_held_where_the_campaign_says_so() -> None:
    verdict, _ = await checked(a_check(on_missing=OnMissing.HOLD), OptIn="no")
    assert isinstance(verdict, Hold)
    assert verdict.code == "no_consent"


async def test_a_lead_without_consent_goes_on_and_is_marked_where_the_campaign_says_so() -> None:
    verdict, evidence = await checked(a_check(on_missing=OnMissing.NOTE), OptIn="no")
    assert isinstance(verdict, Pass)
    assert "Opt In says no" in verdict.detail
    assert not evidence.compliant


async def test_the_text_that_was_shown_must_match_whatever_its_punctuation() -> None:
    check = a_check(
        consent_text="I agree that Acme's agents may call me, also by machine.",
        consent_text_field="Shown",
        text_must_match=True,
    )
    shown = "i agree, that ACME\u2019s  agents may call me\u00a0(also by machine)"
    verdict, evidence = await checked(check, OptIn="yes", Shown=shown)
    assert isinstance(verdict, Pass)
    assert (evidence.shown, evidence.text_matches) == (shown, True)
    assert evidence.shown_sha256 == digest(shown) != evidence.text_sha256


@pytest.mark.parametrize(
    ("shown", "told"),
    [
        ("I agree to nothing.", "The consent text that was shown differs from the campaign's."),
        ("", "The consent text that was shown was not posted."),
    ],
)
async def test_without_the_right_text_a_yes_is_not_enough(shown: str, told: str) -> None:
    check = a_check(consent_text_field="Shown", text_must_match=True)
    verdict, evidence = await checked(check, OptIn="yes", Shown=shown)
    assert verdict == Reject(code="consent_text_differs", message=told)
    assert evidence.given
    assert not evidence.compliant


async def test_a_text_that_need_not_match_is_compared_all_the_same() -> None:
    verdict, evidence = await checked(
        a_check(consent_text_field="Shown"), OptIn="yes", Shown="Call me."
    )
    assert isinstance(verdict, Pass)
    assert evidence.text_matches is False


@pytest.mark.parametrize(("token", "kind"), [(LEAD_ID, "lead_id"), (CERTIFICATE, "trusted_form")])
async def test_a_token_of_either_shape_is_taken(token: str, kind: str) -> None:
    verdict, evidence = await checked(a_check(token_required=True), OptIn="yes", Token=token)
    assert isinstance(verdict, Pass)
    assert evidence.token is not None
    assert (evidence.token.kind, evidence.token.value) == (kind, token)


@pytest.mark.parametrize(
    "token",
    [
        "",
        "abc",
        "4EC5C0BA-3D3C-4DFF-8B4A",
        "00000000-0000-0000-0000-000000000000",
        "http://cert.trustedform.com/0123456789abcdef0123456789abcdef01234567",
        "https://cert.trustedform.com.evil.test/0123456789abcdef0123456789abcdef01234567",
        "https://cert.trustedform.com:8443/0123456789abcdef0123456789abcdef01234567",
        "https://cert.trustedform.com/",
        "https://[cert.trustedform.com/0123456789abcdef0123456789abcdef01234567",
    ],
)
async def test_a_required_token_must_have_the_shape_of_one(token: str) -> None:
    verdict, _ = await checked(a_check(token_required=True), OptIn="yes", Token=token)
    assert isinstance(verdict, Reject)
    assert verdict.code == "no_consent_token"
    assert isinstance((await checked(a_check(), OptIn="yes", Token=token))[0], Pass)


async def test_everything_that_is_missing_is_told_and_the_consent_first() -> None:
    check = a_check(token_required=True, consent_text_field="Shown", text_must_match=True)
    verdict, evidence = await checked(check)
    assert isinstance(verdict, Reject)
    assert verdict.code == "no_consent"
    assert evidence.missing == ("no_consent", "consent_text_differs", "no_consent_token")
    assert verdict.message.count(".") == 3


# --- consent given to sellers by name


def one_to_one(**settings: Any) -> TcpaConsent:
    sellers = (
        Seller(name="Acme, Inc.", delivery_accounts=(3, 5)),
        Seller(name="Best Loans", delivery_accounts=(7,)),
    )
    return a_check(consent_form=ConsentForm.ONE_TO_ONE, **{"sellers": sellers, **settings})


async def test_consent_given_to_named_sellers_is_kept_with_their_names() -> None:
    verdict, evidence = await checked(one_to_one(), OptIn="yes")
    assert verdict == Pass(detail="Consent was given.", only_accounts=(3, 5, 7))
    assert (evidence.form, evidence.sellers) == ("one_to_one", ("Acme, Inc.", "Best Loans"))
    assert "contacted by Acme, Inc. and Best Loans on" in evidence.text


@pytest.mark.parametrize("chosen", ["best loans", ["BEST LOANS"], "Other; Best Loans, None"])
async def test_a_lead_goes_only_to_the_sellers_it_chose(chosen: Any) -> None:
    verdict, evidence = await checked(
        one_to_one(sellers_field="Chosen"), OptIn="yes", Chosen=chosen
    )
    assert isinstance(verdict, Pass)
    assert verdict.only_accounts == (7,)
    assert evidence.sellers == ("Best Loans",)


async def test_a_sellers_name_may_hold_a_comma() -> None:
    _, evidence = await checked(
        one_to_one(sellers_field="Chosen"), OptIn="yes", Chosen="Acme, Inc., Best Loans"
    )
    assert evidence.sellers == ("Acme, Inc.", "Best Loans")


@pytest.mark.parametrize("chosen", [None, "", "Somebody Else", "Bes", "Best Loans of Ohio"])
async def test_a_yes_to_no_seller_is_no_consent(chosen: Any) -> None:
    verdict, evidence = await checked(
        one_to_one(sellers_field="Chosen"), OptIn="yes", Chosen=chosen
    )
    assert verdict == Reject(
        code="no_consent",
        message="Consent was given to none of the sellers (Acme, Inc. and Best Loans).",
    )
    assert not evidence.given


async def test_the_text_may_name_the_chosen_sellers_alone() -> None:
    check = one_to_one(
        sellers_field="Chosen",
        consent_text="I agree to calls by {sellers}.",
        consent_text_field="Shown",
        text_must_match=True,
    )
    for shown in (
        "I agree to calls by Best Loans.",
        "I agree to calls by Acme, Inc. and Best Loans",
    ):
        verdict, _ = await checked(check, OptIn="yes", Chosen="Best Loans", Shown=shown)
        assert isinstance(verdict, Pass)
    verdict, _ = await checked(
        check, OptIn="yes", Chosen="Best Loans", Shown="I agree to calls by Acme, Inc."
    )
    assert isinstance(verdict, Reject)


async def test_sellers_without_delivery_accounts_bind_nobody() -> None:
    check = one_to_one(sellers=(Seller(name="Acme"), Seller(name="Best")))
    verdict, _ = await checked(check, OptIn="yes")
    assert isinstance(verdict, Pass)
    assert verdict.only_accounts is None


async def test_general_consent_names_nobody_and_lets_the_lead_go_anywhere() -> None:
    verdict, evidence = await checked(a_check(), OptIn="yes")
    assert verdict == Pass(detail="Consent was given.")
    assert (evidence.form, evidence.sellers, evidence.text) == ("general", (), GENERAL_TEXT)


# --- configuration


def test_all_faults_of_a_configuration_are_listed_at_once() -> None:
    bare = a_lead_type_info(a_field_info("Name"))
    with pytest.raises(ConfigurationError) as caught:
        a_check(
            bare,
            token_required=True,
            mobile_check=True,
            user_agent_field="Agent",
            counts_as_consent=(Counts.YES,),
            text_must_match=True,
            sellers=(Seller(name="Acme"),),
        )
    assert [(fault.code, fault.path) for fault in caught.value.faults] == [
        ("unknown_field", "user_agent_field"),
        ("system_field_missing", "consent_field"),
        ("system_field_missing", "mobile_check"),
        ("system_field_missing", "token_required"),
        ("no_text_to_match", "text_must_match"),
        ("sellers_in_general_consent", "consent_form"),
    ]


def test_sellers_must_differ_and_be_named_in_the_text() -> None:
    sellers = (Seller(name="Acme"), Seller(name="ACME!"), Seller(name="Best"), Seller(name="Ac"))
    with pytest.raises(ConfigurationError) as caught:
        one_to_one(sellers=sellers, consent_text="I agree to calls by Acme.")
    assert [(fault.code, fault.path) for fault in caught.value.faults] == [
        ("seller_twice", "sellers[1].name"),
        ("seller_not_named", "sellers[2].name"),
        ("seller_not_named", "sellers[3].name"),
    ]


# --- laws


@given(st.text(max_size=200))
def test_folding_a_folded_text_changes_nothing(text: str) -> None:
    assert fold(fold(text)) == fold(text)


@given(st.text(max_size=300))
def test_any_text_is_a_token_or_none_and_never_a_fault(text: str) -> None:
    token = token_of(text)
    assert token is None or token.kind in {"lead_id", "trusted_form", "unknown"}
