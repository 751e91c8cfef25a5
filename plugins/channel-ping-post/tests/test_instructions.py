"""What posting instructions say about pings."""

import json
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from leadexec_channel_ping_post import PingField, PingSetting, ping_instructions

from leadexec import CampaignInfo

FIELDS = (PingField(name="state"), PingField(name="Cars", required=False), PingField(name="Gone"))


def test_they_name_address_fields_and_time(info: Callable[..., CampaignInfo]) -> None:
    setting = PingSetting(campaign=12, fields=FIELDS, hold_seconds=120)
    said = ping_instructions(info(), setting, "https://leads.example.com/")

    assert (said.method, said.url) == ("POST", "https://leads.example.com/ping/leads")
    assert said.post_url == "https://leads.example.com/receiver/leads"
    assert [(f.name, f.required) for f in said.fields] == [("State", True), ("Cars", False)]
    assert said.fields[0].choices == (("CA", "California"),)
    assert said.hold_seconds == 120
    assert any("120 seconds" in text for text in said.texts)


def test_without_a_setting_every_field_that_can_be_posted_is_optional(
    info: Callable[..., CampaignInfo],
) -> None:
    said = ping_instructions(info(), PingSetting(campaign=12))

    assert [field.name for field in said.fields] == ["FirstName", "State", "Zip", "test", "Cars"]
    assert not any(field.required for field in said.fields)
    assert said.url == "/ping/leads"


@pytest.mark.parametrize("has_password", [True, False])
def test_the_samples_are_pings(
    open_house: Callable[..., Any], info: Callable[..., CampaignInfo], has_password: bool
) -> None:
    campaign = info(has_password=has_password)
    house = open_house(campaign)
    for sample in ping_instructions(campaign, PingSetting(campaign=12)).requests:
        headers = {"Content-Type": sample.content_type}
        answer = house.client.post("/ping/leads", content=sample.body.encode(), headers=headers)
        assert answer.json()["status"] == "accepted", sample.title

    (in_json, in_form) = [(post, lead.fields) for post, lead, _ in house.quotes.asked]
    assert in_json[0].password == in_form[0].password
    assert bool(in_json[0].password) is has_password
    assert in_json[1]["Cars"] == [{"Make": "Ford"}]
    assert in_form[1]["test"] == in_json[1]["test"] == "Yes"


def test_the_sample_answers_tell_what_the_campaign_tells(
    info: Callable[..., CampaignInfo],
) -> None:
    setting = PingSetting(campaign=12, tell_price=False, tell_reason=False)
    open_answers = ping_instructions(info(), PingSetting(campaign=12)).answers
    taken, refused = (json.loads(a.body) for a in ping_instructions(info(), setting).answers)

    assert json.loads(open_answers[0].body)["price"] == str(Decimal("5.00"))
    assert "price" not in taken
    assert refused["reasons"] == []
