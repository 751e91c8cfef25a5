"""The figures of a demonstration, the rule by which they must agree, and how they are shown."""

from collections.abc import Iterator, Mapping
from decimal import Decimal

import msgspec
from rich.table import Table

from leadexec.cli.demo.platform import DemoCounts
from leadexec.cli.demo.poster import Percentiles, Tally


class BuyerBooks(msgspec.Struct, kw_only=True, frozen=True):
    """What the simulated buyers say, all together."""

    sales: int = 0
    revenue: Decimal = Decimal(0)
    doubled: int = 0
    """Leads that one buyer was sold twice."""
    repeats: int = 0
    """Posts that a buyer had judged before and knew by their idempotency key."""
    refusals: int = 0
    troubles: dict[str, int] = {}


class Account(msgspec.Struct, kw_only=True, frozen=True):
    """Both sides of the books, and what was posted in this run."""

    counts: DemoCounts
    before: DemoCounts
    """The platform's figures before this run."""
    books: BuyerBooks
    stored: int
    """Answers of this run that said a lead was stored."""
    rejected: int
    """Those of them that said it was rejected."""
    unanswered: int
    prices: Mapping[int, Decimal]
    """Campaign id → cost per lead."""

    def problems(self) -> list[str]:
        """Return what does not agree, a sentence each; nothing when every lead and cent does."""
        return [*self._unaccounted(), *self._unlike_the_books(), *self._wrong_cost()]

    def _unaccounted(self) -> Iterator[str]:
        now = self.counts
        if now.pending:
            yield f"{now.pending} leads are still being distributed."
        ended = now.rejected_total + now.held + now.unsold + now.delivered
        if ended + now.pending != now.received:
            yield (
                f"{now.received} leads were received, but {now.rejected_total} rejected + "
                f"{now.held} held + {now.unsold} unsold + {now.delivered} delivered + "
                f"{now.pending} pending = {ended + now.pending}."
            )
        if self.unanswered:
            yield f"{self.unanswered} posts got no answer."
        received = now.received - self.before.received
        if received != self.stored:
            yield f"The receiver said it stored {self.stored} leads, but {received} are there."
        rejected = now.rejected_at_once - self.before.rejected_at_once
        if rejected != self.rejected:
            yield f"The receiver said it rejected {self.rejected} leads, but {rejected} are there."

    def _unlike_the_books(self) -> Iterator[str]:
        sales = self.counts.sales - self.counts.portal_sales
        if sales != self.books.sales:
            yield f"We count {sales} sales to buyers, their books {self.books.sales}."
        revenue = self.counts.revenue - self.counts.portal_revenue
        if revenue != self.books.revenue:
            yield f"Our revenue from buyers is {revenue}, by their books {self.books.revenue}."
        if self.counts.lead_revenue != self.counts.revenue:
            yield (
                f"The leads' revenue is {self.counts.lead_revenue}, "
                f"that of their deliveries {self.counts.revenue}."
            )
        if self.books.doubled:
            yield f"{self.books.doubled} leads were sold twice to the same buyer."

    def _wrong_cost(self) -> Iterator[str]:
        now = self.counts
        by_campaign = sum(now.accepted_by_campaign.values())
        if by_campaign != now.accepted:
            yield f"{now.accepted} leads were accepted, but the campaigns accepted {by_campaign}."
        if now.accepted != now.delivered + now.unsold + now.pending:
            yield (
                f"{now.accepted} leads were accepted, but {now.delivered} are delivered, "
                f"{now.unsold} unsold and {now.pending} pending."
            )
        cost = sum(
            (self.prices[campaign] * count for campaign, count in now.accepted_by_campaign.items()),
            Decimal(0),
        )
        if cost != now.cost:
            yield f"The cost is {now.cost}, but the accepted leads cost {cost}."


class Figures(msgspec.Struct, kw_only=True, frozen=True):
    """One look at a running demonstration, or the last one."""

    counts: DemoCounts
    posted: int
    repeats: int
    seconds: float
    """From the first post of this run to its last answer."""
    refused: dict[str, int]
    pings: dict[str, int]
    """``accepted``, ``refused`` → pings of this run."""
    answers: Percentiles
    waited: Percentiles
    books: BuyerBooks

    @property
    def rate(self) -> float:
        """Leads posted a second in this run."""
        return round(self.posted / self.seconds, 1) if self.seconds else 0.0


