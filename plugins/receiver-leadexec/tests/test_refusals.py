"""Posts that bring no lead: which response type, and that they are kept."""

from typing import Any
from xml.etree import ElementTree as ET

import pytest

from leadexec import RefusedPostError, UnavailableError

PATH = "/processor/insert/general"
XML = {"Content-Type": "application/xml"}
FORM = {"Content-Type": "application/x-www-form-urlencoded"}


def refused(house: Any, code: str) -> Any:
    """Return the one post that was refused and kept, with that code."""
    assert house.intake.received == []
    (kept,) = house.intake.refused
    assert kept.code == code
    return kept


def type_and_detail(response: Any) -> tuple[str, str]:
    assert response.status_code == 200
    root = ET.fromstring(response.content)
    assert root.findtext("isValidPost") == "false"
    assert root.findtext("ResponseDetail") == root.findtext("ResponseDetails")
    assert root.findtext("LeadIdentifier") == "0"
    assert root.findtext("PostID") == "0193f2a0-0000-7000-8000-000000000000"
    return root.findtext("ResponseType") or "", root.findtext("ResponseDetail") or ""


@pytest.mark.parametrize(
    ("query", "kind", "code"),
    [
        ("", "System_ID_Missing", "identifiers_missing"),
        ("Name=Ada&VID=&AID=0", "System_ID_Missing", "identifiers_missing"),
        ("LID=3&AID=12", "Vendor_ID_Missing", "lead_source_missing"),
        ("AID=12", "Vendor_ID_Missing", "lead_source_missing"),
        ("VID=x7&LID=3", "Vendor_ID_Missing", "lead_source_missing"),
        ("VID=7&AID=12", "LeadType_ID_Missing", "lead_type_missing"),
        ("VID=7&LID=-3&AID=12", "LeadType_ID_Missing", "lead_type_missing"),
        ("VID=7&LID=3&AID=13", "No_Account_Found", "unknown_campaign"),
        ("VID=7&LID=3&AID=abc", "No_Account_Found", "unknown_campaign"),
        ("VID=8&LID=3&AID=12", "No_Account_Found", "unknown_campaign"),
        ("VID=7&LID=4&AID=12", "No_Account_Found", "unknown_campaign"),
        ("VID=8&LID=3", "No_Account_Found", "unknown_campaign"),
        ("VID=7&LID=3&AID=99999999999999999999999", "No_Account_Found", "unknown_campaign"),
        ("VID=7&LID=3&AID=%D9%A1%D9%A2", "No_Account_Found", "unknown_campaign"),
        ("VID=7&LID=3&AID=12&aid=13", "Data_Errors", "duplicate_parameter"),
        ("VID=7&LID=3&AID=12&x=%00", "Data_Errors", "nul_in_text"),
        ("VID=7&LID=3&AID=12&x=%FF", "Data_Errors", "invalid_utf8"),
    ],
)
def test_a_query_string_without_a_lead_is_answered_with_its_type_and_kept(
    house: Any, query: str, kind: str, code: str
) -> None:
    response = house.client.get(f"{PATH}?{query}")

    assert type_and_detail(response)[0] == kind
    kept = refused(house, code)
    assert kept.post.path.startswith(PATH)
    assert kept.detail == type_and_detail(response)[1]


@pytest.mark.parametrize(
    ("headers", "body", "code"),
    [
        (XML, "<a><b></a>", "malformed_xml"),
        (XML, '<!DOCTYPE a [<!ENTITY x "y">]><a>&x;</a>', "doctype_refused"),
        (XML, "<a>1<b/></a>", "mixed_content"),
        (XML, "<leads><lead><a>1</a></lead><lead><a>2</a></lead></leads>", "too_many_leads"),
        ({"Content-Type": "application/pdf"}, "%PDF", "wrong_content_type"),
        ({"Content-Type": "multipart/form-data"}, "x", "malformed_multipart"),
        ({"Content-Type": "text/xml; charset=utf-7"}, "<a/>", "unsupported_charset"),
        ({"Content-Type": "application/xml" + " " * 600}, "<a/>", "wrong_content_type"),
        (FORM, "&".join(f"f{n}=1" for n in range(1001)), "too_many_fields"),
    ],
)
def test_a_body_that_cannot_be_read_is_a_data_error_and_kept(
    house: Any, headers: dict[str, str], body: str, code: str
) -> None:
    response = house.client.post(PATH, content=body, headers=headers)

    kind, detail = type_and_detail(response)
    assert kind == "Data_Errors"
    assert detail
    assert refused(house, code).post.body == body.encode()


