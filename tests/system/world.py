"""A whole running system for a test: its application, its buyers, and a look into its tables."""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from decimal import Decimal
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from typing import Any, TypeVar

import httpx
import msgspec
from sqlalchemy import Table, select

from leadexec import Clock, Entity, Plugin
from leadexec.app import App, running_app
from leadexec.distribution.explain import Explainer, LeadExplained
from leadexec.model.access import Scope
from leadexec.model.client import Client, ClientStatus
from leadexec.model.delivery_account import DeliveryAccount
from leadexec.model.delivery_method import ConfiguredDeliveryMethod, RetrySettings
from leadexec.model.lead_type import LeadField, LeadType
from leadexec.model.limits import QuantityLimits, ScheduleWindow
from leadexec.model.source import AutomationUse, Campaign, LeadSource
from leadexec.settings import JobSettings, Settings
from leadexec.storage.entities import update_entity
from leadexec.storage.tables import (
    attempts,
    claims,
    counters,
    decisions,
    deliveries,
    jobs,
    leads,
    pings,
    quotes,
    requests,
)
from tests.system.buyers import Given, Market, market_plugin

E = TypeVar("E", bound=Entity)
Row = Mapping[str, Any]
STANDARD = (
    "automation-price",
    "automation-priority",
    "automation-round-robin",
    "fields",
    "validate-duplicate",
)
FIELDS = (
    LeadField(name="FirstName", description="First name", type="text"),
    LeadField(name="State", description="State", type="us_state", required=True),
    LeadField(name="Phone", description="Phone", type="phone", duplicate_check=True),
    LeadField(name="Amount", description="Amount", type="money"),
)
RECEIVER = "/receiver/leads"
TABLES = {
    table.name: table
    for table in (
        requests,
        leads,
        deliveries,
        attempts,
        pings,
        quotes,
        decisions,
        counters,
        claims,
        jobs,
    )
}


def installed(*names: str) -> list[EntryPoint]:
    """Return the entry points of installed plugins."""
    return [point for point in entry_points(group="leadexec") if point.name in names]


def price_first(*, optimize: bool = False) -> AutomationUse:
    """Return the automation that offers a lead to the highest price first."""
    return AutomationUse(strategy="price", settings={"optimize": optimize})