def figures_of(counts: DemoCounts, tally: Tally, books: BuyerBooks, seconds: float) -> Figures:
    """Return the figures of this moment, the last answer ``seconds`` after the start."""
    return Figures(
        counts=counts,
        posted=tally.posted,
        repeats=tally.repeats,
        seconds=round(seconds, 3),
        refused=dict(tally.refused),
        pings=dict(tally.pings),
        answers=tally.queued.percentiles(),
        waited=tally.waited.percentiles(),
        books=books,
    )


def summary_json(figures: Figures, problems: list[str]) -> str:
    """Return the figures and the ``problems`` as JSON; amounts are texts, exact."""
    counts = figures.counts
    content = {
        "ok": not problems,
        "problems": problems,
        "received": counts.received,
        "accepted": counts.accepted,
        "held": counts.held,
        "rejected": counts.rejected_total,
        "rejected_by_reason": counts.rejected,
        "delivered": counts.delivered,
        "unsold": counts.unsold,
        "pending": counts.pending,
        "sales": counts.sales,
        "portal_sales": counts.portal_sales,
        "revenue": money(counts.revenue),
        "portal_revenue": money(counts.portal_revenue),
        "cost": money(counts.cost),
        "profit": money(counts.profit),
        "posted": figures.posted,
        "repeats": figures.repeats,
        "refused": figures.refused,
        "pings": figures.pings,
        "seconds": figures.seconds,
        "leads_per_second": figures.rate,
        "answers_ms": figures.answers,
        "answers_with_deliveries_ms": figures.waited,
        "buyers": {
            "sales": figures.books.sales,
            "revenue": money(figures.books.revenue),
            "doubled": figures.books.doubled,
            "repeats": figures.books.repeats,
            "refusals": figures.books.refusals,
            "troubles": figures.books.troubles,
        },
    }
    return msgspec.json.format(msgspec.json.encode(content), indent=2).decode()


def summary_table(figures: Figures) -> Table:
    """Return the figures as a table for the terminal."""
    table = Table(show_header=False, box=None, pad_edge=False)
    table.add_column(style="bold")
    table.add_column(justify="right")
    table.add_column(style="dim")
    for name, value, note in _rows(figures):
        table.add_row(name, value, note)
    return table


def money(amount: Decimal) -> str:
    """Return ``amount`` with the cents written out, exact to four places."""
    text = f"{amount:.4f}"
    return text.removesuffix("00")


def _rows(figures: Figures) -> Iterator[tuple[str, str, str]]:
    counts, books = figures.counts, figures.books
    if figures.pings:
        refused = figures.pings.get("refused", 0)
        yield "Pings", f"{sum(figures.pings.values()):,}", f"{refused:,} refused, and never posted"
    yield "Received", f"{counts.received:,}", f"{figures.rate:,} a second in this run"
    yield "Accepted", f"{counts.accepted:,}", ""
    yield "Held", f"{counts.held:,}", ""
    yield "Rejected", f"{counts.rejected_total:,}", ""
    for reason, count in sorted(counts.rejected.items(), key=lambda item: (-item[1], item[0])):
        yield "", f"{count:,}", reason
    yield "Delivered", f"{counts.delivered:,}", f"in {counts.sales:,} sales"
    yield "Unsold", f"{counts.unsold:,}", ""
    yield "Pending", f"{counts.pending:,}", ""
    yield "Revenue", money(counts.revenue), f"{money(counts.portal_revenue)} of it by portal"
    yield "Cost", money(counts.cost), ""
    yield "Profit", money(counts.profit), ""
    yield "Buyers' books", money(books.revenue), f"{books.sales:,} sales, {books.doubled} doubled"
    yield "Answers", f"{figures.answers.p50:,} ms", f"p99 {figures.answers.p99:,} ms"
    if figures.waited.count:
        note = f"p99 {figures.waited.p99:,} ms, with the deliveries in them"
        yield "", f"{figures.waited.p50:,} ms", note
