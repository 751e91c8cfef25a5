"""``AutoRedirect``: the answer is the buyer's page, where there is one."""

from decimal import Decimal
from typing import Any

import msgspec
import pytest
from leadexec_receiver_leadexec.settings import ReceiverSettings

from leadexec import LeadAnswer, UnavailableError

IDS = "VID=7&LID=3&AID=12"
PATH = f"/processor/insert/AutoRedirect?{IDS}"
FALLBACK = "https://www.example.com/thanks"


def with_url(url: str | None) -> LeadAnswer:
    return LeadAnswer(
        lead="0193f2a0-0000-7000-8000-000000000001",
        status="accepted",
        code="accepted",
        reasons=[],
        price=Decimal("5.00"),
        redirect_url=url,
    )


@pytest.mark.parametrize("path", [PATH, f"/processor/insert/autoredirect?{IDS}"])
def test_a_visitor_goes_to_the_buyers_page(house: Any, path: str) -> None:
    house.answers(lambda _: with_url("https://buyer.example/thanks?a=1&b=%20"))
    response = house.client.get(path)

    assert response.status_code == 302
    assert response.headers["location"] == "https://buyer.example/thanks?a=1&b=%20"
    assert response.content.startswith(b'<?xml version="1.0" encoding="utf-8"?><PostResponse>')


def test_what_a_header_cannot_carry_is_escaped(house: Any) -> None:
    house.answers(lambda _: with_url('https://buyer.example/é"<\x01>'))
    response = house.client.post(PATH)

    assert response.headers["location"] == "https://buyer.example/%C3%A9%22%3C%01%3E"


@pytest.mark.parametrize(
    "url", [None, "", "javascript:alert(1)", "/thanks", "https://b.example/\r\nSet-Cookie: a=b"]
)
def test_without_a_buyers_page_the_answer_is_the_post_response(house: Any, url: Any) -> None:
    house.answers(lambda _: with_url(url))
    response = house.client.get(PATH)

    assert response.status_code == 200
    assert "location" not in response.headers
    assert b"<isValidPost>true</isValidPost>" in response.content
    assert b"<RedirectURL></RedirectURL>" in response.content


def test_without_a_buyers_page_the_fallback_is_taken(open_house: Any) -> None:
    house = open_house(redirect_fallback=FALLBACK)

    assert house.client.get(PATH).headers["location"] == FALLBACK
    assert house.client.get("/processor/insert/AutoRedirect").headers["location"] == FALLBACK


def test_a_post_that_could_not_be_stored_leads_nowhere(open_house: Any) -> None:
    house = open_house(redirect_fallback=FALLBACK)

    async def away(*_: Any) -> Any:
        raise UnavailableError("database_away", "The database does not answer.")

    house.intake.receive = away

    assert house.client.get(PATH).status_code == 503


@pytest.mark.parametrize("url", ["/thanks", "ftp://x", "https://a b", "https://", "https://x\r\n"])
def test_a_fallback_must_be_a_url(url: str) -> None:
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert({"redirect_fallback": url}, ReceiverSettings)
