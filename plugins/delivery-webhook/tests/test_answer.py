"""What buyers answer, with the traps seen in the field."""

from decimal import Decimal
from typing import Any

import pytest

from leadexec import Accepted, Rejected
from leadexec.testing.http_receiver import ReceivedRequest, http_answer

pytestmark = pytest.mark.anyio


def text(value: str) -> dict[str, Any]:
    return {"type": "text", "text": value}


def json_path(path: str, *equals: str) -> dict[str, Any]:
    return {"type": "json_path", "path": path, "equals": equals}


def xpath(path: str, *equals: str) -> dict[str, Any]:
    return {"type": "xpath", "path": path, "equals": equals}


PAYOUT = '{"Success":true,"Payout":"50.00","TransactionId":"104316639974"}'
AS_XML = (
    "<r><Success>true</Success><Payout>50.00</Payout>"
    "<TransactionId>104316639974</TransactionId></r>"
)
FIFTY = Accepted(price=Decimal(50), reference="104316639974")


@pytest.mark.parametrize(
    ("body", "result", "price", "reference"),
    [
        (PAYOUT, json_path("$.Success"), json_path("$.Payout"), json_path("$.TransactionId")),
        (PAYOUT, text('"Success":true'), text('"Payout":'), text('"TransactionId":')),
        (PAYOUT, text("Success"), text("Payout"), text("TransactionId")),
        (AS_XML, xpath("/r/Success"), xpath("//Payout"), xpath("/*/TransactionId")),
        (AS_XML, text("<Success>true"), text("<Payout>"), text("<TransactionId")),
        (
            "Success=true&Payout=50.00&TransactionId=104316639974",
            text("Success=true"),
            text("Payout="),
            text("TransactionId="),
        ),
        (
            "Success: true\nPayout: $50\nTransactionId: 104316639974\n",
            {"type": "pattern", "pattern": r"(?m)^success:\s*true$", "ignore_case": True},
            {"type": "pattern", "pattern": r"Payout: (\S+)"},
            {"type": "pattern", "pattern": r"TransactionId: ([0-9]+)"},
        ),
        (
            '<html><body class=x><b id="s">Thank you</b> Payout: 50 <i>TransactionId: '
            "104316639974</i><br></body></html>",
            text("Thank you"),
            text("Payout:"),
            text("TransactionId:"),
        ),
    ],
)
async def test_the_same_answer_is_read_in_every_format(
    bench: Any, body: str, result: Any, price: Any, reference: Any
) -> None:
    response = {"result": result, "price": price, "ping_reference": reference}
    assert await bench.outcome(response, http_answer(body)) == FIFTY


async def test_a_plain_ok_accepts_where_ok_is_searched_for(bench: Any) -> None:
    assert isinstance(await bench.outcome({"result": text("OK")}, http_answer("OK")), Accepted)


@pytest.mark.parametrize(
    "value", ['"false"', "false", '"no"', "0", "null", '""', '"error"', "{}", "[]", "[true]"]
)
async def test_a_value_that_does_not_say_yes_does_not_accept(bench: Any, value: str) -> None:
    outcome = await bench.outcome(
        {"result": json_path("$.Accepted")}, http_answer(f'{{"Accepted":{value}}}')
    )
    assert isinstance(outcome, Rejected)
    assert outcome.code == "unclear"
    assert "Accepted" in outcome.reason


@pytest.mark.parametrize("value", ["true", '"true"', '"TRUE "', "1", "1.0", '"success"', '"OK"'])
async def test_a_value_that_says_yes_accepts(bench: Any, value: str) -> None:
    answer = http_answer(f'{{"Accepted":{value}}}')
    assert isinstance(await bench.outcome({"result": json_path("$.Accepted")}, answer), Accepted)


async def test_only_the_values_that_are_named_accept(bench: Any) -> None:
    response = {"result": json_path("$.status", "Sold", "matched")}
    for status, kind in (("SOLD", Accepted), ("matched", Accepted), ("true", Rejected)):
        answer = http_answer(f'{{"status":"{status}"}}')
        assert isinstance(await bench.outcome(response, answer), kind)


async def test_verdicts_that_disagree_are_no_clear_accept(bench: Any) -> None:
    response = {"result": json_path("$..accepted")}
    answer = http_answer('{"buyers": [{"accepted": true}, {"accepted": false}]}')
    assert isinstance(await bench.outcome(response, answer), Rejected)


async def test_presence_is_enough_where_the_settings_say_so(bench: Any) -> None:
    found = {**json_path("$[?@.state == 'sold']"), "exists": True}
    sold, open_ = http_answer('[{"state":"sold"}]'), http_answer('[{"state":"open"}]')
    assert isinstance(await bench.outcome({"result": found}, sold), Accepted)
    assert isinstance(await bench.outcome({"result": found}, open_), Rejected)


