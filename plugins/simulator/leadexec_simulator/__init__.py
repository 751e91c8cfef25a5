"""Buyers that answer like real ones, well and badly, and keep their own books."""

from leadexec_simulator.bids import Bids
from leadexec_simulator.books import Books, BookSummary, BuyerSummary
from leadexec_simulator.buyer import (
    Bidding,
    Buyer,
    CurvePrice,
    Dialect,
    FixedPrice,
    Format,
    PostedPrice,
    Trouble,
    TroubleKind,
    buyers_from_json,
)
from leadexec_simulator.cast import example_buyers, pinged_buyers
from leadexec_simulator.record import Record, RecordKind
from leadexec_simulator.simulator import Simulator

__all__ = [
    "Bidding",
    "Bids",
    "BookSummary",
    "Books",
    "Buyer",
    "BuyerSummary",
    "CurvePrice",
    "Dialect",
    "FixedPrice",
    "Format",
    "PostedPrice",
    "Record",
    "RecordKind",
    "Simulator",
    "Trouble",
    "TroubleKind",
    "buyers_from_json",
    "example_buyers",
    "pinged_buyers",
]
