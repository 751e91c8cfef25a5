"""A running system whose leads are erased, and a look for what is left of somebody."""

import json
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Annotated, Any, ClassVar

from msgspec import Meta, Struct
from sqlalchemy import Connection, func, select, update

from leadexec import (
    Accepted,
    Lead,
    LeadEvent,
    NoSettings,
    Pass,
    Plugin,
    Rejected,
    Stage,
    Validator,
    Verdict,
    hookimpl,
)
from leadexec.contracts.erasure import Erased
from leadexec.contracts.lead import SystemField
from leadexec.distribution.erasing import StoredErasure
from leadexec.model.lead_type import LeadField
from leadexec.model.source import Campaign, ValidatorUse
from leadexec.storage.metadata import kernel_metadata
from leadexec.storage.tables import deliveries, leads
from tests.system.buyers import Posted
from tests.system.world import World, a_world

EMAIL, PHONE, NAME = "wilhelmina@quuxley.test", "2135550001", "Quuxley"
PERSON = {"FirstName": "Wilhelmina", "LastName": NAME, "Email": EMAIL, "Phone": "(213) 555-0001"}
OTHER = {"FirstName": "Other", "LastName": "Body", "Email": "other@body.test"}
TELLTALES = ("wilhelmina", "quuxley", "213555000", "213) 555-000", "%40quux", "198.51.100.77")
FIELDS = (
    LeadField(name="FirstName", description="First", type="text", system=SystemField.FIRST_NAME),
    LeadField(name="LastName", description="Last", type="text", system=SystemField.LAST_NAME),
    LeadField(
        name="Email",
        description="Email",
        type="text",
        system=SystemField.EMAIL,
        duplicate_check=True,
    ),
    LeadField(name="Phone", description="Phone", type="phone", system=SystemField.PRIMARY_PHONE),
    LeadField(name="State", description="State", type="us_state", system=SystemField.STATE),
    LeadField(name="Purpose", description="Purpose", type="text"),
    LeadField(name="Comments", description="Comments", type="text", system=SystemField.COMMENTS),
)
ALL: Mapping[str, Any] = {"by": "test", "why": "They asked."}


class ProbeSettings(Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    hold: Annotated[bool, Meta(title="Hold", description="Raise, so that the lead is held")] = False


class Probe(Validator[ProbeSettings]):
    """Keeps what it saw of a lead, and says it aloud."""

    key: ClassVar[str] = "probe"
    title: ClassVar[str] = "Probe"
    stage: ClassVar[Stage] = Stage.ENRICHMENT

    async def check(self, lead: Lead) -> Verdict:
        if self.settings.hold:
            raise RuntimeError(str(lead.fields))
        lead.facts["probe"] = {"saw": lead.fields["Email"]}
        return Pass(detail=f"It is {lead.fields['Email']}.")


class ProbePlugin(Plugin[NoSettings]):
    @hookimpl
    def register_validators(self) -> Sequence[type[Validator[Any]]]:
        return (Probe,)

    @hookimpl
    async def lead_rejected(self, event: LeadEvent) -> None:
        raise RuntimeError(event.message)


class House:
    """A running system with the erasure of its database."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.store = world.kernel.store
        self.erasure = StoredErasure(self.store, world.kernel.services.clock, world.kernel.catalog)

    async def campaign(self, **changes: Any) -> Campaign:
        lead_type = await self.world.lead_type(*FIELDS, name=f"Type {len(changes)} {id(changes)}")
        uses = (
            ValidatorUse(validator="duplicate", settings={}),
            ValidatorUse(validator="probe", settings=changes.pop("probe", {})),
        )
        return await self.world.campaign(lead_type, **{"validators": uses, **changes})

    async def sold(self, campaign: Campaign, **fields: Any) -> str:
        return await self.world.sell(campaign, **{"Phone": "9175550000", **fields})

    async def posted(self, campaign: Campaign, *people: Mapping[str, Any]) -> list[str]:
        """Post a list of leads; return their uids."""
        body = [{"campaign": campaign.id, "fields": dict(one)} for one in people]
        answer = await self.world.client.post("/receiver/leads", json=body)
        await self.world.settled()
        return [lead["lead"] for lead in answer.json()["leads"]]

    async def erase(self, *uids: str, **changes: Any) -> Erased:
        return await self.erasure.erase(uids, **{**ALL, **changes})

    async def traces(self, telltales: Iterable[str] = TELLTALES) -> list[str]:
        """Return where in the database any of ``telltales`` stands."""
        metadata = (kernel_metadata, self.world.kernel.tables.metadata)
        tables = [table for found in metadata for table in found.sorted_tables]

        def look(connection: Connection) -> list[str]:
            return [
                f"{table.name}.{column}: {value!r}"
                for table in tables
                for row in connection.execute(select(table)).mappings()
                for column, value in row.items()
                if any(word in _text(value) for word in telltales)
            ]

        return await self.store.read(look)

    async def money(self) -> Any:
        """Return everything that reports of money are made of."""

        def look(connection: Connection) -> Any:
            sums = connection.execute(
                select(
                    func.count(),
                    func.sum(leads.c.price),
                    func.sum(leads.c.revenue),
                    func.sum(leads.c.delivered_count),
                )
            ).one()
            kept = ("uid", "lead_uid", "account_id", "client_id", "state", "price", "exclusive")
            when = ("code", "attempts", "limits", "reserved_at", "settled_at")
            wanted = [deliveries.c[name] for name in (*kept, *when)]
            sold = connection.execute(select(*wanted).order_by(deliveries.c.id)).all()
            counted = connection.execute(select(kernel_metadata.tables["counters"])).all()
            return tuple(sums), [tuple(row) for row in sold], sorted(map(tuple, counted))

        return await self.store.read(look)


def _text(value: Any) -> str:
    if isinstance(value, bytes | memoryview):
        return bytes(value).decode("utf-8", "replace").lower()
    return json.dumps(value, default=str, ensure_ascii=False).lower()


def talkative(post: Posted) -> Accepted:
    who = f"{post.fields['FirstName']} {post.fields['LastName']}"
    return Accepted(
        reason=f"Welcome {who}", reference=who, redirect_url=f"https://b.test/?e={EMAIL}"
    )


async def a_sale(house: House) -> tuple[Campaign, str]:
    """Sell a lead of the person to two buyers, a third declines; return campaign and uid."""
    campaign = await house.campaign(maximum_delivery_count=2)
    for name, price in (("picky", 30), ("one", 20), ("two", 10)):
        await house.world.buyer(campaign, name, price=price, daily=50)
    market = house.world.market
    market.answers("picky", Rejected(code="known", reason=f"We know {EMAIL} already."))
    market.answers("one", talkative)
    return campaign, await house.sold(campaign, **PERSON, Comments="Call Wilhelmina at noon.")


async def set_all(house: House, table: Any, **values: Any) -> None:
    """Set columns of every row of a table."""
    await house.store.change(lambda connection: connection.execute(update(table).values(values)))


@asynccontextmanager
async def a_house(url: str, folder: Path, **options: Any) -> AsyncIterator[House]:
    """Start a house on the database at ``url``."""
    async with a_world(url, folder, ("probe", ProbePlugin), **options) as world:
        yield House(world)
