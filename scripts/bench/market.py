"""A running kernel with clients, delivery accounts and buyers in memory, for the benchmarks."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from decimal import Decimal
from importlib.metadata import EntryPoint, entry_points
from random import Random
from typing import Any

from msgspec import structs
from sqlalchemy import Connection, insert

from leadexec import (
    Accepted,
    Attempt,
    DeliveryMethod,
    Entity,
    Exchange,
    NoSettings,
    Outcome,
    Outgoing,
    Plugin,
    Prepared,
    hookimpl,
)
from leadexec.criteria import All, FieldTest, Operator
from leadexec.kernel import Kernel, running_kernel
from leadexec.model.client import Client, ClientStatus
from leadexec.model.delivery_account import DeliveryAccount
from leadexec.model.delivery_method import ConfiguredDeliveryMethod, FieldMapping, RetrySettings
from leadexec.model.lead_type import LeadField, LeadType
from leadexec.model.limits import QuantityLimits
from leadexec.model.source import AutomationUse, Campaign, LeadSource
from leadexec.settings import JobSettings, Settings
from leadexec.storage.database import StorageSettings

PLUGINS = ("automation-price", "fields")
FIELDS = {
    "FirstName": "text",
    "LastName": "text",
    "Email": "email",
    "Phone": "phone",
    "City": "text",
    "State": "us_state",
    "Zip": "postal_code",
    "LoanAmount": "money",
    "CreditScore": "integer",
    "Homeowner": "yes_no",
}
STATES = ("AZ", "CA", "CO", "FL", "GA", "IL", "NY", "OH", "TX", "WA")
MATCHES = 50
"""Delivery accounts whose criteria match a lead, however many accounts there are."""
PER_CLIENT = 5


class Buyer(DeliveryMethod[NoSettings]):
    """Buys whatever it is offered, at once."""

    key = "bench"
    title = "Buyer in memory"

    def prepare(self, outgoing: Outgoing) -> Prepared:
        """Render the fields as a form would be."""
        return Prepared(request="&".join(f"{k}={v}" for k, v in outgoing.fields.items()))

    async def deliver(self, prepared: Prepared, attempt: Attempt) -> Outcome:
        """Accept."""
        attempt.record(Exchange(request=prepared.request, response="accepted", status=200))
        return Accepted(reference=attempt.idempotency_key[:8])


class BuyersPlugin(Plugin[NoSettings]):
    """Contributes the buyer."""

    @hookimpl
    def register_delivery_methods(self) -> Sequence[type[DeliveryMethod[Any]]]:
        """Contribute ``bench``."""
        return (Buyer,)


class _Given(EntryPoint):
    def load(self) -> Any:
        return BuyersPlugin


@asynccontextmanager
async def a_kernel(folder: str, database: str = "", **storage: int) -> AsyncIterator[Kernel]:
    """Start a kernel whose jobs are not run yet, on SQLite in ``folder`` or on ``database``."""
    settings = settings_in(folder, database, **storage)
    async with running_kernel(settings, found=plugins()) as kernel:
        yield kernel


def settings_in(folder: str, database: str = "", **storage: int) -> Settings:
    """Return settings without jobs, on SQLite in ``folder`` or on ``database``."""
    return Settings(
        data=folder,
        database=database,
        jobs=JobSettings(run=False, poll_seconds=5),
        storage=StorageSettings(**storage),
    )


def plugins() -> list[EntryPoint]:
    """Return the entry points of the plugins that the benchmarks use."""
    found = [point for point in entry_points(group="leadexec") if point.name in PLUGINS]
    buyers = _Given(name="bench-buyers", value="bench:BuyersPlugin", group="leadexec")
    return [*found, buyers]


async def a_market(kernel: Kernel, accounts: int, *, optimize: bool, most: int = 2) -> Campaign:
    """Store a campaign and ``accounts`` delivery accounts, ``MATCHES`` of them for each lead."""
    fields = tuple(LeadField(name=n, description=n, type=t) for n, t in FIELDS.items())
    lead_type = await kernel.create(LeadType(name="Mortgage", fields=fields))
    source = await kernel.create(LeadSource(name="Bench"))
    campaign = await kernel.create(
        Campaign(
            name="Bench",
            lead_source=source.id,
            lead_type=lead_type.id,
            price=Decimal("3.50"),
            require_authentication=False,
            maximum_delivery_count=most,
            automation=AutomationUse(strategy="price", settings={"optimize": optimize}),
        )
    )
    made = list(entities(lead_type.id, accounts))
    await kernel.store.change(lambda connection: _insert(connection, kernel, made))
    await kernel.loader.load()
    return campaign


def entities(lead_type: int, accounts: int) -> Sequence[Entity]:
    """Return ``accounts`` delivery accounts with their clients and methods; ids count from 1."""
    chance = Random(7)  # noqa: S311  accounts to measure with, not secrets
    clients = range(1, accounts // PER_CLIENT + 2)
    mappings = tuple(FieldMapping(to=name.lower(), source=name) for name in FIELDS)
    return [
        *(Client(id=i, company=f"Buyer {i}", status=ClientStatus.ACTIVE) for i in clients),
        *(
            ConfiguredDeliveryMethod(
                id=i,
                name=f"Method {i}",
                client=i,
                lead_type=lead_type,
                type="bench",
                retry=RetrySettings(enabled=False),
                mappings=mappings,
            )
            for i in clients
        ),
        *(_account(i, lead_type, accounts, chance) for i in range(1, accounts + 1)),
    ]


def _account(number: int, lead_type: int, accounts: int, chance: Random) -> DeliveryAccount:
    client = 1 + number // PER_CLIENT
    city = number % (accounts // MATCHES)  # neighbours in number, so of one client, never meet
    amount = chance.randrange(10_000, 100_000, 10_000)
    score = chance.randrange(300, 500)
    return DeliveryAccount(
        id=number,
        name=f"Account {number}",
        client=client,
        lead_type=lead_type,
        delivery_method=client,
        price=Decimal(chance.randrange(500, 9_000)) / 100,
        limits=QuantityLimits(daily=1_000_000, monthly=10_000_000),
        criteria=All(
            items=(
                FieldTest(field="City", operator=Operator.IS_ANY_OF, values=(f"City {city}",)),
                FieldTest(field="State", operator=Operator.IS_ANY_OF, values=STATES),
                FieldTest(field="LoanAmount", operator=Operator.AT_LEAST, values=(str(amount),)),
                FieldTest(field="CreditScore", operator=Operator.AT_LEAST, values=(str(score),)),
            )
        ),
    )


def _insert(connection: Connection, kernel: Kernel, made: Sequence[Entity]) -> None:
    now = kernel.services.clock.now()
    for struct in (Client, ConfiguredDeliveryMethod, DeliveryAccount):
        table = kernel.tables.of(struct)
        rows = [
            table.row_of(
                structs.replace(entity, created=now, updated=now, revision=1), kernel.cipher
            )
            for entity in made
            if type(entity) is struct
        ]
        connection.execute(insert(table.table), rows)


def lead_fields(chance: Random, accounts: int) -> dict[str, Any]:
    """Return the fields of one lead, as posted."""
    number = chance.randrange(10_000)
    return {
        "FirstName": "Margaret",
        "LastName": f"Okonkwo{number}",
        "Email": f"m.okonkwo{number}@example.com",
        "Phone": f"(213) 555-{number:04}",
        "City": f"City {chance.randrange(accounts // MATCHES)}",
        "State": chance.choice(STATES),
        "Zip": f"{chance.randrange(10_000, 99_999)}",
        "LoanAmount": f"${chance.randrange(100, 900)},000",
        "CreditScore": chance.randrange(500, 850),
        "Homeowner": "yes",
    }
