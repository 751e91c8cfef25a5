"""What is sent, in every content type, and which settings are refused."""

from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlsplit

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from leadexec_delivery_webhook.url import UrlTemplate
from lxml import etree

from leadexec import InvalidValueError
from leadexec.testing import FakeAttempt, a_sale, an_outgoing
from leadexec.testing.http_receiver import http_answer

OK = http_answer("OK")
AWKWARD = {"First Name": 'Ada "the" <Countess> & Söhne', "Note": "a=b&c=d\n{{State}}%"}
anyio = pytest.mark.anyio


@anyio
async def test_without_a_body_the_fields_are_a_json_object(bench: Any) -> None:
    await bench.deliver({}, OK, an_outgoing(fields=AWKWARD))
    (request,) = bench.receiver.requests
    assert msgspec.json.decode(request.body) == AWKWARD
    assert request.headers["content-type"] == "application/json"


@anyio
async def test_without_a_body_the_fields_are_xml_elements(bench: Any) -> None:
    fields = {"Name": AWKWARD["First Name"], "Note": "tab\tnull\x00bell\x07"}
    settings = {"content_type": "xml", "xml_root": "lead.data"}
    await bench.deliver(settings, OK, an_outgoing(fields=fields))
    (request,) = bench.receiver.requests
    root = etree.fromstring(request.body)
    assert root.tag == "lead.data"
    assert [(element.tag, element.text) for element in root] == [
        ("Name", fields["Name"]),
        ("Note", "tab\tnullbell"),
    ]


@anyio
async def test_without_a_body_the_fields_are_a_form(bench: Any) -> None:
    await bench.deliver({"content_type": "form"}, OK, an_outgoing(fields=AWKWARD))
    (request,) = bench.receiver.requests
    assert dict(parse_qsl(request.body.decode())) == AWKWARD
    assert request.headers["content-type"] == "application/x-www-form-urlencoded"


@anyio
async def test_without_a_body_the_fields_join_the_query(bench: Any) -> None:
    settings = {"content_type": "query", "method": "GET", "url": "$URL/in?key=1"}
    await bench.deliver(settings, OK, an_outgoing(fields=AWKWARD))
    (request,) = bench.receiver.requests
    assert (request.method, request.body) == ("GET", b"")
    assert dict(parse_qsl(urlsplit(request.target).query)) == {"key": "1", **AWKWARD}
    assert "content-type" not in request.headers


@pytest.mark.parametrize(
    ("content_type", "body", "read"),
    [
        ("json", '{"n": "{{Note}}", "a": {{Amount}}}', lambda b: msgspec.json.decode(b)["n"]),
        ("xml", "<l><n a='{{Note}}'>{{Note}}</n></l>", lambda b: etree.fromstring(b)[0].text),
        ("form", "n={{Note}}&x=1", lambda b: parse_qs(b.decode())["n"][0]),
    ],
)
@anyio
async def test_a_value_stays_a_value_in_the_body(
    bench: Any, content_type: str, body: str, read: Any
) -> None:
    note = '"}, {"admin": true} </n> & x=2 \\ \u2028 😀'
    settings = {"content_type": content_type, "body": body}
    await bench.deliver(settings, OK, an_outgoing(fields={"Note": note, "Amount": "5"}))
    (request,) = bench.receiver.requests
    assert read(request.body) == note


@anyio
async def test_a_body_as_query_joins_the_query(bench: Any) -> None:
    settings = {"content_type": "query", "method": "GET", "body": "e={{Email}}&v=2"}
    await bench.deliver(settings, OK, an_outgoing(fields={"Email": "a+b@c d"}))
    (request,) = bench.receiver.requests
    assert request.target == "/leads?e=a%2Bb%40c+d&v=2"


