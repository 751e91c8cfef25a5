"""What an answer to a ping costs besides waiting for the buyers.

    python -m scripts.bench.ping [--quick] [--json] [--postgresql URL]

Pings come over HTTP at fixed times, 20 a second, whether or not the one before is answered; times
count from when a ping was due. 20 buyers answer each ping after 50 ms; the best bid is held with
its limit, durable before the answer. "slowest buyer" is what the slowest of the 20 took, as it is
stored with the ping; "added" is the answer's time less that. The floor is the same server answering
after 20 sleeps of 50 ms at once. Every ping must be accepted, else the run fails.
"""

import argparse
import asyncio
import json
import statistics
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass, field
from decimal import Decimal
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from random import Random
from typing import Any

import uvicorn
from leadexec_channel_ping_post import PingField, PingSetting
from rich.console import Console
from rich.table import Table
from sqlalchemy import Connection, func, select

from leadexec import (
    Accepted,
    Attempt,
    Bid,
    DeliveryMethod,
    Exchange,
    NoSettings,
    Outcome,
    Outgoing,
    PingingDeliveryMethod,
    PingOutcome,
    Plugin,
    Prepared,
    hookimpl,
)
from leadexec.app import App, running_app
from leadexec.http.serve import server_config
from leadexec.model.client import Client, ClientStatus
from leadexec.model.delivery_account import DeliveryAccount
from leadexec.model.delivery_method import ConfiguredDeliveryMethod
from leadexec.model.lead_type import LeadField, LeadType
from leadexec.model.limits import QuantityLimits
from leadexec.model.source import AutomationUse, Campaign, Channel, LeadSource
from leadexec.process import run, settle_memory
from leadexec.settings import Settings
from leadexec.storage.database import open_database
from leadexec.storage.tables import pings
from scripts.bench.intake import free_port
from scripts.bench.load import post
from scripts.bench.market import FIELDS, STATES
from scripts.bench.server import POSTGRESQL, a_server_database

BUYERS = 20
BUYER_SECONDS = 0.05
PER_SECOND = 20
PATH = "/ping/leads"
FLOOR = "/floor"
PLUGINS = ("automation-price", "channel-ping-post", "fields")
WARM = PER_SECOND
"""Pings that are not counted."""


@dataclass(kw_only=True)
class Row:
    """What was measured in one setting, in milliseconds."""

    who: str
    pings: int
    p50: float
    p99: float
    buyer_p50: float
    buyer_p99: float
    added_p50: float
    added_p99: float


@dataclass(kw_only=True)
class Answers:
    """What a run's pings were answered."""

    times: list[float] = field(default_factory=list)
    """Milliseconds from when it was due."""
    bodies: list[bytes] = field(default_factory=list)


# --- the server


class PingedBuyer(PingingDeliveryMethod[NoSettings]):
    """Bids after a while, and buys at once."""

    key = "bench-ping"
    title = "Buyer in memory that bids"

    def prepare(self, outgoing: Outgoing) -> Prepared:
        """Render the fields as a form would be."""
        return Prepared(request="&".join(f"{k}={v}" for k, v in outgoing.fields.items()))

    def prepare_ping(self, outgoing: Outgoing) -> Prepared:
        """Render them for a ping."""
        return self.prepare(outgoing)

    async def ping(self, prepared: Prepared, attempt: Attempt) -> PingOutcome:
        """Bid."""
        await asyncio.sleep(BUYER_SECONDS)
        attempt.record(Exchange(request=prepared.request, response="bid=12.50", status=200))
        return Bid(price=Decimal("12.50"), reference=attempt.idempotency_key[:8])

    async def deliver(self, prepared: Prepared, attempt: Attempt) -> Outcome:
        """Accept."""
        return Accepted()


class BuyersPlugin(Plugin[NoSettings]):
    """Contributes the buyer."""

    @hookimpl
    def register_delivery_methods(self) -> Sequence[type[DeliveryMethod[Any]]]:
        """Contribute ``bench-ping``."""
        return (PingedBuyer,)


class _Given(EntryPoint):
    def load(self) -> Any:
        return BuyersPlugin


