"""Delivery of leads by HTTP request, in whatever format a buyer wants (``DM1``).

The names below are for other plugins that send requests and read answers the same way.
"""

from leadexec_delivery_webhook.document import Document
from leadexec_delivery_webhook.faults import noted
from leadexec_delivery_webhook.method import Webhook
from leadexec_delivery_webhook.price import read_price
from leadexec_delivery_webhook.request import WebhookRequest
from leadexec_delivery_webhook.requester import Requester
from leadexec_delivery_webhook.search import Finder, compile_search
from leadexec_delivery_webhook.settings import (
    ContentType,
    Header,
    HttpMethod,
    NamedSecret,
    RequestSettings,
    ResponseSettings,
    WebhookSettings,
)
from leadexec_delivery_webhook.settings_search import (
    JsonPathSearch,
    PatternSearch,
    Search,
    TextSearch,
    XPathSearch,
)
from leadexec_delivery_webhook.status import failure_of, quoted, said

__all__ = [
    "ContentType",
    "Document",
    "Finder",
    "Header",
    "HttpMethod",
    "JsonPathSearch",
    "NamedSecret",
    "PatternSearch",
    "RequestSettings",
    "Requester",
    "ResponseSettings",
    "Search",
    "TextSearch",
    "Webhook",
    "WebhookRequest",
    "WebhookSettings",
    "XPathSearch",
    "compile_search",
    "failure_of",
    "noted",
    "quoted",
    "read_price",
    "said",
]
