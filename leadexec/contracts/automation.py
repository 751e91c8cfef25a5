"""The contract of an automation strategy: in which order qualified clients are offered a lead."""

import enum
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import ClassVar

import msgspec

from leadexec.contracts.component import Component, S


class Candidate(msgspec.Struct, kw_only=True, frozen=True):
    """One delivery account that qualifies for a lead."""

    account_id: int
    client_id: int
    price: Decimal
    """What the buyer pays: its bid where it gave one, else the delivery account's price."""
    client_priority: int = 0
    account_priority: int = 0
    exclusive: bool = False
    """Bought alone or not at all."""


class Statistic(enum.StrEnum):
    """Numbers from the database that a strategy may ask for, fresh in the reserve transaction."""

    LAST_TURN = "last_turn"
    """Per delivery account, the number of the turn at which it was last offered a lead (0: never).
    Turns count up over all leads; a reservation takes the next one."""


class SortContext(msgspec.Struct, kw_only=True, frozen=True):
    """What a strategy may know besides the candidates."""

    slots: int
    """How many sales the lead may still have (1 or more)."""
    sold: int = 0
    """How many shared sales it already has; an exclusive candidate is out when this is not 0."""
    statistics: Mapping[Statistic, Mapping[int, int]] = {}
    """Statistic → delivery account id → number; only what ``needs`` names."""


class AutomationStrategy(Component[S], ABC):
    """An order among the delivery accounts that qualify for a lead (``DI1``–``DI6``).

    ``sort`` is pure, synchronous and quick. It is called once per lead and again after a buyer
    declined, with the candidates that are left. Strategies with ``needs`` are called inside the
    reserve transaction, with statistics that no other worker can change meanwhile. The kernel
    offers the lead in the order returned, passes over whoever is at a limit, and stops at
    ``slots`` sales or an exclusive one. If ``sort`` raises, the lead is held.
    """

    needs: ClassVar[frozenset[Statistic]] = frozenset()

    def __init__(self, settings: S) -> None:
        """Take the validated ``settings``; raise ``ConfigurationError`` with every fault."""
        self.settings = settings

    @abstractmethod
    def sort(self, candidates: Sequence[Candidate], context: SortContext) -> Sequence[Candidate]:
        """Return the candidates in the order they are to be offered the lead.

        The result holds each given candidate at most once and no other; leaving one out means
        that it is not offered the lead. Ties must be broken in a stated, repeatable way.
        """

    def static_key(self, candidate: Candidate) -> tuple[int | Decimal, ...] | None:
        """Return a key whose ascending order equals ``sort``'s whatever the lead, or None.

        A strategy whose order never depends on the context returns one; the kernel then keeps
        accounts in that order and need not sort at all.
        """
        return None
