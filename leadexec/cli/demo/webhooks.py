"""Webhook settings that fit each simulated buyer, in all the ways an answer can be searched."""

from collections.abc import Mapping
from typing import Any, Final

Settings = Mapping[str, Any]


def webhook_settings(style: str, url: str, timeout: int) -> dict[str, Any]:
    """Return the settings of a webhook to a buyer.

    Args:
        style: The simulated buyer's name.
        url: Its address.
        timeout: Seconds to wait for its answer.
    """
    return {"url": url, "timeout": timeout, **_STYLES.get(style, _SUCCESS)}


def _json(path: str) -> Settings:
    return {"type": "json_path", "path": path}


def _xml(path: str) -> Settings:
    return {"type": "xpath", "path": path}


def _pattern(pattern: str) -> Settings:
    return {"type": "pattern", "pattern": pattern}


def _text(text: str) -> Settings:
    return {"type": "text", "text": text}


_SUCCESS: Final[Settings] = {
    "response": {
        "result": _json("$.Success"),
        "price": _json("$.Payout"),
        "price_required": True,
        "ping_reference": _json("$.TransactionId"),
        "reject_reason": _json("$.Reason"),
        "redirect_url": _json("$.RedirectUrl"),
    }
}
"""``{"Success": true, "Payout": "50.00"}``: also of the buyers that never get so far."""

_ACCEPTED: Final[Settings] = {
    "response": {
        "result": _json("$.Accepted"),
        "price": _json("$.Price"),
        "price_required": True,
        "reject_reason": _json("$.Reason"),
        "duplicate_reason": _text("Duplicate"),
    }
}
"""``{"Accepted": "true", "Price": "$1,234.50"}``."""

_BID: Final[Settings] = {
    "response": {
        "result": _pattern(r'"bid":\s*0*\.?0*[1-9]'),
        "price": _json("$.bid"),
        "price_required": True,
        "reject_reason": _json("$.reason"),
    }
}
"""``{"bid": 12.5}``; a bid of 0 is a refusal."""

_XML: Final[Settings] = {
    "content_type": "xml",
    "response": {
        "result": _xml("/response/Success"),
        "price": _xml("/response/Payout"),
        "price_required": True,
        "reject_reason": _xml("/response/Reason"),
    },
}

_STYLES: Final[Mapping[str, Settings]] = {
    "bearer": {**_SUCCESS, "auth": {"type": "bearer", "token": "demo-token"}},
    "xml": _XML,
    "xml-basic": {
        **_XML,
        "xml_root": "Lead",
        "auth": {"type": "basic", "username": "leadexec", "password": "demo-password"},
    },
    "picky-xml": {
        "content_type": "xml",
        "response": {
            "result": _pattern("<Success>true</Success>"),
            "price": _pattern("<Payout>([0-9.]+)</Payout>"),
            "reject_reason": _pattern("<Reason>([^<]*)</Reason>"),
        },
    },
    "form": {
        "content_type": "form",
        "response": {
            "result": _pattern("(?m)^Success=true$"),
            "price": _pattern("(?m)^Payout=([0-9.]+)$"),
            "reject_reason": _pattern("(?m)^Reason=(.*)$"),
        },
    },
    "plain-ok": {"content_type": "form", "response": {"result": _pattern("^OK$")}},
    "plain-no": {
        "content_type": "query",
        "response": {"result": _pattern("^OK$"), "reject_reason": _pattern("^NO (.*)$")},
    },
    "choosy": {
        "response": {
            "result": _text('"Success":true'),
            "price": _text('"Payout":'),
            "reject_reason": _text('"Reason":'),
        }
    },
    "dollars": _ACCEPTED,
    "string-false": _ACCEPTED,
    "bidder": _BID,
    "zero-bid": _BID,
}
"""Simulated buyer → settings, where they are not those of ``_SUCCESS``."""