class WithFloor:
    """The application, with the floor beside it."""

    def __init__(self, asgi: Any) -> None:
        """Answer everything else by ``asgi``."""
        self._asgi = asgi

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Answer one request."""
        if scope["type"] != "http" or scope["path"] != FLOOR:
            await self._asgi(scope, receive, send)
            return
        while (await receive()).get("more_body"):
            pass
        await asyncio.gather(*(asyncio.sleep(BUYER_SECONDS) for _ in range(BUYERS)))
        answer = b'{"status":"accepted"}'
        headers = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(answer))]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": answer})


async def a_campaign(app: App) -> int:
    """Create a campaign that is pinged, and the buyers; return its id."""
    kernel = app.kernel
    fields = tuple(LeadField(name=n, description=n, type=t) for n, t in FIELDS.items())
    lead_type = await kernel.create(LeadType(name="Mortgage", fields=fields))
    source = await kernel.create(LeadSource(name="Bench"))
    campaign = await kernel.create(
        Campaign(
            name="Bench",
            lead_source=source.id,
            lead_type=lead_type.id,
            channel=Channel.PING_POST,
            price=Decimal("3.50"),
            require_authentication=False,
            automation=AutomationUse(strategy="price", settings={"optimize": False}),
        )
    )
    required = (PingField(name="State"), PingField(name="Zip"))
    await kernel.create(PingSetting(campaign=campaign.id, fields=required, profit=Decimal(5)))
    for number in range(BUYERS):
        name = f"Buyer {number}"
        client = await kernel.create(Client(company=name, status=ClientStatus.ACTIVE))
        own: dict[str, Any] = {"name": name, "client": client.id, "lead_type": lead_type.id}
        method = await kernel.create(ConfiguredDeliveryMethod(type="bench-ping", **own))
        limits = QuantityLimits(daily=1_000_000)
        await kernel.create(
            DeliveryAccount(delivery_method=method.id, price=Decimal(1), limits=limits, **own)
        )
    return campaign.id


async def serve(data: str, database: str, port: int) -> None:
    """Serve until the process is ended; says ``ready`` with the campaign's id first."""
    installed = [point for point in entry_points(group="leadexec") if point.name in PLUGINS]
    given = _Given(name="bench-buyers", value="bench:BuyersPlugin", group="leadexec")
    settings = Settings(data=data, database=database)
    async with running_app(settings, found=[*installed, given]) as app:
        campaign = await a_campaign(app)
        settle_memory()
        config = server_config(WithFloor(app.asgi), app.kernel.settings.http)
        config.port, config.lifespan = port, "off"
        print(f"ready {campaign}", flush=True)
        await uvicorn.Server(config).serve()


# --- the load


class Senders:
    """Connections to the server, one request at a time on each; opened when all are busy."""

    def __init__(self, port: int) -> None:
        """Connect to ``port`` when the first request is sent."""
        self._port = port
        self._free: list[tuple[asyncio.StreamReader, asyncio.StreamWriter]] = []

    async def send(self, request: bytes, due: float, answers: Answers) -> None:
        """Send ``request`` at ``due`` and add its answer."""
        await asyncio.sleep(max(0.0, due - time.perf_counter()))
        if not self._free:
            self._free.append(await asyncio.open_connection("127.0.0.1", self._port))
        reader, writer = self._free.pop()
        writer.write(request)
        head = await reader.readuntil(b"\r\n\r\n")
        length = head.lower().partition(b"content-length:")[2].split(b"\r\n", 1)[0]
        body = await reader.readexactly(int(length))
        answers.times.append((time.perf_counter() - due) * 1000)
        answers.bodies.append(body)
        self._free.append((reader, writer))

    async def run(self, requests: Sequence[bytes]) -> Answers:
        """Send ``requests``, each at its time, and return the answers."""
        answers, began = Answers(), time.perf_counter() + 0.01
        due = (began + index / PER_SECOND for index in range(len(requests)))
        await asyncio.gather(*map(self.send, requests, due, [answers] * len(requests)))
        return answers

    def close(self) -> None:
        """Hang up."""
        for _, writer in self._free:
            writer.close()


def bodies(count: int, campaign: int) -> list[bytes]:
    """Return pings of leads."""
    chance = Random(11)  # noqa: S311  leads to measure with, not secrets
    return [
        json.dumps(
            {
                "campaign": campaign,
                "fields": {
                    "State": chance.choice(STATES),
                    "Zip": f"{chance.randrange(10_000, 99_999)}",
                    "LoanAmount": f"${chance.randrange(100, 900)},000",
                    "CreditScore": chance.randrange(500, 850),
                    "Homeowner": "yes",
                },
            }
        ).encode()
        for _ in range(count)
    ]


