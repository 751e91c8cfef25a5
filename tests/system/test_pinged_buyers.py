"""Buyers that bid over HTTP: the best live bid gets the lead, and the books agree to the cent."""

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from leadexec_simulator import Buyer, Simulator, pinged_buyers
from leadexec_simulator.buyer import Dialect, Format

from leadexec.model.delivery_method import FieldMapping
from leadexec.settings import NetworkSettings
from tests.system.world import STANDARD, a_world

pytestmark = pytest.mark.anyio
PLUGINS = (*STANDARD, "delivery-webhook", "delivery-pingpost")
MAPPINGS = tuple(
    FieldMapping(to=tag, source=f"[{tag}]") for tag in ("price", "lead_uid", "ping_reference")
)
PING_FIELDS = [
    {"to": "lead_uid", "source": "[lead_uid]"},
    {"to": "state", "source": "State"},
]
LEADS = 40
LOCAL = NetworkSettings(allow_private=("127.0.0.0/8",))


def path(kind: str, name: str) -> dict[str, Any]:
    return {"type": kind, "path": name}


def searches(buyer: Buyer) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return how the buyer's answers to pings and to posts are read."""
    names = {
        Dialect.SUCCESS: ("Success", "Payout", "TransactionId", "expireInSeconds", "Reason"),
        Dialect.ACCEPTED: ("Accepted", "Price", "LeadId", "ExpiresAt", "Reason"),
        Dialect.BID: (None, "bid", "id", "ttl", "reason"),
    }[buyer.dialect]
    if buyer.format is Format.PLAIN:
        ping = {
            "price": {"type": "text", "text": "BID "},
            "ping_reference": {"type": "pattern", "pattern": "REF ([0-9]+)"},
        }
        return ping, {"result": {"type": "text", "text": "OK"}}
    kind, start = ("xpath", "/response/") if buyer.format is Format.XML else ("json_path", "$.")
    result, price, reference, expires, reason = (
        path(kind, start + name) if name else None for name in names
    )
    ping = {
        "result": result,
        "price": price,
        "ping_reference": reference,
        "expires": expires,
        "reject_reason": reason,
    }
    post = {"result": result, "price": price, "ping_reference": reference}
    if result is None:
        post = {"accept_any_2xx": True, "price": price, "reject_reason": reason}
    return ping, post


async def test_the_best_live_bid_gets_the_lead_and_the_books_agree(
    database_url: str, tmp_path: Path
) -> None:
    async with (
        Simulator(pinged_buyers(), seed=5) as simulator,
        a_world(
            database_url,
            tmp_path,
            plugins=PLUGINS,
            network=NetworkSettings(allow_private=("127.0.0.0/8",)),
        ) as world,
    ):
        campaign = await world.campaign()
        for buyer in pinged_buyers():
            ping, post = searches(buyer)
            await world.buyer(
                campaign,
                buyer.name,
                price=1,
                method="ping-post",
                settings={
                    "url": simulator.url(buyer.name),
                    "response": post,
                    "ping": {
                        "url": simulator.ping_url(buyer.name),
                        "timeout": 1.0,
                        "fields": PING_FIELDS,
                        "response": ping,
                    },
                },
                mappings=MAPPINGS,
            )
        for _ in range(LEADS):
            await world.post(campaign)
        await world.settled()
        leads = await world.rows("leads")
        pings = await world.rows("pings")
        deliveries = await world.rows("deliveries")
        names = {a.id: a.name for a in world.kernel.catalog.entities["delivery_account"].values()}
    books = simulator.books.summary()
    bidders = {names[row["account_id"]] for row in pings if row["verdict"] == "bid"}
    assert bidders  # a bid that had expired, or came too late, is no bid to us
    assert bidders <= {name for name, one in books.buyers.items() if one.bids}
    revenue = sum((lead["revenue"] for lead in leads), Decimal(0))
    assert revenue == books.revenue > 0
    assert books.wins == books.sales == sum(d["state"] == "accepted" for d in deliveries)
    assert books.doubled == 0
