"""The platform is killed again and again; afterwards every lead, sale and cent is where it belongs.

The buyers are simulated outside of the platform and keep their own books by idempotency key; they
fail, lose answers and decline. The sender posts again, with the same key, whatever got no answer.
"""

import asyncio
import random
import subprocess
import sys
from collections import Counter
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from decimal import Decimal
from pathlib import Path
from typing import Any

import httpx
import pytest
from leadexec_simulator import Buyer, Simulator, Trouble, TroubleKind

from leadexec.model.delivery_method import FieldMapping, RetrySettings
from leadexec.model.source import AutomationUse
from tests.system.world import STANDARD, World, a_world, price_first

pytestmark = [pytest.mark.anyio, pytest.mark.slow]
LEADS = 160
SENDERS = 16
PLUGINS = (*STANDARD, "delivery-webhook")
BUYERS = (
    Buyer(name="plain"),
    Buyer(name="picky", reject_rate=0.3),
    Buyer(name="moody", troubles=(Trouble(kind=TroubleKind.SERVER_ERROR, share=0.3, tries=1),)),
    Buyer(name="vague", troubles=(Trouble(kind=TroubleKind.LOST_ANSWER, share=0.3, tries=1),)),
    Buyer(name="slow", delay_ms=20),
)
LIMITS = {"plain": 30, "picky": 25, "moody": 40, "vague": 40, "slow": None}
ANSWER = {
    "response": {
        "result": {"type": "json_path", "path": "$.Success"},
        "price": {"type": "json_path", "path": "$.Payout"},
    }
}
MAPPINGS = tuple(FieldMapping(to=tag, source=f"[{tag}]") for tag in ("price", "lead_uid"))


async def configure(world: World, simulator: Simulator) -> list[int]:
    """Set up two campaigns over five buyers; return the campaigns' ids."""
    lead_type = await world.lead_type()
    campaigns = [
        await world.campaign(lead_type, automation=automation, maximum_delivery_count=2)
        for automation in (price_first(), AutomationUse(strategy="round-robin"))
    ]
    for index, buyer in enumerate(BUYERS):
        await world.buyer(
            campaigns[0],
            buyer.name,
            price=Decimal("1.11") + index,
            daily=LIMITS[buyer.name],
            method="webhook",
            settings={"url": simulator.url(buyer.name)} | ANSWER,
            mappings=MAPPINGS,
            retry=RetrySettings(maximum=5, gap_seconds=1),
        )
    return [campaign.id for campaign in campaigns]


class Platform:
    """The platform as a process that can be killed and started again."""

    def __init__(self, config: Path) -> None:
        self._command = [sys.executable, "-m", "leadexec", "serve", "--config", str(config)]
        self._process: subprocess.Popen[str] | None = None
        self._log = config.with_suffix(".log")
        self.url = ""

    async def start(self) -> None:
        with self._log.open("a", encoding="utf-8") as log:
            self._process = await asyncio.to_thread(
                subprocess.Popen,
                [*self._command, "--port", "0"],
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
            )
        self.url = await asyncio.to_thread(self._address)

    def _address(self) -> str:
        assert self._process is not None
        assert self._process.stdout is not None
        for line in self._process.stdout:
            found = next((word for word in line.split() if word.startswith("http://")), "")
            if found:
                return found.split("/receiver")[0].rstrip("/")
        raise AssertionError(self._log.read_text(encoding="utf-8")[-3000:])

    async def kill(self) -> None:
        assert self._process is not None
        self._process.kill()
        await asyncio.to_thread(self._process.communicate)


class Sender:
    """Posts leads until each has an answer."""

    def __init__(self, platform: Platform, campaigns: Sequence[int]) -> None:
        self._platform = platform
        self._left = [(number, campaigns[number % len(campaigns)]) for number in range(LEADS)]
        self.answers: dict[int, dict[str, Any]] = {}
        self._news = asyncio.Condition()
        self.up = asyncio.Event()

    async def run(self) -> None:
        async with httpx.AsyncClient(timeout=5) as client:
            await asyncio.gather(*(self._work(client) for _ in range(SENDERS)))

    async def _work(self, client: httpx.AsyncClient) -> None:
        while self._left:
            number, campaign = self._left.pop()
            while number not in self.answers:
                await self.up.wait()
                await self._post(client, number, campaign)

    async def _post(self, client: httpx.AsyncClient, number: int, campaign: int) -> None:
        fields = {"FirstName": str(number), "State": "CA" if number % 10 else "Nowhere"}
        try:
            answer = await client.post(
                f"{self._platform.url}/receiver/leads",
                json={"campaign": campaign, "fields": fields},
                headers={"idempotency-key": f"lead-{number}"},
            )
        except httpx.TransportError:
            await asyncio.sleep(0)
            return
        assert answer.status_code in (201, 422), answer.text
        async with self._news:
            self.answers[number] = answer.json()
            self._news.notify_all()

    async def answered(self, count: int) -> None:
        """Return once so many leads have their answer."""
        async with self._news:
            await self._news.wait_for(lambda: len(self.answers) >= count)


