"""A whole run of the demonstration against a small platform of the test's own, over real HTTP."""

import asyncio
import contextlib
import io
import json
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any, TypeVar

import httpx
import msgspec
import pytest
from rich.console import Console

from leadexec.cli.demo.platform import Credential, DemoCounts
from leadexec.cli.demo.run import DemoOptions, run_demo
from leadexec.contracts.services import Clock
from leadexec.errors import ConfigurationError, LeadexecError, UnavailableError
from leadexec.model.access import Scope
from leadexec.model.client import Client
from leadexec.model.delivery_method import ConfiguredDeliveryMethod
from leadexec.model.entity import Entity
from leadexec.model.source import Campaign
from leadexec.services import SystemClock

E = TypeVar("E", bound=Entity)


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


class SmallPlatform:
    """Rejects leads without an email, sells the others to the first buyer, every tenth by portal.

    What must outlive a run is in ``kept``.
    """

    def __init__(self, kept: dict[str, Any]) -> None:
        self.clock: Clock = SystemClock()
        self.asgi: Any = self
        self.kept = kept
        self.entities: dict[type[Entity], list[Entity]] = kept.setdefault("entities", {})
        self.leads: dict[str, dict[str, Any]] = kept.setdefault("leads", {})
        self.expire_tokens_after = 10**9
        self.drop_answers = 0
        self.misprice = Decimal(0)
        self._tokens = 0
        self._uses: Counter[str] = Counter()
        self._work: set[asyncio.Task[None]] = set()
        self._http = httpx.AsyncClient(trust_env=False)

    async def create(self, entity: E, /) -> E:
        mine = self.entities.setdefault(type(entity), [])
        made = msgspec.structs.replace(entity, id=len(mine) + 1)
        mine.append(made)
        return made

    async def all(self, kind: type[E]) -> Sequence[E]:
        return [entity for entity in self.entities.get(kind, []) if isinstance(entity, kind)]

    async def new_credential(self, name: str, scopes: Sequence[Scope]) -> Credential:
        return Credential(client_id=name, client_secret="shown once")

    async def wait_until_settled(self, timeout: float) -> bool:
        await asyncio.gather(*self._work)
        return True

    async def counts(self) -> DemoCounts:
        leads = list(self.leads.values())
        accepted = [lead for lead in leads if lead["status"] == "accepted"]
        sold = [lead for lead in accepted if lead["price"]]
        portal = [lead for lead in sold if lead["portal"]]
        by_campaign = Counter(lead["campaign"] for lead in accepted)
        prices = {campaign.id: campaign.price for campaign in await self.all(Campaign)}
        return DemoCounts(
            received=len(leads),
            accepted=len(accepted),
            rejected={"required": len(leads) - len(accepted)},
            delivered=len(sold),
            unsold=sum(1 for lead in accepted if lead["price"] == 0),
            pending=sum(1 for lead in accepted if lead["price"] is None),
            sales=len(sold),
            revenue=sum((lead["price"] for lead in sold), self.misprice),
            lead_revenue=sum((lead["price"] for lead in sold), self.misprice),
            portal_sales=len(portal),
            portal_revenue=sum((lead["price"] for lead in portal), Decimal(0)),
            accepted_by_campaign=by_campaign,
            cost=sum((prices[c] * n for c, n in by_campaign.items()), Decimal(0)),
        )

    async def close(self) -> None:
        await asyncio.gather(*self._work)
        await self._http.aclose()

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "lifespan":
            for _ in range(2):
                event = await receive()
                await send({"type": f"{event['type']}.complete"})
            return
        body = b""
        while True:
            event = await receive()
            body += event["body"]
            if not event["more_body"]:
                break
        headers = {name.decode(): value.decode() for name, value in scope["headers"]}
        if scope["path"] == "/oauth2/token":
            self._tokens += 1
            status, answer = 200, {"access_token": f"t{self._tokens}", "expires_in": 3600}
        elif scope["path"] == "/data/v1/leads":
            status, answer = 200, {"items": []}
        elif scope["path"] == "/ping/leads":
            status, answer = 200, {"status": "accepted", "order_id": f"o{len(self.leads)}"}
        else:
            status, answer = self._receive(headers, msgspec.json.decode(body))
        await send({"type": "http.response.start", "status": status, "headers": []})
        await send({"type": "http.response.body", "body": msgspec.json.encode(answer)})

    def _receive(self, headers: dict[str, str], post: Any) -> tuple[int, dict[str, Any]]:
        token = headers["authorization"]
        self._uses[token] += 1
        if token != f"Bearer t{self._tokens}" or self._uses[token] > self.expire_tokens_after:
            return 401, {}
        key = headers["idempotency-key"]
        lead = self.leads.get(key)
        if lead is None:
            lead = self.leads[key] = {"campaign": post["campaign"], "price": None}
            lead["status"] = "accepted" if post["fields"].get("Email") else "rejected"
            lead["portal"] = len(self.leads) % 10 == 0
            if lead["status"] == "accepted":
                self._start(self._sell(key, lead))
        if self.drop_answers:
            self.drop_answers -= 1
            return 503, {}
        return (201 if lead["status"] == "accepted" else 422), {"lead": key}

    def _start(self, work: Any) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._work.add(task)
        task.add_done_callback(self._work.discard)

    async def _sell(self, key: str, lead: dict[str, Any]) -> None:
        if lead["portal"]:
            lead["price"] = Decimal("5.25")
            return
        method = self.entities[ConfiguredDeliveryMethod][0]
        assert isinstance(method, ConfiguredDeliveryMethod)
        answer = await self._http.post(
            _url_of(method),
            json={"lead_uid": key, "price": "12.10"},
            headers={"Idempotency-Key": key},
        )
        lead["price"] = Decimal(answer.json()["Payout"])


