"""The check as a campaign uses it: settings, fields, verdicts, messages."""

from typing import Any

import pytest
from leadexec_validate_profanity.plugin import ValidateProfanityPlugin
from leadexec_validate_profanity.settings import OnHit, ProfanitySettings
from leadexec_validate_profanity.validator import Profanity

from leadexec import (
    ConfigurationError,
    FieldKind,
    Hold,
    LeadTypeInfo,
    NoSettings,
    Pass,
    Reject,
    ValidatorSetup,
    Verdict,
)
from leadexec.testing import (
    ValidatorContract,
    a_field_info,
    a_lead,
    a_lead_type_info,
    fake_services,
)

TYPE = a_lead_type_info(
    a_field_info("FirstName"),
    a_field_info("LastName"),
    a_field_info("Comments"),
    a_field_info("Interests", kind=FieldKind.LIST),
    a_field_info("LoanAmount", kind=FieldKind.NUMBER),
    a_field_info("Homeowner", kind=FieldKind.BOOLEAN),
)


class TestProfanityConformance(ValidatorContract):
    component = Profanity
    lead_type = TYPE
    examples = (
        {},
        {"fields": ["Comments", "Interests"], "languages": ["de", "fr"], "on_hit": "hold"},
        {"words": ["lousy", "rip off"], "languages": [], "leetspeak": False},
        {"allowed": ["Wanker", "Lake Twatt", "ada@example.test"]},
    )
    bad_settings = (
        {"fields": ["Nobody"]},
        {"fields": ["LoanAmount"]},
        {"languages": []},
        {"languages": ["tlh"]},
        {"on_hit": "pass"},
        {"words": [""]},
        {"words": ["..."]},
        {"words": ["l33t"]},
        {"words": ["x" * 101]},
        {"allowed": ["4711"]},
        {"words": ["Lousy"], "allowed": ["lousy"]},
    )


def a_check(lead_type: LeadTypeInfo = TYPE, **settings: Any) -> Profanity:
    setup = ValidatorSetup(campaign_id=1, lead_type=lead_type, services=fake_services())
    return Profanity(ProfanitySettings(**settings), setup)


async def verdict(check: Profanity, **fields: Any) -> Verdict:
    return await check.check(a_lead(fields={"FirstName": "Ada", "LastName": "Byron", **fields}))


@pytest.mark.anyio
async def test_a_decent_lead_passes() -> None:
    comments = "I want to assess a class of assets in Scunthorpe. Mr Dick Butt, Essex."
    assert await verdict(a_check(), Comments=comments) == Pass()


@pytest.mark.anyio
async def test_a_lead_with_profanity_is_rejected() -> None:
    found = await verdict(a_check(), Comments="This is shitty.")
    assert found == Reject(code="profanity", message="Not accepted because of profanity: Comments.")


@pytest.mark.anyio
async def test_it_is_held_where_the_campaign_says_so() -> None:
    found = await verdict(a_check(on_hit=OnHit.HOLD), LastName="Asshole")
    assert isinstance(found, Hold)
    assert found.code == "profanity"
    assert "Last Name" in found.message


@pytest.mark.anyio
async def test_every_field_concerned_is_named_and_no_word_is_quoted() -> None:
    check = a_check(words=("lousy",))
    fields = {"FirstName": "Bitch", "LastName": "LOUSY", "Comments": "fuck off"}
    found = await verdict(check, **fields)
    assert found == Reject(
        code="profanity",
        message="Not accepted because of profanity: First Name, Last Name and Comments.",
    )


@pytest.mark.anyio
async def test_the_entry_that_was_found_is_kept_with_the_lead() -> None:
    lead = a_lead(fields={"FirstName": "Ada", "LastName": "L0USY", "Comments": "Shhhit happens"})
    await a_check(words=("lousy",)).check(lead)
    assert lead.facts["validate-profanity"] == {
        "LastName": {"entry": "own-1", "words": "lousy"},
        "Comments": {"entry": "en-19", "words": "shit"},
    }


@pytest.mark.anyio
async def test_of_a_decent_lead_nothing_is_kept() -> None:
    lead = a_lead(fields={"FirstName": "Ada"})
    await a_check().check(lead)
    assert lead.facts == {}


@pytest.mark.anyio
async def test_only_the_named_fields_are_looked_into() -> None:
    check = a_check(fields=("FirstName",))
    assert check.reads() == {"FirstName"}
    assert await verdict(check, Comments="shit") == Pass()
    assert isinstance(await verdict(check, FirstName="shit"), Reject)


@pytest.mark.anyio
async def test_without_named_fields_all_text_fields_are_looked_into_and_no_others() -> None:
    check = a_check()
    assert check.reads() == {"FirstName", "LastName", "Comments"}
    assert await verdict(check, Interests=["shit"]) == Pass()


@pytest.mark.anyio
async def test_a_field_of_several_values_is_looked_into_when_it_is_named() -> None:
    check = a_check(fields=("Interests",))
    assert isinstance(await verdict(check, Interests=["cars", {"other": "shit"}]), Reject)
    assert await verdict(check, Interests=["cars", {"shit": 1}]) == Pass()


@pytest.mark.anyio
async def test_a_word_is_found_in_the_chosen_languages_only() -> None:
    assert await verdict(a_check(), Comments="so ein Arschloch") == Pass()
    german = a_check(languages=("de",))
    assert isinstance(await verdict(german, Comments="so ein Arschloch"), Reject)
    assert await verdict(german, Comments="shit") == Pass()


@pytest.mark.anyio
async def test_an_own_word_is_found_even_if_the_lists_mistake_it_for_harmless() -> None:
    check = a_check(words=("puttee",))
    assert isinstance(await verdict(check, Comments="a pair of puttees and a puttee"), Reject)


@pytest.mark.anyio
async def test_an_allowed_surname_passes() -> None:
    assert isinstance(await verdict(a_check(), LastName="Wanker"), Reject)
    assert await verdict(a_check(allowed=("wanker",)), LastName="Wanker") == Pass()


@pytest.mark.anyio
async def test_a_long_text_is_looked_through_to_its_end() -> None:
    long = "a decent word " * 7_000
    assert await verdict(a_check(), Comments=long) == Pass()
    assert isinstance(await verdict(a_check(), Comments=f"{long}shit"), Reject)


def test_all_faults_of_a_configuration_are_listed_at_once() -> None:
    with pytest.raises(ConfigurationError) as caught:
        a_check(
            fields=("Fax", "LoanAmount"), languages=(), words=("!!",), allowed=("Ok", "1", "!!")
        )
    assert [(fault.code, fault.path) for fault in caught.value.faults] == [
        ("unknown_field", "fields[0]"),
        ("not_a_text_field", "fields[1]"),
        ("no_letters", "words[0]"),
        ("no_letters", "allowed[1]"),
        ("no_letters", "allowed[2]"),
    ]


def test_a_lead_type_without_text_is_refused() -> None:
    with pytest.raises(ConfigurationError) as caught:
        a_check(a_lead_type_info(a_field_info("Amount", kind=FieldKind.NUMBER)))
    assert [fault.code for fault in caught.value.faults] == ["no_text_fields"]


def test_the_plugin_contributes_the_check() -> None:
    plugin = ValidateProfanityPlugin(NoSettings(), fake_services())
    assert list(plugin.register_validators()) == [Profanity]
