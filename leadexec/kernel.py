"""The kernel running: everything but HTTP. ``leadexec.app`` adds the faces."""

import asyncio
from collections.abc import AsyncIterator, Iterable
from contextlib import AsyncExitStack, asynccontextmanager
from importlib.metadata import EntryPoint

from leadexec.assembly import Kernel, assemble
from leadexec.contracts.services import Clock, Randomness
from leadexec.settings import Settings
from leadexec.storage.migrations import upgrade
from leadexec.storage.owners import owners_of

__all__ = ["Kernel", "running_kernel"]


@asynccontextmanager
async def running_kernel(
    settings: Settings,
    *,
    safe_mode: bool = False,
    clock: Clock | None = None,
    randomness: Randomness | None = None,
    found: Iterable[EntryPoint] | None = None,
    run_jobs: bool | None = None,
    migrate: bool = True,
) -> AsyncIterator[Kernel]:
    """Start the kernel: plugins, database up to date, catalog filled, jobs running.

    Args:
        settings: What the settings file says.
        safe_mode: Start without plugins that cannot load (``PF4``).
        clock: Instead of the machine's.
        randomness: Instead of the machine's.
        found: Plugins' entry points instead of the installed ones.
        run_jobs: Whether jobs run here; None: as the settings say.
        migrate: Whether to bring the tables up to date first.

    Raises:
        ConfigurationError: All faults of plugins, entities or settings at once.
        UnavailableError: The database does not answer.
    """
    async with AsyncExitStack() as stack:
        kernel = assemble(
            settings,
            stack,
            safe_mode=safe_mode,
            clock=clock,
            randomness=randomness,
            found=found,
        )
        if migrate:
            owners = owners_of(kernel.tables, kernel.plugins.loaded())
            await upgrade(kernel.store.database, owners)
        await kernel.loader.load()
        fresh = asyncio.create_task(
            kernel.loader.keep_fresh(settings.jobs.poll_seconds), name="catalog: keep fresh"
        )
        stack.push_async_callback(_end, fresh)
        stack.push_async_callback(kernel.runner.stop)  # leads may run here for their senders' sake
        if settings.jobs.run if run_jobs is None else run_jobs:
            await kernel.runner.start()
            await kernel.schedules.start()
            await kernel.look_again()
        kernel.loader.observers.append(kernel.look_again)
        yield kernel


async def _end(task: "asyncio.Task[None]") -> None:
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