@anyio
async def test_tags_in_the_url_and_headers_are_filled_and_cannot_break_out(bench: Any) -> None:
    settings = {
        "url": "$URL/leads/{{ State }}/new?e={{Email}}&id={{lead_uid}}",
        "headers": [{"name": "X-Note", "value": "n: {{Note}}"}],
    }
    fields = {"State": "../a b/c?d", "Email": "a&id=7#x", "Note": "one\r\nEvil: yes"}
    outgoing = an_outgoing(fields=fields)
    await bench.deliver(settings, OK, outgoing)
    (request,) = bench.receiver.requests
    parts = urlsplit(request.target)
    assert parts.path == "/leads/..%2Fa%20b%2Fc%3Fd/new"
    assert parse_qs(parts.query) == {"e": ["a&id=7#x"], "id": [outgoing.tags["lead_uid"]]}
    assert request.headers["x-note"] == "n: one  Evil: yes"
    assert "evil" not in request.headers


@given(value=st.text(max_size=40), other=st.text(max_size=40))
def test_a_value_cannot_change_the_shape_of_a_url(value: str, other: str) -> None:
    url = UrlTemplate("https://buyer.example/a/{{x}}/b?p={{y}}&q=1")
    parts = urlsplit(url.render({"x": value, "y": other}))
    assert (parts.scheme, parts.netloc, parts.fragment) == ("https", "buyer.example", "")
    assert parts.path.count("/") == 3
    assert parts.path.split("/")[2] not in (".", "..")
    assert dict(parse_qsl(parts.query, keep_blank_values=True)) == {"p": other, "q": "1"}


@anyio
async def test_secrets_are_sent_and_never_shown(bench: Any) -> None:
    settings = {
        "url": "$URL/leads?k={{key}}",
        "secrets": [{"name": "key", "value": 'k/"&<ey'}],
        "headers": [{"name": "X-Api", "secret": "hdr-s3cret"}],
        "body": '{"key": "{{key}}"}',
    }
    await bench.deliver(settings, lambda r: http_answer(b"you sent " + r.raw))
    (request,) = bench.receiver.requests
    assert msgspec.json.decode(request.body) == {"key": 'k/"&<ey'}
    assert request.headers["x-api"] == "hdr-s3cret"
    (exchange,) = bench.attempt.exchanges
    shown = exchange.request + exchange.response
    assert "hdr-s3cret" not in shown
    assert "<ey" not in shown
    assert "%3Cey" not in shown
    assert "X-Api: ***\n" in exchange.request


@anyio
async def test_a_content_type_of_the_operator_replaces_ours(bench: Any) -> None:
    headers = [{"name": "content-type", "value": "application/vnd.lead+json"}]
    await bench.deliver({"headers": headers}, OK)
    (request,) = bench.receiver.requests
    assert request.headers["content-type"] == "application/vnd.lead+json"
    assert request.raw.lower().count(b"content-type:") == 1


@anyio
async def test_every_try_carries_the_idempotency_key_of_its_delivery(bench: Any) -> None:
    bench.attempt = FakeAttempt(idempotency_key="d-1")
    await bench.deliver({}, OK, an_outgoing(), an_outgoing())
    assert [r.headers["idempotency-key"] for r in bench.receiver.requests] == ["d-1", "d-1"]


def test_the_preview_shows_the_request_as_it_will_be_sent(bench: Any) -> None:
    settings = {
        "url": "https://buyer.example/{{State}}",
        "auth": {"type": "bearer", "token": "t0ken", "prefix": "Token"},
        "body": '{"who": "{{FirstName}}"}',
    }
    shown = bench.webhook(settings).prepare(an_outgoing(sale=a_sale(delivery_uid="d-7"))).request
    assert shown == (
        "POST https://buyer.example/CA\n"
        "Content-Type: application/json\n"
        "Idempotency-Key: d-7\n"
        "Authorization: Token ***\n"
        "\n"
        '{"who": "Ada"}'
    )


def test_mapped_values_win_over_lead_fields_in_tags(bench: Any) -> None:
    outgoing = an_outgoing(fields={"State": "California"}, tags={"State": "CA", "price": "10"})
    prepared = bench.webhook({"body": '["{{State}}", {{price}}]'}).prepare(outgoing)
    assert prepared.content == b'["California", 10]'


