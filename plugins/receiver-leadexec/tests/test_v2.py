"""``/v2/insert/general``: JSON with a source and a list of leads."""

from typing import Any
from xml.etree import ElementTree as ET

import pytest

PATH = "/v2/insert/general"
SOURCE = {"vid": 7, "aid": 12, "lid": 3, "sendDelay": 0.0, "returnUrl": ""}
LEAD = {
    "properties": {"reference": "", "noSell": False, "tags": []},
    "fields": {"FirstName": "Ada"},
}
BACK = "https://sender.example/results"


def a_post(*leads: Any, **source: Any) -> dict[str, Any]:
    return {"source": SOURCE | source, "leads": list(leads or (LEAD,))}


def a_lead(fields: Any = None, **properties: Any) -> dict[str, Any]:
    return {"properties": properties, "fields": {"FirstName": "Ada"} if fields is None else fields}


def test_each_lead_has_its_answer(house: Any) -> None:
    response = house.client.post(PATH, json=a_post(LEAD, a_lead({"FirstName": "Grace"})))
    ((_, leads),) = house.intake.received

    assert [lead.fields["FirstName"] for lead in leads] == ["Ada", "Grace"]
    assert [lead.ignored for lead in leads] == [(), ()]
    assert response.status_code == 200
    assert response.headers["content-type"] == "application/json; charset=utf-8"
    assert len(response.json()["leads"]) == 2


def test_one_lead_is_answered_in_a_list_too(house: Any) -> None:
    response = house.client.post(PATH, json=a_post())

    assert response.content == (
        b'{"leads":[{"PostID":"0193f2a0-0000-7000-8000-000000000000","isValidPost":true,'
        b'"ResponseType":0,"ResponseDetail":"Lead was accepted",'
        b'"ResponseDetails":"Lead was accepted","LeadIdentifier":1,"VendorAccountAssigned":12,'
        b'"PendingQCReview":false,"Price":5.00,"RedirectURL":""}]}'
    )


def test_names_are_read_in_any_case(house: Any) -> None:
    body = {
        "Source": {"VID": "7", "Lid": "3", "ReturnURL": BACK},
        "LEADS": [{"Properties": {"NoSell": "false"}, "Fields": {"FirstName": "Ada"}}],
    }
    house.client.post(PATH, json=body)

    assert house.lead().fields == {"FirstName": "Ada"}
    assert house.lead().ignored == ()
    assert len(house.jobs.added) == 1


def test_what_cannot_be_honoured_is_named(house: Any) -> None:
    lead = a_lead(reference="R1", tags=["a"], offerIds=[1], noSell=False)
    house.client.post(f"{PATH}?utm=x", json=a_post(lead | {"extra": 1}, sendDelay=0.5) | {"v": 2})

    assert sorted(house.lead().ignored) == [
        "extra",
        "properties.offerIds",
        "properties.reference",
        "properties.tags",
        "source.sendDelay",
        "utm",
        "v",
    ]


def test_a_returnurl_gets_the_same_list(house: Any) -> None:
    response = house.client.post(PATH, json=a_post(returnUrl=BACK))
    (added,) = house.jobs.added

    assert added.job.payload == {
        "url": BACK,
        "content_type": "application/json; charset=utf-8",
        "body": response.text,
    }


@pytest.mark.parametrize("word", [True, "true", 1, "Yes"])
def test_a_lead_that_must_not_be_sold_is_refused_with_its_post(house: Any, word: Any) -> None:
    response = house.client.post(PATH, json=a_post(LEAD, a_lead(noSell=word)))

    assert house.intake.received == []
    assert [kept.code for kept in house.intake.refused] == ["no_sell_not_taken"]
    assert [one["ResponseType"] for one in response.json()["leads"]] == [9, 9]
    assert response.json()["leads"][0]["ResponseDetail"].startswith("Lead 2: noSell")


@pytest.mark.parametrize(
    "body",
    [a_post(orderId="abc"), a_post(a_lead(orderId="abc")), a_post(a_lead(OrderID=5))],
)
def test_the_order_id_of_its_ping_goes_with_the_lead(house: Any, body: Any) -> None:
    house.client.post(PATH, json=body)

    assert house.lead().order_id in ("abc", "5")
    assert house.lead().ignored == ()


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"source": SOURCE}, "no_leads"),
        ({"source": SOURCE, "leads": []}, "no_leads"),
        ({"source": SOURCE, "leads": {}}, "wrong_type"),
        ({"source": 7, "leads": [LEAD]}, "wrong_type"),
        (a_post(1), "wrong_type"),
        (a_post({"properties": {}}), "no_fields"),
        (a_post({"fields": []}), "wrong_type"),
        (a_post(a_lead({f"f{n}": 1 for n in range(1_001)})), "too_many_fields"),
        (a_post(a_lead(noSell="perhaps")), "wrong_type"),
        (a_post(a_lead(noSell={})), "wrong_type"),
        (a_post(a_lead(orderId=[1])), "wrong_type"),
        (a_post(a_lead() | {"properties": "x"}), "wrong_type"),
        (a_post(returnUrl={"a": 1}), "wrong_type"),
        (a_post(VID=8), "duplicate_parameter"),
        ({"source": SOURCE, "leads": [LEAD], "Leads": [LEAD, LEAD]}, "duplicate_parameter"),
    ],
)
def test_a_post_of_another_shape_is_a_data_error(house: Any, body: Any, code: str) -> None:
    response = house.client.post(PATH, json=body)

    assert response.status_code == 200
    assert response.json()["leads"][0]["ResponseType"] == 9
    assert [kept.code for kept in house.intake.refused] == [code]
    assert house.intake.received == []


def test_more_leads_than_are_taken_are_refused(open_house: Any) -> None:
    house = open_house(list_limit=2)
    house.client.post(PATH, json=a_post(LEAD, LEAD, LEAD))

    assert house.intake.refused[0].code == "too_many_leads"


@pytest.mark.parametrize(
    ("changes", "kind"),
    [
        ({"vid": 0, "aid": 0, "lid": 0}, 1),
        ({"lid": None}, 2),
        ({"vid": ""}, 3),
        ({"vid": True}, 3),
        ({"vid": 7.5}, 3),
        ({"vid": [7]}, 3),
        ({"aid": 99}, 4),
    ],
)
def test_bad_identifiers_have_their_types(house: Any, changes: Any, kind: int) -> None:
    response = house.client.post(PATH, json=a_post(**changes))

    assert response.json()["leads"][0]["ResponseType"] == kind


def test_the_query_string_may_give_identifiers(house: Any) -> None:
    house.client.post(f"{PATH}?vid=7&LID=3&Password=hush", json={"leads": [LEAD]})
    ((post, _),) = house.intake.received

    assert post.password == "hush"
    assert house.lead().campaign_id == 12


def test_several_leads_at_the_first_path_are_answered_in_a_list(house: Any) -> None:
    path = "/processor/insert/general"
    one = house.client.post(path, json=a_post())
    two = house.client.post(path, json=a_post(LEAD, LEAD))
    xml = house.client.post(f"{path}/xml/async", json=a_post(LEAD, LEAD))

    assert one.json()["isValidPost"] is True
    assert len(two.json()["leads"]) == 2
    assert [child.tag for child in ET.fromstring(xml.content)] == ["PostResponse"] * 2


def test_there_is_no_get(house: Any) -> None:
    assert house.client.get(PATH).status_code == 405
