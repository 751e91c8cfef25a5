"""The buyers of the demonstration: one for every way in which a buyer can answer, or fail to."""

from decimal import Decimal
from typing import Any

from leadexec_simulator.buyer import (
    Bidding,
    Buyer,
    CurvePrice,
    Dialect,
    FixedPrice,
    Format,
    Price,
    Trouble,
    TroubleKind,
)

BASIC = "Basic bGVhZGV4ZWM6ZGVtby1wYXNzd29yZA=="
"""``leadexec`` with ``demo-password``."""
BEARER = "Bearer demo-token"


def example_buyers() -> tuple[Buyer, ...]:
    """Return the buyers that ``leadexec demo`` sells to and ``leadexec simulator`` starts with."""
    return (*_good_buyers(), *_choosy_buyers(), *_troubled_buyers())


def pinged_buyers() -> tuple[Buyer, ...]:
    """Return buyers that bid before they buy, one for every way in which a bid can go."""
    curve = CurvePrice(
        base=Decimal("24.00"), swing=Decimal("3.00"), jitter=Decimal("6.00"), floor=Decimal("5.00")
    )
    return (
        _bidder("ping-curve", Bidding(expires_s=60), price=curve),
        _bidder("ping-xml", Bidding(), format=Format.XML),
        _bidder("ping-plain", Bidding(), format=Format.PLAIN),
        _bidder("ping-dollars", Bidding(decline_rate=0.3, expires_s=60), dialect=Dialect.ACCEPTED),
        _bidder("ping-none", Bidding(decline_rate=1.0)),
        _bidder("ping-zero", Bidding(decline_rate=0.5), price=curve, dialect=Dialect.BID),
        _bidder("ping-slow", Bidding(delay_ms=400)),
        _bidder("ping-late", Bidding(delay_ms=60_000)),
        _bidder("ping-expires", Bidding(expires_s=2)),
        _bidder("ping-expired", Bidding(expires_s=0)),
        _bidder("ping-refuses", Bidding(), reject_rate=1.0, reject_reason="Not after all"),
        *(
            _bidder(f"ping-{name}", Bidding(troubles=(Trouble(kind=kind),)))
            for name, kind in (
                ("garbage", TroubleKind.BAD_JSON),
                ("health-page", TroubleKind.HEALTH_PAGE),
                ("server-error", TroubleKind.SERVER_ERROR),
                ("timeout", TroubleKind.TIMEOUT),
                ("lost", TroubleKind.LOST_ANSWER),
            )
        ),
    )


def _good_buyers() -> tuple[Buyer, ...]:
    return (
        Buyer(name="acme", takes=Format.JSON),
        Buyer(name="bearer", takes=Format.JSON, authorization=BEARER),
        Buyer(name="xml", takes=Format.XML, format=Format.XML),
        Buyer(name="xml-basic", takes=Format.XML, format=Format.XML, authorization=BASIC),
        Buyer(name="form", takes=Format.FORM, format=Format.FORM),
        Buyer(name="plain-ok", takes=Format.FORM, format=Format.PLAIN),
        Buyer(
            name="dollars", dialect=Dialect.ACCEPTED, price=FixedPrice(amount=Decimal("1234.50"))
        ),
        Buyer(name="redirect", redirect_url="https://buyer.example/thanks"),
        Buyer(
            name="bidder",
            dialect=Dialect.BID,
            price=CurvePrice(
                base=Decimal("24.00"),
                field="LoanAmount",
                slope=Decimal("0.00004"),
                swing=Decimal("3.00"),
                jitter=Decimal("2.50"),
                floor=Decimal("5.00"),
            ),
        ),
    )


def _choosy_buyers() -> tuple[Buyer, ...]:
    return (
        Buyer(name="choosy", reject_rate=0.3),
        Buyer(name="picky-xml", format=Format.XML, reject_rate=0.2),
        Buyer(
            name="string-false",
            dialect=Dialect.ACCEPTED,
            reject_rate=0.5,
            reject_reason="Duplicate in our system",
        ),
        Buyer(name="zero-bid", dialect=Dialect.BID, reject_rate=0.5),
        Buyer(name="plain-no", format=Format.PLAIN, reject_rate=0.5),
        Buyer(name="never", reject_rate=1.0, reject_reason="We are full"),
    )


def _troubled_buyers() -> tuple[Buyer, ...]:
    return (
        Buyer(name="slow", delay_ms=400),
        Buyer(name="flaky", troubles=(Trouble(kind=TroubleKind.SERVER_ERROR, tries=2),)),
        Buyer(
            name="lossy",
            troubles=(Trouble(kind=TroubleKind.LOST_ANSWER, share=0.5, tries=1),),
        ),
        Buyer(name="busy", troubles=(Trouble(kind=TroubleKind.TOO_MANY_REQUESTS, tries=1),)),
        *(
            Buyer(name=kind.value.replace("_", "-"), troubles=(Trouble(kind=kind),))
            for kind in (
                TroubleKind.TIMEOUT,
                TroubleKind.SERVER_ERROR,
                TroubleKind.RESET,
                TroubleKind.BAD_JSON,
                TroubleKind.HEALTH_PAGE,
                TroubleKind.DRIP,
                TroubleKind.HUGE_BODY,
                TroubleKind.GZIP_BOMB,
            )
        ),
    )


def _bidder(
    name: str,
    bidding: Bidding,
    *,
    price: Price = FixedPrice(amount=Decimal("20.00")),  # noqa: B008  it is frozen
    **more: Any,
) -> Buyer:
    return Buyer(name=name, bidding=bidding, price=price, **more)
