"""``leadexec jobs``: what is still to be done, and what failed for the last time."""

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import msgspec
from cyclopts import App, Parameter
from cyclopts.validators import Number
from rich.console import Console
from rich.table import Table

from leadexec.cli.database_file import open_store
from leadexec.errors import LeadexecError
from leadexec.process import run
from leadexec.services import SystemClock
from leadexec.settings import Settings, load_settings
from leadexec.storage.job_list import JobPage, StoredJob, drop_jobs, job_page, replay_jobs

app = App(name="jobs", help="List jobs; run those that failed for the last time again, drop them.")

Json = Annotated[bool, Parameter(name="--json", negative="")]
Flag = Annotated[bool, Parameter(negative="")]
Limit = Annotated[int, Parameter(validator=Number(gte=1))]
_ERROR = 80
"""Characters of an error in the table; JSON has all of it."""


@app.command(name="list")
def list_jobs(
    *,
    dead: Flag = False,
    kind: str | None = None,
    after: int | None = None,
    limit: Limit = 100,
    config: Path | None = None,
    as_json: Json = False,
) -> None:
    """List jobs that are not done, oldest first.

    Args:
        dead: Only those that failed for the last time: the dead-letter list.
        kind: Only those of this kind, such as distribute.
        after: Only those with greater ids: the next page.
        limit: How many at most.
        config: The settings file; by default $LEADEXEC_CONFIG, else leadexec.toml here.
        as_json: Print JSON, for programs.
    """
    found = run(_page(load_settings(config), dead=dead, kind=kind, after=after, limit=limit))
    if as_json:
        sys.stdout.write(msgspec.json.format(msgspec.json.encode(found)).decode() + "\n")
    else:
        _print(found)


@app.command
def replay(
    *jobs: int,
    kind: str | None = None,
    every: Annotated[bool, Parameter(name="--all", negative="")] = False,
    config: Path | None = None,
) -> None:
    """Run dead jobs again, with all their tries before them; a running server takes them up.

    Args:
        jobs: Their ids, as 'leadexec jobs list --dead' shows them.
        kind: All dead jobs of this kind.
        every: All dead jobs.
        config: The settings file; by default $LEADEXEC_CONFIG, else leadexec.toml here.
    """
    if [bool(jobs), kind is not None, every].count(True) != 1:
        raise LeadexecError("which_jobs", "Name jobs by their ids, or --kind, or --all.")
    done = run(_replay(load_settings(config), jobs or None, kind))
    listed = f": {', '.join(str(job.id) for job in done)}" if done else ""
    sys.stdout.write(f"Jobs that are run again: {len(done)}{listed}.\n")


@app.command
def drop(*jobs: int, config: Path | None = None) -> None:
    """Delete dead jobs; what they were for is not done.

    Args:
        jobs: Their ids, as 'leadexec jobs list --dead' shows them.
        config: The settings file; by default $LEADEXEC_CONFIG, else leadexec.toml here.
    """
    if not jobs:
        raise LeadexecError("which_jobs", "Name jobs by their ids.")
    run(_drop(load_settings(config), jobs))
    sys.stdout.write(f"Jobs that are deleted: {', '.join(map(str, jobs))}.\n")


async def _page(
    settings: Settings, *, dead: bool, kind: str | None, after: int | None, limit: int
) -> JobPage:
    async with open_store(settings) as store:
        return await store.read(
            lambda c: job_page(c, dead=dead or None, kind=kind, after=after, limit=limit)
        )


async def _replay(
    settings: Settings, ids: Sequence[int] | None, kind: str | None
) -> list[StoredJob]:
    now = SystemClock().now()
    async with open_store(settings) as store:
        return await store.change(lambda c: replay_jobs(c, now, ids=ids, kind=kind))


async def _drop(settings: Settings, ids: Sequence[int]) -> None:
    async with open_store(settings) as store:
        await store.change(lambda c: drop_jobs(c, ids))


def _print(page: JobPage) -> None:
    table = Table(
        "id", "kind", "subject", "state", "tries", "due", "error", box=None, header_style="bold"
    )
    for job in page.items:
        table.add_row(
            str(job.id),
            job.kind,
            job.subject,
            _state(job),
            str(job.attempts),
            f"{job.run_at:%Y-%m-%d %H:%M:%S}",
            job.error.replace("\n", " ")[:_ERROR],
        )
    # Piped output is read by programs and by grep: it is not folded to a screen's width.
    Console(width=None if sys.stdout.isatty() else 10_000, highlight=False, markup=False).print(
        table
    )
    if page.next is not None:
        sys.stderr.write(f"There are more: --after {page.next}\n")


def _state(job: StoredJob) -> str:
    if job.dead:
        return "dead"
    return f"in hand of {job.owner}" if job.owner else "waiting"
