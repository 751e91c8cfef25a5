"""The decision record of one lead: compact, machine-readable, complete (``LD15``)."""

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal

import msgspec

from leadexec.contracts.eligibility import Excluded


class Offered(msgspec.Struct, kw_only=True, omit_defaults=True):
    """One delivery account that the lead was offered to."""

    account: int
    delivery: str
    price: Decimal
    outcome: str
    code: str = ""
    us: int = 0


class PingedAccount(msgspec.Struct, kw_only=True, frozen=True, omit_defaults=True):
    """One delivery account that was asked for a bid."""

    account: int
    outcome: str
    """``bid``, ``no_bid`` or ``failed``."""
    price: Decimal = Decimal(0)
    code: str = ""
    us: int = 0


class Passed(msgspec.Struct, kw_only=True, frozen=True):
    """One delivery account that matched the criteria and was passed over."""

    account: int
    code: str
    text: str


class DecisionRecord(msgspec.Struct, kw_only=True, omit_defaults=True):
    """Why a lead went where it went."""

    strategy: str = ""
    slots: int = 1
    matched: int | None = None
    """How many accounts' criteria matched; None when the walk ended before all were looked at."""
    pinged: list[PingedAccount] = []
    offered: list[Offered] = []
    passed: list[Passed] = []
    stopped: str = ""
    """What a script said when it ended the distribution."""
    select_us: int = 0
    sort_us: int = 0
    rounds: int = 0
    """How often the distribution was taken up (retries, restarts)."""


MOST_PASSED = 200
"""Exclusions kept per lead; the others are worked out again when somebody asks."""


def passed_over(before: Iterable[Passed], excluded: Mapping[int, Excluded]) -> list[Passed]:
    """Return the exclusions of earlier rounds and of this one for the record, by account id."""
    known = {passed.account: passed for passed in before}
    for account, why in excluded.items():
        known[account] = Passed(account=account, code=why.code, text=why.text)
    return [passed for _, passed in sorted(known.items())[:MOST_PASSED]]


def unsold_reason(record: DecisionRecord) -> tuple[str, str]:
    """Return the code and sentence of why nobody bought."""
    if record.stopped:
        return "stopped_by_script", f"A distribution script ended it: {record.stopped}"
    if record.offered:
        tried = len({offered.account for offered in record.offered})
        return "all_declined", f"Offered to {tried} of the delivery accounts; none accepted it."
    if record.passed:
        return "all_excluded", _summary(record.passed)
    if record.matched:
        return "not_offered", "The automation or a script offered it to none that matched."
    return "no_match", "No delivery account's criteria match the lead."


def _summary(passed: Sequence[Passed]) -> str:
    codes: dict[str, int] = {}
    for one in passed:
        codes[one.code] = codes.get(one.code, 0) + 1
    listed = ", ".join(f"{count} {code}" for code, count in sorted(codes.items()))
    return f"Every delivery account that matches was excluded ({listed})."
