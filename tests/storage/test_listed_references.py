"""What is in a list of references cannot be deleted, as what is referred to alone."""

from pathlib import Path

import pytest

from leadexec import ConflictError
from leadexec.model.client import Client
from leadexec.model.groups import ExclusiveGroup
from leadexec.storage.entities import delete_entity
from tests.system.world import a_world

pytestmark = pytest.mark.anyio


async def test_a_client_in_an_exclusive_group_is_not_deleted(
    database_url: str, tmp_path: Path
) -> None:
    async with a_world(database_url, tmp_path) as world:
        kernel = world.kernel
        inside = await kernel.create(Client(company="Inside"))
        outside = await kernel.create(Client(company="Outside"))
        await kernel.create(ExclusiveGroup(name="Few", clients=(inside.id,)))

        async def delete(client: Client) -> None:
            await kernel.store.change(
                lambda connection: delete_entity(
                    connection,
                    kernel.tables,
                    Client,
                    client.id,
                    by="test",
                    now=kernel.services.clock.now(),
                )
            )

        await delete(outside)
        with pytest.raises(ConflictError, match="exclusive group: 1"):
            await delete(inside)
