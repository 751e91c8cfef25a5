"""``leadexec credential``: API credentials, to begin with and to end with (``RC3``)."""

import sys
from pathlib import Path
from typing import Annotated, Literal

import msgspec
from cyclopts import App, Parameter
from rich.console import Console
from rich.table import Table
from sqlalchemy import Connection

from leadexec.app import running_app
from leadexec.cli.database_file import demand_database
from leadexec.errors import LeadexecError
from leadexec.http.credentials_api import ShownCredential, shown
from leadexec.kernel import Kernel, running_kernel
from leadexec.model.access import ApiCredential, Scope
from leadexec.process import run
from leadexec.settings import Settings, load_settings
from leadexec.storage.entities import entity_by_id, every_entity, update_entity

app = App(name="credential", help="Make, list and disable API credentials.")

Json = Annotated[bool, Parameter(name="--json", negative="")]
ScopeName = Literal["account_api", "data_api", "lead_receiver"]
_BY = "command line"
_LONGEST = 200


@app.command
def new(
    name: str,
    *,
    scope: Annotated[list[ScopeName], Parameter(negative="")],
    config: Path | None = None,
    as_json: Json = False,
) -> None:
    """Make an API credential and print its secret, which is shown this once.

    A program exchanges both for a token at /oauth2/token.

    Args:
        name: What it is for; shown in lists and in the history of changes.
        scope: What it opens; may be given several times, and cannot be changed afterwards.
        config: The settings file; by default $LEADEXEC_CONFIG, else leadexec.toml here.
        as_json: Print JSON, for programs.
    """
    if not 1 <= len(name) <= _LONGEST:
        raise LeadexecError("invalid_name", f"A name has from 1 to {_LONGEST} characters.")
    made = run(_new(load_settings(config), name, [Scope(one) for one in scope]))
    if as_json:
        sys.stdout.write(msgspec.json.format(msgspec.json.encode(made)).decode() + "\n")
        return
    sys.stdout.write(
        f"Client id:      {made.client_id}\n"
        f"Client secret:  {made.client_secret}\n"
        f"Credential {made.id}, for {', '.join(made.scopes)}. The secret is shown this once.\n"
    )


@app.command(name="list")
def list_credentials(*, config: Path | None = None, as_json: Json = False) -> None:
    """List the API credentials.

    Args:
        config: The settings file; by default $LEADEXEC_CONFIG, else leadexec.toml here.
        as_json: Print JSON, for programs.
    """
    found = run(_all(load_settings(config)))
    if as_json:
        sys.stdout.write(msgspec.json.format(msgspec.json.encode(found)).decode() + "\n")
        return
    table = Table("id", "name", "client id", "scopes", "state", box=None, header_style="bold")
    for one in found:
        state = "enabled" if one.enabled else "disabled"
        table.add_row(str(one.id), one.name, one.client_id, ", ".join(one.scopes), state)
    # Piped output is read by programs and by grep: it is not folded to a screen's width.
    Console(width=None if sys.stdout.isatty() else 10_000, highlight=False, markup=False).print(
        table
    )


@app.command
def disable(credential: int, *, config: Path | None = None) -> None:
    """Disable an API credential: its tokens stop to work, at a running server within seconds.

    Args:
        credential: Its id, as 'leadexec credential list' shows it.
        config: The settings file; by default $LEADEXEC_CONFIG, else leadexec.toml here.
    """
    done = run(_disable(load_settings(config), credential))
    sys.stdout.write(f"Credential {done.id} ({done.name}) is disabled.\n")


async def _new(settings: Settings, name: str, scopes: list[Scope]) -> ShownCredential:
    # Safe mode: a broken plugin must not keep anybody from getting in to mend it.
    async with running_app(settings, safe_mode=True, run_jobs=False) as running:
        return await running.new_credential(name, scopes)


async def _all(settings: Settings) -> list[ShownCredential]:
    await demand_database(settings)
    async with running_kernel(settings, safe_mode=True, run_jobs=False, migrate=False) as kernel:
        found = await kernel.store.read(
            lambda c: every_entity(c, kernel.tables, ApiCredential, kernel.cipher)
        )
    return [shown(credential) for credential in found]


async def _disable(settings: Settings, credential_id: int) -> ApiCredential:
    await demand_database(settings)
    async with running_kernel(settings, safe_mode=True, run_jobs=False, migrate=False) as kernel:
        return await kernel.store.change(lambda c: _disabled(c, kernel, credential_id))


def _disabled(connection: Connection, kernel: Kernel, credential_id: int) -> ApiCredential:
    tables, cipher = kernel.tables, kernel.cipher
    existing = entity_by_id(connection, tables, ApiCredential, credential_id, cipher)
    changed = msgspec.structs.replace(existing, enabled=False)
    now = kernel.services.clock.now()
    return update_entity(connection, tables, changed, by=_BY, now=now, cipher=cipher)
