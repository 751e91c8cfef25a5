"""The example account: lead types, lead sources, campaigns, clients and what they buy."""

from collections.abc import Awaitable, Callable, Collection
from decimal import Decimal
from typing import Protocol, TypeVar

from leadexec.cli.demo import auto_clients, mortgage_clients
from leadexec.cli.demo.campaigns import CAMPAIGNS, VENDORS, CampaignPlan, Vendor, Vertical
from leadexec.cli.demo.client_plan import PORTAL, ClientPlan
from leadexec.cli.demo.lead_types import lead_type
from leadexec.cli.demo.webhooks import webhook_settings
from leadexec.criteria import Criteria
from leadexec.criteria.tree import All
from leadexec.errors import ConflictError
from leadexec.model.client import Client
from leadexec.model.delivery_account import DeliveryAccount
from leadexec.model.delivery_method import (
    ConfiguredDeliveryMethod,
    FieldMapping,
    RetrySettings,
)
from leadexec.model.entity import Entity
from leadexec.model.source import AutomationUse, Campaign, Channel, LeadSource, ValidatorUse

E = TypeVar("E", bound=Entity)

CLIENTS: tuple[ClientPlan, ...] = (
    *mortgage_clients.WORKING,
    *mortgage_clients.TROUBLED,
    *auto_clients.WORKING,
    *auto_clients.TROUBLED,
)
"""All clients of the example account."""


class Create(Protocol):
    """Stores an entity and returns it with its id."""

    def __call__(self, entity: E, /) -> Awaitable[E]:
        """Store ``entity``."""
        ...


BuyerUrl = Callable[[str, str], str]
"""(simulated buyer, branch) → its address."""


async def create_example_account(create: Create, buyer_url: BuyerUrl) -> None:
    """Create the whole example account, every entity after those it refers to.

    Args:
        create: Stores one entity.
        buyer_url: Where the simulated buyers are.
    """
    types = {vertical: (await create(lead_type(vertical))).id for vertical in Vertical}
    sources = {vendor.name: (await create(_source(vendor))).id for vendor in VENDORS}
    for plan in CAMPAIGNS:
        await create(_campaign(plan, sources[plan.vendor], types[plan.vertical]))
    for client in CLIENTS:
        await _create_client(create, client, types[client.vertical], buyer_url)


def check_complete(companies: Collection[str]) -> None:
    """Check that the clients named by ``companies`` include all of the example account.

    Raises:
        ConflictError: ``half_an_account``: an earlier run was interrupted while it made them.
    """
    missing = [plan.company for plan in CLIENTS if plan.company not in companies]
    if missing:
        raise ConflictError(
            "half_an_account",
            f"The data directory holds a part of the example account; {missing[0]} is missing.",
            "Start afresh in another directory with --data.",
        )


async def _create_client(
    create: Create, plan: ClientPlan, type_id: int, buyer_url: BuyerUrl
) -> None:
    client = await create(_client(plan))
    method = await create(_method(plan, client.id, type_id, buyer_url))
    for account in _accounts(plan, client.id, type_id, method.id):
        await create(account)


def _source(vendor: Vendor) -> LeadSource:
    return LeadSource(name=vendor.name, email=vendor.email, city=vendor.city, state=vendor.state)


def _campaign(plan: CampaignPlan, source: int, type_id: int) -> Campaign:
    return Campaign(
        name=plan.name,
        lead_source=source,
        lead_type=type_id,
        channel=Channel.PING_POST if plan.pings else Channel.WEB,
        price=plan.price,
        automation=AutomationUse(strategy=plan.strategy, settings=plan.strategy_settings),
        maximum_delivery_count=plan.maximum,
        limits=plan.limits,
        time_zone=plan.time_zone,
        criteria=plan.criteria(),
        validators=(
            ValidatorUse(validator="duplicate", settings={"look_back_days": plan.lookback_days}),
        ),
        quality_control=plan.reviewed,
        use_delivery_queue=not plan.waits,
        allow_send_responses=plan.waits,
    )


def _client(plan: ClientPlan) -> Client:
    city, state = plan.home
    return Client(
        company=plan.company,
        status=plan.status,
        priority=plan.priority,
        time_zone=plan.time_zone,
        email=f"leads@{plan.branch}.example",
        city=city,
        state=state,
        website=f"https://{plan.branch}.example",
    )


def _method(
    plan: ClientPlan, client: int, type_id: int, buyer_url: BuyerUrl
) -> ConfiguredDeliveryMethod:
    portal = plan.style == PORTAL
    return ConfiguredDeliveryMethod(
        name="Lead portal" if portal else f"Webhook ({plan.style})",
        client=client,
        lead_type=type_id,
        type="portal" if portal else "webhook",
        settings={}
        if portal
        else webhook_settings(plan.style, buyer_url(plan.style, plan.branch), plan.timeout),
        mappings=() if portal else _MAPPINGS,
        retry=RetrySettings(enabled=plan.retries > 0, maximum=plan.retries, gap_seconds=1),
        schedule=plan.hours.windows(),
    )


_MAPPINGS = (
    FieldMapping(to="lead_uid", source="[lead_uid]"),
    FieldMapping(to="price", source="[price]"),
    FieldMapping(to="vendor", static="LeadExec demo"),
)
"""What simulated buyers want besides the lead's own fields."""


def _accounts(plan: ClientPlan, client: int, type_id: int, method: int) -> list[DeliveryAccount]:
    wishes: list[tuple[str, Decimal, tuple[Criteria, ...]]] = [
        ("Standard", plan.lead_price, plan.wants)
    ]
    if plan.premium:
        price, further = plan.premium
        wishes.append(("Premium", Decimal(price), (*plan.wants, further)))
    return [
        DeliveryAccount(
            name=name,
            client=client,
            lead_type=type_id,
            delivery_method=method,
            status=plan.account_status,
            price=price,
            priority=plan.account_priority,
            exclusive=plan.exclusive,
            limits=plan.limits,
            criteria=All(items=wants) if wants else None,
        )
        for name, price, wants in wishes
    ]
