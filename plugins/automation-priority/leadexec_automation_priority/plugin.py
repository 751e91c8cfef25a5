"""The plugin and its one strategy."""

from collections.abc import Sequence
from decimal import Decimal
from operator import attrgetter
from typing import Any, ClassVar

from leadexec import AutomationStrategy, Candidate, NoSettings, Plugin, SortContext, hookimpl


class Priority(AutomationStrategy[NoSettings]):
    """Client priority, then delivery account priority, 0 first (``DI2``).

    Ties go to the higher price, then to the lowest delivery account id. The order never depends
    on the lead.
    """

    key: ClassVar[str] = "priority"
    title: ClassVar[str] = "Priority"

    def sort(self, candidates: Sequence[Candidate], context: SortContext) -> Sequence[Candidate]:
        """Return the candidates in the order that the class states."""
        # Stable sorts from the least to the most important key, each over values of one type.
        ordered = sorted(candidates, key=attrgetter("account_id"))
        ordered.sort(key=attrgetter("price"), reverse=True)
        ordered.sort(key=attrgetter("account_priority"))
        ordered.sort(key=attrgetter("client_priority"))
        return ordered

    def static_key(self, candidate: Candidate) -> tuple[int | Decimal, ...] | None:
        """Return (client priority, account priority, price downwards, account)."""
        return (
            candidate.client_priority,
            candidate.account_priority,
            -candidate.price,
            candidate.account_id,
        )


class AutomationPriorityPlugin(Plugin[NoSettings]):
    """Contributes the automation strategy ``priority``."""

    @hookimpl
    def register_automation_strategies(self) -> Sequence[type[AutomationStrategy[Any]]]:
        """Contribute ``priority``."""
        return (Priority,)
