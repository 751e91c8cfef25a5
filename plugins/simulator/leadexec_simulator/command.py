"""``leadexec simulator``: the buyers as a process of their own."""

import asyncio
import signal
from pathlib import Path
from typing import Annotated

from cyclopts import App, Parameter
from rich.console import Console

from leadexec_simulator.buyer import Buyer, buyers_from_json
from leadexec_simulator.cast import example_buyers, pinged_buyers
from leadexec_simulator.simulator import Simulator

EVERYBODY = (*example_buyers(), *pinged_buyers())
"""Who buys when no file says so."""


def simulator_command() -> App:
    """Return the command; it needs no running system and has the machine's own clock."""
    app = App(name="simulator", help="Run simulated buyers that keep their own books.")

    @app.default
    def run(
        *,
        port: int = 8790,
        host: str = "127.0.0.1",
        seed: int = 0,
        buyers: Annotated[Path | None, Parameter(name="--buyers")] = None,
        books: Annotated[Path | None, Parameter(name="--books")] = None,
    ) -> None:
        """Run simulated buyers until interrupted.

        Args:
            port: The port to listen at; 0 lets the system choose.
            host: The address to listen at.
            seed: All chance follows from it.
            buyers: A JSON file with a list of buyers, instead of the example ones.
            books: A file that every post and ping is appended to; what it holds already counts.
        """
        cast = buyers_from_json(buyers.read_bytes()) if buyers else EVERYBODY
        simulator = Simulator(cast, seed=seed, journal=books, host=host, port=port)
        asyncio.run(serve(simulator, Console()))

    return app


async def serve(simulator: Simulator, console: Console) -> None:
    """Run ``simulator`` until SIGINT or SIGTERM; say where its buyers are."""
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stopped.set)
    async with simulator:
        console.print(f"Books: {simulator.base_url}/books", soft_wrap=True, highlight=False)
        for buyer in simulator.buyers:
            console.print(_line(simulator, buyer), soft_wrap=True, highlight=False)
        await stopped.wait()
    total = simulator.books.summary()
    console.print(f"{total.posts} posts, {total.sales} sales, {total.revenue} in all.")


def _line(simulator: Simulator, buyer: Buyer) -> str:
    troubles = ", ".join(trouble.kind for trouble in buyer.troubles)
    pings = f"  pings at {simulator.ping_url(buyer.name)}" if buyer.bidding else ""
    return f"{simulator.url(buyer.name)}{pings}{'  (' + troubles + ')' if troubles else ''}"
