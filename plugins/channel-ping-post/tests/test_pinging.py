"""Pings in both forms, and what is answered (``PP1``, ``PP2``)."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any
from urllib.parse import parse_qs

import pytest
from leadexec_channel_ping_post import PingField

from leadexec import CampaignInfo, Quote, Reason

PATH = "/ping/leads"
FORM = {"Content-Type": "application/x-www-form-urlencoded"}


def refused(code: str = "no_buyer", *reasons: Reason) -> Quote:
    said = reasons or (Reason(code=code, message="Nobody would buy the lead now."),)
    return Quote(accepted=False, post="0193", code=code, reasons=said)


def test_a_ping_in_json_is_answered_with_order_id_price_and_time(house: Any) -> None:
    answer = house.client.post(
        PATH,
        json={"campaign": 12, "password": "open", "test": True, "fields": {"State": "CA"}},
        headers={"Authorization": "Bearer tok", "Idempotency-Key": "k1"},
    )

    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/json"
    assert answer.json() == {
        "status": "accepted",
        "order_id": "0193f2a0-0000-7000-8000-000000000001",
        "price": "7.25",
        "expires_at": "2026-03-02T12:05:00Z",
        "ping": "0193f2a0-0000-7000-8000-000000000000",
    }
    ((post, lead, _),) = house.quotes.asked
    assert (post.path, post.token, post.password) == (PATH, "tok", "open")
    assert post.idempotency_key == ""
    assert (lead.campaign_id, lead.is_test, lead.fields) == (12, True, {"State": "CA"})
    assert house.intake.refused == []


@pytest.mark.parametrize("name", ["AID", "aid", "campaign", "Campaign"])
def test_a_form_names_the_campaign_in_any_case(house: Any, name: str) -> None:
    body = f"{name}=12&PassWord=%20open&State=C%C3%84&Zip=1&Zip=2&Tag%5B%5D=a&fields[test]=Yes"
    answer = house.client.post(PATH, content=body, headers=FORM)

    assert answer.json()["status"] == "accepted"
    ((post, lead, _),) = house.quotes.asked
    assert post.password == "open"
    assert lead.fields == {"State": "CÄ", "Zip": ["1", "2"], "Tag": ["a"], "test": "Yes"}


def test_a_ping_may_stand_in_the_query_string(house: Any) -> None:
    answer = house.client.post(f"{PATH}?AID=12&State=CA&format=json")

    assert answer.json()["status"] == "accepted"
    lead, _ = house.asked()
    assert lead.fields == {"State": "CA"}


def test_beside_json_the_query_string_may_give_the_reserved_names(house: Any) -> None:
    house.client.post(f"{PATH}?AID=12&Zip=1", json={"fields": {"State": "CA"}})

    lead, _ = house.asked()
    assert (lead.campaign_id, lead.fields) == (12, {"State": "CA"})


def test_source_and_lead_type_name_the_one_campaign_that_takes_pings(
    open_house: Callable[..., Any], info: Callable[..., CampaignInfo]
) -> None:
    house = open_house(info(), info(id=13, channel="web"))
    house.client.post(PATH, content="VID=7&LID=3&State=CA", headers=FORM)

    assert house.asked()[0].campaign_id == 12


def test_what_stands_beside_the_fields_and_means_nothing_is_listed(house: Any) -> None:
    more = {"returnUrl": "x", "idempotency_key": "y"}
    house.client.post(PATH, json={"campaign": "12", "order_id": "", "fields": {}, **more})

    assert house.asked()[0].ignored == ("idempotency_key", "returnUrl")


def test_a_refused_ping_says_why(house: Any) -> None:
    house.answers(refused())
    answer = house.ping(State="CA")

    assert answer.status_code == 200
    assert answer.json() == {
        "status": "refused",
        "code": "no_buyer",
        "reasons": [{"code": "no_buyer", "message": "Nobody would buy the lead now."}],
        "ping": "0193",
    }


def test_a_price_may_be_kept_from_the_sender(house: Any) -> None:
    house.setting(tell_price=False)

    assert house.ping().json().keys() == {"status", "order_id", "expires_at", "ping"}


def test_a_reason_may_be_kept_from_the_sender(house: Any) -> None:
    house.setting(tell_reason=False)
    house.answers(refused("not_enough_profit"))
    said = house.ping().json()

    assert (said["code"], said["reasons"]) == ("refused", [])


def test_what_is_wrong_with_a_field_is_told_in_any_case(house: Any) -> None:
    house.setting(tell_reason=False)
    missing = Reason(code="required_field_missing", message="Zip?", field="Zip")
    house.answers(refused("required_field_missing", missing, Reason(code="x", message="y")))
    said = house.ping().json()

    assert said["code"] == "required_field_missing"
    assert [reason["field"] for reason in said["reasons"]] == ["Zip"]


@pytest.mark.parametrize(
    ("price", "shown"),
    [(Decimal(13), "13.00"), (Decimal("7.5"), "7.50"), (Decimal("0.0125"), "0.0125")],
)
def test_a_price_has_two_places_or_what_it_needs(
    house: Any, quote: Callable[..., Quote], price: Decimal, shown: str
) -> None:
    house.answers(quote(price=price))

    assert house.ping().json()["price"] == shown


def test_the_answer_may_be_form_text(house: Any) -> None:
    taken = house.client.post(f"{PATH}?Format=FORM&AID=12")
    house.answers(refused())
    declined = house.client.post(f"{PATH}?format=form", json={"campaign": 12, "fields": {}})
    wrong = house.client.post(f"{PATH}?format=form&AID=99")

    assert taken.headers["content-type"].startswith("application/x-www-form-urlencoded")
    assert parse_qs(taken.text)["order_id"] == ["0193f2a0-0000-7000-8000-000000000001"]
    assert parse_qs(taken.text)["price"] == ["7.25"]
    assert parse_qs(declined.text)["reasons[0][code]"] == ["no_buyer"]
    assert wrong.status_code == 422
    assert parse_qs(wrong.text)["errors[0][path]"] == ["campaign"]


def test_what_is_asked_for_is_what_the_campaign_says(house: Any) -> None:
    house.setting(
        fields=(
            PingField(name="state"),
            PingField(name="Zip", required=False),
            PingField(name="Gone"),
        ),
        revenue=Decimal(10),
        profit=Decimal(2),
        profit_percentage=Decimal("12.5"),
        deliveries=3,
        seconds=1.5,
        hold_seconds=60,
    )
    house.ping(State="CA")

    _, terms = house.asked()
    assert terms.required == {"State", "Gone"}  # as the lead type writes it; unknown: never there
    assert (terms.revenue, terms.profit, terms.profit_percentage) == (10, 2, Decimal("12.5"))
    assert (terms.deliveries, terms.seconds, terms.hold_seconds) == (3, 1.5, 60)


def test_a_campaign_without_a_setting_has_the_defaults(house: Any) -> None:
    house.ping()

    _, terms = house.asked()
    assert (terms.required, terms.revenue, terms.profit) == (frozenset(), 0, None)
    assert (terms.deliveries, terms.seconds, terms.hold_seconds) == (1, 2.0, 300)
