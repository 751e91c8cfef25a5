"""Ping-post keeps the contract of delivery methods that ask for bids."""

from collections.abc import Collection, Mapping
from typing import Any

from leadexec_delivery_pingpost.method import PingPost

from leadexec.testing import PingingDeliveryMethodContract
from leadexec.testing.http_receiver import http_answer

POST: Mapping[str, Any] = {
    "url": "https://buyer.example/post",
    "response": {"accept_any_2xx": True},
}
PRICE = {"type": "json_path", "path": "$.bid"}


def pinged(**ping: Any) -> Mapping[str, Any]:
    settings = {"url": "https://buyer.example/ping", "response": {"price": PRICE}, **ping}
    return {**POST, "ping": settings}


class TestPingPost(PingingDeliveryMethodContract):
    component = PingPost
    examples = (
        pinged(),
        {**pinged(), "pings": False},
        pinged(
            content_type="xml",
            secrets=[{"name": "api_key", "value": "k&y-0815"}],
            body="<ping key='{{api_key}}'><zip>{{zip}}</zip><id>{{lead_uid}}</id></ping>",
            fields=[{"to": "zip", "source": "Zip"}],
        ),
        pinged(
            url="https://buyer.example/ping?mail={{mail}}",
            content_type="query",
            method="GET",
            auth={"type": "digest", "username": "ada", "password": "lovelace"},
            fields=[
                {"to": "mail", "source": "Email", "hashed": "sha1"},
                {"to": "tel", "source": "Phone", "hashed": "md5"},
                {"to": "kind", "static": "mortgage"},
            ],
        ),
    )
    bad_settings = (
        {},
        POST,
        {**POST, "ping": {"url": "https://buyer.example/ping"}},
        pinged(body='{"mail": "{{Email}}"}'),
        pinged(fields=[{"to": "mail", "source": "Mail"}]),
    )
    accepting = http_answer('{"status": "success", "price": "12.50"}')
    rejecting = http_answer('{"status": "declined"}')
    bidding = http_answer('{"status": "success", "bid": 12.5, "id": "b-1", "expireInSeconds": 30}')
    declining = http_answer('{"status": "declined", "reason": "We are full"}')

    def settings_for(self, url: str) -> Mapping[str, Any]:
        result = {"type": "json_path", "path": "$.status", "equals": ["success"]}
        return {
            "url": f"{url}/post",
            "secrets": [{"name": "api_key", "value": "p0st-s3cret"}],
            "body": '{"key": "{{api_key}}", "bid": "{{ping_reference}}", "n": "{{LastName}}"}',
            "response": {"result": result},
            "ping": {
                "url": f"{url}/ping?key={{{{api_key}}}}",
                "secrets": [{"name": "api_key", "value": "s3cret/k&y"}],
                "headers": [{"name": "X-Token", "secret": "header-s3cret"}],
                "auth": {"type": "bearer", "token": "bearer-s3cret"},
                "response": {
                    "result": result,
                    "price": PRICE,
                    "ping_reference": {"type": "json_path", "path": "$.id"},
                    "expires": {"type": "json_path", "path": "$.expireInSeconds"},
                },
            },
        }

    def named_in(self, settings: Mapping[str, Any]) -> Collection[str]:
        return {field.get("source") for field in settings["ping"].get("fields", ())}


class TestPingPostByText(PingingDeliveryMethodContract):
    component = PingPost
    examples = (pinged(),)
    accepting = http_answer("result=OK")
    rejecting = http_answer("result=NO")
    bidding = http_answer("BID 12.50; REF 104316639974")
    declining = http_answer("NO We are full")

    def settings_for(self, url: str) -> Mapping[str, Any]:
        return {
            "url": url,
            "method": "GET",
            "content_type": "query",
            "response": {"result": {"type": "text", "text": "result=OK"}},
            "ping": {
                "url": url,
                "method": "GET",
                "content_type": "query",
                "fields": [{"to": "phone", "source": "Phone", "hashed": "sha256"}],
                "response": {
                    "price": {"type": "text", "text": "BID "},
                    "ping_reference": {"type": "pattern", "pattern": "REF ([0-9]+)$"},
                },
            },
        }

    def named_in(self, settings: Mapping[str, Any]) -> Collection[str]:
        return {"Phone"} if settings.get("method") == "GET" else ()
