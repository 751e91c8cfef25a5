"""``leadexec demo``: the platform with an example account, live leads and simulated buyers."""

import asyncio
from pathlib import Path

from cyclopts import App
from rich.console import Console

from leadexec.cli.demo.run import DemoOptions, OpenPlatform, run_demo
from leadexec.process import configure_logging, on_signals, run
from leadexec.services import SystemClock

_HELP = "Try everything: an example account, realistic leads and simulated buyers."


def demo_command(open_platform: OpenPlatform) -> App:
    """Return the command; ``open_platform`` opens the platform on a data directory."""
    app = App(name="demo", help=_HELP)

    @app.default
    def demo(
        *,
        leads: int = 1_000,
        rate: float | None = None,
        exit: bool = False,  # noqa: A002  the option's name
        json: bool = False,
        host: str = "127.0.0.1",
        port: int = 8000,
        data: Path = Path("leadexec-data/demo"),
        seed: int | None = None,
    ) -> int:
        """Run the platform with an example account, realistic leads and simulated buyers.

        Args:
            leads: How many leads to post at once.
            rate: Leads a second; as many as possible when left out.
            exit: End after those leads; the exit status is 0 when every lead and cent agrees
                with the buyers' own books. Otherwise a gentle stream follows until Ctrl-C.
            json: Print the summary as JSON and nothing else.
            host: The address to listen at.
            port: The port to listen at; 0 lets the system choose.
            data: The data directory; a further run in the same one continues with its data.
            seed: All chance follows from it.
        """
        options = DemoOptions(
            leads=leads,
            rate=rate,
            exit=exit,
            json=json,
            host=host,
            port=port,
            data=data,
            seed=seed,
        )
        # Buyers' troubles are the demonstration's subject; only faults of our own are news.
        configure_logging("error")
        return run(_until_interrupted(options, open_platform))

    return app


async def _until_interrupted(options: DemoOptions, open_platform: OpenPlatform) -> int:
    stop = asyncio.Event()
    with on_signals(stop.set):
        return await run_demo(
            options,
            open_platform,
            clock=SystemClock(),
            stop=stop,
            out=Console(),
            progress=Console(stderr=True),
        )
