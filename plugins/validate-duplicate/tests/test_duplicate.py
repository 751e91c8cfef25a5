from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from leadexec_validate_duplicate.settings import DuplicateSettings, Scope
from leadexec_validate_duplicate.validator import Duplicate

from leadexec import (
    ConfigurationError,
    Conflict,
    Lead,
    LeadTypeInfo,
    Pass,
    Reject,
    ValidatorSetup,
)
from leadexec.testing import (
    FakeClock,
    FakeLeadActs,
    ValidatorContract,
    a_field_info,
    a_lead,
    a_lead_type_info,
    fake_services,
)

EARLIER = "0193f29f-0000-7000-8000-000000000009"
TYPE = a_lead_type_info()


class TestDuplicateConformance(ValidatorContract):
    component = Duplicate
    examples = (
        {},
        {"fields": [["Email"], ["LastName", "LoanAmount"], ["Homeowner", "ClosingDate"]]},
        {"append_data": True, "resend_deliveries": True, "check_rejected": True},
        {"route": True, "append_data": True, "look_back_days": None, "scope": "campaign"},
        {"resend_deliveries": True, "scope": "lead_source", "allow_ping_check": True},
    )
    bad_settings = (
        {"fields": [["Nobody"]]},
        {"fields": [[]]},
        {"look_back_days": 0},
        {"look_back_days": 3651},
        {"scope": "everywhere"},
        {"route": True, "resend_deliveries": True},
    )


def a_check(lead_type: LeadTypeInfo = TYPE, **settings: Any) -> Duplicate:
    setup = ValidatorSetup(campaign_id=1, lead_type=lead_type, services=fake_services())
    return Duplicate(DuplicateSettings(**settings), setup)


def met(check: Duplicate, lead: Lead, *, rejected: bool = False) -> Conflict:
    """Return the conflict of the lead's first claim with an earlier lead of two hours before."""
    return Conflict(
        claim=check.claims(lead)[0],
        lead_uid=EARLIER,
        claimed_at=lead.received_at - timedelta(hours=2),
        rejected=rejected,
    )


def keys(check: Duplicate, **fields: Any) -> list[str]:
    return [claim.key for claim in check.claims(a_lead(fields=fields))]


def test_all_fields_marked_in_the_lead_type_must_agree() -> None:
    check = a_check()
    original = keys(check, Email="ada@example.test", Phone="2125550123")
    assert len(original) == 1
    assert keys(check, Email="ada@example.test", Phone="2125550123", State="NY") == original
    assert keys(check, Email="ada@example.test", Phone="2125550124") != original


def test_each_group_of_fields_is_compared_by_itself() -> None:
    check = a_check(fields=(("Email",), ("Phone", "LastName")))
    first = keys(check, Email="a@b.test", Phone="1", LastName="Byron")
    second = keys(check, Email="other@b.test", Phone="1", LastName="Byron")
    assert first[0] != second[0]
    assert first[1] == second[1]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (" Ada  BYRON ", "ada byron"),
        ("STRASSE", "straße"),
        ("e\u0301", "é"),
        (Decimal("5.00"), 5),
        (Decimal("1E+3"), 1000),
        (Decimal("-0.0"), 0),
        (["A", " ", "b"], ["a", "B"]),
        ({"make": "VW", "year": ""}, {"make": "vw"}),
    ],
)
def test_values_agree_whatever_their_spelling(one: Any, other: Any) -> None:
    check = a_check(fields=(("LastName",),))
    assert keys(check, LastName=one) == keys(check, LastName=other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("ada", "adah"),
        (10**40, 10**40 + 1),
        (5, -5),
        (Decimal("0.5"), 5),
        (["a", "b"], ["ab"]),
        ({"make": "a"}, {"model": "a"}),
    ],
)
def test_different_values_do_not_agree(one: Any, other: Any) -> None:
    check = a_check(fields=(("LastName",),))
    assert keys(check, LastName=one) != keys(check, LastName=other)


def test_values_do_not_agree_across_fields() -> None:
    check = a_check(fields=(("FirstName", "LastName"),))
    assert keys(check, FirstName="a", LastName="b") != keys(check, FirstName="b", LastName="a")
    other = a_check(fields=(("LastName",),))
    assert keys(other, LastName="a") != keys(a_check(fields=(("FirstName",),)), FirstName="a")


def test_the_order_in_which_a_group_names_its_fields_does_not_matter() -> None:
    one, other = a_check(fields=(("Email", "Phone"),)), a_check(fields=(("Phone", "Email"),))
    assert one.claims(a_lead()) == other.claims(a_lead())


@pytest.mark.parametrize("empty", [None, "", "  ", [], [""], {}, {"make": ""}])
def test_an_empty_value_is_not_a_duplicate_of_another(empty: Any) -> None:
    check = a_check(fields=(("Email", "Phone"), ("LastName",)))
    assert len(keys(check, Email="a@b.test", Phone=empty, LastName="x")) == 1
    assert keys(check, Email="a@b.test") == []


def test_a_key_is_128_bits_in_hexadecimal() -> None:
    (key,) = keys(a_check(), Email="ada@example.test", Phone="2125550123")
    assert len(bytes.fromhex(key)) == 16