def test_a_field_that_cannot_be_an_xml_element_is_refused_by_name(bench: Any) -> None:
    webhook = bench.webhook({"content_type": "xml"})
    for name in ("First Name", "1st", "a>b", "", "x:y"):
        with pytest.raises(InvalidValueError, match="XML element"):
            webhook.prepare(an_outgoing(fields={name: "x"}))


def test_the_testing_environment_uses_the_testing_url(bench: Any) -> None:
    settings = {"testing_url": "https://test.buyer.example/"}
    webhook = bench.webhook(settings, production=False)
    assert webhook.prepare(an_outgoing()).url == "https://test.buyer.example/"
    assert bench.faults_of({}, production=False) == {"testing_url_missing testing_url"}


@pytest.mark.parametrize(
    "url",
    [
        *("", "buyer.example", "ftp://buyer.example/", "https://", "https:///x", "javascript:x"),
        *("https://{{State}}.example/", "https://buyer.example:{{p}}/", "{{url}}"),
        *("https://ada:pw@buyer.example/", "https://buyer.example/a b", "https://[::1/"),
        *("https://buyer.example:99999/", "https://buyer.example{{x}}"),
    ],
)
def test_urls_that_lead_nowhere_are_refused(bench: Any, url: str) -> None:
    assert bench.faults_of({"url": url}) == {"bad_url url"}


@pytest.mark.parametrize(
    "url", ["https://b.example?q={{x}}", "HTTP://b.example/{{x}}", "http://127.0.0.1:8080"]
)
def test_urls_with_tags_in_path_and_query_are_taken(bench: Any, url: str) -> None:
    assert bench.webhook({"url": url})


def test_all_faults_are_listed_at_once(bench: Any) -> None:
    settings = {
        "url": "ftp://buyer.example",
        "testing_url": "x",
        "method": "GET",
        "headers": [
            {"name": "Host", "value": "x"},
            {"name": "Idempotency-Key", "value": "x"},
            {"name": "Authorization", "value": "x"},
            {"name": "X", "value": "a", "secret": "b"},
        ],
        "secrets": [{"name": "k", "value": "1"}, {"name": "k", "value": "2"}],
        "auth": {
            "type": "oauth2_client_credentials",
            "token_url": "https://t.example/{{x}}",
            "testing_token_url": "t",
            "client_id": "us",
            "client_secret": "s",
        },
        "body": '{"a": }',
        "response": {
            "price": {"type": "pattern", "pattern": "("},
            "ping_reference": {"type": "json_path", "path": "$["},
            "redirect_url": {"type": "xpath", "path": "//a//b"},
        },
    }
    assert bench.faults_of(settings) == {
        "bad_url url",
        "bad_url testing_url",
        "no_body content_type",
        "reserved_header headers[0].name",
        "reserved_header headers[1].name",
        "reserved_header headers[2].name",
        "two_values headers[3]",
        "name_taken secrets[1].name",
        "bad_url auth.token_url",
        "bad_url auth.testing_token_url",
        "bad_body body",
        "no_result_search response.result",
        "refused_pattern response.price.pattern",
        "bad_json_path response.ping_reference.path",
        "costly_xpath response.redirect_url.path",
    }


def test_without_a_result_search_the_operator_must_say_that_any_2xx_accepts(bench: Any) -> None:
    assert bench.faults_of({"response": {}}) == {"no_result_search response.result"}
    both = {"accept_any_2xx": True, "result": {"type": "text", "text": "OK"}}
    assert bench.faults_of({"response": both}) == {"two_verdicts response.accept_any_2xx"}


@pytest.mark.parametrize(("kind", "body"), [("json", "{{a}} {{b}}"), ("xml", "<a>{{a}}</b>")])
def test_a_body_that_is_not_of_its_type_is_refused(bench: Any, kind: str, body: str) -> None:
    assert bench.faults_of({"content_type": kind, "body": body}) == {"bad_body body"}
