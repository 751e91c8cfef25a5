"""Forms for agents: all fields, every reason, no trap, and never without a token."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from leadexec_lead_forms.entities import Audience, FormField

from leadexec import LeadAnswer, Reason, RefusedPostError
from leadexec.testing import FakeIntake

House = Callable[..., Any]
AGENTS = Audience.AGENTS


def test_an_agent_sees_every_field_the_chosen_ones_first(a_house: House) -> None:
    chosen = (FormField(field="State", label="Which state?"),)
    page = a_house(audience=AGENTS, fields=chosen).page("/agents/1")
    names = [n for n in page.xpath("//form//*[@name]/@name") if "-" not in n]

    assert names == [
        "State", "FirstName", "Email", "Phone", "Landing", "Came", "Term", "Ip", "UtmSource",
    ]  # fmt: skip
    assert "Which state?" in page.text_content()


def test_an_agents_browser_offers_none_of_the_agents_own_data(a_house: House) -> None:
    page = a_house(audience=AGENTS).page("/agents/1")

    assert set(page.xpath("//form//@autocomplete")) == {"off"}
    assert page.xpath("//*[@name='website-url' or @name='form-page']") == []


def test_an_agent_is_told_what_became_of_the_lead(a_house: House) -> None:
    house = a_house(audience=AGENTS, redirect_url="https://example.com")
    answer = house.send("/agents/1", wait=0, Landing="radio spot")

    assert answer.status_code == 200
    assert "accepted" in answer.text
    assert "0193f2a0-" in answer.text
    assert 'href="1"' in answer.text
    assert house.leads() == [{"FirstName": "Ada", "Landing": "radio spot"}]


def test_an_agent_is_told_every_reason(a_house: House) -> None:
    reasons = [
        Reason(code="outside_criteria", message="State is NY, not CA."),
        Reason(code="not_nice", message="First name is odd.", field="FirstName"),
    ]
    intake = FakeIntake(
        lambda _: LeadAnswer(
            lead="L-1",
            status="rejected",
            code="outside_criteria",
            reasons=reasons,
            price=Decimal(0),
        )
    )
    answer = a_house(audience=AGENTS, intake=intake).send("/agents/1", wait=0)

    assert answer.status_code == 422
    for words in ("L-1", "State is NY, not CA.", "First name is odd."):
        assert words in answer.text


def test_an_agent_is_told_why_a_post_was_refused(a_house: House) -> None:
    house = a_house(audience=AGENTS)
    house.intake.refuse_with = RefusedPostError(422, "unknown_campaign", "There is no campaign 1.")

    assert "There is no campaign 1." in house.send("/agents/1").text


@pytest.mark.parametrize("form", [{}, {"audience": AGENTS, "enabled": False}])
def test_a_form_that_is_not_for_agents_is_not_found_by_them(
    a_house: House, form: dict[str, Any]
) -> None:
    house = a_house(**form)

    assert house.client.get("/plugins/lead-forms/agents/1").status_code == 404
    assert house.client.post("/plugins/lead-forms/agents/1", data={}).status_code == 404
    assert house.client.get("/plugins/lead-forms/agents/99").status_code == 404


def test_only_what_visitors_need_is_open_without_a_token(a_house: House) -> None:
    routes = a_house().plugin.register_routes()
    guarded = {path for route in routes for path in route.paths if not route.opt.get("public")}

    assert guarded == {"/agents/{form_id:int}", "/codes/{form_id:int}"}
