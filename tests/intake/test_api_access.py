"""The Account and the Data API may be kept to certain addresses (``RC5``)."""

from pathlib import Path
from typing import Any

import httpx
import pytest

from leadexec.http.parts import HttpSettings
from leadexec.model.access import Scope
from leadexec.model.account_settings import AccountSettings
from tests.system.world import World, a_world

pytestmark = pytest.mark.anyio
ACCOUNT, DATA = "/account/v1/clients", "/data/v1/leads"
PROXY = HttpSettings(trusted_proxies=("127.0.0.1",))


async def call(world: World, path: str, ip: str) -> httpx.Response:
    """Read ``path`` as somebody at ``ip``, behind the proxy."""
    token = await world.token(*Scope)
    headers = {"Authorization": f"Bearer {token}", "X-Forwarded-For": ip}
    return await world.client.get(path, headers=headers)


@pytest.mark.parametrize(
    ("rules", "ip", "status"),
    [
        ({}, "203.0.113.7", 200),
        ({"api_allow": ("203.0.113.0/24",)}, "203.0.113.7", 200),
        ({"api_allow": ("203.0.113.0/24",)}, "198.51.100.1", 403),
        ({"api_deny": ("2001:db8::/32",)}, "2001:db8::5", 403),
        ({"api_deny": ("2001:db8::/32",)}, "203.0.113.7", 200),
    ],
)
async def test_only_those_who_may_call_the_apis_are_answered(
    database_url: str, tmp_path: Path, rules: dict[str, Any], ip: str, status: int
) -> None:
    async with a_world(database_url, tmp_path, http=PROXY) as world:
        await world.kernel.create(AccountSettings(**rules))

        answers = [await call(world, path, ip) for path in (ACCOUNT, DATA)]

        assert [answer.status_code for answer in answers] == [status, status]


async def test_leads_are_received_from_wherever_their_source_may_post(
    database_url: str, tmp_path: Path
) -> None:
    async with a_world(database_url, tmp_path, http=PROXY) as world:
        await world.kernel.create(AccountSettings(api_allow=("203.0.113.7",)))
        campaign = await world.campaign()

        answer = await world.post(campaign, headers={"X-Forwarded-For": "198.51.100.1"})

        assert answer.status_code == 201


async def test_changed_rules_hold_at_once(database_url: str, tmp_path: Path) -> None:
    async with a_world(database_url, tmp_path, http=PROXY) as world:
        settings = await world.kernel.create(AccountSettings())
        before = await call(world, DATA, "203.0.113.7")

        await world.update(settings, api_deny=("203.0.113.7",))
        after = await call(world, DATA, "203.0.113.7")

        assert (before.status_code, after.status_code) == (200, 403)
        assert after.json()["code"] == "ip_denied"
