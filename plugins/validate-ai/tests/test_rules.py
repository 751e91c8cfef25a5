"""The rules: what they see in a lead, what they leave alone, and laws that hold for any lead."""

from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from leadexec_validate_ai.bigrams import strangeness
from leadexec_validate_ai.judge import Judgement
from leadexec_validate_ai.rules_judge import RulesJudge

from leadexec import SystemField
from leadexec.testing import a_field_info, a_lead_type_info

TYPE = a_lead_type_info(
    a_field_info("FirstName", system=SystemField.FIRST_NAME),
    a_field_info("LastName", system=SystemField.LAST_NAME),
    a_field_info("FullName", system=SystemField.FULL_NAME),
    a_field_info("Email", system=SystemField.EMAIL),
    a_field_info("Phone", system=SystemField.PRIMARY_PHONE),
    a_field_info("Address", system=SystemField.ADDRESS),
    a_field_info("City", system=SystemField.CITY),
    a_field_info("Comments", system=SystemField.COMMENTS),
    a_field_info("SubId"),
)
GENUINE = {
    "FirstName": "Ada",
    "LastName": "Byron",
    "Email": "ada.byron84@lovelace-loans.com",
    "Phone": "2128675309",
    "Address": "17 First Street, Apt 4",
    "City": "Mississippi State",
    "Comments": "Please call me after six. I tested your calculator and it says 4.5 %.",
    "SubId": "campaign test 2",
}


async def judged(fields: Mapping[str, Any]) -> Judgement:
    return await RulesJudge(TYPE).judge(fields, "?")


async def signs(**fields: Any) -> tuple[str, ...]:
    return (await judged({**GENUINE, **fields})).reasons


@pytest.mark.anyio
async def test_an_ordinary_lead_is_wholly_genuine() -> None:
    assert await judged(GENUINE) == Judgement(score=1.0)


@pytest.mark.anyio
@pytest.mark.parametrize(
    "name",
    ["Nguyễn", "Szczepański", "Krzysztof", "O'Brien", "Ng", "Xi", "Bhattacharjee", "Hrdlička",
     "Llewellyn", "van der Meer", "III", "Perez", "Wertz", "Brewer", "José María", "李", "Ольга"],
)  # fmt: skip
async def test_names_of_many_languages_are_names(name: str) -> None:
    assert await signs(LastName=name) == ()


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("fields", "sign"),
    [
        ({"FirstName": "Test"}, "First Name holds a word that people type to try a form (−0.6)"),
        ({"LastName": "asdfgh"}, "Last Name looks like keys hit side by side (−0.6)"),
        ({"LastName": "jklhjkl"}, "Last Name looks like keys hit side by side (−0.6)"),
        ({"LastName": "xkcdqzt"}, "Last Name has letters in an order that no name has (−0.6)"),
        ({"LastName": "Xxxxxx"}, "Last Name is one letter over and over (−0.6)"),
        ({"LastName": "Byrooooon"}, "Last Name has a letter four times in a row (−0.4)"),
        ({"LastName": "Byron7"}, "Last Name has digits in it (−0.35)"),
        ({"FirstName": "https://spam.example"}, "First Name is an address, not a name (−0.6)"),
        ({"FirstName": "Jane", "LastName": "DOE"}, "The name is that of somebody who does not"),
        ({"FullName": "Mickey  Mouse"}, "The name is that of somebody who does not exist (−0.6)"),
        ({"FirstName": "Byron"}, "First and last name are the same (−0.3)"),
        ({"FirstName": "a", "LastName": "b"}, "First and last name are single letters (−0.4)"),
        ({"Comments": "TEST test"}, "Comments holds a word that people type to try a form"),
        ({"Comments": "sdfsdf wertw xcvxcv hello"}, "Comments looks like keys hit side by side"),
        ({"Address": "asdf"}, "Address holds a word that people type to try a form (−0.6)"),
        ({"SubId": "hjkhjk"}, "Sub Id looks like keys hit side by side (−0.6)"),
        ({"FirstName": "yes", "City": "Yes", "Comments": "YES "}, "The same text stands in sever"),
        ({"Email": "ada"}, "Email is no e-mail address (−0.6)"),
        ({"Email": "a@b@c.com"}, "Email is no e-mail address (−0.6)"),
        ({"Email": "ada@localhost"}, "Email is no e-mail address (−0.6)"),
        ({"Email": "ada@Mailinator.com"}, "Email is at a provider of mailboxes to throw away"),
        ({"Email": "ada@x.yopmail.com"}, "Email is at a provider of mailboxes to throw away"),
        ({"Email": "ada@example.com"}, "Email is at a domain for examples or tests (−0.6)"),
        ({"Email": "ada@loans.test"}, "Email is at a domain for examples or tests (−0.6)"),
        ({"Email": "asdfasdf@gmail.com"}, "Email has a name that looks hit at random or made up"),
        ({"Phone": "5555555555"}, "Phone is one digit over and over (−0.8)"),
        ({"Phone": "(123) 456-7890"}, "Phone counts from digit to digit (−0.8)"),
        ({"Phone": "9876543210"}, "Phone counts from digit to digit (−0.8)"),
        ({"Phone": "12345"}, "Phone has too few or too many digits for a phone number (−0.6)"),
        ({"Phone": "1 112 867 5309"}, "Phone cannot be a number of the North American plan"),
        ({"Phone": "2129115309"}, "Phone cannot be a number of the North American plan (−0.6)"),
        ({"Phone": "2125550123"}, "Phone is one of the numbers kept for films (−0.6)"),
        ({"Phone": "5558675309"}, "Phone has an area code that no person has (−0.6)"),
        ({"Phone": "2127777777"}, "Phone is one digit over and over after its area code (−0.5)"),
        ({"Phone": 5555555555}, "Phone is one digit over and over (−0.8)"),
    ],
)  # fmt: skip
async def test_a_sign_is_seen_alone_and_told_with_its_weight(
    fields: Mapping[str, Any], sign: str
) -> None:
    (found,) = await signs(**fields)
    assert found.startswith(sign)


