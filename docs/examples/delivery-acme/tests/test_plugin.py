from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import pytest
from leadexec import Accepted, DeliverySetup, Failed, Outcome, Rejected, Secret
from leadexec.testing import (
    DeliveryMethodContract,
    FakeAttempt,
    FakeHttp,
    a_lead_type_info,
    an_outgoing,
    fake_services,
)
from leadexec.testing.http_receiver import http_answer

from leadexec_delivery_acme.plugin import Acme, AcmeSettings, read_answer

URL = "https://buyer.example/leads"


class TestAcme(DeliveryMethodContract):
    component = Acme
    examples = ({"url": URL}, {"url": URL, "token": "s3cret"})
    bad_settings = ({}, {"url": "ftp://buyer.example"})
    accepting = http_answer('{"accepted": true}')
    rejecting = http_answer('{"accepted": false, "reason": "full"}')

    def settings_for(self, url: str) -> Mapping[str, Any]:
        return {"url": url, "token": "s3cret"}


def made_for(http: FakeHttp) -> Acme:
    setup = DeliverySetup(
        method_id=1,
        lead_type=a_lead_type_info(),
        production=True,
        services=fake_services(http=http),
    )
    return Acme(AcmeSettings(url=URL, token=Secret("s3cret")), setup)


@pytest.mark.anyio
async def test_a_lead_is_posted_as_json_with_its_idempotency_key_and_token() -> None:
    http, attempt = FakeHttp(), FakeAttempt(idempotency_key="key-1")
    http.answer('{"accepted": true, "price": 12.5, "reference": "A-7"}')
    method = made_for(http)

    outcome = await method.deliver(method.prepare(an_outgoing(fields={"State": "CA"})), attempt)

    (request,) = http.requests
    assert outcome == Accepted(price=Decimal("12.5"), reference="A-7")
    assert (request.method, request.url, request.text()) == ("POST", URL, '{"State": "CA"}')
    assert request.headers["idempotency-key"] == "key-1"
    assert request.headers["authorization"] == "Bearer s3cret"


@pytest.mark.anyio
async def test_a_buyer_that_cannot_be_reached_is_tried_again() -> None:
    http, attempt = FakeHttp(), FakeAttempt()
    http.fail("connect_failed", "Nobody answers.")
    method = made_for(http)

    outcome = await method.deliver(method.prepare(an_outgoing()), attempt)

    assert outcome == Failed(code="connect_failed", reason="Nobody answers.", retry=True)
    assert len(attempt.exchanges) == 1


def test_the_preview_shows_no_secret() -> None:
    assert "s3cret" not in made_for(FakeHttp()).prepare(an_outgoing()).request


@pytest.mark.parametrize(
    ("status", "body", "outcome"),
    [
        (200, b'{"accepted": true}', Accepted()),
        (200, b'{"accepted": false, "reason": "full"}', Rejected(code="declined", reason="full")),
        (200, b"{}", Rejected(code="declined", reason="The buyer answered 200.")),
        (404, b'{"accepted": true}', Rejected(code="declined", reason="The buyer answered 404.")),
        (503, b"", Failed(code="buyer_unavailable", reason="The buyer answered 503.")),
    ],
)
def test_only_a_clear_accept_is_a_sale(status: int, body: bytes, outcome: Outcome) -> None:
    assert read_answer(status, body) == outcome


@pytest.mark.parametrize("body", [b"", b"OK", b'{"accepted": "true"}', b'{"accepted": 1}', b"[]"])
def test_an_answer_that_cannot_be_read_is_no_sale(body: bytes) -> None:
    outcome = read_answer(200, body)

    assert isinstance(outcome, Rejected)
    assert outcome.code == "unreadable_answer"
