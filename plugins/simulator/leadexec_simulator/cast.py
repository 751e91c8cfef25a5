"""The buyers of the demonstration: one for every way in which a buyer can answer, or fail to."""

from decimal import Decimal

from leadexec_simulator.buyer import (
    Buyer,
    CurvePrice,
    Dialect,
    FixedPrice,
    Format,
    Trouble,
    TroubleKind,
)

BASIC = "Basic bGVhZGV4ZWM6ZGVtby1wYXNzd29yZA=="
"""``leadexec`` with ``demo-password``."""
BEARER = "Bearer demo-token"


def example_buyers() -> tuple[Buyer, ...]:
    """Return the buyers that ``leadexec demo`` sells to and ``leadexec simulator`` starts with."""
    return (*_good_buyers(), *_choosy_buyers(), *_troubled_buyers())


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
