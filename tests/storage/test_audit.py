"""Every change leaves who, when, old and new; catalogued changes count the revision."""

import asyncio
from typing import Any

import msgspec
import pytest

from leadexec import ConflictError, Secret
from leadexec.model.client import Client
from leadexec.storage.audit import audit_entries, changes_since, configuration_revision

pytestmark = pytest.mark.anyio
replace = msgspec.structs.replace


async def test_every_change_leaves_who_when_old_and_new(world: Any) -> None:
    client = await world.create(Client(company="Acme"), by="ann")
    await world.update(replace(client, company="Beta"), by="ben")
    await world.delete(Client, client.id)

    deleted, updated, created = await world.read(audit_entries)

    assert [e.act for e in (created, updated, deleted)] == ["created", "updated", "deleted"]
    assert [e.by for e in (created, updated, deleted)] == ["ann", "ben", "cid"]
    assert {e.at for e in (created, updated, deleted)} == {world.now}
    assert {(e.entity, e.entity_id) for e in (created, updated)} == {("client", client.id)}
    assert (created.old, created.new["company"]) == (None, "Acme")
    assert (updated.old, updated.new["company"]) == (created.new, "Beta")
    assert (deleted.old, deleted.new) == (updated.new, None)


async def test_changes_are_told_in_order_of_their_revision(world: Any) -> None:
    client = await world.create(Client(company="Acme"))
    start = await world.read(configuration_revision)
    await world.update(replace(client, company="Beta"))
    await world.create(world.Memo(text="not for the catalog"))
    await world.delete(Client, client.id)

    changes = await world.read(lambda c: changes_since(c, start))

    assert [(c.revision, c.entity, c.entity_id, c.act) for c in changes] == [
        (start + 1, "client", client.id, "updated"),
        (start + 2, "client", client.id, "deleted"),
    ]
    assert await world.read(configuration_revision) == start + 2


async def test_a_refused_change_leaves_no_trace(world: Any) -> None:
    await world.create(Client(company="Acme"))
    with pytest.raises(ConflictError):
        await world.create(Client(company="Acme"))

    assert len(await world.read(audit_entries)) == 1
    assert await world.read(configuration_revision) == 1


async def test_changes_at_the_same_time_get_revisions_without_gaps(world: Any) -> None:
    await asyncio.gather(*(world.create(Client(company=f"Client {n}")) for n in range(8)))

    changes = await world.read(lambda c: changes_since(c, 0))

    assert [change.revision for change in changes] == list(range(1, 9))


async def test_of_two_updates_at_the_same_time_one_is_stale(world: Any) -> None:
    client = await world.create(Client(company="Acme"))

    outcomes = await asyncio.gather(
        *(world.update(replace(client, company=f"Client {n}")) for n in range(4)),
        return_exceptions=True,
    )

    assert (
        sorted(type(outcome).__name__ for outcome in outcomes) == ["Client"] + ["ConflictError"] * 3
    )


async def test_the_audit_is_shown_without_secrets_but_keeps_them(world: Any) -> None:
    await world.create(Client(company="Acme"))
    depot = world.Depot(name="North", client=1, secret=Secret("hunter2"))
    await world.create(replace(depot, settings={"token": world.cipher.encrypt("hunter2")}))

    entry = (await world.read(audit_entries))[0]
    kept = await world.read(
        lambda c: c.exec_driver_sql("SELECT new FROM audit ORDER BY id DESC LIMIT 1").scalar()
    )

    assert (entry.new["secret"], entry.new["settings"]) == ("***", {"token": "***"})
    stored = msgspec.json.decode(kept) if isinstance(kept, str | bytes) else kept
    assert world.cipher.decrypt(stored["secret"]) == "hunter2"


async def test_the_audit_is_read_page_by_page_and_by_entity(world: Any) -> None:
    for number in range(5):
        await world.create(Client(company=f"Client {number}"))
    await world.create(world.Memo(text="x"))

    first = await world.read(lambda c: audit_entries(c, entity="client", limit=3))
    rest = await world.read(lambda c: audit_entries(c, entity="client", before=first[-1].id))
    one = await world.read(lambda c: audit_entries(c, entity="client", entity_id=2))

    assert [e.entity_id for e in first + rest] == [5, 4, 3, 2, 1]
    assert [e.new["company"] for e in one] == ["Client 1"]