def test_fields_of_query_string_and_body_are_counted_together(house: Any) -> None:
    halves = ["&".join(f"{half}{n}=1" for n in range(600)) for half in "ab"]
    ids = "VID=7&LID=3&AID=12"
    response = house.client.post(f"{PATH}?{ids}&{halves[0]}", content=halves[1], headers=FORM)

    assert type_and_detail(response)[0] == "Data_Errors"
    refused(house, "too_many_fields")


@pytest.mark.parametrize("body", ["[]", "[1]", "1", "null", '"x"'])
def test_json_that_is_no_object_is_a_data_error_in_json(house: Any, body: str) -> None:
    headers = {"Content-Type": "application/json"}
    response = house.client.post(PATH, content=body, headers=headers)

    assert response.status_code == 200
    assert response.json()["ResponseType"] == 9
    assert response.json()["isValidPost"] is False
    refused(house, "wrong_type")


def test_a_body_over_the_limit_is_refused_and_its_beginning_kept(open_house: Any) -> None:
    house = open_house(body_limit=70_000)
    response = house.client.post(PATH, content=b"x" * 70_001, headers=FORM)

    kind, detail = type_and_detail(response)
    assert (kind, "70,000 bytes" in detail) == ("Data_Errors", True)
    assert refused(house, "body_too_large").post.body == b"x" * 65_536


def test_a_body_of_exactly_the_limit_is_taken(open_house: Any) -> None:
    house = open_house(body_limit=2_000)
    body = "VID=7&LID=3&AID=12&x="
    house.client.post(PATH, content=body + "y" * (2_000 - len(body)), headers=FORM)

    assert len(house.lead().fields) == 1


@pytest.mark.parametrize(
    ("status", "code", "kind"),
    [
        (401, "token_required", "No_Account_Found"),
        (401, "wrong_password", "No_Account_Found"),
        (403, "ip_denied", "No_Account_Found"),
        (422, "unknown_campaign", "No_Account_Found"),
        (422, "nul_in_text", "Data_Errors"),
    ],
)
def test_what_intake_refuses_is_answered_and_not_kept_twice(
    house: Any, status: int, code: str, kind: str
) -> None:
    kept = "0193f2a0-0000-7000-8000-000000000000"
    house.intake.refuse_with = RefusedPostError(status, code, "Not so.", post=kept)
    response = house.client.get(f"{PATH}?VID=7&LID=3&AID=12")

    assert type_and_detail(response) == (kind, "Not so.")
    assert house.intake.refused == []


def test_a_post_that_cannot_be_stored_is_to_be_sent_again(house: Any) -> None:
    async def away(*_: Any) -> Any:
        raise UnavailableError("database_away", "The database does not answer.")

    house.intake.receive = away
    response = house.client.get(f"{PATH}?VID=7&LID=3&AID=12")

    assert response.status_code == 503
    assert response.headers["retry-after"] == "1"
    root = ET.fromstring(response.content)
    assert root.findtext("isValidPost") == "false"
    assert root.findtext("PostID") == "00000000-0000-0000-0000-000000000000"


def test_a_refusal_holds_even_if_the_post_cannot_be_kept(house: Any) -> None:
    async def away(*_: Any) -> Any:
        raise UnavailableError("database_away", "The database does not answer.")

    house.intake.refuse = away
    root = ET.fromstring(house.client.get(PATH).content)

    assert root.findtext("ResponseType") == "System_ID_Missing"
    assert root.findtext("PostID") == "00000000-0000-0000-0000-000000000000"


def test_without_an_aid_the_only_active_campaign_is_meant(open_house: Any, campaign: Any) -> None:
    others = [campaign(id=13, lead_type_id=4), campaign(id=14, active=False)]
    house = open_house(campaign(id=15), *others)
    house.client.get(f"{PATH}?VID=7&LID=3&AID=0")

    assert house.lead().campaign_id == 15


def test_the_only_campaign_is_meant_though_it_is_not_active(open_house: Any, campaign: Any) -> None:
    house = open_house(campaign(id=15, active=False))
    house.client.get(f"{PATH}?VID=7&LID=3")

    assert house.lead().campaign_id == 15


@pytest.mark.parametrize(
    ("active", "kind", "code"),
    [
        (True, "No_Account_Found", "several_campaigns"),
        (False, "Account_Disabled", "campaign_not_active"),
    ],
)
def test_of_several_campaigns_none_is_guessed(
    open_house: Any, campaign: Any, active: bool, kind: str, code: str
) -> None:
    house = open_house(campaign(id=15, active=active), campaign(id=16, active=active))
    response = house.client.get(f"{PATH}?VID=7&LID=3")

    assert type_and_detail(response)[0] == kind
    refused(house, code)
