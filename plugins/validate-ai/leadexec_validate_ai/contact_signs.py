"""Signs that a phone number or an e-mail address leads nowhere."""

import re
from collections.abc import Iterator
from typing import Final

from leadexec_validate_ai.lists import LISTS
from leadexec_validate_ai.nonsense import nonsense
from leadexec_validate_ai.sign import Shown, Sign

_COUNTING: Final = "01234567890" * 2
_PREMIUM_AREAS: Final = frozenset(("555", "900", "976"))
_RESERVED_ENDS: Final = (".test", ".example", ".invalid", ".localhost")


def phone_signs(shown: Shown) -> Iterator[Sign]:
    """Yield the weightiest sign against a phone number, if there is one.

    Numbers of ten digits are judged by the North American plan, unless they begin with a plus and
    another country's code.
    """
    digits = re.sub(r"[^0-9]", "", shown.text)
    foreign = shown.text.startswith("+") and not digits.startswith("1")
    if len(digits) == 11 and digits.startswith("1"):
        digits = digits[1:]
    if not 7 <= len(digits) <= 15:
        yield _sign(0.6, shown, "has too few or too many digits for a phone number")
    elif len(set(digits)) == 1:
        yield _sign(0.8, shown, "is one digit over and over")
    elif digits in _COUNTING or digits[::-1] in _COUNTING:
        yield _sign(0.8, shown, "counts from digit to digit")
    elif len(digits) == 10 and not foreign:
        yield from _north_american(shown, digits)


def email_signs(shown: Shown) -> Iterator[Sign]:
    """Yield the signs against an e-mail address: its form, its domain, its name."""
    name, _, domain = shown.text.rpartition("@")
    domain = domain.casefold()
    if not name or "@" in name or "." not in domain.strip("."):
        yield _sign(0.6, shown, "is no e-mail address")
        return
    if _is_thrown_away(domain):
        yield _sign(0.5, shown, "is at a provider of mailboxes to throw away")
    elif domain in LISTS.reserved_domains or domain.endswith(_RESERVED_ENDS):
        yield _sign(0.6, shown, "is at a domain for examples or tests")
    found = nonsense(Shown(label=shown.label, text=name, system=shown.system))
    if found is not None:
        # Many a genuine mailbox is named oddly: this alone is not enough to doubt a lead.
        weight = min(found.weight, 0.4)
        yield _sign(weight, shown, "has a name that looks hit at random or made up for a test")


def _is_thrown_away(domain: str) -> bool:
    """Return whether ``domain``, or one that it is part of, gives mailboxes to throw away."""
    labels = domain.split(".")
    return any(".".join(labels[place:]) in LISTS.throwaway_domains for place in range(len(labels)))


def _north_american(shown: Shown, digits: str) -> Iterator[Sign]:
    area, exchange, line = digits[:3], digits[3:6], digits[6:]
    if area[0] in "01" or exchange[0] in "01" or area[1:] == "11" or exchange[1:] == "11":
        yield _sign(0.6, shown, "cannot be a number of the North American plan")
    elif exchange == "555" and line.startswith("01"):
        yield _sign(0.6, shown, "is one of the numbers kept for films")
    elif area in _PREMIUM_AREAS:
        yield _sign(0.6, shown, "has an area code that no person has")
    elif len(set(digits[3:])) == 1:
        yield _sign(0.5, shown, "is one digit over and over after its area code")


def _sign(weight: float, shown: Shown, what: str) -> Sign:
    return Sign(weight=weight, sentence=f"{shown.label} {what}")
