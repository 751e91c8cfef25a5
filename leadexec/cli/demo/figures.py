"""The platform's figures, read from its database in one transaction."""

from collections import Counter
from collections.abc import Collection, Iterable
from decimal import Decimal
from typing import NamedTuple

from sqlalchemy import Connection, func, select

from leadexec.cli.demo.platform import DemoCounts
from leadexec.distribution.states import DeliveryState
from leadexec.model.lead import LeadStatus
from leadexec.storage.job_rows import RELEASE_QUOTE
from leadexec.storage.tables import deliveries, jobs, leads

_ACCEPTED = (LeadStatus.QUEUED, LeadStatus.DELIVERED, LeadStatus.UNSOLD)


class _Leads(NamedTuple):
    status: str
    code: str
    campaign: int
    number: int
    price: Decimal
    revenue: Decimal


def demo_counts(connection: Connection, portal_methods: Collection[int]) -> DemoCounts:
    """Return the figures over all leads.

    Args:
        connection: A transaction in which nothing changes between two questions.
        portal_methods: Ids of the delivery methods that reach no outside system.
    """
    groups = _lead_groups(connection)
    states: Counter[str] = Counter()
    rejected: Counter[str] = Counter()
    campaigns: Counter[int] = Counter()
    for group in groups:
        states[group.status] += group.number
        if group.status == LeadStatus.REJECTED:
            rejected[group.code] += group.number
        elif group.status in _ACCEPTED:
            campaigns[group.campaign] += group.number
    sales, revenue, portal_sales, portal_revenue = _sales(connection, portal_methods)
    return DemoCounts(
        received=states.total(),
        accepted=campaigns.total(),
        held=states[LeadStatus.HELD],
        rejected=dict(rejected),
        delivered=states[LeadStatus.DELIVERED],
        unsold=states[LeadStatus.UNSOLD],
        pending=states[LeadStatus.QUEUED],
        sales=sales,
        revenue=revenue,
        lead_revenue=_sum(group.revenue for group in groups),
        portal_sales=portal_sales,
        portal_revenue=portal_revenue,
        accepted_by_campaign=dict(campaigns),
        cost=_sum(group.price for group in groups if group.status in _ACCEPTED),
    )


def open_work(connection: Connection) -> int:
    """Return how many jobs may still run and deliveries are still reserved."""
    alive = (
        select(func.count())
        .select_from(jobs)
        .where(jobs.c.dead.is_(False), jobs.c.kind != RELEASE_QUOTE)
    )
    reserved = (
        select(func.count())
        .select_from(deliveries)
        .where(deliveries.c.state == DeliveryState.RESERVED)
    )
    return connection.execute(alive).scalar_one() + connection.execute(reserved).scalar_one()


def _lead_groups(connection: Connection) -> list[_Leads]:
    by = (leads.c.status, leads.c.code, leads.c.campaign_id)
    query = select(*by, func.count(), func.sum(leads.c.price), func.sum(leads.c.revenue)).group_by(
        *by
    )
    return [_Leads(*row) for row in connection.execute(query)]


def _sales(
    connection: Connection, portal_methods: Collection[int]
) -> tuple[int, Decimal, int, Decimal]:
    """Return number and sum of all sales, then of those by portal."""
    query = (
        select(deliveries.c.method_id, func.count(), func.sum(deliveries.c.price))
        .where(deliveries.c.state == DeliveryState.ACCEPTED)
        .group_by(deliveries.c.method_id)
    )
    rows = [tuple(row) for row in connection.execute(query)]
    portal = [row for row in rows if row[0] in portal_methods]
    return (
        sum(count for _, count, _ in rows),
        _sum(price for _, _, price in rows),
        sum(count for _, count, _ in portal),
        _sum(price for _, _, price in portal),
    )


def _sum(amounts: Iterable[Decimal]) -> Decimal:
    return sum(amounts, Decimal(0))
