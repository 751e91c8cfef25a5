"""``/processor/insert/general``: what is read, and from where."""

import json
from typing import Any
from urllib.parse import urlencode

import pytest

PATH = "/processor/insert/general"
IDS = {"VID": "7", "LID": "3", "AID": "12"}


def test_a_lead_in_the_query_string_is_handed_over_and_answered_in_xml(house: Any) -> None:
    response = house.client.get(PATH, params={**IDS, "FirstName": "Ada", "State": "NY"})

    assert house.lead().campaign_id == 12
    assert house.lead().fields == {"FirstName": "Ada", "State": "NY"}
    assert response.status_code == 200
    assert response.headers["content-type"] == "application/xml; charset=utf-8"
    assert response.headers["cache-control"] == "no-store"
    assert response.content == (
        b'<?xml version="1.0" encoding="utf-8"?><PostResponse>'
        b"<PostID>0193f2a0-0000-7000-8000-000000000000</PostID>"
        b"<isValidPost>true</isValidPost><ResponseType>No_Error</ResponseType>"
        b"<ResponseDetail>Lead was accepted</ResponseDetail>"
        b"<ResponseDetails>Lead was accepted</ResponseDetails>"
        b"<LeadIdentifier>1</LeadIdentifier><VendorAccountAssigned>12</VendorAccountAssigned>"
        b"<PendingQCReview>false</PendingQCReview><Price>5.00</Price><RedirectURL></RedirectURL>"
        b"</PostResponse>"
    )


@pytest.mark.parametrize(
    ("content_type", "body"),
    [
        ("application/x-www-form-urlencoded", "vid=7&LiD=3&aid=12&Name=Ada+B%C3%BCrger&x="),
        ("text/plain", "VID=7&LID=3&AID=12&Name=Ada+Bürger&x="),
        (
            "application/xml",
            "<Lead><VID>7</VID><LID>3</LID><AID>12</AID><Name>Ada Bürger</Name><x/></Lead>",
        ),
        (
            "application/x-www-form-urlencoded",
            '<?xml version="1.0"?><Lead VID="7" LID="3"><AID>12</AID>'
            "<Fields><Name>Ada Bürger</Name><x></x></Fields></Lead>",
        ),
        (
            "text/xml; charset=utf-8",
            "<leads><lead><VID>7</VID><LID>3</LID><AID>12</AID>"
            '<field name="Name">Ada Bürger</field><x/></lead></leads>',
        ),
        (
            "multipart/form-data; boundary=b",
            "".join(
                f'--b\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{text}\r\n'
                for name, text in [
                    ("VID", "7"),
                    ("LID", "3"),
                    ("AID", "12"),
                    ("Name", "Ada Bürger"),
                    ("x", ""),
                ]
            )
            + "--b--\r\n",
        ),
        ("application/json", '{"VID": 7, "lid": "3", "AID": 12, "Name": "Ada Bürger", "x": ""}'),
        ("", '{"VID": 7, "lid": "3", "AID": 12, "Name": "Ada Bürger", "x": ""}'),
    ],
)
def test_a_lead_is_the_same_in_every_form(house: Any, content_type: str, body: str) -> None:
    headers = {"Content-Type": content_type} if content_type else {}
    response = house.client.post(PATH, content=body.encode(), headers=headers)

    assert b"true" in response.content, response.text
    assert house.lead().fields == {"Name": "Ada Bürger", "x": ""}
    assert house.lead().campaign_id == 12


def test_identifiers_may_stand_in_the_query_string_and_fields_in_the_body(house: Any) -> None:
    house.client.post(PATH, params=IDS, data={"FirstName": "Ada"})

    assert house.lead().fields == {"FirstName": "Ada"}


def test_a_name_that_comes_several_times_is_a_list(house: Any) -> None:
    body = urlencode([*IDS.items(), ("Kind", "a"), ("Kind", "b"), ("One[]", "c")])
    house.client.post(PATH, content=body, headers={"Content-Type": "text/plain"})

    assert house.lead().fields == {"Kind": ["a", "b"], "One": ["c"]}


