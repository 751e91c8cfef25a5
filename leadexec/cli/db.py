"""``leadexec db``: the tables of the kernel and of every plugin."""

import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Annotated

import msgspec
from cyclopts import App, Parameter
from rich.console import Console
from rich.table import Table

from leadexec.cli.database_file import refuse_absent
from leadexec.cli.offline import offline_plugins
from leadexec.errors import ConflictError, NotFoundError
from leadexec.model.registry import EntityRegistry
from leadexec.plugins import Plugins
from leadexec.process import run
from leadexec.settings import Settings, load_settings
from leadexec.storage import migrations
from leadexec.storage.database import Database, open_database
from leadexec.storage.entity_tables import EntityTables
from leadexec.storage.migrations import OwnerStatus
from leadexec.storage.owners import Owner, owners_of

app = App(name="db", help="Bring the tables up to date, list them, drop those of a plugin.")

Json = Annotated[bool, Parameter(name="--json", negative="")]


@app.command
def upgrade(*, config: Path | None = None) -> None:
    """Bring the tables of the kernel and of every installed plugin up to date.

    'leadexec serve' and 'leadexec worker' do the same when they start.

    Args:
        config: The settings file; by default $LEADEXEC_CONFIG, else leadexec.toml here.
    """
    settings = load_settings(config)
    plugins = offline_plugins(settings.selection())
    for done in run(_upgrade(settings, _owners(plugins))):
        what = ", ".join(done.pending) or "up to date already"
        sys.stdout.write(f"{done.owner}: {what}\n")


@app.command
def status(*, config: Path | None = None, as_json: Json = False) -> int:
    """List whose tables are in the database, and what an upgrade would do.

    Args:
        config: The settings file; by default $LEADEXEC_CONFIG, else leadexec.toml here.
        as_json: Print JSON, for programs.

    Returns:
        The exit status: 1 when an upgrade is needed.
    """
    settings = load_settings(config)
    plugins = offline_plugins(settings.selection())
    stand = run(_status(settings, _owners(plugins)))
    if as_json:
        sys.stdout.write(msgspec.json.format(msgspec.json.encode(stand)).decode() + "\n")
    else:
        _print(stand)
    return int(any(one.pending for one in stand))


@app.command
def purge(
    plugin: str,
    *,
    yes: Annotated[bool, Parameter(negative="")] = False,
    config: Path | None = None,
) -> None:
    """Drop all tables of a plugin that is not loaded any more, with everything in them.

    Args:
        plugin: The plugin's name, as 'leadexec db status' lists it.
        yes: Do it; without this the tables are only named.
        config: The settings file; by default $LEADEXEC_CONFIG, else leadexec.toml here.
    """
    settings = load_settings(config)
    plugins = offline_plugins(settings.selection(safe_mode=True))
    if plugin in {state.name for state in plugins.states if state.state != "disabled"}:
        raise ConflictError(
            "plugin_in_use",
            f"The plugin {plugin} is installed and not disabled; it would miss its tables.",
            "Uninstall it or put it into 'disable' of [plugins], and start the system anew.",
        )
    dropped = run(_purge(settings, plugin, _owners(plugins), yes=yes))
    sys.stdout.write(f"Dropped {', '.join(dropped)}.\n")


def _owners(plugins: Plugins) -> list[Owner]:
    tables = EntityTables(EntityRegistry(plugins.contributions("register_entities")))
    return owners_of(tables, plugins.loaded())


@asynccontextmanager
async def _opened(settings: Settings) -> AsyncIterator[Database]:
    database = open_database(settings.database_url, settings.storage)
    try:
        yield database
    finally:
        await database.aclose()


async def _upgrade(settings: Settings, owners: Sequence[Owner]) -> list[OwnerStatus]:
    async with _opened(settings) as database:
        return await migrations.upgrade(database, owners)


async def _status(settings: Settings, owners: Sequence[Owner]) -> list[OwnerStatus]:
    refuse_absent(settings)
    async with _opened(settings) as database:
        return await migrations.status(database, owners)


async def _purge(
    settings: Settings, plugin: str, owners: Sequence[Owner], *, yes: bool
) -> tuple[str, ...]:
    stand = await _status(settings, owners)
    known = plugin.replace("-", "_")
    doomed = [
        table for one in stand if one.owner.replace("-", "_") == known for table in one.tables
    ]
    async with _opened(settings) as database:
        if yes or not doomed:
            dropped = await migrations.purge(database, plugin)
            if not dropped:
                raise NotFoundError("no_tables", f"There is no table of a plugin {plugin}.")
            return dropped
    raise ConflictError(
        "not_confirmed",
        f"This would drop, with everything in them: {', '.join(doomed)}.",
        "Repeat it with --yes.",
    )


def _print(stand: Sequence[OwnerStatus]) -> None:
    table = Table("owner", "state", "version", "tables", box=None, header_style="bold")
    for one in stand:
        table.add_row(one.owner, _state(one), one.current or "-", str(len(one.tables)))
    # Piped output is read by programs and by grep: it is not folded to a screen's width.
    Console(width=None if sys.stdout.isatty() else 10_000, highlight=False).print(table)


def _state(one: OwnerStatus) -> str:
    if not one.installed:
        return "not installed; 'db purge' drops its tables"
    return f"upgrade needed: {', '.join(one.pending)}" if one.pending else "up to date"
