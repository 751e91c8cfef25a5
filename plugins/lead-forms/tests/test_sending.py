"""What is sent: a lead, a message beside the field, or an honest page. Nothing typed is lost."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from leadexec_lead_forms.entities import FormField
from lxml import html

from leadexec import LeadAnswer, PostedLead, Reason, RefusedPostError, SystemField
from leadexec.testing import FakeIntake

House = Callable[..., Any]
HERE = "/plugins/lead-forms/get-a-quote"


def read(answer: Any) -> Any:
    return html.document_fromstring(answer.text)


def summary(answer: Any) -> str:
    (found,) = read(answer).xpath("//*[@role='alert']")
    return str(found.text_content())


def an_intake(status: str, *reasons: Reason, redirect: str | None = None) -> FakeIntake:
    def answer(_: PostedLead) -> LeadAnswer:
        code = reasons[0].code if reasons else status
        return LeadAnswer(
            lead="0193f2a0-0000-7000-8000-000000000001",
            status=status,
            code=code,
            reasons=reasons,
            price=Decimal(0),
            redirect_url=redirect,
        )

    return FakeIntake(answer)


def test_a_filled_in_form_is_a_lead_of_its_campaign(a_house: House) -> None:
    house = a_house()
    answer = house.send(Email="ada@example.com", State="CA")

    assert answer.status_code == 200
    assert "Thank you" in answer.text
    ((post, (lead,)),) = house.intake.received
    assert (lead.campaign_id, lead.is_test) == (1, False)
    wanted = {"FirstName": "Ada", "Email": "ada@example.com", "State": "CA", "Ip": "testclient"}
    assert lead.fields == wanted
    assert (post.vouched, post.method, post.path) == (f"form:{house.form.id}", "POST", HERE)
    assert (post.token, post.password) == ("", "")


def test_the_post_is_handed_over_word_for_word(a_house: House) -> None:
    house = a_house(spam_trap=False)
    body = b"FirstName=A%C3%A4+b&&x=%ff&FirstName=again"
    headers = {"content-type": "application/x-www-form-urlencoded; charset=UTF-8"}
    house.client.post(HERE, content=body, headers=headers)

    ((post, (lead,)),) = house.intake.received
    assert (post.body, post.content_type) == (body, headers["content-type"])
    assert lead.fields["FirstName"] == "Aä b"
    assert lead.ignored == ("x",)


def test_a_held_lead_is_a_success_for_the_visitor(a_house: House) -> None:
    house = a_house(intake=an_intake("held", Reason(code="quality_control", message="Wait.")))

    answer = house.send()
    assert answer.status_code == 200
    assert "Wait." not in answer.text


def test_a_buyers_redirect_goes_before_the_forms_own(a_house: House) -> None:
    own = {"redirect_url": "https://example.com/thanks"}
    house = a_house(intake=an_intake("accepted", redirect="https://buyer.test/a?b=1&c=ü"), **own)
    other = a_house(**own)

    answer, without = house.send(), other.send()
    assert (answer.status_code, without.status_code) == (303, 303)
    assert answer.headers["location"] == "https://buyer.test/a?b=1&c=%C3%BC"
    assert without.headers["location"] == "https://example.com/thanks"


@pytest.mark.parametrize(
    "address", ["javascript:alert(1)", "//buyer.test", "data:text/html,x", "https://", "x\r\ny: z"]
)
def test_no_buyer_can_send_a_visitor_to_anything_but_the_web(a_house: House, address: str) -> None:
    answer = a_house(intake=an_intake("accepted", redirect=address)).send()

    assert answer.status_code == 200
    assert "location" not in answer.headers
    assert read(answer).xpath("//a | //*[@data-redirect]") == []


def test_inside_a_customers_page_the_script_is_told_where_to_go(a_house: House) -> None:
    house = a_house(redirect_url="https://example.com/thanks")
    answer = house.send("/get-a-quote?embed=1")
    page = read(answer)

    assert answer.status_code == 200
    assert page.xpath("//@data-redirect") == ["https://example.com/thanks"]
    assert page.xpath("//a[@target='_top']/@href") == ["https://example.com/thanks"]
    assert house.page("/get-a-quote?embed=1").xpath("//form/@action") == ["get-a-quote?embed=1"]


def test_the_same_page_sent_twice_is_one_lead_and_a_changed_one_is_another(
    a_house: House,
) -> None:
    house = a_house()
    ticket = house.ticket()
    for name in ("Ada", "Ada", "Eve"):
        house.send(ticket=ticket, FirstName=name)
    house.send(FirstName="Ada")

    first, again, changed, fresh = [p.idempotency_key for p, _ in house.intake.received]
    assert first == again
    assert len({first, changed, fresh}) == 3
    assert all(0 < len(key) <= 100 for key in (first, changed, fresh))


def test_what_is_missing_is_said_beside_the_field_and_what_was_typed_is_kept(
    a_house: House,
) -> None:
    house = a_house()
    answer = house.send(FirstName="  ", Email="ada@example.com", State="NY", Phone="4805550123")
    page = read(answer)

    assert answer.status_code == 422
    (box,) = page.xpath("//input[@name='FirstName']")
    assert box.get("aria-invalid") == "true"
    message = page.get_element_by_id(box.get("aria-describedby").strip())
    assert "First name: fill this in." in message.text_content()
    assert page.xpath("//*[@role='alert']//a/@href") == [f"#{box.get('id')}"]
    assert page.xpath("//title/text()")[0].startswith("Error: ")
    assert page.xpath("//input[@name='Email']/@value") == ["ada@example.com"]
    assert page.xpath("//select[@name='State']/option[@selected]/@value") == ["NY"]
    assert (house.leads(), house.refused()) == ([], ["form_incomplete"])


def test_a_value_that_the_type_does_not_take_is_said_with_an_example(a_house: House) -> None:
    house = a_house()
    answer = house.send(Email='"><script>', Phone="none")
    page = read(answer)

    assert "such as ann@example.com" in summary(answer)
    assert "such as (480) 555-0123" in summary(answer)
    assert page.xpath("//input[@name='Email']/@value") == ['"><script>']
    assert house.leads() == []


def test_a_corrected_page_is_taken_at_once(a_house: House) -> None:
    house = a_house()
    page = read(house.send(Email="wrong"))
    (ticket,) = page.xpath("//input[@name='form-ticket']/@value")
    answer = house.send(ticket=ticket, wait=0, Email="ada@example.com")

    assert answer.status_code == 200
    assert len(house.leads()) == 1


CONSENT = {"type": "yes_no", "system": SystemField.CONSENT, "description": "I agree to be called."}


def test_a_box_that_is_not_ticked_says_no_whatever_the_fields_default_is(
    a_house: House, field: Any
) -> None:
    house = a_house(campaign={"fields": (field("Ok", default="Yes", **CONSENT),)})
    house.send()
    house.send(Ok="Yes")
    house.send(Ok="on")

    assert [lead["Ok"] for lead in house.leads()] == ["No", "Yes", "No"]


def test_a_box_that_must_be_ticked_is_asked_for(a_house: House, field: Any) -> None:
    house = a_house(campaign={"fields": (field("Ok", required=True, **CONSENT),)})

    assert "tick this box" in summary(house.send())
    assert house.leads() == []


def test_nobody_adds_fields_that_the_form_does_not_have(a_house: House) -> None:
    chosen = (FormField(field="FirstName"), FormField(field="State", hidden_value="CA"))
    house = a_house(fields=chosen)
    house.send(Email="ada@example.com", State="NY", Total="5", Nonsense="x")

    ((_, (lead,)),) = house.intake.received
    assert lead.fields == {"FirstName": "Ada", "State": "CA", "Ip": "testclient"}
    assert lead.ignored == ("Email", "Nonsense", "State", "Total")


def test_where_a_visitor_came_from_goes_with_the_lead(a_house: House) -> None:
    house = a_house(fields=(FormField(field="FirstName"),))
    page = house.page(
        "/get-a-quote?utm_source=news&utm_term=cheap+loan",
        headers={"referer": "https://search.test/?q=loans"},
    )
    carried = {i.get("name"): i.get("value") for i in page.xpath("//input[@type='hidden']")}
    house.send(**carried)

    (lead,) = house.leads()
    assert lead["Landing"].endswith("/get-a-quote?utm_source=news&utm_term=cheap+loan")
    assert lead["Came"] == "https://search.test/?q=loans"
    assert (lead["Term"], lead["UtmSource"]) == ("cheap loan", "news")


def test_inside_a_customers_page_it_is_that_page_that_counts(a_house: House) -> None:
    house = a_house()
    page = house.page(
        "/get-a-quote?embed=1&page=https%3A%2F%2Fexample.com%2Foffer&"
        "referrer=https%3A%2F%2Fsearch.test%2F%3Fq%3Dloans"
    )
    carried = {i.get("name"): i.get("value") for i in page.xpath("//input[@type='hidden']")}
    house.send("/get-a-quote?embed=1", **carried)

    (lead,) = house.leads()
    assert (lead["Landing"], lead["Came"]) == (
        "https://example.com/offer",
        "https://search.test/?q=loans",
    )
    assert lead["Term"] == "loans"


@pytest.mark.parametrize("address", ["javascript:alert(1)", "https://x.test/" + "a" * 400, "["])
def test_an_address_that_cannot_be_used_costs_nobody_the_lead(a_house: House, address: str) -> None:
    house = a_house()
    answer = house.send(**{"form-page": address, "form-referrer": address})

    assert answer.status_code == 200
    assert house.leads() == [{"FirstName": "Ada", "Ip": "testclient"}]


def test_the_reason_of_a_rejection_stands_beside_the_field_it_is_about(a_house: House) -> None:
    reason = Reason(code="profanity", message="First name is not nice.", field="FirstName")
    answer = a_house(intake=an_intake("rejected", reason)).send()

    assert answer.status_code == 422
    assert "First name is not nice." in summary(answer)
    assert read(answer).xpath("//input[@name='FirstName']/@value") == ["Ada"]


def test_a_visitor_is_not_told_what_we_know_about_other_leads(a_house: House) -> None:
    reason = Reason(code="duplicate_lead", message="Duplicate lead: Email as in lead 0193.")
    answer = a_house(intake=an_intake("rejected", reason)).send()

    assert answer.status_code == 422
    assert "0193" not in answer.text
    assert "We cannot take this request" in summary(answer)


def test_a_refused_post_gives_a_page_with_what_was_typed(a_house: House) -> None:
    house = a_house()
    house.intake.refuse_with = RefusedPostError(403, "ip_denied", "Your address may not post.")
    answer = house.send(Email="ada@example.com")

    assert answer.status_code == 403
    assert "could not be sent" in summary(answer)
    assert "may not post" not in answer.text
    assert read(answer).xpath("//input[@name='Email']/@value") == ["ada@example.com"]


@pytest.mark.parametrize(
    ("code", "words"),
    [("database_unavailable", "try again"), ("outcome_unknown", "will be taken only once")],
)
def test_when_nothing_can_be_stored_the_page_says_so_and_keeps_its_ticket(
    a_house: House, broken_intake: Any, code: str, words: str
) -> None:
    house = a_house(intake=broken_intake(code))
    ticket = house.ticket()
    answer = house.send(ticket=ticket, Email="ada@example.com")
    page = read(answer)

    assert answer.status_code == 503
    assert words in summary(answer)
    assert page.xpath("//input[@name='Email']/@value") == ["ada@example.com"]
    assert page.xpath("//input[@name='form-ticket']/@value") == [ticket]


@pytest.mark.parametrize("values", [{"FirstName": ""}, {"website-url": "x"}])
def test_what_cannot_be_kept_is_never_answered_as_if_it_were(
    a_house: House, broken_intake: Any, values: dict[str, str]
) -> None:
    assert a_house(intake=broken_intake()).send(**values).status_code == 503


def test_when_forms_cannot_be_read_the_page_says_to_go_back(a_house: House) -> None:
    from leadexec import UnavailableError

    house = a_house()

    async def away(_: Any) -> Any:
        raise UnavailableError("database_unavailable", "Away.")

    house.storage.read = away
    for answer in (house.client.get(HERE), house.client.post(HERE, data={"FirstName": "Ada"})):
        assert answer.status_code == 503
        assert "go back" in answer.text


def test_a_post_to_no_form_is_kept(a_house: House) -> None:
    house = a_house(enabled=False)

    assert house.client.post(HERE, data={"FirstName": "Ada"}).status_code == 404
    assert house.client.post(f"{HERE}-2", data={"FirstName": "Ada"}).status_code == 404
    assert house.refused() == ["unknown_form", "unknown_form"]


def test_a_post_to_a_closed_form_is_kept(a_house: House) -> None:
    house = a_house(campaign={"active": False})

    assert house.client.post(HERE, data={"FirstName": "Ada"}).status_code == 503
    assert house.refused() == ["form_closed"]


@pytest.mark.parametrize(
    ("content", "kind", "status", "code"),
    [
        (b'{"FirstName": "Ada"}', "application/json", 415, "wrong_content_type"),
        (b"x", "", 415, "wrong_content_type"),
        (b"&a=1" * 1001, "application/x-www-form-urlencoded", 400, "malformed_form"),
    ],
)
def test_what_is_no_form_is_kept_and_refused(
    a_house: House, content: bytes, kind: str, status: int, code: str
) -> None:
    house = a_house()
    answer = house.client.post(HERE, content=content, headers={"content-type": kind})

    assert answer.status_code == status
    assert "cannot be read as a form" in answer.text
    assert house.refused() == [code]


def test_a_body_larger_than_anybody_types_is_refused(a_house: House) -> None:
    house = a_house()
    answer = house.client.post(HERE, data={"FirstName": "x" * 300_000})

    assert answer.status_code == 413
    assert house.leads() == []


@given(
    body=st.binary(max_size=300) | st.text(max_size=100).map(lambda t: f"FirstName={t}".encode())
)
@settings(
    max_examples=80,
    deadline=None,
    database=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
def test_whatever_is_sent_is_a_lead_or_is_kept_with_a_page(a_house: House, body: bytes) -> None:
    house = _house_of(a_house)
    before = len(house.intake.received) + len(house.intake.refused)
    headers = {"content-type": "application/x-www-form-urlencoded"}
    answer = house.client.post(HERE, content=body, headers=headers)

    assert answer.status_code in (200, 400, 422)
    html.document_fromstring(answer.content)
    assert len(house.intake.received) + len(house.intake.refused) == before + 1
    for lead in house.leads():
        assert not any("\0" in value for value in lead.values())


_HOUSES: dict[int, Any] = {}


def _house_of(a_house: House) -> Any:
    """Return one house for all examples of a test."""
    if id(a_house) not in _HOUSES:
        _HOUSES[id(a_house)] = a_house(spam_trap=False)
    return _HOUSES[id(a_house)]
