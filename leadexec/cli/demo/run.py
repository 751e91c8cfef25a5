"""One run of the demonstration: start everything, post leads, settle, hold the books together."""

import asyncio
import contextlib
import itertools
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager
from decimal import Decimal
from pathlib import Path
from typing import Final, TypeAlias

import httpx
import msgspec
from rich.console import Console

from leadexec.cli.demo.account import check_complete, create_example_account
from leadexec.cli.demo.buyers import Buyers, running_buyers
from leadexec.cli.demo.leads import realistic_leads
from leadexec.cli.demo.platform import Credential, DemoCounts, DemoPlatform
from leadexec.cli.demo.poster import CampaignTarget, Poster, Tally, post_all
from leadexec.cli.demo.progress import live_view
from leadexec.cli.demo.reviewer import Reviewer
from leadexec.cli.demo.serving import served
from leadexec.cli.demo.state import DemoState, load_state, save_state
from leadexec.cli.demo.summary import Account, Figures, figures_of, summary_json, summary_table
from leadexec.contracts.services import Clock
from leadexec.model.access import Scope
from leadexec.model.client import Client
from leadexec.model.lead_type import LeadType
from leadexec.model.source import Campaign, Channel

SETTLE_SECONDS: Final = 120.0
"""How long retries and slow buyers may take after the last lead."""
GENTLE_RATE: Final = 2.0
"""Leads a second after the first ones, while the demonstration stays open."""

OpenPlatform: TypeAlias = Callable[[Path], AbstractAsyncContextManager[DemoPlatform]]
"""Data directory → the platform, running within the context, its jobs included."""


class DemoOptions(msgspec.Struct, kw_only=True, frozen=True):
    """What the command line says."""

    leads: int = 1_000
    rate: float | None = None
    """Leads a second; None is as fast as they can be posted."""
    exit: bool = False
    """End after ``leads``; otherwise a gentle stream follows until interrupted."""
    json: bool = False
    host: str = "127.0.0.1"
    port: int = 0
    data: Path = Path("leadexec-data/demo")
    seed: int | None = None
    """None keeps the data directory's, which is 1 at first."""


class Demo:
    """A running demonstration."""

    def __init__(
        self, *, platform: DemoPlatform, buyers: Buyers, url: str, credential: Credential
    ) -> None:
        """Hold everything that runs: the platform, served at ``url``, and the ``buyers``."""
        self.platform = platform
        self.buyers = buyers
        self.url = url
        self.credential = credential
        self.tally = Tally()
        self.campaigns: list[Campaign] = []
        self.before = DemoCounts()
        self._started = platform.clock.monotonic()

    async def prepare(self) -> None:
        """Create the example account where there is none; take note of what is there already."""
        if not await self.platform.all(LeadType):
            await create_example_account(self.platform.create, self.buyers.url)
        check_complete({client.company for client in await self.platform.all(Client)})
        self.campaigns = list(await self.platform.all(Campaign))
        self.before = await self.platform.counts()
        self._started = self.platform.clock.monotonic()

    @contextlib.asynccontextmanager
    async def poster(self) -> AsyncIterator[Poster]:
        """Give a poster that posts over HTTP to the platform."""
        targets = {
            campaign.name: CampaignTarget(
                id=campaign.id,
                waits=not campaign.use_delivery_queue,
                pings=campaign.channel is Channel.PING_POST,
            )
            for campaign in self.campaigns
        }
        async with httpx.AsyncClient(base_url=self.url, timeout=60, trust_env=False) as http:
            yield Poster(
                http,
                credential=self.credential,
                campaigns=targets,
                clock=self.platform.clock,
                tally=self.tally,
            )

    @contextlib.asynccontextmanager
    async def reviewing(self) -> AsyncIterator[None]:
        """Have a person at the quality control bin, who empties it before the end (``LD9``)."""
        over = asyncio.Event()
        async with httpx.AsyncClient(base_url=self.url, timeout=60, trust_env=False) as http:
            reviewer = Reviewer(http, self.credential, self.platform.clock)
            work = asyncio.create_task(reviewer.work(over), name="demo: quality control")
            try:
                yield
            finally:
                over.set()
                await work

    async def look(self) -> Figures:
        """Return the figures of this moment."""
        counts = await self.platform.counts()
        seconds = max(0.0, self.tally.last_answer - self._started)
        return figures_of(counts, self.tally, self.buyers.totals(), seconds)

    def account(self, figures: Figures) -> Account:
        """Return both sides of the books, to be held together."""
        return Account(
            counts=figures.counts,
            before=self.before,
            books=figures.books,
            stored=self.tally.leads,
            rejected=self.tally.stored["rejected"],
            unanswered=self.tally.unanswered,
            prices={campaign.id: Decimal(campaign.price) for campaign in self.campaigns},
        )