@asynccontextmanager
async def looking(url: str, data: Path) -> AsyncIterator[World]:
    """Look into the database without running anything."""
    async with a_world(url, data, plugins=PLUGINS, run_jobs=False) as world:
        yield world


async def eventually(condition: Callable[[], Any], seconds: float) -> None:
    """Wait until another process has done its work."""
    async with asyncio.timeout(seconds):
        while not await condition():  # noqa: ASYNC110  another process sets no event here
            await asyncio.sleep(0.05)


@pytest.mark.parametrize("seed", [1, 2])
async def test_after_any_kill_every_lead_sale_and_cent_is_where_it_belongs(
    database_url: str, tmp_path: Path, seed: int
) -> None:
    chance = random.Random(seed)
    config = tmp_path / "leadexec.toml"
    plugins = ", ".join(f'"{name}"' for name in PLUGINS)
    config.write_text(
        f'data = "{tmp_path}"\ndatabase = "{database_url}"\n'
        '[network]\nallow_private = ["127.0.0.0/8"]\n'
        f"[jobs]\npoll_seconds = 0.1\nlease_seconds = 5\n[plugins]\nonly = [{plugins}]\n"
        # What waits for a buyer that fails must not wait as long as it would for a real one.
        "[delivery]\ncircuit_open_seconds = 1.0\ncircuit_cap_seconds = 2.0\n"
    )
    async with Simulator(BUYERS, seed=seed) as simulator:
        async with looking(database_url, tmp_path) as world:
            campaigns = await configure(world, simulator)
        platform = Platform(config)
        sender = Sender(platform, campaigns)
        sending = asyncio.create_task(sender.run())
        kills = sorted(chance.sample(range(5, LEADS - 5), 2))
        for kill in kills:
            await platform.start()
            sender.up.set()
            await sender.answered(kill)
            sender.up.clear()
            await platform.kill()
        await platform.start()
        sender.up.set()
        await sending
        async with looking(database_url, tmp_path) as world:

            async def settled() -> bool:
                return not await world.rows("jobs")

            await eventually(settled, 60)
            await platform.kill()
            await check(world, sender, simulator)


async def check(world: World, sender: Sender, simulator: Simulator) -> None:
    """Hold the platform's tables against the sender's answers and the buyers' books."""
    leads = await world.rows("leads")
    deliveries = await world.rows("deliveries")
    assert sorted(int(lead["fields"]["FirstName"]) for lead in leads) == list(range(LEADS))
    acknowledged = {answer["lead"] for answer in sender.answers.values()}
    assert acknowledged == {lead["uid"] for lead in leads}

    statuses = Counter(lead["status"] for lead in leads)
    assert statuses["rejected"] == LEADS / 10
    assert statuses["rejected"] + statuses["delivered"] + statuses["unsold"] == LEADS

    sold = [row for row in deliveries if row["state"] == "accepted"]
    assert not [row for row in deliveries if row["state"] == "reserved"]
    per_lead = Counter(row["lead_uid"] for row in sold)
    assert all(lead["delivered_count"] == per_lead[lead["uid"]] <= 2 for lead in leads)
    assert sum(lead["revenue"] for lead in leads) == sum(row["price"] for row in sold)

    entities = world.kernel.catalog.entities["delivery_account"]
    per_account = Counter(row["account_id"] for row in sold)
    used = await world.used()
    for account_id, account in entities.items():
        limit = getattr(account, "limits").daily  # noqa: B009
        if limit is not None:
            assert used.get(f"account:{account_id}:day", 0) == per_account[account_id] <= limit

    books = simulator.books.summary()
    assert (books.sales, books.doubled) == (len(sold), 0)
    assert books.revenue == sum(row["price"] for row in sold)
    keys = {sale.key for buyer in BUYERS for sale in simulator.books.sales(buyer.name)}
    assert keys == {row["uid"] for row in sold}