def _url_of(method: ConfiguredDeliveryMethod) -> str:
    (url,) = {v for v in method.settings.values() if isinstance(v, str) and "/buyers/" in v}
    return url


async def demonstrate(tmp_path: Path, platform: SmallPlatform, **options: Any) -> tuple[int, str]:
    @contextlib.asynccontextmanager
    async def opened(directory: Path) -> AsyncIterator[SmallPlatform]:
        yield platform
        await platform.close()

    printed = io.StringIO()
    stop = options.pop("stop", asyncio.Event())
    defaults: dict[str, Any] = {"leads": 120, "exit": True, "data": tmp_path}
    chosen = DemoOptions(**defaults | options)
    status = await run_demo(
        chosen,
        opened,
        clock=SystemClock(),
        stop=stop,
        out=Console(file=printed, width=120),
        progress=Console(file=printed, width=120),
    )
    return status, printed.getvalue()


@pytest.mark.anyio
async def test_a_run_that_agrees_with_the_buyers_books_ends_with_0(tmp_path: Path) -> None:
    status, printed = await demonstrate(tmp_path, SmallPlatform({}), json=True)
    summary = json.loads(printed)
    assert (status, summary["ok"], summary["problems"]) == (0, True, [])
    assert summary["received"] == summary["posted"] == 120
    assert summary["rejected"] + summary["delivered"] == 120
    assert Decimal(summary["revenue"]) == Decimal(summary["buyers"]["revenue"]) + Decimal(
        summary["portal_revenue"]
    )
    assert summary["rejected"] > 0
    assert summary["portal_sales"] > 0
    assert summary["answers_ms"]["p50"] > 0


@pytest.mark.anyio
async def test_a_cent_too_much_ends_with_1_and_a_sentence(tmp_path: Path) -> None:
    platform = SmallPlatform({})
    platform.misprice = Decimal("0.01")
    status, printed = await demonstrate(tmp_path, platform)
    assert status == 1
    assert "The books do not agree: Our revenue from buyers is" in printed


@pytest.mark.anyio
async def test_the_summary_for_people_names_the_figures_and_the_login(tmp_path: Path) -> None:
    status, printed = await demonstrate(tmp_path, SmallPlatform({}))
    assert status == 0
    for word in ("Client secret:", "shown once", "Delivered", "Buyers' books", "p99"):
        assert word in printed
    assert "Every lead is accounted for" in printed


@pytest.mark.anyio
async def test_a_second_run_goes_on_with_other_leads_and_the_same_account(
    tmp_path: Path,
) -> None:
    kept: dict[str, Any] = {}
    await demonstrate(tmp_path, SmallPlatform(kept))
    clients = len(kept["entities"][ConfiguredDeliveryMethod])
    status, printed = await demonstrate(tmp_path, SmallPlatform(kept), json=True)
    assert status == 0
    assert json.loads(printed)["received"] == 240
    assert len(kept["entities"][ConfiguredDeliveryMethod]) == clients


@pytest.mark.anyio
async def test_an_expired_token_is_renewed(tmp_path: Path) -> None:
    platform = SmallPlatform({})
    platform.expire_tokens_after = 50
    status, printed = await demonstrate(tmp_path, platform, json=True)
    assert status == 0
    assert json.loads(printed)["received"] == 120


@pytest.mark.anyio
async def test_a_lost_answer_is_asked_for_again_under_the_same_key(tmp_path: Path) -> None:
    platform = SmallPlatform({})
    platform.drop_answers = 3
    status, printed = await demonstrate(tmp_path, platform, json=True)
    summary = json.loads(printed)
    assert status == 0
    assert (summary["received"], summary["repeats"]) == (120, 3)


@pytest.mark.anyio
async def test_without_exit_leads_keep_coming_until_stopped(tmp_path: Path) -> None:
    stop = asyncio.Event()
    platform = SmallPlatform({})
    running = asyncio.create_task(
        demonstrate(tmp_path, platform, leads=5, exit=False, stop=stop, json=True)
    )
    while len(platform.leads) < 6:
        await asyncio.wait({running}, timeout=0.01)
        assert not running.done()
    stop.set()
    status, printed = await running
    assert status == 0
    assert json.loads(printed)["received"] >= 6


@pytest.mark.anyio
async def test_a_port_in_use_is_said_so(tmp_path: Path) -> None:
    server = await asyncio.start_server(lambda *_: None, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    async with server:
        with pytest.raises(UnavailableError, match=str(port)) as caught:
            await demonstrate(tmp_path, SmallPlatform({}), port=port)
    assert "--port" in caught.value.hint


@pytest.mark.anyio
async def test_a_strange_state_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "demo.json").write_text("{")
    with pytest.raises(ConfigurationError, match="--data"):
        await demonstrate(tmp_path, SmallPlatform({}))


@pytest.mark.anyio
async def test_a_half_made_account_is_refused(tmp_path: Path) -> None:
    kept: dict[str, Any] = {}
    await demonstrate(tmp_path, SmallPlatform(kept), leads=1)
    kept["entities"][Client].pop()
    with pytest.raises(LeadexecError, match="holds a part of the example account"):
        await demonstrate(tmp_path, SmallPlatform(kept), leads=1)
