"""The post after a won bid is a webhook that hands the bid's reference back."""

from decimal import Decimal
from typing import Any

import msgspec
import pytest
from leadexec_delivery_pingpost.plugin import DeliveryPingpostPlugin

from leadexec import Accepted, NoSettings, Rejected
from leadexec.testing import a_sale, an_outgoing, fake_services
from leadexec.testing.http_receiver import http_answer

anyio = pytest.mark.anyio
SALE = a_sale(price=Decimal("31.25"), reference="bid-7")
RESPONSE = {
    "result": {"type": "json_path", "path": "$.ok"},
    "price": {"type": "json_path", "path": "$.price"},
    "ping_reference": {"type": "json_path", "path": "$.id"},
    "redirect_url": {"type": "json_path", "path": "$.go"},
}


def won(**fields: str) -> Any:
    """Return a lead on its way to the buyer that bid for it, as the kernel hands it over."""
    plain = an_outgoing(sale=SALE)
    return an_outgoing(
        sale=SALE,
        fields={**plain.fields, **fields},
        tags={**plain.tags, "ping_reference": SALE.reference},
    )


@anyio
async def test_a_template_hands_the_reference_back(bench: Any) -> None:
    settings = {
        "url": "$URL/post/{{ping_reference}}",
        "body": '{"bid": "{{ping_reference}}", "price": {{price}}, "name": "{{FirstName}}"}',
        "response": RESPONSE,
    }
    answer = http_answer('{"ok":true,"price":"31.25","id":"L-9","go":"https://b.example/t"}')
    outcome = await bench.post(settings, answer, won())
    assert outcome == Accepted(
        price=Decimal("31.25"), reference="L-9", redirect_url="https://b.example/t"
    )
    (request,) = bench.receiver.requests
    assert request.target == "/post/bid-7"
    assert msgspec.json.decode(request.body) == {"bid": "bid-7", "price": 31.25, "name": "Ada"}


@anyio
async def test_a_mapping_hands_the_reference_back(bench: Any) -> None:
    outcome = await bench.post(
        {"response": RESPONSE}, http_answer('{"ok":true}'), won(BidId="bid-7")
    )
    assert isinstance(outcome, Accepted)
    (request,) = bench.receiver.requests
    assert msgspec.json.decode(request.body)["BidId"] == "bid-7"


@anyio
async def test_a_buyer_that_bid_may_still_decline(bench: Any) -> None:
    outcome = await bench.post({"response": RESPONSE}, http_answer('{"ok":false}'), won())
    assert isinstance(outcome, Rejected)


def test_times_and_the_switch_come_from_the_settings(bench: Any) -> None:
    method = bench.method({"timeout": 1.5}, timeout=20.0, pings=False)
    assert (method.pings, method.ping_timeout, method.timeout) == (False, 1.5, 20.0)
    usual = bench.method()
    assert (usual.pings, usual.ping_timeout, usual.timeout) == (True, 5.0, 30.0)


def test_the_plugin_contributes_it() -> None:
    (contributed,) = DeliveryPingpostPlugin(
        NoSettings(), fake_services()
    ).register_delivery_methods()
    assert contributed.key == "ping-post"