async def test_a_false_xpath_finds_nothing_even_where_presence_is_enough(bench: Any) -> None:
    found = {**xpath("/r/a = 'x'"), "exists": True}
    answer = http_answer("<r><a>y</a></r>")
    assert isinstance(await bench.outcome({"result": found}, answer), Rejected)


async def test_a_bid_of_zero_with_a_reason_is_a_reject(bench: Any) -> None:
    response = {
        "accept_any_2xx": True,
        "price": json_path("$.bid"),
        "reject_reason": json_path("$.reason"),
    }
    answer = http_answer('{"bid": 0, "reason": "Out of area"}')
    assert await bench.outcome(response, answer) == Rejected(code="rejected", reason="Out of area")


@pytest.mark.parametrize("zero", ["0", "0.00", '"$0.00"', '"0"'])
async def test_a_price_of_zero_is_not_an_accept_even_with_a_clear_result(
    bench: Any, zero: str
) -> None:
    response = {"result": json_path("$.ok"), "price": json_path("$.price")}
    outcome = await bench.outcome(response, http_answer(f'{{"ok":true,"price":{zero}}}'))
    assert isinstance(outcome, Rejected)
    assert outcome.code == "zero_price"


async def test_text_that_looks_like_json_and_is_not_accepts_nobody(bench: Any) -> None:
    answer = http_answer("{'success': true, }")
    outcome = await bench.outcome({"result": json_path("$.success")}, answer)
    assert isinstance(outcome, Rejected)


async def test_a_health_page_holds_no_verdict(bench: Any) -> None:
    answer = http_answer('{"service":"leads","status":"healthy","success_rate":0.99}')
    for search in (json_path("$.success"), json_path("$.status"), text('"success":true')):
        assert isinstance(await bench.outcome({"result": search}, answer), Rejected)


@pytest.mark.parametrize(
    ("written", "price"),
    [
        ('"$1,234.50"', "1234.50"),
        ("1234.5", "1234.5"),
        ('"USD 12.50"', "12.50"),
        ('"12.50 EUR"', "12.50"),
        ('" 7 "', "7"),
        ("12.34567", "12.3456"),
        ("1e2", "100"),
    ],
)
async def test_prices_are_read_exactly(bench: Any, written: str, price: str) -> None:
    response = {"result": json_path("$.ok"), "price": json_path("$.price")}
    outcome = await bench.outcome(response, http_answer(f'{{"ok":1,"price":{written}}}'))
    assert outcome == Accepted(price=Decimal(price))


@pytest.mark.parametrize(
    ("line", "price"),
    [
        ("price=$1,234.50&id=7", "1234.50"),
        ("price: 12,status: ok", "12"),
        ("price>1,000</price", "1000"),
        ("price= '15.25'", "15.25"),
        ('"price" : "€ 9.99"', "9.99"),
        ("price=12,50", None),
        ("price=1 234.50", None),
        ("price=-5", None),
        ("price=free", None),
        ("price=", None),
    ],
)
async def test_a_price_behind_a_text_is_read_whole_or_not_at_all(
    bench: Any, line: str, price: str | None
) -> None:
    response = {"result": text("accepted"), "price": text("price")}
    outcome = await bench.outcome(response, http_answer(f"accepted {line}"))
    assert isinstance(outcome, Accepted)
    assert outcome.price == (None if price is None else Decimal(price))


@pytest.mark.parametrize("written", ['"12,50"', '"-5"', '"call us"', "null", "{}", '"NaN"'])
async def test_an_unreadable_price_keeps_the_agreed_one_and_says_so(
    bench: Any, written: str
) -> None:
    response = {"result": json_path("$.ok"), "price": json_path("$.price")}
    outcome = await bench.outcome(response, http_answer(f'{{"ok":true,"price":{written}}}'))
    assert isinstance(outcome, Accepted)
    assert outcome.price is None
    assert "agreed price" in outcome.reason


async def test_a_price_that_is_required_and_unreadable_is_a_reject(bench: Any) -> None:
    response = {
        "result": json_path("$.ok"),
        "price": json_path("$.price"),
        "price_required": True,
    }
    for body in ('{"ok":true}', '{"ok":true,"price":"soon"}'):
        outcome = await bench.outcome(response, http_answer(body))
        assert isinstance(outcome, Rejected)
        assert outcome.code == "no_price"


@pytest.mark.parametrize(
    "body",
    [
        '<r xmlns="urn:x"><status code="1" text="Sold"/></r>',
        '<x:r xmlns:x="urn:y"><x:status text="Sold" code="1"></x:status></x:r>',
        '<?xml version="1.0" encoding="ISO-8859-1"?>\n<!-- é --><r>\n'
        '<status  y:code="1" xmlns:y="urn:z"\n text = "Sold" /></r>',
    ],
)
async def test_attribute_order_and_namespaces_make_no_difference(bench: Any, body: str) -> None:
    response = {"result": xpath("/r/status/@text", "sold"), "ping_reference": xpath("//@code")}
    answer = http_answer(body.encode("latin-1"))
    assert await bench.outcome(response, answer) == Accepted(reference="1")


