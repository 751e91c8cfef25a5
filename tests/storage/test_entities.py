"""Entities are stored from their declaration, under an optimistic lock."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import msgspec
import pytest

from leadexec import ConfigurationError, ConflictError, NotFoundError, Secret
from leadexec.model.account_settings import AccountSettings
from leadexec.model.client import Client, ClientStatus
from leadexec.model.lead_type import LeadType
from leadexec.model.source import Campaign, LeadSource
from leadexec.storage.audit import configuration_revision

pytestmark = pytest.mark.anyio
replace = msgspec.structs.replace


async def test_an_entity_comes_back_as_it_was_stored(world: Any) -> None:
    client = await world.create(Client(company="Acme", custom={"Colour": "grün"}))
    depot = world.Depot(
        name="North",
        client=client.id,
        fee=Decimal("12.3456"),
        balance=Decimal("-0.5"),
        ratio=Decimal("1.000000000000000000001"),
        opened=datetime(2026, 1, 2, 3, 4, 5, 6, tzinfo=UTC),
        secret=Secret("one"),
        login=world.Login(user="u", password=Secret("two")),
        logins=(world.Login(user="v"),),
        settings={"list": [1, None, {"a": "b"}]},
    )

    stored = await world.create(depot)

    assert stored == replace(depot, id=1, created=world.now, updated=world.now, revision=1)
    assert await world.get(world.Depot, 1) == stored
    assert await world.get(Client, client.id) == client


async def test_an_update_counts_the_revision_and_keeps_the_creation(world: Any) -> None:
    client = await world.create(Client(company="Acme"))

    changed = await world.update(replace(client, status=ClientStatus.ACTIVE, created=None))

    assert (changed.revision, changed.created) == (2, client.created)
    assert await world.get(Client, client.id) == changed


async def test_a_stale_update_is_refused_and_changes_nothing(world: Any) -> None:
    client = await world.create(Client(company="Acme"))
    await world.update(replace(client, company="Beta"))

    with pytest.raises(ConflictError) as refused:
        await world.update(replace(client, company="Gamma"))

    assert refused.value.code == "stale_revision"
    assert (await world.get(Client, client.id)).company == "Beta"


async def test_an_update_without_a_change_writes_nothing(world: Any) -> None:
    client = await world.create(Client(company="Acme", custom={"a": "b"}))
    before = await world.read(configuration_revision)

    assert await world.update(client) == client
    assert await world.read(configuration_revision) == before


async def test_fields_that_never_change_are_refused_all_at_once(world: Any) -> None:
    source = await world.create(LeadSource(name="S"))
    kind = await world.create(LeadType(name="T"))
    other = await world.create(LeadType(name="U"))
    new = Campaign(name="C", lead_source=source.id, lead_type=kind.id)
    campaign = await world.create(new)

    with pytest.raises(ConfigurationError) as refused:
        await world.update(replace(campaign, lead_type=other.id, lead_source=99))

    assert {(f.code, f.path) for f in refused.value.faults} == {
        ("fixed_field", "lead_type"),
        ("fixed_field", "lead_source"),
    }


async def test_unknown_references_are_named_all_at_once(world: Any) -> None:
    with pytest.raises(ConfigurationError) as refused:
        await world.create(Campaign(name="C", lead_source=8, lead_type=9))

    assert {(f.code, f.path) for f in refused.value.faults} == {
        ("unknown_reference", "lead_source"),
        ("unknown_reference", "lead_type"),
    }


@pytest.mark.parametrize("fault", ["create", "update"])
async def test_values_that_must_be_unique_are_named(world: Any, fault: str) -> None:
    first = await world.create(Client(company="Acme"))
    second = await world.create(Client(company="Beta"))
    await world.create(world.Depot(name="North", client=first.id))
    await world.create(world.Depot(name="North", client=second.id))

    attempt = (
        world.create(world.Depot(name="North", client=first.id))
        if fault == "create"
        else world.update(replace(second, company="Acme"))
    )
    with pytest.raises(ConflictError) as refused:
        await attempt

    assert refused.value.code == "already_exists"
    assert ("client and name" if fault == "create" else "company") in refused.value.message


async def test_what_is_still_used_is_not_deleted_and_the_users_are_named(world: Any) -> None:
    client = await world.create(Client(company="Acme"))
    north = await world.create(world.Depot(name="North", client=client.id))
    await world.create(world.Depot(name="South", client=client.id, parent=north.id))

    for struct, entity_id, count in ((Client, client.id, 2), (world.Depot, north.id, 1)):
        with pytest.raises(ConflictError) as refused:
            await world.delete(struct, entity_id)
        assert refused.value.code == "still_used"
        assert f"depot: {count}" in refused.value.message


async def test_a_deleted_entity_is_gone_and_its_id_is_not_used_again(world: Any) -> None:
    client = await world.create(Client(company="Acme"))

    await world.delete(Client, client.id)

    with pytest.raises(NotFoundError) as refused:
        await world.get(Client, client.id)
    assert refused.value.code == "unknown_client"
    assert (await world.create(Client(company="Acme"))).id > client.id


async def test_deleting_what_somebody_changed_meanwhile_is_refused(world: Any) -> None:
    client = await world.create(Client(company="Acme"))
    await world.update(replace(client, company="Beta"))

    with pytest.raises(ConflictError, match="at revision 2, not 1"):
        await world.delete(Client, client.id, revision=1)


async def test_changing_what_is_not_there_is_refused(world: Any) -> None:
    with pytest.raises(NotFoundError, match="no client 7"):
        await world.update(Client(id=7, company="Acme", revision=1))
    with pytest.raises(NotFoundError, match="no client 7"):
        await world.delete(Client, 7)


async def test_what_there_is_once_has_its_defaults_until_it_is_stored(world: Any) -> None:
    settings = await world.get(AccountSettings, 1)

    stored = await world.update(replace(settings, company="We"))
    again = await world.update(replace(stored, company="Us"))

    assert (settings.revision, stored.revision, again.revision) == (0, 1, 2)
    assert await world.get(AccountSettings, 1) == again
    with pytest.raises(ConflictError):
        await world.create(AccountSettings(company="They"))


async def test_what_is_stored_but_no_longer_valid_is_named(world: Any) -> None:
    client = await world.create(Client(company="Acme"))
    await world.change(lambda c: c.exec_driver_sql("UPDATE clients SET status = 'gone'"))

    with pytest.raises(ConfigurationError) as refused:
        await world.get(Client, client.id)

    assert [(f.code, f.path) for f in refused.value.faults] == [
        ("stored_entity_invalid", f"client {client.id}")
    ]