@pytest.mark.anyio
@pytest.mark.parametrize("phone", ["+4930901820", "+44 20 7946 0018", "+1 (212) 867-5309"])
async def test_numbers_of_other_countries_are_not_judged_by_the_american_plan(phone: str) -> None:
    assert await signs(Phone=phone) == ()


@pytest.mark.anyio
async def test_signs_add_up_and_the_weightiest_comes_first() -> None:
    found = await judged({**GENUINE, "LastName": "Byron7", "Phone": "5555555555"})
    assert found.score == pytest.approx(0.65 * 0.2)
    assert found.reasons == (
        "Phone is one digit over and over (−0.8)",
        "Last Name has digits in it (−0.35)",
    )


@pytest.mark.anyio
async def test_a_lead_of_nonsense_is_certainly_false() -> None:
    nonsense = {"FirstName": "asdf", "LastName": "asdf", "Email": "asdf@asdf.com"}
    assert (await judged({**nonsense, "Phone": "1234567890"})).score < 0.01


@pytest.mark.anyio
async def test_what_the_rules_do_not_know_they_leave_alone() -> None:
    fields = {"Nobody": "asdfgh", "FirstName": ["Ada", {"x": "y"}, True], "City": None}
    assert await judged(fields) == Judgement(score=1.0)


values = st.text(max_size=40) | st.integers() | st.booleans() | st.lists(st.text(max_size=9))
leads = st.dictionaries(st.sampled_from(sorted(TYPE.fields)), values)


@pytest.mark.anyio
@given(fields=leads)
async def test_any_lead_gets_a_score_between_0_and_1_and_one_reason_per_loss(
    fields: dict[str, Any],
) -> None:
    found = await judged(fields)
    assert 0 <= found.score <= 1
    assert (found.score == 1) == (found.reasons == ())
    assert await judged(fields) == found


@pytest.mark.anyio
@given(fields=leads, name=st.sampled_from(["FirstName", "City", "SubId"]))
async def test_nonsense_never_makes_a_lead_more_genuine(fields: dict[str, Any], name: str) -> None:
    without = {key: value for key, value in fields.items() if key != name}
    worse = await judged({**without, name: "sdfgsdfg"})
    assert worse.score < (await judged(without)).score or worse.score == 0


@pytest.mark.anyio
@given(text=st.text(min_size=1, max_size=30))
async def test_reasons_never_quote_a_value(text: str) -> None:
    marked = f"{text} 9317548206 asdf"
    found = await judged({"LastName": marked, "Email": marked, "Phone": marked})
    assert found.reasons
    assert not any("9317548206" in reason for reason in found.reasons)


def test_words_are_less_strange_than_letters_at_random() -> None:
    words = ["byron", "lovelace", "mississippi", "nguyen", "kowalczyk", "house"]
    mash = ["xkcdqz", "sdfkjh", "qzxwv", "hgjkhg", "bvcnxm"]
    assert max(map(strangeness, words)) < min(map(strangeness, mash))
    assert strangeness("") == 0