@pytest.mark.parametrize(
    ("scope", "expected"),
    [
        (Scope.LEAD_TYPE, "duplicate:lead_type:3"),
        (Scope.LEAD_SOURCE, "duplicate:lead_source:4"),
        (Scope.CAMPAIGN, "duplicate:campaign:5"),
    ],
)
def test_the_scope_says_among_which_leads_is_looked(scope: Scope, expected: str) -> None:
    lead = a_lead(lead_type_id=3, source_id=4, campaign_id=5)
    assert a_check(scope=scope).claims(lead)[0].scope == expected


def test_test_leads_are_compared_among_themselves() -> None:
    check = a_check()
    real, test = check.claims(a_lead())[0], check.claims(a_lead(is_test=True))[0]
    assert real.key == test.key
    assert real.scope != test.scope


def test_the_days_and_the_rejected_go_into_the_claim() -> None:
    (claim,) = a_check(look_back_days=7, check_rejected=True).claims(a_lead())
    assert (claim.lookback, claim.on_rejected) == (timedelta(days=7), True)
    (claim,) = a_check(look_back_days=None).claims(a_lead())
    assert (claim.lookback, claim.on_rejected) == (None, False)


@pytest.mark.anyio
async def test_an_earlier_lead_counts_until_the_days_are_over() -> None:
    clock, check = FakeClock(), a_check(look_back_days=7)
    acts = FakeLeadActs(clock)
    (claim,) = check.claims(a_lead())
    acts.hold(claim, EARLIER)
    clock.advance(timedelta(days=7))
    assert await acts.claimed(claim) is not None
    clock.advance(1)
    assert await acts.claimed(claim) is None


def test_a_duplicate_is_rejected_with_the_fields_and_the_earlier_lead() -> None:
    check = a_check()
    verdict = check.on_conflict(a_lead(), met(check, a_lead()))
    assert verdict == Reject(
        code="duplicate_lead",
        message=f"Duplicate lead: Email and Phone as in lead {EARLIER} of 2026-01-05 13:00 UTC.",
    )


def test_the_message_names_the_group_that_agrees() -> None:
    check = a_check(fields=(("Email", "FirstName", "LastName"),))
    verdict = check.on_conflict(a_lead(), met(check, a_lead(), rejected=True))
    assert isinstance(verdict, Reject)
    told = f"Email, First Name and Last Name as in rejected lead {EARLIER} of"
    assert verdict.message.startswith(f"Duplicate lead: {told}")


def test_a_routed_duplicate_passes() -> None:
    check = a_check(route=True)
    verdict = check.on_conflict(a_lead(), met(check, a_lead()))
    assert isinstance(verdict, Pass)
    assert verdict.jobs == ()
    assert EARLIER in verdict.detail


def test_appending_asks_for_a_job_with_what_the_duplicate_brings() -> None:
    check = a_check(append_data=True)
    lead = a_lead(fields={"Email": "a@b.test", "Phone": "1", "LoanAmount": Decimal("9.50")})
    verdict = check.on_conflict(lead, met(check, lead))
    assert isinstance(verdict, Reject)
    (job,) = verdict.jobs
    assert job.kind == "validate-duplicate.append"
    assert job.payload == {
        "lead_uid": EARLIER,
        "duplicate_uid": lead.uid,
        "fields": {"LoanAmount": "9.50"},
        "resend": False,
    }


def test_a_duplicate_that_brings_nothing_new_asks_for_no_job() -> None:
    check = a_check(append_data=True)
    lead = a_lead(fields={"Email": "a@b.test", "Phone": "1", "State": " "})
    verdict = check.on_conflict(lead, met(check, lead))
    assert isinstance(verdict, Reject)
    assert verdict.jobs == ()


def test_a_routed_duplicate_can_append_too() -> None:
    check = a_check(route=True, append_data=True)
    verdict = check.on_conflict(a_lead(), met(check, a_lead()))
    assert isinstance(verdict, Pass)
    assert [job.kind for job in verdict.jobs] == ["validate-duplicate.append"]


def test_resending_asks_for_a_job_unless_the_earlier_lead_was_rejected() -> None:
    check = a_check(resend_deliveries=True, check_rejected=True)
    verdict = check.on_conflict(a_lead(), met(check, a_lead()))
    assert isinstance(verdict, Reject)
    assert [job.kind for job in verdict.jobs] == ["validate-duplicate.resend"]
    verdict = check.on_conflict(a_lead(), met(check, a_lead(), rejected=True))
    assert isinstance(verdict, Reject)
    assert verdict.jobs == ()


def test_all_faults_of_a_configuration_are_listed_at_once() -> None:
    with pytest.raises(ConfigurationError) as caught:
        a_check(fields=(("Email", "Fax"), ("Pager",)), route=True, resend_deliveries=True)
    assert [(fault.code, fault.path) for fault in caught.value.faults] == [
        ("unknown_field", "fields[0][1]"),
        ("unknown_field", "fields[1][0]"),
        ("route_and_resend", "resend_deliveries"),
    ]


def test_a_lead_type_without_marked_fields_needs_named_ones() -> None:
    bare = a_lead_type_info(a_field_info("Email"))
    with pytest.raises(ConfigurationError) as caught:
        a_check(bare)
    assert [fault.code for fault in caught.value.faults] == ["no_duplicate_fields"]
    assert a_check(bare, fields=(("Email",),)).reads() == {"Email"}