@asynccontextmanager
async def a_server(folder: str, database: str) -> AsyncIterator[tuple[int, int]]:
    """Start a server; give its port and the campaign's id."""
    port = free_port()
    command = [
        sys.executable, "-m", "scripts.bench.ping", "--serve", str(port), "--data", folder,
        "--database", database,
    ]  # fmt: skip
    server = await asyncio.create_subprocess_exec(
        *command, stdout=asyncio.subprocess.PIPE, cwd=Path(__file__).parents[2]
    )
    assert server.stdout is not None  # noqa: S101  it is a pipe
    try:
        ready = await server.stdout.readline()
        await _until_open(port)
        yield port, int(ready.split()[1])
    finally:
        server.terminate()
        await server.wait()


async def _until_open(port: int) -> None:
    for _ in range(500):
        try:
            _, writer = await asyncio.open_connection("127.0.0.1", port)
        except OSError:
            await asyncio.sleep(0.02)
        else:
            writer.close()
            return


async def measure(who: str, database: str, count: int) -> list[Row]:
    """Measure the floor and the pings on one database."""
    with tempfile.TemporaryDirectory() as folder:
        async with a_server(folder, database) as (port, campaign):
            senders = Senders(port)
            sent = bodies(count, campaign)
            floor = await senders.run([post(FLOOR, body) for body in sent])
            await senders.run([post(PATH, body) for body in sent[:WARM]])
            answers = await senders.run([post(PATH, body) for body in sent])
            senders.close()
        slowest = await slowest_buyers(database or f"sqlite:///{folder}/leadexec.sqlite3")
    return [_floor(f"{who}, floor", floor), _row(who, answers, slowest)]


async def slowest_buyers(url: str) -> Mapping[str, float]:
    """Return Order ID → milliseconds of the slowest of its buyers."""
    query = select(pings.c.lead_uid, func.max(pings.c.elapsed_us)).group_by(pings.c.lead_uid)

    def question(connection: Connection) -> dict[str, float]:
        return {uid: us / 1000 for uid, us in connection.execute(query)}

    database = open_database(url)
    try:
        return await database.read(question)
    finally:
        await database.aclose()


def _floor(who: str, answers: Answers) -> Row:
    slowest = [BUYER_SECONDS * 1000] * len(answers.times)
    return _of(who, answers.times, slowest)


def _row(who: str, answers: Answers, slowest: Mapping[str, float]) -> Row:
    said = [json.loads(body) for body in answers.bodies]
    refused = [answer for answer in said if answer["status"] != "accepted"]
    if refused:
        message = f"{len(refused)} of {len(said)} pings were not accepted: {refused[0]}"
        raise SystemExit(message)
    return _of(who, answers.times, [slowest[answer["order_id"]] for answer in said])


def _of(who: str, times: Sequence[float], slowest: Sequence[float]) -> Row:
    added = [took - buyer for took, buyer in zip(times, slowest, strict=True)]
    figures = [share(of, p) for of in (times, slowest, added) for p in (50, 99)]
    names = ("p50", "p99", "buyer_p50", "buyer_p99", "added_p50", "added_p99")
    return Row(who=who, pings=len(times), **dict(zip(names, figures, strict=True)))


def share(times: Sequence[float], percent: int) -> float:
    """Return what ``percent`` of ``times`` stay within."""
    return round(statistics.quantiles(times, n=100, method="inclusive")[percent - 1], 2)


async def measured(count: int, server: str) -> list[Row]:
    """Measure on SQLite, and on PostgreSQL if a server answers."""
    rows = await measure("SQLite", "", count)
    async with a_server_database(server) as url:
        if url:
            rows += await measure("PostgreSQL", url, count)
    return rows


def main() -> None:
    """Measure and print the table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--quick", action="store_true", help="seconds instead of minutes")
    parser.add_argument("--json", action="store_true", help="print figures instead of a table")
    parser.add_argument("--postgresql", default=POSTGRESQL, help='URL of a server, or ""')
    parser.add_argument("--serve", type=int, help=argparse.SUPPRESS)
    parser.add_argument("--data", default="", help=argparse.SUPPRESS)
    parser.add_argument("--database", default="", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.serve:
        run(serve(options.data, options.database, options.serve))
        return
    rows = run(measured(PER_SECOND * (5 if options.quick else 30), options.postgresql))
    if options.json:
        print(json.dumps([asdict(row) for row in rows]))
        return
    table = Table(title=f"{PER_SECOND} pings/s, {BUYERS} buyers of {BUYER_SECONDS * 1000:g} ms")
    table.add_column("", no_wrap=True)
    for name in ("pings", "p50 ms", "p99", "buyer p50", "p99", "added p50", "p99"):
        table.add_column(name, justify="right")
    for row in rows:
        table.add_row(*map(str, asdict(row).values()))
    Console().print(table)


if __name__ == "__main__":
    main()
