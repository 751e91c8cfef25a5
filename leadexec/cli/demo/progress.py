"""The live view of a running demonstration."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Final

from rich.console import Console, Group
from rich.live import Live
from rich.text import Text

from leadexec.cli.demo.summary import Figures, summary_table
from leadexec.contracts.services import Clock

REFRESH: Final = 0.5
"""Seconds between two looks at the figures."""


@contextlib.asynccontextmanager
async def live_view(
    console: Console, clock: Clock, look: Callable[[], Awaitable[Figures]]
) -> AsyncIterator[None]:
    """Show the figures while the context lasts; on anything but a terminal show nothing.

    Args:
        console: Where to draw.
        clock: Paces the drawing.
        look: Returns the figures of the moment.
    """
    if not console.is_terminal:
        yield
        return
    with Live(console=console, auto_refresh=False, transient=True) as live:
        drawing = asyncio.create_task(_draw(live, clock, look))
        try:
            yield
        finally:
            drawing.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await drawing


async def _draw(live: Live, clock: Clock, look: Callable[[], Awaitable[Figures]]) -> None:
    while True:
        figures = await look()
        live.update(
            Group(summary_table(figures), Text("Ctrl-C ends the demonstration.", style="dim")),
            refresh=True,
        )
        await clock.sleep(REFRESH)
