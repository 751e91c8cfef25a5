"""What is wrong with some of the demonstration's leads."""

import enum
import random
from collections.abc import Callable, Mapping
from typing import Any, Final

from leadexec.cli.demo.campaigns import Vertical


class Flaw(enum.StrEnum):
    """A fault made on purpose."""

    DUPLICATE = "duplicate"
    INVALID = "invalid"
    MISSING = "missing"
    OUTSIDE = "outside"
    EXTRA = "extra"
    """Fields that the lead type does not have; the lead is good all the same."""

    @property
    def share(self) -> int:
        """How many of 100 leads have it."""
        return _SHARES[self]


_SHARES: Final[Mapping[Flaw, int]] = {
    Flaw.DUPLICATE: 5,
    Flaw.INVALID: 3,
    Flaw.MISSING: 2,
    Flaw.OUTSIDE: 4,
    Flaw.EXTRA: 1,
}

Spoil = Callable[[random.Random, Vertical, dict[str, Any]], None]


def _invalid(chance: random.Random, _: Vertical, fields: dict[str, Any]) -> None:
    name, value = chance.choice(
        (
            ("PrimaryPhone", "555-0100"),
            ("PrimaryPhone", "not given"),
            ("DateOfBirth", "02/30/1985"),
            ("DateOfBirth", "1985-13-01"),
            ("Email", "someone at example.com"),
            ("Zip", "ABCDE"),
            ("State", "Atlantis"),
        )
    )
    fields[name] = value


def _missing(chance: random.Random, _: Vertical, fields: dict[str, Any]) -> None:
    name = chance.choice(("Email", "PrimaryPhone", "State", "LastName"))
    if chance.random() < 0.5:
        fields[name] = "  "
    else:
        del fields[name]


def _outside(chance: random.Random, vertical: Vertical, fields: dict[str, Any]) -> None:
    if vertical is Vertical.AUTO:
        fields["Accidents"] = chance.randrange(5, 9)
    elif chance.random() < 0.5:
        fields["CreditGrade"] = "poor"
    else:
        fields["LoanAmount"] = f"${chance.randrange(5, 49)},500"


def _extra(chance: random.Random, _: Vertical, fields: dict[str, Any]) -> None:
    fields["utm_source"] = chance.choice(("search", "social"))
    fields["gclid"] = f"{chance.getrandbits(64):x}"


FLAWED: Final[Mapping[Flaw, Spoil]] = {
    Flaw.INVALID: _invalid,
    Flaw.MISSING: _missing,
    Flaw.OUTSIDE: _outside,
    Flaw.EXTRA: _extra,
}
"""How each flaw is made, in place; a duplicate needs an earlier lead and is made elsewhere."""
