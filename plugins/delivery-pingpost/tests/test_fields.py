"""What of a lead a ping carries, in which form, and which settings are refused."""

import hashlib
from typing import Any
from urllib.parse import parse_qs, urlsplit

import msgspec
import pytest
from leadexec_delivery_pingpost.fields import digest
from leadexec_delivery_pingpost.settings import Hash

from leadexec import SystemField
from leadexec.testing import a_field_info, a_lead, a_lead_type_info, an_outgoing
from leadexec.testing.http_receiver import http_answer

BID = http_answer('{"bid": 5}')
anyio = pytest.mark.anyio


def sha1(text: str) -> str:
    return hashlib.sha1(text.encode()).hexdigest()


@anyio
async def test_without_names_a_ping_says_roughly_where_and_nothing_more(bench: Any) -> None:
    bench.lead_type = a_lead_type_info(
        a_field_info("FirstName", system=SystemField.FIRST_NAME),
        a_field_info("Town", system=SystemField.CITY),
        a_field_info("State", system=SystemField.STATE),
        a_field_info("Zip", system=SystemField.ZIP),
        a_field_info("Country", system=SystemField.COUNTRY),
        a_field_info("Cell", system=SystemField.IS_MOBILE),
        a_field_info("Latitude", system=SystemField.LATITUDE),
        a_field_info("SSN"),
    )
    known = {"Town": "Scottsdale", "State": "AZ", "Zip": "85254", "Cell": "true"}
    person = {"FirstName": "Ada", "Latitude": "33.61", "SSN": "078-05-1120"}
    await bench.ping({}, BID, an_outgoing(lead=a_lead(fields=known | person)))
    (request,) = bench.receiver.requests
    assert msgspec.json.decode(request.body) == known


@anyio
async def test_the_named_fields_go_out_as_the_buyer_calls_them(bench: Any) -> None:
    fields = [
        {"to": "state", "source": "State", "values": {"CA": "California"}},
        {"to": "amount", "source": "LoanAmount"},
        {"to": "ref", "source": "[lead_uid]"},
        {"to": "product", "static": "mortgage"},
        {"to": "closing", "source": "ClosingDate", "static": "unknown"},
        {"to": "mail", "source": "Email", "hashed": "sha1"},
        {"to": "tel", "source": "Phone", "hashed": "sha1"},
    ]
    outgoing = an_outgoing()
    await bench.ping({"fields": fields}, BID, outgoing)
    (request,) = bench.receiver.requests
    assert msgspec.json.decode(request.body) == {
        "state": "California",
        "amount": "250000",
        "ref": outgoing.lead.uid,
        "product": "mortgage",
        "closing": "unknown",
        "mail": sha1("ada@example.test"),
        "tel": sha1("2125550123"),
    }


@anyio
async def test_templates_name_what_the_ping_carries_and_system_tags(bench: Any) -> None:
    ping = {
        "url": "$URL/{{st}}?h={{mail}}&id={{lead_uid}}",
        "headers": [{"name": "X-Amount", "value": "{{amount}}"}],
        "body": '{"st": "{{st}}", "key": "{{key}}"}',
        "secrets": [{"name": "key", "value": "k-1"}],
        "fields": [
            {"to": "st", "source": "State"},
            {"to": "amount", "source": "LoanAmount"},
            {"to": "mail", "source": "Email", "hashed": "md5"},
        ],
    }
    outgoing = an_outgoing()
    await bench.ping(ping, BID, outgoing)
    (request,) = bench.receiver.requests
    parts = urlsplit(request.target)
    assert parts.path == "/CA"
    assert parse_qs(parts.query) == {
        "h": [hashlib.md5(b"ada@example.test").hexdigest()],
        "id": [outgoing.lead.uid],
    }
    assert request.headers["x-amount"] == "250000"
    assert msgspec.json.decode(request.body) == {"st": "CA", "key": "k-1"}


@pytest.mark.parametrize("phone", ["2125550123", "(212) 555-0123", "+1 212 555 0123"])
def test_a_phone_number_has_one_hash_however_it_is_written(phone: str) -> None:
    assert digest(phone, Hash.SHA1, phone=True) == sha1("2125550123")


def test_an_address_has_one_hash_however_it_is_written() -> None:
    for kind in (Hash.MD5, Hash.SHA1, Hash.SHA256):
        expected = hashlib.new(kind.value, b"ada@example.test").hexdigest()
        assert digest(" Ada@Example.TEST ", kind) == expected


def test_nothing_has_no_hash() -> None:
    assert digest("  ", Hash.MD5) == ""
    assert digest("none", Hash.MD5, phone=True) == ""


@pytest.mark.parametrize(
    ("ping", "faults"),
    [
        ({"body": '{"m": "{{Email}}"}'}, {"not_in_ping ping.body"}),
        ({"body": '{"m": "{{email}}"}'}, {"not_in_ping ping.body"}),
        ({"url": "https://b.example/{{Phone}}"}, {"not_in_ping ping.url"}),
        (
            {
                "headers": [{"name": "X", "value": "{{FirstName}}"}],
                "testing_url": "https://b/{{Email}}",
            },
            {"not_in_ping ping.headers[0].value", "not_in_ping ping.testing_url"},
        ),
        (
            {"fields": [{"to": "st", "source": "State"}], "body": '["{{State}}", "{{st}}"]'},
            {"not_in_ping ping.body"},
        ),
        ({"fields": [{"to": "mail", "source": "Mail"}]}, {"unknown_field ping.fields[0].source"}),
        ({"fields": [{"to": "mail"}]}, {"source_missing ping.fields[0].source"}),
        (
            {"fields": [{"to": "a", "source": "State"}, {"to": "a", "static": "x"}]},
            {"name_taken ping.fields[1].to"},
        ),
        ({"response": {}}, {"no_bid_search ping.response.result"}),
        (
            {"response": {"price": {"type": "json_path", "path": "$["}}},
            {"bad_json_path ping.response.price.path"},
        ),
    ],
)
def test_a_ping_that_would_say_too_much_or_cannot_be_read_is_refused(
    bench: Any, ping: Any, faults: set[str]
) -> None:
    assert bench.faults_of(ping) == faults


def test_all_faults_of_post_and_ping_are_listed_at_once(bench: Any) -> None:
    ping = {
        "url": "x",
        "response": {"expires": {"type": "pattern", "pattern": "("}},
        "fields": [{"to": "a"}],
    }
    assert bench.faults_of(ping, url="ftp://b.example", response={}) == {
        "bad_url url",
        "no_result_search response.result",
        "bad_url ping.url",
        "no_bid_search ping.response.result",
        "refused_pattern ping.response.expires.pattern",
        "source_missing ping.fields[0].source",
    }


def test_a_method_in_testing_pings_its_testing_url(bench: Any) -> None:
    assert bench.faults_of(production=False) == {
        "testing_url_missing testing_url",
        "testing_url_missing ping.testing_url",
    }
    method = bench.method(
        {"testing_url": "https://test.b.example/ping"},
        testing_url="https://test.b.example/post",
        production=False,
    )
    assert method.prepare_ping(an_outgoing()).request.startswith("POST https://test.b.example/ping")