async def test_json_inside_a_json_text_is_read(bench: Any) -> None:
    answer = http_answer('"{\\"status\\": \\"success\\"}"')
    assert isinstance(await bench.outcome({"result": json_path("$.status")}, answer), Accepted)


def echoing(prefix: str, suffix: str = "") -> Any:
    def answer(request: ReceivedRequest) -> bytes:
        return http_answer(prefix.encode() + request.body + suffix.encode())

    return answer


async def test_a_search_text_in_the_echo_of_the_request_is_no_verdict(bench: Any) -> None:
    fields = {"Comments": '"status":"success" accepted'}
    for response in (
        {"result": text("accepted")},
        {"result": {"type": "pattern", "pattern": "acc.pted"}},
    ):
        outcome = await bench.outcome(response, echoing("declined: "), fields=fields)
        assert isinstance(outcome, Rejected)
        outcome = await bench.outcome(response, echoing("accepted: "), fields=fields)
        assert isinstance(outcome, Accepted)


@pytest.mark.parametrize(
    "body",
    [
        '{"declined":true,"lead":{"note":"please mark as accepted, thanks"}}',
        "declined&note=please+mark+as+accepted%2C+thanks",
        "<p>declined</p><p>please mark as accepted, thanks</p>",
    ],
)
async def test_a_repeated_value_that_holds_the_search_text_is_no_verdict(
    bench: Any, body: str
) -> None:
    fields = {"Comments": "please mark as accepted, thanks", "State": "accepted"}
    outcome = await bench.outcome({"result": text("accepted")}, http_answer(body), fields=fields)
    assert isinstance(outcome, Rejected)


async def test_a_value_that_is_the_search_text_does_not_hide_the_verdict(bench: Any) -> None:
    """Oklahoma is OK, and so may be the answer."""
    outcome = await bench.outcome({"result": text("OK")}, http_answer("OK"), fields={"State": "OK"})
    assert isinstance(outcome, Accepted)


async def test_duplicates_and_reasons_are_found_in_rejects(bench: Any) -> None:
    response = {
        "result": json_path("$.ok"),
        "duplicate_reason": {"type": "pattern", "pattern": '"msg":"(dup[^"]*)"'},
        "reject_reason": json_path("$.msg"),
    }
    duplicate = await bench.outcome(response, http_answer('{"ok":false,"msg":"dup of 7"}'))
    assert duplicate == Rejected(code="duplicate", reason="dup of 7", duplicate=True)
    refused = await bench.outcome(response, http_answer('{"ok":false,"msg":"no budget"}'))
    assert refused == Rejected(code="rejected", reason="no budget")
    by_status = await bench.outcome(response, http_answer('{"msg":"dup of 8"}', status=409))
    assert by_status == Rejected(code="duplicate", reason="dup of 8", duplicate=True)


@pytest.mark.parametrize(
    ("search", "body", "reason"),
    [
        ("Duplicate", '{"Reason":"Duplicate"}', "Duplicate"),
        ("duplicate lead", "Sorry, a duplicate lead", "duplicate lead"),
        ('"dup":', '{"dup": "seen on Monday"}', "seen on Monday"),
        ("dup", "dup=yes&x=1", "yes"),
        ("<dup>", "<dup></dup>", "<dup>"),
    ],
)
async def test_a_text_that_is_no_label_is_itself_the_reason(
    bench: Any, search: str, body: str, reason: str
) -> None:
    response = {"result": json_path("$.ok"), "duplicate_reason": text(search)}
    outcome = await bench.outcome(response, http_answer(body))
    assert outcome == Rejected(code="duplicate", reason=reason, duplicate=True)


async def test_any_2xx_accepts_where_the_settings_say_so_unless_a_duplicate_is_found(
    bench: Any,
) -> None:
    response = {"accept_any_2xx": True, "duplicate_reason": text("duplicate of")}
    assert await bench.outcome(response, http_answer("", status=204)) == Accepted()
    outcome = await bench.outcome(response, http_answer("a duplicate of 7"))
    assert outcome == Rejected(code="duplicate", reason="duplicate of", duplicate=True)


@pytest.mark.parametrize(
    ("found", "kept"),
    [
        ("https://buyer.example/thanks?a=1&b=2", "https://buyer.example/thanks?a=1&b=2"),
        ("javascript:alert(1)", ""),
        ("//buyer.example", ""),
        ("https://x/\\u0022onload=1", ""),
    ],
)
async def test_only_links_a_browser_may_follow_are_redirect_urls(
    bench: Any, found: str, kept: str
) -> None:
    for search in (json_path("$.url"), text('"url":')):
        response = {"result": json_path("$.ok"), "redirect_url": search}
        answer = http_answer(f'{{"ok":true,"url":"{found}"}}')
        assert await bench.outcome(response, answer) == Accepted(redirect_url=kept)