async def run_demo(
    options: DemoOptions,
    open_platform: OpenPlatform,
    *,
    clock: Clock,
    stop: asyncio.Event,
    out: Console,
    progress: Console,
) -> int:
    """Run the demonstration and return the exit status: 0 when every lead and cent agrees.

    Args:
        options: What the command line says.
        open_platform: Opens the platform on a data directory.
        clock: The buyers' time.
        stop: Ends the posting early when it is set.
        out: Where the summary goes.
        progress: Where addresses and the live view go.
    """
    state = _next_run(options)
    async with contextlib.AsyncExitStack() as stack:
        demo = await _started(stack, options, state, open_platform, clock)
        save_state(options.data, state)
        _introduce(demo, options, progress)
        await demo.prepare()
        async with live_view(progress, demo.platform.clock, demo.look), demo.poster() as poster:
            async with demo.reviewing():
                await _post(demo, poster, options, state, stop)
            await demo.platform.wait_until_settled(SETTLE_SECONDS)
        figures = await demo.look()
        problems = demo.account(figures).problems()
    _conclude(figures, problems, options, out)
    return 1 if problems else 0


def _next_run(options: DemoOptions) -> DemoState:
    options.data.mkdir(parents=True, exist_ok=True)
    state = load_state(options.data)
    state.runs += 1
    if options.seed is not None:
        state.seed = options.seed
    return state


async def _started(
    stack: contextlib.AsyncExitStack,
    options: DemoOptions,
    state: DemoState,
    open_platform: OpenPlatform,
    clock: Clock,
) -> Demo:
    """Start buyers, platform and server, to be stopped in the opposite order."""
    buyers = await stack.enter_async_context(
        running_buyers(
            seed=state.seed,
            port=state.buyers_port,
            journal=options.data / "buyers.jsonl",
            clock=clock,
        )
    )
    state.buyers_port = buyers.port
    platform = await stack.enter_async_context(open_platform(options.data))
    url = await stack.enter_async_context(
        served(platform.asgi, host=options.host, port=options.port)
    )
    credential = await platform.new_credential(f"Demo run {state.runs}", list(Scope))
    return Demo(platform=platform, buyers=buyers, url=url, credential=credential)


async def _post(
    demo: Demo, poster: Poster, options: DemoOptions, state: DemoState, stop: asyncio.Event
) -> None:
    clock = demo.platform.clock
    seed = f"{state.seed}-{state.runs}"
    leads = realistic_leads(seed)
    first = itertools.islice(leads, options.leads)
    await post_all(first, poster, clock=clock, stop=stop, rate=options.rate)
    if not options.exit:
        await post_all(leads, poster, clock=clock, stop=stop, senders=4, rate=GENTLE_RATE)


def _introduce(demo: Demo, options: DemoOptions, console: Console) -> None:
    """Say where everything is and how to get in; nothing of it when only JSON is wanted."""
    if options.json:
        return
    for name, value in (
        ("Platform", demo.url),
        ("API description", f"{demo.url}/openapi.json"),
        ("Buyers' books", demo.buyers.books_url),
        ("Data directory", f"{options.data.resolve()} (a further run continues with it)"),
        ("Client id", demo.credential.client_id),
        ("Client secret", demo.credential.client_secret),
    ):
        console.print(f"{name + ':':17}{value}", soft_wrap=True, highlight=False, markup=False)


def _conclude(
    figures: Figures, problems: list[str], options: DemoOptions, console: Console
) -> None:
    if options.json:
        text = summary_json(figures, problems)
        console.print(text, soft_wrap=True, highlight=False, markup=False)
        return
    console.print(summary_table(figures))
    for problem in problems:
        console.print(f"The books do not agree: {problem}", style="bold red", markup=False)
    if not problems:
        console.print("Every lead is accounted for, and the buyers' books agree to the cent.")
