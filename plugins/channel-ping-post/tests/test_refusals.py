"""Posts that are no pings: told apart, answered as problems, and kept."""

from collections.abc import Callable
from typing import Any

import pytest

from leadexec import CampaignInfo, RefusedPostError

PATH = "/ping/leads"
FORM = "application/x-www-form-urlencoded"
JSON = "application/json"


@pytest.mark.parametrize(
    ("content_type", "body", "status", "code"),
    [
        ("application/xml", b"<lead><campaign>12</campaign></lead>", 415, "wrong_content_type"),
        ("text/xml; charset=utf-8", b"<lead/>", 415, "wrong_content_type"),
        ("application/soap+xml", b"<lead/>", 415, "wrong_content_type"),
        ("multipart/form-data; boundary=x", b"--x--", 415, "wrong_content_type"),
        ("text/plain", b"AID=12", 415, "wrong_content_type"),
        ("application/json" + "; a=b" * 200, b"{}", 415, "wrong_content_type"),
        (f"{FORM}; charset=utf-7", b"AID=12", 415, "unsupported_charset"),
        (JSON, b"", 400, "malformed_json"),
        (JSON, b'{"campaign": 12, "campaign": 13}', 400, "duplicate_key"),
        (JSON, b"\xff", 400, "malformed_json"),
        (JSON, b"[" * 100 + b"]" * 100, 400, "too_deep"),
        (JSON, b'{"fields": {"a": "\\u0000"}}', 400, "nul_in_text"),
        (FORM, b"AID=12&State=%zz", 400, "malformed_form"),
        (FORM, b"AID=12&aid=13", 400, "duplicate_parameter"),
        (FORM, b"AID=12&State=%ff", 400, "invalid_utf8"),
        (FORM, b'{"campaign": 12}', 400, "malformed_form"),
        (FORM, b"AID=12" + b"&a=" * 1_000, 400, "too_many_fields"),
    ],
)
def test_what_cannot_be_read_is_refused_and_kept(
    house: Any, content_type: str, body: bytes, status: int, code: str
) -> None:
    answer = house.client.post(PATH, content=body, headers={"Content-Type": content_type})

    said = answer.json()
    assert (answer.status_code, said["status"], said["code"]) == (status, status, code)
    assert answer.headers["content-type"] == "application/problem+json"
    assert said["instance"] == "urn:uuid:0193f2a0-0000-7000-8000-000000000000"
    (kept,) = house.intake.refused
    assert (kept.status, kept.code, kept.post.body) == (status, code, body)
    assert house.quotes.asked == []


@pytest.mark.parametrize(
    ("posted", "path", "code"),
    [
        ({"fields": {}}, "campaign", "missing"),
        ({"campaign": 99, "fields": {}}, "campaign", "unknown_campaign"),
        ({"campaign": "twelve", "fields": {}}, "campaign", "wrong_type"),
        ({"campaign": True, "fields": {}}, "campaign", "wrong_type"),
        ({"campaign": 12.5, "fields": {}}, "campaign", "wrong_type"),
        ({"vid": 7, "lid": 4, "fields": {}}, "campaign", "unknown_campaign"),
        ({"campaign": 12}, "fields", "missing"),
        ({"campaign": 12, "fields": []}, "fields", "wrong_type"),
        (
            {"campaign": 12, "fields": dict.fromkeys(map(str, range(1001)), "")},
            "fields",
            "too_many_fields",
        ),
        ({"campaign": 12, "fields": {}, "test": "yes"}, "test", "wrong_type"),
        ({"campaign": 12, "fields": {}, "password": 1}, "password", "wrong_type"),
        ({"campaign": 12, "fields": {}, "order_id": "x"}, "order_id", "not_in_a_ping"),
        ({"campaign": 12, "fields": {}, "order_id": 1}, "order_id", "wrong_type"),
        ([{"campaign": 12, "fields": {}}], "", "wrong_type"),
        ("ping", "", "wrong_type"),
    ],
)
def test_what_is_no_ping_is_refused_with_the_place(
    house: Any, posted: Any, path: str, code: str
) -> None:
    answer = house.client.post(PATH, json=posted)

    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_post")
    assert [(e["path"], e["code"]) for e in answer.json()["errors"]] == [(path, code)]
    assert [kept.code for kept in house.intake.refused] == ["invalid_post"]


def test_all_faults_are_told_at_once(house: Any) -> None:
    answer = house.client.post(PATH, json={"campaign": 99, "fields": 1, "test": 2, "password": 3})

    paths = [error["path"] for error in answer.json()["errors"]]
    assert paths == ["campaign", "fields", "test", "password"]


def test_a_campaign_of_another_channel_takes_no_pings(
    open_house: Callable[..., Any], info: Callable[..., CampaignInfo]
) -> None:
    house = open_house(info(channel="web"))
    (error,) = house.ping().json()["errors"]

    assert error["code"] == "not_ping_post"
    assert "web" in error["message"]


def test_a_name_in_the_query_and_in_the_body_is_refused(house: Any) -> None:
    answer = house.client.post(f"{PATH}?AID=12", json={"campaign": 12, "fields": {}})

    assert (answer.status_code, answer.json()["code"]) == (400, "duplicate_parameter")


def test_what_is_too_large_is_kept_cut(open_house: Callable[..., Any]) -> None:
    house = open_house(body_limit=100_000)
    answer = house.client.post(
        PATH, content=b"AID=12&a=" + b"x" * 200_000, headers={"Content-Type": FORM}
    )

    assert (answer.status_code, answer.json()["code"]) == (413, "body_too_large")
    (kept,) = house.intake.refused
    assert len(kept.post.body) == 65_536


def test_what_is_large_and_within_the_limit_is_taken(house: Any) -> None:
    house.ping(Comments="x" * 100_000)

    assert len(house.asked()[0].fields["Comments"]) == 100_000


def test_a_get_is_told_how_to_ping_and_is_kept(house: Any) -> None:
    answer = house.client.get(f"{PATH}?AID=12&State=CA")

    assert (answer.status_code, answer.json()["code"]) == (405, "method_not_allowed")
    assert answer.headers["allow"] == "POST"
    (kept,) = house.intake.refused
    assert kept.post.path == f"{PATH}?AID=12&State=CA"


def test_another_kind_of_authorization_is_refused(house: Any) -> None:
    answer = house.client.post(
        PATH, json={"campaign": 12, "fields": {}}, headers={"Authorization": "Basic eA=="}
    )

    assert (answer.status_code, answer.json()["code"]) == (401, "token_invalid")
    assert answer.headers["www-authenticate"] == "Bearer"


def test_who_may_not_ping_is_told_as_the_kernel_says(house: Any) -> None:
    house.quotes.refuse_with = RefusedPostError(
        403, "address_denied", "Your address may not post.", post="0193-kept"
    )
    answer = house.ping()

    assert (answer.status_code, answer.json()["code"]) == (403, "address_denied")
    assert answer.json()["instance"] == "urn:uuid:0193-kept"
    assert house.intake.refused == []  # the kernel has kept it


def test_an_answer_in_a_form_that_we_do_not_have_is_refused(house: Any) -> None:
    answer = house.client.post(f"{PATH}?AID=12&format=xml")

    assert (answer.status_code, answer.json()["code"]) == (400, "unknown_format")
    assert house.quotes.asked == []
