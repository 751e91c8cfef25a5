"""The catalog follows the configuration, entity by entity, also what other processes change."""

from decimal import Decimal
from pathlib import Path

import pytest
from sqlalchemy import Connection

from leadexec.criteria import FieldTest
from leadexec.model.account_settings import AccountSettings
from leadexec.model.client import Client, ClientStatus
from leadexec.model.delivery_account import DeliveryAccount
from leadexec.model.delivery_method import ConfiguredDeliveryMethod
from leadexec.model.lead_type import LeadField, LeadType
from leadexec.model.limits import QuantityLimits
from leadexec.model.source import Campaign, LeadSource, SourceStatus
from leadexec.storage.entities import delete_entity
from tests.system.world import FIELDS, World, a_world, price_first

pytestmark = pytest.mark.anyio


async def test_changed_prices_change_the_order_of_the_next_lead(sqlite_world: World) -> None:
    campaign = await sqlite_world.campaign()
    a = await sqlite_world.buyer(campaign, "a", price=5)
    await sqlite_world.buyer(campaign, "b", price=6)

    sold = [await sqlite_world.sold_to(await sqlite_world.sell(campaign))]
    a = await sqlite_world.update(a, price=Decimal(7))
    sold.append(await sqlite_world.sold_to(await sqlite_world.sell(campaign)))
    await sqlite_world.update(a, price=Decimal(5))
    sold.append(await sqlite_world.sold_to(await sqlite_world.sell(campaign)))

    assert sold == [["b"], ["a"], ["b"]]


async def test_a_change_of_anything_an_account_hangs_on_reaches_it(sqlite_world: World) -> None:
    campaign = await sqlite_world.campaign()
    account = await sqlite_world.buyer(campaign, "x")
    entities = sqlite_world.kernel.catalog.entities
    client = entities["client"][account.client]
    method = entities["delivery_method"][account.delivery_method]
    assert isinstance(client, Client)
    assert isinstance(method, ConfiguredDeliveryMethod)

    async def code() -> str:
        return (await sqlite_world.why(await sqlite_world.sell(campaign)))["x"]

    assert await code() == "accepted"
    client = await sqlite_world.update(client, status=ClientStatus.SUSPENDED)
    assert await code() == "client_not_active"
    await sqlite_world.update(client, status=ClientStatus.ACTIVE)
    method = await sqlite_world.update(method, enabled=False)
    assert await code() == "method_disabled"
    await sqlite_world.update(method, enabled=True)
    account = await sqlite_world.update(
        account, criteria=FieldTest(field="State", operator="is", values=("TX",))
    )
    assert await code() == "criteria:field_is"
    account = await sqlite_world.update(account, criteria=None, limits=QuantityLimits(daily=0))
    assert await code() == "limit_reached"
    await sqlite_world.update(account, limits=QuantityLimits())
    assert await code() == "accepted"


async def test_a_changed_lead_type_reaches_its_campaigns_and_accounts(
    sqlite_world: World,
) -> None:
    lead_type = await sqlite_world.lead_type()
    campaign = await sqlite_world.campaign(lead_type)
    await sqlite_world.buyer(campaign, "x")
    pet = LeadField(name="Pet", description="Pet", type="text")
    bigger: LeadType = await sqlite_world.update(lead_type, fields=(*FIELDS, pet))
    wants_cats = FieldTest(field="Pet", operator="is", values=("cat",))
    await sqlite_world.buyer(campaign, "cats", price=99, criteria=wants_cats)

    sold = [
        await sqlite_world.sold_to(await sqlite_world.sell(campaign, Pet=pet))
        for pet in ("cat", "dog")
    ]
    await sqlite_world.update(bigger, fields=FIELDS)
    without = await sqlite_world.sell(campaign, Pet="cat")

    assert sold == [["cats"], ["x"]]
    assert await sqlite_world.sold_to(without) == ["x"]
    assert (await sqlite_world.why(without))["cats"] == "criteria_not_usable"


async def test_the_default_automation_is_used_until_a_campaign_has_its_own(
    sqlite_world: World,
) -> None:
    campaign = await sqlite_world.campaign(automation=None)
    await sqlite_world.buyer(campaign, "x")
    held = (await sqlite_world.post(campaign)).json()
    await sqlite_world.kernel.create(AccountSettings(default_automation=price_first()))
    taken = await sqlite_world.sell(campaign)

    assert (held["status"], held["code"]) == ("held", "campaign_not_usable")
    assert await sqlite_world.sold_to(taken) == ["x"]


async def test_a_source_that_falls_asleep_stops_its_campaigns(sqlite_world: World) -> None:
    campaign = await sqlite_world.campaign()
    source = sqlite_world.kernel.catalog.entities["lead_source"][campaign.lead_source]
    assert isinstance(source, LeadSource)
    assert (await sqlite_world.post(campaign)).status_code == 201

    await sqlite_world.update(source, status=SourceStatus.INACTIVE)

    assert (await sqlite_world.post(campaign)).json()["code"] == "source_not_active"


async def test_what_another_process_changes_arrives(database_url: str, tmp_path: Path) -> None:
    async with (
        a_world(database_url, tmp_path) as one,
        a_world(database_url, tmp_path, market=one.market) as other,
    ):
        campaign = await one.campaign()
        account = await one.buyer(campaign, "x")
        gone = await one.buyer(campaign, "gone", price=99)
        closed = await one.campaign()
        await other.kernel.loader.refresh()
        assert {account.id, gone.id} == other.kernel.catalog.accounts.keys()

        await delete(one, gone)
        await delete(one, closed)
        await other.kernel.loader.refresh()

        assert await other.sold_to(await other.sell(campaign)) == ["x"]
        assert (await other.post(closed)).json()["errors"][0]["code"] == "unknown_campaign"
        assert other.kernel.catalog.revision == one.kernel.catalog.revision


async def delete(world: World, entity: Campaign | DeliveryAccount) -> None:
    kernel = world.kernel

    def act(connection: Connection) -> None:
        delete_entity(
            connection,
            kernel.tables,
            type(entity),
            entity.id,
            by="test",
            now=kernel.services.clock.now(),
        )

    await kernel.store.change(act)
    await kernel.loader.refresh()


async def test_a_restart_gives_the_same_catalog(database_url: str, tmp_path: Path) -> None:
    async with a_world(database_url, tmp_path) as world:
        campaign = await world.campaign()
        account = await world.buyer(campaign, "x", price=5)
        await world.update(account, price=Decimal(6))
        revision = world.kernel.catalog.revision
    async with a_world(database_url, tmp_path) as world:
        assert world.kernel.catalog.revision == revision
        uid = await world.sell(campaign)
        assert (await world.lead(uid))["revenue"] == Decimal(6)