def test_a_percent_that_begins_no_escape_stands_for_itself(house: Any) -> None:
    house.client.post(f"{PATH}?VID=7&LID=3&AID=12&Notes=100%&More=5%20%zz")

    assert house.lead().fields == {"Notes": "100%", "More": "5 %zz"}


def test_the_post_is_kept_word_for_word(house: Any) -> None:
    house.client.post(f"{PATH}?VID=7&LID=3&Na%20me=x", content=b"AID=12&y=1")
    ((post, _),) = house.intake.received

    assert (post.method, post.path) == ("POST", f"{PATH}?VID=7&LID=3&Na%20me=x")
    assert post.body == b"AID=12&y=1"
    assert post.remote_ip == "testclient"
    assert post.vouched == ""


@pytest.mark.parametrize(
    ("headers", "token", "password"),
    [
        ({"Authorization": "Bearer a.b.c"}, "a.b.c", "hush"),
        ({"authorization": "bearer a.b.c", "access_token": "d"}, "a.b.c", "hush"),
        ({"access_token": "a.b.c"}, "a.b.c", "hush"),
        ({"Authorization": "Basic abc"}, "", "hush"),
        ({"api-key": "key"}, "", "hush"),
    ],
)
def test_who_sends_is_told_to_intake(
    house: Any, headers: dict[str, str], token: str, password: str
) -> None:
    house.client.post(PATH, params={**IDS, "PASSWORD": "hush"}, headers=headers)
    ((post, (lead,)),) = house.intake.received

    assert (post.token, post.password) == (token, password)
    assert lead.fields == {}


def test_an_api_key_is_taken_for_the_password_where_none_is_posted(house: Any) -> None:
    house.client.post(PATH, params={**IDS, "Password": ""}, headers={"api-key": " key "})
    ((post, _),) = house.intake.received

    assert post.password == "key"


def test_an_empty_order_id_is_as_none(house: Any) -> None:
    house.client.get(PATH, params={**IDS, "OrderID": "", "City": "Austin"})
    assert house.lead().order_id == ""

    assert house.lead().fields == {"City": "Austin"}


def test_a_return_url_is_passed_over_where_the_answer_is_the_result(house: Any) -> None:
    house.client.get(PATH, params={**IDS, "ReturnURL": "no url"})

    assert house.lead().ignored == ("returnurl",)
    assert house.lead().fields == {}


def test_a_post_in_json_is_answered_in_json(house: Any) -> None:
    response = house.client.post(PATH, json={**IDS, "Income": 5.5, "Tags": ["a"]})

    assert response.headers["content-type"] == "application/json; charset=utf-8"
    assert response.content == (
        b'{"PostID":"0193f2a0-0000-7000-8000-000000000000","isValidPost":true,"ResponseType":0,'
        b'"ResponseDetail":"Lead was accepted","ResponseDetails":"Lead was accepted",'
        b'"LeadIdentifier":1,"VendorAccountAssigned":12,"PendingQCReview":false,"Price":5.00,'
        b'"RedirectURL":""}'
    )
    assert json.loads(json.dumps(house.lead().fields, default=str)) == {
        "Income": "5.5",
        "Tags": ["a"],
    }


def test_an_object_in_xml_stays_one(house: Any) -> None:
    body = "<L><VID>7</VID><LID>3</LID><AID>12</AID><Home><Zip>1</Zip><Zip>2</Zip></Home></L>"
    house.client.post(PATH, content=body, headers={"Content-Type": "application/xml"})

    assert house.lead().fields == {"Home": {"Zip": ["1", "2"]}}


def test_a_large_body_is_read_too(house: Any) -> None:
    house.client.post(PATH, params=IDS, data={"Notes": "x" * 100_000})

    assert len(house.lead().fields["Notes"]) == 100_000
