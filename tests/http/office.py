"""A person who works with the leads of a running system, over its Data API."""

from typing import Any

import httpx

from leadexec.model.access import Scope
from leadexec.model.source import Campaign
from leadexec.storage.audit import audit_entries
from tests.system.world import World


class Office:
    """A system, and a person who works with its Data API."""

    def __init__(self, world: World, token: str) -> None:
        self.world = world
        self.headers = {"authorization": f"Bearer {token}"}

    async def call(self, path: str, body: Any = None, **headers: str) -> httpx.Response:
        return await self.world.client.post(
            f"/data/v1/leads{path}", json=body, headers=self.headers | headers
        )

    async def validate(self, uid: str, **body: Any) -> httpx.Response:
        return await self.call(f"/{uid}/validate", body or None)

    async def invalidate(self, uid: str, **body: Any) -> httpx.Response:
        return await self.call(f"/{uid}/invalidate", {"message": "No such person."} | body)

    async def held(self, campaign: Campaign, **fields: Any) -> str:
        """Post a lead that is held; return its uid."""
        answer = (await self.world.post(campaign, **fields)).json()
        assert answer["status"] == "held", answer
        return str(answer["lead"])

    async def audited(self, uid: str) -> list[Any]:
        row = await self.world.lead(uid)
        return await self.world.kernel.store.read(
            lambda c: audit_entries(c, entity="lead", entity_id=row["id"])
        )


async def an_office(world: World) -> Office:
    return Office(world, await world.token(Scope.DATA_API))


def refusal(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["code"]
