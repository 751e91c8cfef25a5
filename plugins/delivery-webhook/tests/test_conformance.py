"""The webhook keeps the contract of delivery methods, with every kind of authentication."""

from collections.abc import Mapping
from typing import Any

from leadexec_delivery_webhook.method import Webhook

from leadexec.testing import DeliveryMethodContract
from leadexec.testing.http_receiver import http_answer

RESULT = {"type": "json_path", "path": "$.status", "equals": ["success"]}


class TestWebhook(DeliveryMethodContract):
    component = Webhook
    examples = (
        {"url": "https://buyer.example/leads", "response": {"accept_any_2xx": True}},
        {
            "url": "https://buyer.example/{{State}}?email={{Email}}&key={{api_key}}",
            "content_type": "xml",
            "secrets": [{"name": "api_key", "value": "k&y-0815"}],
            "headers": [{"name": "X-Phone", "value": "{{Phone}}"}],
            "response": {"result": RESULT},
        },
        {
            "url": "https://buyer.example/leads",
            "method": "GET",
            "content_type": "query",
            "auth": {"type": "basic", "username": "ada", "password": "lovelace"},
            "response": {"result": {"type": "text", "text": "OK"}},
        },
        {
            "url": "https://buyer.example/leads",
            "content_type": "form",
            "body": "first={{FirstName}}&last={{LastName}}",
            "auth": {
                "type": "oauth2_password",
                "token_url": "https://buyer.example/token",
                "username": "ada",
                "password": "lovelace",
                "client_id": "us",
                "client_secret": "c-secret",
            },
            "response": {"result": {"type": "xpath", "path": "/a/b"}},
        },
        {
            "url": "https://buyer.example/leads",
            "body": '{"first": "{{FirstName}}", "amount": {{LoanAmount}}}',
            "auth": {
                "type": "oauth2_client_credentials",
                "token_url": "https://buyer.example/token",
                "client_id": "us",
                "client_secret": "c-secret",
                "client_auth": "body",
            },
            "response": {"result": RESULT},
        },
    )
    bad_settings = (
        {},
        {"url": "https://buyer.example/"},
        {"url": "ftp://buyer.example/", "response": {"accept_any_2xx": True}},
    )
    accepting = http_answer('{"status": "success", "price": "12.50"}')
    rejecting = http_answer('{"status": "declined"}')

    def settings_for(self, url: str) -> Mapping[str, Any]:
        return {
            "url": f"{url}/leads?key={{{{api_key}}}}",
            "secrets": [{"name": "api_key", "value": "s3cret/k&y"}],
            "headers": [{"name": "X-Token", "secret": "header-s3cret"}],
            "auth": {"type": "bearer", "token": "bearer-s3cret"},
            "response": {
                "result": RESULT,
                "price": {"type": "json_path", "path": "$.price"},
            },
        }


class TestWebhookByText(DeliveryMethodContract):
    component = Webhook
    examples = ({"url": "https://buyer.example/leads", "response": {"accept_any_2xx": True}},)
    accepting = http_answer("result=OK")
    rejecting = http_answer("result=NO")

    def settings_for(self, url: str) -> Mapping[str, Any]:
        return {
            "url": url,
            "method": "GET",
            "content_type": "query",
            "auth": {"type": "digest", "username": "ada", "password": "digest-s3cret"},
            "response": {"result": {"type": "text", "text": "result=OK"}},
        }
