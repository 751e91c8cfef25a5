"""Programs are thanked and bring no lead; people who were slow or unlucky lose nothing."""

from collections.abc import Callable
from typing import Any

import pytest
from lxml import html

House = Callable[..., Any]
HERE = "/plugins/lead-forms/get-a-quote"


def body_of(answer: Any) -> tuple[int, str, str]:
    return answer.status_code, answer.text, answer.headers.get("location", "")


@pytest.mark.parametrize("form", [{}, {"redirect_url": "https://example.com/thanks"}])
@pytest.mark.parametrize("how", ["filled", "quick", "unseen"])
def test_what_the_trap_catches_is_answered_like_a_success_and_kept(
    a_house: House, how: str, form: dict[str, Any]
) -> None:
    house = a_house(**form)
    honest = house.send()
    match how:
        case "filled":
            caught = house.send(**{"website-url": "https://spam.test"})
        case "quick":
            caught = house.send(wait=2.9)
        case _:
            caught = house.client.post(HERE, data={"FirstName": "Ada"}, follow_redirects=False)

    assert body_of(caught) == body_of(honest)
    assert len(house.leads()) == 1
    (refusal,) = house.intake.refused
    assert refusal.code == "spam_trap"
    assert b"FirstName=" in refusal.post.body
    assert refusal.post.vouched == f"form:{house.form.id}"


def test_who_takes_just_long_enough_is_taken(a_house: House) -> None:
    house = a_house(minimum_seconds=5)

    house.send(wait=5)
    assert len(house.leads()) == 1


def test_a_page_that_was_open_too_long_is_shown_anew_and_then_taken(a_house: House) -> None:
    house = a_house(maximum_hours=1)
    answer = house.send(wait=3601, Email="ada@example.com")
    page = html.document_fromstring(answer.text)

    assert answer.status_code == 422
    assert "open for too long" in page.text_content()
    assert page.xpath("//input[@name='Email']/@value") == ["ada@example.com"]
    assert (house.leads(), house.refused()) == ([], ["form_expired"])
    (ticket,) = page.xpath("//input[@name='form-ticket']/@value")
    assert house.send(ticket=ticket, wait=3).status_code == 200
    assert len(house.leads()) == 1


@pytest.mark.parametrize("change", ["flip", "cut", "é", "other form"])
def test_a_ticket_that_is_not_ours_brings_no_lead_but_costs_nobody_the_page(
    a_house: House, change: str
) -> None:
    house = a_house()
    ticket = house.ticket()
    match change:
        case "flip":
            forged = ticket[:5] + ("A" if ticket[5] != "A" else "B") + ticket[6:]
        case "cut":
            forged = ticket[:-4]
        case "other form":
            from leadexec_lead_forms.entities import LeadForm

            house.create(LeadForm(campaign=1, name="Other", title="Other", slug="other-form"))
            forged = house.ticket("/other-form")
        case _:
            forged = change
    answer = house.send(ticket=forged)

    assert answer.status_code == 422
    assert "FirstName" in answer.text
    assert (house.leads(), house.refused()) == ([], ["form_expired"])


def test_without_a_trap_everything_is_taken(a_house: House) -> None:
    house = a_house(spam_trap=False)
    house.client.post(HERE, data={"FirstName": "Ada", "website-url": "x"})

    (lead,) = house.leads()
    assert lead["FirstName"] == "Ada"


def test_two_processes_read_each_others_tickets(a_house: House) -> None:
    house = a_house()
    ticket = house.ticket()
    from leadexec_lead_forms.plugin import LeadFormsPlugin
    from leadexec_lead_forms.settings import LeadFormsSettings
    from litestar import Router
    from litestar.testing import create_test_client

    second = LeadFormsPlugin(LeadFormsSettings(), house.services)
    router = Router("/plugins/lead-forms", route_handlers=list(second.register_routes()))
    house.clock.advance(5)
    with create_test_client([router]) as client:
        answer = client.post(HERE, data={"form-ticket": ticket, "FirstName": "Ada"})

    assert answer.status_code == 200
    assert len(house.leads()) == 1


def test_a_key_of_the_settings_signs_instead_of_the_databases(a_house: House) -> None:
    from leadexec import Secret

    other = a_house(settings={"signing_key": Secret("an entirely different key")})
    house = a_house()

    assert other.send(ticket=house.ticket()).status_code == 422
    assert other.send().status_code == 200
