"""The plugin and its one strategy."""

from collections.abc import Sequence
from decimal import Decimal
from operator import attrgetter
from typing import Annotated, Any, ClassVar

from msgspec import Meta, Struct

from leadexec import AutomationStrategy, Candidate, NoSettings, Plugin, SortContext, hookimpl


class PriceSettings(Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """How prices order the clients."""

    optimize: Annotated[
        bool,
        Meta(
            title="Price optimization",
            description="Sell to the set of clients that pays most together: one exclusive client, "
            "or as many shared ones as the lead may have. Off: the highest single price first.",
            examples=[True],
        ),
    ] = True


class Price(AutomationStrategy[PriceSettings]):
    """The highest price first; a bid counts as the price (``DI1``).

    Ties, everywhere: shared before exclusive, then the lowest delivery account id.

    With price optimization the best exclusive price is weighed against the sum of the best shared
    prices that fill the lead's free slots:

    * exclusive candidates that pay more than that sum come first, highest first;
    * then the shared ones, highest first (also when the sum equals the exclusive price);
    * then the other exclusive ones, in case nobody shared takes the lead.

    Once a shared sale is made (``context.sold``), exclusive candidates are left out. The choice
    holds for the candidates that are left: sorted again after a decline, it is made anew.

    Without price optimization the order depends on price alone, whatever the lead.
    """

    key: ClassVar[str] = "price"
    title: ClassVar[str] = "Price"

    def sort(self, candidates: Sequence[Candidate], context: SortContext) -> Sequence[Candidate]:
        """Return the candidates in the order that the class states."""
        ordered = _by_price(candidates)
        if not self.settings.optimize:
            return ordered
        shared = [candidate for candidate in ordered if not candidate.exclusive]
        if context.sold:
            return shared
        exclusive = [candidate for candidate in ordered if candidate.exclusive]
        together = sum((c.price for c in shared[: context.slots]), Decimal(0))
        better = sum(1 for candidate in exclusive if candidate.price > together)
        return [*exclusive[:better], *shared, *exclusive[better:]]

    def static_key(self, candidate: Candidate) -> tuple[int | Decimal, ...] | None:
        """Return (price downwards, exclusive, account) unless the order depends on the lead."""
        if self.settings.optimize:
            return None
        return (-candidate.price, int(candidate.exclusive), candidate.account_id)


def _by_price(candidates: Sequence[Candidate]) -> list[Candidate]:
    # Stable sorts from the least to the most important key; each compares values of one type,
    # which is several times faster than building and comparing tuples.
    ordered = sorted(candidates, key=attrgetter("account_id"))
    ordered.sort(key=attrgetter("exclusive"))
    ordered.sort(key=attrgetter("price"), reverse=True)
    return ordered


class AutomationPricePlugin(Plugin[NoSettings]):
    """Contributes the automation strategy ``price``."""

    @hookimpl
    def register_automation_strategies(self) -> Sequence[type[AutomationStrategy[Any]]]:
        """Contribute ``price``."""
        return (Price,)
