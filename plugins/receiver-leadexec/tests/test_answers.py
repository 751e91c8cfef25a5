"""What became of a lead, as ``PostResponse``."""

from decimal import Decimal
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from leadexec_receiver_leadexec.post_response import lead_identifier

from leadexec import DeliveryAnswer, LeadAnswer, Reason

PATH = "/processor/insert/general?VID=7&LID=3&AID=12"
UID = "0193f2a0-1b2c-7d3e-8f4a-5b6c7d8e9fa0"
AWKWARD = "<b>&\"'\x00\x0b\ud800\ufffe\r\n]]>é😀"


def an_answer(**changes: Any) -> LeadAnswer:
    values: dict[str, Any] = {
        "lead": UID,
        "status": "accepted",
        "code": "accepted",
        "reasons": [],
        "price": Decimal("5.00"),
    }
    return LeadAnswer(**values | changes)


def rejected(code: str, field: str = "") -> LeadAnswer:
    reasons = [Reason(code=code, message="No.", field=field)]
    return an_answer(status="rejected", code=code, reasons=reasons, price=Decimal("0.00"))


def a_delivery(**changes: Any) -> DeliveryAnswer:
    values: dict[str, Any] = {
        "client": 41,
        "delivery_account": 2,
        "status": "accepted",
        "price": Decimal("12.5000"),
        "redirect_url": "https://buyer.example/thanks?a=1&b=2",
    }
    return DeliveryAnswer(**values | changes)


@pytest.mark.parametrize(
    ("answer", "kind", "number"),
    [
        (rejected("outside_criteria"), "Outside_Criteria", 5),
        (rejected("duplicate_lead"), "Duplicate_Lead", 6),
        (rejected("campaign_not_active"), "Account_Disabled", 7),
        (rejected("source_not_active"), "Account_Disabled", 7),
        (rejected("campaign_limit_reached"), "Post_Over_Max", 8),
        (rejected("required_field_missing", "Email"), "Data_Errors", 9),
        (rejected("a_plugins_own", "Email"), "Data_Errors", 9),
        (rejected("a_plugins_own"), "Outside_Criteria", 5),
    ],
)
def test_a_rejection_has_its_response_type(
    house: Any, answer: LeadAnswer, kind: str, number: int
) -> None:
    house.answers(lambda _: answer)
    root = ET.fromstring(house.client.get(PATH).content)
    decoded = house.client.post(PATH, json={}).json()

    assert root.findtext("isValidPost") == "false"
    assert root.findtext("ResponseType") == kind
    assert root.findtext("ResponseDetail") == "No."
    assert root.findtext("Price") == "0.00"
    assert (decoded["isValidPost"], decoded["ResponseType"]) == (False, number)


def test_every_reason_is_in_the_detail(house: Any) -> None:
    reasons = [
        Reason(code="required_field_missing", message="Email is required.", field="Email"),
        Reason(code="bad_phone", message="Phone is no number.", field="Phone"),
    ]
    house.answers(lambda _: an_answer(status="rejected", code="x", reasons=reasons))
    root = ET.fromstring(house.client.get(PATH).content)

    assert root.findtext("ResponseDetails") == "Email is required. Phone is no number."


def test_a_held_lead_is_valid_and_waits_for_review(house: Any) -> None:
    house.answers(lambda _: an_answer(status="held", code="quality_control", price=Decimal(0)))
    root = ET.fromstring(house.client.get(PATH).content)

    assert root.findtext("isValidPost") == "true"
    assert root.findtext("ResponseType") == "No_Error"
    assert root.findtext("PendingQCReview") == "true"


def test_deliveries_are_listed_where_the_answer_has_them(house: Any) -> None:
    deliveries = [a_delivery(), a_delivery(client=42, status="rejected", redirect_url=None)]
    house.answers(
        lambda _: an_answer(deliveries=deliveries, redirect_url=deliveries[0].redirect_url)
    )
    in_xml, in_json = house.client.get(PATH).content, house.client.post(PATH, json={}).content

    assert in_xml == (
        b'<?xml version="1.0" encoding="utf-8"?><PostResponse>'
        b"<PostID>0193f2a0-0000-7000-8000-000000000000</PostID>"
        b"<isValidPost>true</isValidPost><ResponseType>No_Error</ResponseType>"
        b"<ResponseDetail>Lead was accepted</ResponseDetail>"
        b"<ResponseDetails>Lead was accepted</ResponseDetails>"
        b"<LeadIdentifier>2915271288201120</LeadIdentifier>"
        b"<VendorAccountAssigned>12</VendorAccountAssigned>"
        b"<PendingQCReview>false</PendingQCReview><Price>5.00</Price>"
        b"<RedirectURL>https://buyer.example/thanks?a=1&amp;b=2</RedirectURL><Sends>"
        b"<SendInfo><ClientUID>41</ClientUID><ClientName></ClientName>"
        b"<RedirectURL>https://buyer.example/thanks?a=1&amp;b=2</RedirectURL>"
        b"<Valid>true</Valid><Price>12.5000</Price></SendInfo>"
        b"<SendInfo><ClientUID>42</ClientUID><ClientName></ClientName><RedirectURL></RedirectURL>"
        b"<Valid>false</Valid><Price>12.5000</Price></SendInfo></Sends></PostResponse>"
    )
    assert in_json.endswith(
        b'"RedirectURL":"https://buyer.example/thanks?a=1&b=2","Sends":['
        b'{"ClientUID":41,"ClientName":"","RedirectURL":"https://buyer.example/thanks?a=1&b=2",'
        b'"Valid":true,"Price":12.5000},'
        b'{"ClientUID":42,"ClientName":"","RedirectURL":"","Valid":false,"Price":12.5000}]}'
    )


def test_no_delivery_is_not_the_same_as_no_list(house: Any) -> None:
    house.answers(lambda _: an_answer(deliveries=[]))

    assert b"<Sends></Sends>" in house.client.get(PATH).content
    assert house.client.post(PATH, json={}).json()["Sends"] == []


def test_any_text_makes_a_well_formed_answer(house: Any) -> None:
    reasons = [Reason(code="x", message=AWKWARD)]
    house.answers(lambda _: an_answer(status="rejected", code="x", reasons=reasons))
    expected = "<b>&\"'\ufffd\ufffd\ufffd\ufffd\r\n]]>é😀"

    root = ET.fromstring(house.client.get(PATH).content)
    assert root.findtext("ResponseDetail") == expected
    assert house.client.post(PATH, json={}).json()["ResponseDetail"] == expected


def test_a_very_long_detail_is_cut(house: Any) -> None:
    reasons = [Reason(code="x", message="y" * 10_000)]
    house.answers(lambda _: an_answer(status="rejected", code="x", reasons=reasons))
    root = ET.fromstring(house.client.get(PATH).content)

    assert root.findtext("ResponseDetail") == "y" * 3_999 + "…"


def test_the_lead_identifier_is_the_end_of_the_uid_in_hexadecimal() -> None:
    assert f"{lead_identifier(UID):013x}" == "a5b6c7d8e9fa0"
    assert UID.replace("-", "").endswith("a5b6c7d8e9fa0")


def test_the_lead_identifier_is_positive_and_fits_a_double() -> None:
    assert lead_identifier("ffffffff-ffff-7fff-bfff-ffffffffffff") == 2**52 - 1
    assert lead_identifier("0193f2a0-0000-7000-8000-000000000000") == 1