class World:
    """One running system."""

    def __init__(self, app: App, market: Market, client: httpx.AsyncClient) -> None:
        """Look at ``app``, which sells to ``market``."""
        self.app = app
        self.kernel = app.kernel
        self.market = market
        self.client = client
        self._made = 0

    # --- configuration

    async def lead_type(self, *fields: LeadField, name: str = "Mortgage") -> LeadType:
        """Return a new lead type; without ``fields``, with name, state, phone and amount."""
        return await self.kernel.create(LeadType(name=name, fields=fields or FIELDS))

    async def campaign(self, lead_type: LeadType | None = None, **changes: Any) -> Campaign:
        """Return a new campaign that anybody may post to, selling to the highest price."""
        self._made += 1
        source = changes.pop("lead_source", None)
        if source is None:
            source = (await self.kernel.create(LeadSource(name=f"Source {self._made}"))).id
        values: dict[str, Any] = {
            "name": f"Campaign {self._made}",
            "lead_source": source,
            "lead_type": (lead_type or await self.lead_type(name=f"Type {self._made}")).id,
            "require_authentication": False,
            "automation": price_first(),
            "price": Decimal("3.50"),
        }
        return await self.kernel.create(Campaign(**values | changes))

    async def buyer(self, campaign: Campaign, name: str, **changes: Any) -> DeliveryAccount:
        """Return a new delivery account of a new client that buys leads of the campaign's type.

        Fields of the client (``client_priority``, ``client_status``, ``time_zone``) and of the
        delivery method (``method``: its type, ``settings``, ``mappings``, ``retry``, ``schedule``,
        ``timeout``) may be given among ``changes``.
        """
        client = await self.kernel.create(
            Client(
                company=name,
                status=changes.pop("client_status", ClientStatus.ACTIVE),
                priority=changes.pop("client_priority", 0),
                time_zone=changes.pop("time_zone", "UTC"),
            )
        )
        settings: dict[str, Any] = {"buyer": name}
        if "timeout" in changes:
            settings["timeout"] = changes.pop("timeout")
        schedule: Sequence[ScheduleWindow] = changes.pop("schedule", ())
        method = await self.kernel.create(
            ConfiguredDeliveryMethod(
                name=name,
                client=client.id,
                lead_type=campaign.lead_type,
                type=changes.pop("method", "memory"),
                settings=changes.pop("settings", settings),
                retry=changes.pop("retry", RetrySettings(enabled=False)),
                schedule=tuple(schedule),
                mappings=changes.pop("mappings", ()),
            )
        )
        values: dict[str, Any] = {
            "name": name,
            "client": client.id,
            "lead_type": campaign.lead_type,
            "delivery_method": method.id,
            "price": Decimal(changes.pop("price", 10)),
            "limits": QuantityLimits(daily=changes.pop("daily", None)),
        }
        return await self.kernel.create(DeliveryAccount(**values | changes))

    async def update(self, entity: E, **changes: Any) -> E:
        """Store a changed entity and bring the change into the catalog."""
        changed = msgspec.structs.replace(entity, **changes)
        kernel = self.kernel
        made = await kernel.store.change(
            lambda connection: update_entity(
                connection,
                kernel.tables,
                changed,
                by="test",
                now=kernel.services.clock.now(),
                cipher=kernel.cipher,
            )
        )
        await kernel.loader.refresh()
        return made

    async def token(self, *scopes: Scope) -> str:
        """Return the access token of a new credential."""
        made = await self.app.new_credential("vendor", scopes or (Scope.LEAD_RECEIVER,))
        own = {"client_id": made.client_id, "client_secret": made.client_secret}
        form = {"grant_type": "client_credentials"} | own
        return str((await self.client.post("/oauth2/token", data=form)).json()["access_token"])

    # --- leads

    async def post(
        self, campaign: Campaign | int, *, headers: Mapping[str, str] | None = None, **fields: Any
    ) -> httpx.Response:
        """Post one lead; fields that are not given are valid ones."""
        number = campaign if isinstance(campaign, int) else campaign.id
        self._made += 1
        phone = f"213555{self._made % 10_000:04}"
        filled = {"FirstName": "Ada", "State": "CA", "Phone": phone} | fields
        body = {"campaign": number, "fields": filled}
        return await self.client.post(RECEIVER, json=body, headers=headers)

    async def sell(self, campaign: Campaign, **fields: Any) -> str:
        """Post one lead, wait until nothing moves any more, return its uid."""
        answer = await self.post(campaign, **fields)
        await self.settled()
        return str(answer.json()["lead"])

    async def settled(self) -> None:
        """Wait until nothing is due or running."""
        await self.kernel.runner.until_idle()

    # --- looking

    async def rows(self, name: str, **where: Any) -> list[Row]:
        """Return the rows of a table, oldest first."""
        table: Table = TABLES[name]
        query = select(table).order_by(*table.primary_key.columns)
        for column, value in where.items():
            query = query.where(table.c[column] == value)
        return await self.kernel.store.read(
            lambda connection: [dict(row) for row in connection.execute(query).mappings()]
        )

    async def lead(self, uid: str) -> Row:
        """Return a lead's row."""
        (row,) = await self.rows("leads", uid=uid)
        return row

    async def sold_to(self, uid: str) -> list[str]:
        """Return the names of the delivery accounts that took the lead, in order."""
        found = await self.rows("deliveries", lead_uid=uid, state="accepted")
        entities = self.kernel.catalog.entities["delivery_account"]
        return [getattr(entities[row["account_id"]], "name") for row in found]  # noqa: B009

    async def used(self) -> dict[str, int]:
        """Return what is used of every limit: the counter without its window → number."""
        found: dict[str, int] = {}
        for row in await self.rows("counters"):
            key = str(row["key"]).partition("@")[0]
            found[key] = found.get(key, 0) + row["used"]
        return found

    async def explain(self, uid: str) -> LeadExplained:
        """Return why a lead went where it went."""
        return await Explainer(self.kernel.parts).explain(uid)

    async def why(self, uid: str) -> dict[str, str]:
        """Return delivery account → what became of it for the lead, as a code."""
        explained = await self.explain(uid)
        return {account.account_name: account.code for account in explained.accounts}


@asynccontextmanager
async def a_world(
    url: str,
    data: Path,
    *extra: tuple[str, type[Plugin[Any]]],
    plugins: Sequence[str] = STANDARD,
    market: Market | None = None,
    clock: Clock | None = None,
    safe_mode: bool = False,
    run_jobs: bool = True,
    **settings: Any,
) -> AsyncIterator[World]:
    """Start a system on the database at ``url``.

    Args:
        url: A migrated database.
        data: The folder of its key file.
        extra: (name, class) of plugins made by the test.
        plugins: Installed plugins to load.
        market: Whom it sells to; a new one by default.
        clock: Instead of the machine's.
        safe_mode: Start without plugins that cannot load.
        run_jobs: Whether it distributes leads itself.
        settings: Sections of the settings, ``jobs=JobSettings(…)``.
    """
    market = market or Market()
    found = [
        *installed(*plugins),
        Given("market", market_plugin(market)),
        *(Given(name, plugin) for name, plugin in extra),
    ]
    chosen = {"jobs": JobSettings(poll_seconds=0.05)} | settings
    options = {"found": found, "clock": clock, "safe_mode": safe_mode, "run_jobs": run_jobs}
    async with running_app(
        Settings(data=str(data), database=url, **chosen), migrate=False, **options
    ) as app:
        transport = httpx.ASGITransport(app=app.asgi)
        async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
            yield World(app, market, client)
