"""Storage as plugins see it."""

from typing import Any

import msgspec
import pytest
from sqlalchemy import select

from leadexec import NotFoundError, Storage
from leadexec.storage.audit import audit_entries
from leadexec.storage.plugin_storage import PluginStorage
from leadexec.testing import FakeClock

pytestmark = pytest.mark.anyio


def lend(world: Any) -> PluginStorage:
    return PluginStorage(world.store, world.tables, world.cipher, FakeClock(), by="test-plugin")


async def test_a_plugin_keeps_its_entities_and_every_change_is_audited(world: Any) -> None:
    storage = lend(world)
    memos = storage.entities(world.Memo)

    memo = await storage.change(lambda c: memos.create(c, world.Memo(text="one")))
    await storage.change(lambda c: memos.update(c, msgspec.structs.replace(memo, text="two")))

    assert [m.text for m in await storage.read(memos.all)] == ["two"]
    assert (await storage.read(lambda c: memos.get(c, memo.id))).text == "two"
    assert (await storage.read(lambda c: memos.page(c, search="TWO"))).items[0].id == memo.id
    await storage.change(lambda c: memos.delete(c, memo.id))
    with pytest.raises(NotFoundError):
        await storage.read(lambda c: memos.get(c, memo.id))
    assert {entry.by for entry in await storage.read(audit_entries)} == {"test-plugin"}


async def test_a_plugin_asks_its_tables_in_sql(world: Any) -> None:
    storage: Storage = lend(world)
    await world.create(world.Memo(text="one"))
    table = lend(world).table(world.Memo)

    assert await storage.read(lambda c: c.execute(select(table.c.text)).scalars().all()) == ["one"]


async def test_what_is_not_installed_has_no_table(world: Any) -> None:
    class Stranger(world.Memo):  # type: ignore[misc]
        pass

    with pytest.raises(KeyError):
        lend(world).entities(Stranger)
