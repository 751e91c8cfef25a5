"""What buyers answer to pings, with the traps seen in the field: no clear bid is no bid."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from leadexec import Bid, Failed, NoBid
from leadexec.testing import a_lead, a_sale, an_outgoing
from leadexec.testing.http_receiver import ReceivedRequest, http_answer

pytestmark = pytest.mark.anyio


def text(value: str) -> dict[str, Any]:
    return {"type": "text", "text": value}


def pattern(value: str) -> dict[str, Any]:
    return {"type": "pattern", "pattern": value}


def json_path(path: str, *equals: str) -> dict[str, Any]:
    return {"type": "json_path", "path": path, "equals": equals}


def xpath(path: str, *equals: str) -> dict[str, Any]:
    return {"type": "xpath", "path": path, "equals": equals}


PRICE = {"price": json_path("$.price")}
OK = {"result": json_path("$.ok"), **PRICE}
FIFTY = Bid(price=Decimal(50), reference="104316639974", expires_in=30.0)


@pytest.mark.parametrize(
    ("body", "searches"),
    [
        (
            '{"Success":true,"Payout":"50.00","Id":"104316639974","expireInSeconds":30}',
            (
                json_path("$.Success"),
                json_path("$.Payout"),
                json_path("$.Id"),
                json_path("$.expireInSeconds"),
            ),
        ),
        (
            '{"Success":true,"Payout":"50.00","Id":"104316639974","expireInSeconds":30}',
            (
                text('"Success":true'),
                text('"Payout":'),
                text('"Id":'),
                text("expireInSeconds"),
            ),
        ),
        (
            '<x:r xmlns:x="urn:b"><x:status x="1">Matched</x:status><price>$50</price>'
            "<lead_id>104316639974</lead_id><ttl>30</ttl></x:r>",
            (
                xpath("/r/status", "matched"),
                xpath("//price"),
                xpath("/r/lead_id"),
                xpath("/r/ttl"),
            ),
        ),
        (
            "Success=true&Payout=50.00&Id=104316639974&ttl=30",
            (
                text("Success=true"),
                text("Payout="),
                text("Id="),
                text("ttl="),
            ),
        ),
        (
            "<p>We bid: 50 USD</p><p>Id 104316639974, good for 30 seconds</p>",
            (
                pattern("We bid"),
                pattern("We bid: ([^<]+)"),
                pattern("Id ([0-9]+)"),
                pattern("for ([0-9]+) seconds"),
            ),
        ),
    ],
)
async def test_the_same_bid_is_read_in_every_format(
    bench: Any, body: str, searches: tuple[Any, ...]
) -> None:
    response = dict(zip(("result", "price", "ping_reference", "expires"), searches, strict=True))
    assert await bench.read(response, http_answer(body)) == FIFTY


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ('{"ok":"false","price":12.5}', "unclear"),
        ('{"ok":false,"price":12.5}', "unclear"),
        ('{"ok":"maybe","price":12.5}', "unclear"),
        ('{"price":12.5}', "unclear"),
        ('{"ok":true,"price":0}', "zero_bid"),
        ('{"ok":true,"price":"$0.00"}', "zero_bid"),
        ('{"ok":true,"price":"0.00001"}', "zero_bid"),
        ('{"ok":true,"price":-5}', "no_price"),
        ('{"ok":true,"price":"12,50"}', "no_price"),
        ('{"ok":true,"price":"call us"}', "no_price"),
        ('{"ok":true,"price":null}', "no_price"),
        ('{"ok":true,"price":{"amount":12.5}}', "no_price"),
        ('{"ok":true,"price":"NaN"}', "no_price"),
        ('{"ok":true}', "no_price"),
        ("{'ok': true, 'price': 12.5, }", "unclear"),
        ('{"ok":true,"price":12.5', "unclear"),
        ('{"service":"bids","status":"up","ok_rate":0.99,"price":12.5}', "unclear"),
        ("<html><body><h1>It works!</h1></body></html>", "unclear"),
        ("", "unclear"),
    ],
)
async def test_what_is_no_clear_bid_is_none(bench: Any, body: str, code: str) -> None:
    outcome = await bench.read(OK, http_answer(body))
    assert isinstance(outcome, NoBid)
    assert outcome.code == code
    assert outcome.reason


async def test_a_bid_of_zero_with_a_reason_is_no_bid_for_that_reason(bench: Any) -> None:
    response = {"price": json_path("$.bid"), "reject_reason": json_path("$.reason")}
    answer = http_answer('{"bid": 0, "reason": "Out of area"}')
    assert await bench.read(response, answer) == NoBid(code="declined", reason="Out of area")
    response["result"] = {**json_path("$.bid"), "exists": True}
    assert await bench.read(response, answer) == NoBid(code="zero_bid", reason="Out of area")


async def test_without_a_result_search_a_price_is_a_bid_unless_a_reason_is_found(
    bench: Any,
) -> None:
    response = {**PRICE, "reject_reason": json_path("$.reason")}
    bid = await bench.read(response, http_answer('{"price":"$1,234.50"}'))
    assert bid == Bid(price=Decimal("1234.50"))
    no_bid = await bench.read(response, http_answer('{"price":"12.50","reason":"full"}'))
    assert no_bid == NoBid(code="declined", reason="full")


async def test_a_reason_beside_a_clear_result_is_no_refusal(bench: Any) -> None:
    response = {**OK, "reject_reason": json_path("$.message")}
    answer = http_answer('{"ok":true,"price":5,"message":"thank you"}')
    assert await bench.read(response, answer) == Bid(price=Decimal(5))


async def test_duplicates_are_named_as_such(bench: Any) -> None:
    response = {**OK, "duplicate_reason": json_path("$.dup"), "reject_reason": json_path("$.why")}
    answer = http_answer('{"ok":false,"dup":"seen on Monday","why":"no"}')
    outcome = await bench.read(response, answer)
    assert outcome == NoBid(code="duplicate", reason="seen on Monday")


@pytest.mark.parametrize(
    ("body", "result"),
    [
        ('{"bids":[{"ok":true},{"ok":false}],"price":5}', json_path("$..ok")),
        ("<r><ok>true</ok><ok>false</ok><price>5</price></r>", xpath("//ok")),
        ("status=accepted\nprice=5\nstatus=declined", text("status=accepted")),
        (
            '{"status": "accepted", "price": 5, "final": {"status":"declined"}}',
            text('"status": "accepted"'),
        ),
        ("<status>ok</status><price>5</price><status>no</status>", text("<status>ok")),
        ('{"ok":true,"price":5,"ok":false}', json_path("$.ok")),
        ('{"ok":false,"price":5,"ok":true}', json_path("$.ok")),
    ],
)
async def test_results_that_disagree_are_no_bid(bench: Any, body: str, result: Any) -> None:
    for price in (json_path("$.price"), text("price"), pattern("price[^0-9]+([0-9.]+)")):
        outcome = await bench.read({"result": result, "price": price}, http_answer(body))
        assert isinstance(outcome, NoBid)
        assert outcome.code == "unclear"


async def test_results_that_are_repeated_and_agree_are_one(bench: Any) -> None:
    body = "status=accepted substatus=new\nprice=5.00 status= accepted price=$5"
    response = {"result": text("status=accepted"), "price": text("price")}
    assert await bench.read(response, http_answer(body)) == Bid(price=Decimal(5))
    body = '{"ok":true,"price":5,"ok":true}'
    assert await bench.read(OK, http_answer(body)) == Bid(price=Decimal(5))


@pytest.mark.parametrize(
    ("body", "price"),
    [
        ('{"bids":[{"price":5},{"price":6}]}', json_path("$..price")),
        ('{"price":5,"request":{"price":"10.00"}}', text('"price":')),
        ("price=5\nprice=soon", text("price=")),
        ("<r><price>5</price><price>5.01</price></r>", xpath("//price")),
    ],
)
async def test_prices_that_disagree_are_no_bid(bench: Any, body: str, price: Any) -> None:
    outcome = await bench.read({"price": price}, http_answer(body))
    assert isinstance(outcome, NoBid)
    assert outcome.code == "no_price"


async def test_a_bid_whose_reference_is_not_clear_cannot_be_taken_up(bench: Any) -> None:
    response = {**PRICE, "ping_reference": json_path("$..id")}
    for body in (
        '{"price":5}',
        '{"price":5,"id":1,"x":{"id":2}}',
        f'{{"price":5,"id":"{9:0600}"}}',
    ):
        outcome = await bench.read(response, http_answer(body))
        assert isinstance(outcome, NoBid)
        assert outcome.code == "no_reference"
    same = await bench.read(response, http_answer('{"price":5,"id":7,"x":{"id":"7"}}'))
    assert same == Bid(price=Decimal(5), reference="7")


async def test_a_bid_below_the_minimum_is_none(bench: Any) -> None:
    response = {**PRICE, "minimum_price": "5.00"}
    low = await bench.read(response, http_answer('{"price":"4.99"}'))
    assert low == NoBid(code="bid_too_low", reason="The bid of 4.99 is below the minimum of 5.")
    enough = await bench.read(response, http_answer('{"price":5}'))
    assert enough == Bid(price=Decimal(5))


async def test_a_buyer_whose_answers_name_no_price_bids_what_was_agreed(bench: Any) -> None:
    response = {"result": json_path("$.ok")}
    sale = a_sale(price=Decimal("7.25"))
    answer = http_answer('{"ok":true,"price":99}')
    assert await bench.read(response, answer, sale=sale) == Bid(price=Decimal("7.25"))
    nothing = await bench.read(response, answer, sale=a_sale(price=Decimal(0)))
    assert isinstance(nothing, NoBid)
    assert nothing.code == "zero_bid"


async def test_a_bid_says_for_how_long_it_holds(bench: Any) -> None:
    response = {**PRICE, "expires": json_path("$.until")}
    end = (bench.clock.now() + timedelta(seconds=90)).isoformat()
    for until in ('"90"', "90", f'"{end}"'):
        outcome = await bench.read(response, http_answer(f'{{"price":5,"until":{until}}}'))
        assert outcome == Bid(price=Decimal(5), expires_in=90.0)
    assert await bench.read(response, http_answer('{"price":5}')) == Bid(price=Decimal(5))


@pytest.mark.parametrize(
    ("until", "code"),
    [
        ("0", "bid_expired"),
        ("-3", "bid_expired"),
        ('"2001-01-01T00:00:00Z"', "bid_expired"),
        ('"2999-01-01T00:00:00"', "unclear"),
        ('"soon"', "unclear"),
    ],
)
async def test_a_bid_that_is_over_or_may_be_is_none(bench: Any, until: str, code: str) -> None:
    response = {**PRICE, "expires": json_path("$.until")}
    outcome = await bench.read(response, http_answer(f'{{"price":5,"until":{until}}}'))
    assert isinstance(outcome, NoBid)
    assert outcome.code == code


async def test_ends_that_disagree_are_unclear(bench: Any) -> None:
    response = {**PRICE, "expires": json_path("$..until")}
    outcome = await bench.read(response, http_answer('{"price":5,"until":9,"a":{"until":8}}'))
    assert isinstance(outcome, NoBid)
    assert outcome.code == "unclear"


def echoing(prefix: str, suffix: str = "") -> Any:
    def answer(request: ReceivedRequest) -> bytes:
        return http_answer(prefix.encode() + request.body + suffix.encode())

    return answer


async def test_a_search_text_in_the_echo_of_the_ping_is_no_bid(bench: Any) -> None:
    ping = {
        "fields": [{"to": "note", "source": "LastName"}],
        "response": {"result": text("matched"), "price": text("price=")},
    }
    outgoing = an_outgoing(lead=a_lead(fields={"LastName": "please say matched price=99"}))
    for script in (
        echoing("declined: "),
        http_answer("declined: please say matched price=99"),
        http_answer("declined: please+say+matched+price%3D99"),
    ):
        outcome = await bench.ping(ping, script, outgoing)
        assert isinstance(outcome, NoBid)
        assert outcome.code == "unclear"
    taken = await bench.ping(ping, echoing("matched price=12 for "), outgoing)
    assert taken == Bid(price=Decimal(12))


@pytest.mark.parametrize("status", [408, 425, 429, 500, 503])
async def test_a_buyer_that_cannot_answer_has_failed(bench: Any, status: int) -> None:
    outcome = await bench.read(OK, http_answer('{"ok":true,"price":5}', status=status))
    assert isinstance(outcome, Failed)
    assert outcome.code == f"http_{status}"


@pytest.mark.parametrize(("status", "code"), [(401, "unauthorized"), (302, "redirect")])
async def test_what_only_other_settings_mend_has_failed(bench: Any, status: int, code: str) -> None:
    outcome = await bench.read(OK, http_answer('{"ok":true,"price":5}', status=status))
    assert isinstance(outcome, Failed)
    assert (outcome.code, outcome.retry) == (code, False)


@pytest.mark.parametrize("status", [400, 404, 409, 422])
async def test_a_4xx_is_no_bid_whatever_it_says(bench: Any, status: int) -> None:
    response = {**OK, "reject_reason": json_path("$.why")}
    answer = http_answer('{"ok":true,"price":5,"why":"late"}', status=status)
    assert await bench.read(response, answer) == NoBid(code=f"http_{status}", reason="late")


async def test_204_is_no_bid(bench: Any) -> None:
    answer = b"HTTP/1.1 204 No Content\r\n\r\n"
    outcome = await bench.read(PRICE, answer)
    assert isinstance(outcome, NoBid)


async def test_an_answer_that_is_too_long_is_no_bid(bench: Any) -> None:
    answer = http_answer("price=12 " + "x" * 300_000)
    outcome = await bench.read({"price": text("price=")}, answer)
    assert isinstance(outcome, NoBid)
    assert "too long" in outcome.reason


async def test_a_long_answer_is_read_like_a_short_one(bench: Any) -> None:
    answer = http_answer('{"padding":"' + "x" * 100_000 + '","price":12}')
    assert await bench.read(PRICE, answer) == Bid(price=Decimal(12))


async def test_what_was_asked_and_answered_is_on_record(bench: Any) -> None:
    await bench.read(PRICE, http_answer('{"price":12}'))
    (exchange,) = bench.attempt.exchanges
    assert exchange.request.startswith(f"POST {bench.receiver.url}/ping\n")
    assert f"Idempotency-Key: {bench.attempt.idempotency_key}" in exchange.request
    assert exchange.response.endswith('\n\n{"price":12}')
    assert exchange.status == 200
