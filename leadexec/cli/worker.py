"""``leadexec worker``: the jobs alone, until a signal."""

import asyncio
import sys
from importlib.metadata import version
from pathlib import Path
from typing import Annotated

import structlog
from cyclopts import App, Parameter

from leadexec.cli.missing import missing
from leadexec.kernel import Kernel, running_kernel
from leadexec.process import configure_logging, on_signals, run, settle_memory
from leadexec.settings import Settings, load_settings

app = App(name="worker", help="Run jobs and nothing else, until a signal.")

log = structlog.get_logger("leadexec.worker")


@app.default
def worker(
    *,
    config: Path | None = None,
    safe_mode: Annotated[bool, Parameter(negative="")] = False,
) -> None:
    """Run jobs and nothing else, until a signal.

    Any number of workers may run beside each other and beside 'leadexec serve'. SIGINT or SIGTERM
    lets the running jobs end and gives back what was not begun.

    Args:
        config: The settings file; by default $LEADEXEC_CONFIG, else leadexec.toml here.
        safe_mode: Start without the plugins that cannot load; what needs them holds its leads.
    """
    settings = load_settings(config)
    configure_logging(settings.log)
    run(_work(settings, safe_mode=safe_mode))


async def _work(settings: Settings, *, safe_mode: bool) -> None:
    stop = asyncio.Event()
    with on_signals(stop.set):
        async with running_kernel(settings, safe_mode=safe_mode, run_jobs=True) as kernel:
            settle_memory()
            sys.stdout.write(_introduction(kernel))
            sys.stdout.flush()
            await stop.wait()
            log.info("stopping: running jobs end first")
    log.info("stopped")


def _introduction(kernel: Kernel) -> str:
    lines = [
        f"LeadExec {version('leadexec')} runs jobs, {kernel.settings.jobs.at_once} at once",
        f"  {'Database':17}{kernel.store.database.shown_url}",
        *missing(kernel.plugins),
    ]
    return "\n".join(lines) + "\n"
