"""The plugin and its one strategy."""

from collections.abc import Mapping, Sequence
from operator import attrgetter
from typing import Any, ClassVar

from leadexec import (
    AutomationStrategy,
    Candidate,
    NoSettings,
    Plugin,
    SortContext,
    Statistic,
    hookimpl,
)


class RoundRobin(AutomationStrategy[NoSettings]):
    """The delivery account that was least recently offered a lead comes first (``DI3``).

    Accounts that were never offered one come before all others; ties go to the lowest delivery
    account id. The turns come from the database in the reserve transaction, so the order is right
    over restarts and over any number of workers.
    """

    key: ClassVar[str] = "round-robin"
    title: ClassVar[str] = "Round robin"
    needs: ClassVar[frozenset[Statistic]] = frozenset({Statistic.LAST_TURN})

    def sort(self, candidates: Sequence[Candidate], context: SortContext) -> Sequence[Candidate]:
        """Return the candidates in the order that the class states."""
        turns: Mapping[int, int] = context.statistics.get(Statistic.LAST_TURN, {})
        ordered = sorted(candidates, key=attrgetter("account_id"))
        ordered.sort(key=lambda candidate: turns.get(candidate.account_id, 0))
        return ordered


class AutomationRoundRobinPlugin(Plugin[NoSettings]):
    """Contributes the automation strategy ``round-robin``."""

    @hookimpl
    def register_automation_strategies(self) -> Sequence[type[AutomationStrategy[Any]]]:
        """Contribute ``round-robin``."""
        return (RoundRobin,)
