"""What is shown can be sent, and says the same in every form."""

import json
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qsl

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from leadexec_posting_instructions.samples import Credentials, SampleRequest, samples
from lxml import etree

from leadexec import CampaignInfo, SystemField

Info = Callable[..., CampaignInfo]


def by_type(made: list[SampleRequest], content_type: str) -> SampleRequest:
    (found,) = [
        sample
        for sample in made
        if sample.headers["Content-Type"] == content_type and sample.path == "/receiver/leads"
    ]
    return found


def read_json(info: CampaignInfo, **proof: str) -> dict[str, Any]:
    sample = by_type(list(samples(info, Credentials(**proof))), "application/json")
    read: dict[str, Any] = json.loads(sample.body)
    return read


def read_form(info: CampaignInfo, **proof: str) -> dict[str, str]:
    made = list(samples(info, Credentials(**proof)))
    sample = by_type(made, "application/x-www-form-urlencoded")
    return dict(parse_qsl(sample.body.decode(), strict_parsing=True, keep_blank_values=True))


def read_xml(info: CampaignInfo, **proof: str) -> etree._Element:
    return etree.fromstring(
        by_type(list(samples(info, Credentials(**proof))), "application/xml").body
    )


def test_an_open_campaign_has_a_post_in_each_form_and_no_token_call(
    a_campaign_info: Info,
) -> None:
    made = samples(a_campaign_info())

    assert [(sample.method, sample.path) for sample in made] == [("POST", "/receiver/leads")] * 3
    assert all(sample.expected == (201, 202) for sample in made)
    assert all("Authorization" not in sample.headers for sample in made)


def test_every_field_that_can_be_posted_is_in_every_form(a_campaign_info: Info) -> None:
    info, expected = a_campaign_info(), {"FirstName": "Example", "Owner": "Example", "State": "S7"}

    assert read_json(info) == {"campaign": 12, "test": True, "fields": expected}
    assert read_form(info) == {"campaign": "12", "test": "true", **expected}
    root = read_xml(info)
    assert (root.findtext("campaign"), root.findtext("test")) == ("12", "true")
    assert {field.tag: field.text for field in root.findall("fields/*")} == expected


def test_the_field_that_forces_a_lead_to_an_account_is_left_out(
    a_campaign_info: Info, a_field: Callable[..., Any]
) -> None:
    info = a_campaign_info(fields=(a_field("Force", system=SystemField.FORCE_ID), a_field("Name")))

    assert list(read_json(info)["fields"]) == ["Name"]


def test_a_field_without_a_sample_is_left_out(
    a_campaign_info: Info, a_field: Callable[..., Any]
) -> None:
    info = a_campaign_info(fields=(a_field("Gone", sample=""),))

    assert read_json(info)["fields"] == {}
    assert read_xml(info).find("fields") is not None


@pytest.mark.parametrize("name", ["test", "Password", "aid", "VID", "lid", "campaign"])
def test_a_field_whose_name_is_taken_is_escaped_in_forms_only(
    a_campaign_info: Info, a_field: Callable[..., Any], name: str
) -> None:
    info = a_campaign_info(fields=(a_field(name, sample="own"),))

    assert read_form(info)[f"fields[{name}]"] == "own"
    assert read_form(info)["campaign"] == "12"
    assert read_json(info)["fields"] == {name: "own"}
    assert read_xml(info).findtext(f"fields/{name}") == "own"


def test_a_group_of_sub_fields_is_a_list_in_json_and_its_text_elsewhere(
    a_campaign_info: Info, a_field: Callable[..., Any]
) -> None:
    group = '[{"Name":"A & B"}]'
    info = a_campaign_info(fields=(a_field("Drivers", type="sub_fields", sample=group),))

    assert read_json(info)["fields"]["Drivers"] == [{"Name": "A & B"}]
    assert read_form(info)["Drivers"] == group
    assert read_xml(info).findtext("fields/Drivers") == group


def test_a_campaign_that_wants_a_token_shows_how_to_get_one_and_where_it_goes(
    a_campaign_info: Info,
) -> None:
    proof = Credentials(client_id="me & you", client_secret="s=3", token="abc")
    token, *posts = samples(a_campaign_info(require_authentication=True), proof)

    assert (token.path, token.expected) == ("/oauth2/token", (200,))
    assert dict(parse_qsl(token.body.decode())) == {
        "grant_type": "client_credentials",
        "client_id": "me & you",
        "client_secret": "s=3",
        "scope": "lead_receiver",
    }
    assert {post.headers["Authorization"] for post in posts} == {"Bearer abc"}


def test_a_password_stands_beside_the_fields_and_no_token_is_sent(
    a_campaign_info: Info,
) -> None:
    info = a_campaign_info(require_authentication=True, has_password=True)

    assert read_json(info, password="a<b&c")["password"] == "a<b&c"
    assert read_form(info, password="a<b&c")["password"] == "a<b&c"
    assert read_xml(info, password="a<b&c").findtext("password") == "a<b&c"
    assert all("Authorization" not in sample.headers for sample in samples(info))


def test_a_sample_sent_again_has_the_same_key_and_another_body_another_one(
    a_campaign_info: Info, a_field: Callable[..., Any]
) -> None:
    def keys(info: CampaignInfo) -> list[str]:
        return [sample.headers["Idempotency-Key"] for sample in samples(info)]

    once, again = keys(a_campaign_info()), keys(a_campaign_info())
    other = keys(a_campaign_info(fields=(a_field("Other"),)))

    assert once == again
    assert len({*once, *other}) == 6
    assert all(len(key) <= 100 for key in once)


def test_posts_of_a_ping_post_campaign_may_be_rejected_for_want_of_a_ping(
    a_campaign_info: Info,
) -> None:
    made = samples(a_campaign_info(channel="ping_post"))

    assert {sample.expected for sample in made} == {(201, 202, 422)}


TEXT = st.text(
    st.characters(
        codec="utf-8", exclude_categories=("Cc", "Cs"), exclude_characters="\ufffe\uffff"
    ),
    min_size=1,
    max_size=30,
)


@given(values=st.dictionaries(st.from_regex(r"[A-Za-z_][A-Za-z0-9_]{0,20}", fullmatch=True), TEXT))
@settings(
    max_examples=60,
    deadline=None,
    database=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
def test_the_three_forms_say_the_same(
    a_campaign_info: Info, a_field: Callable[..., Any], values: dict[str, str]
) -> None:
    info = a_campaign_info(fields=[a_field(name, sample=text) for name, text in values.items()])
    form = {
        name.removeprefix("fields[").removesuffix("]"): text
        for name, text in parse_qsl(
            by_type(list(samples(info)), "application/x-www-form-urlencoded").body.decode(),
            keep_blank_values=True,
        )[2:]
    }

    assert read_json(info)["fields"] == values
    assert form == values
    assert {field.tag: field.text for field in read_xml(info).findall("fields/*")} == values
