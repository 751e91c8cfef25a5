"""Everything that would keep a system from starting or its leads from their way."""

from collections.abc import AsyncIterator, Iterator, Sequence
from pathlib import Path
from typing import Literal, TypeAlias

import msgspec

from leadexec.catalog.catalog import Catalog
from leadexec.cli.database_file import absent_file
from leadexec.cli.missing import missing
from leadexec.cli.offline import offline_plugins
from leadexec.contracts.eligibility import Excluded
from leadexec.errors import ConfigurationError, LeadexecError
from leadexec.kernel import running_kernel
from leadexec.model.registry import EntityRegistry
from leadexec.plugins import Plugins
from leadexec.security.secrets import Cipher
from leadexec.settings import Settings, load_settings
from leadexec.storage.database import open_database
from leadexec.storage.entity_tables import EntityTables
from leadexec.storage.migrations import status
from leadexec.storage.owners import Owner, owners_of

State: TypeAlias = Literal["ok", "note", "fault"]


class Finding(msgspec.Struct, kw_only=True, frozen=True):
    """One thing that was looked at, or one thing that is wrong with it."""

    state: State
    subject: str
    """``settings``, ``plugins``, ``keys``, ``database``, ``configuration``."""
    message: str
    code: str = ""
    path: str = ""


async def findings(config: Path | None) -> list[Finding]:
    """Return what was looked at, in order; later things are left out where earlier ones fail.

    Args:
        config: The settings file, as ``load_settings`` takes it.
    """
    return [finding async for finding in _findings(config)]


async def _findings(config: Path | None) -> AsyncIterator[Finding]:
    try:
        settings = load_settings(config)
    except LeadexecError as error:
        for finding in _faults("settings", error):
            yield finding
        return
    yield Finding(state="ok", subject="settings", message="They can be read.")
    plugins = offline_plugins(settings.selection(safe_mode=True))
    found = [*_of_plugins(settings, plugins), *_of_keys(settings)]
    owners = _owners(plugins)
    if isinstance(owners, LeadexecError):
        found += _faults("plugins", owners)
        owners = owners_of(EntityTables(EntityRegistry()))
    tables = await _of_database(settings, owners)
    for finding in [*found, *tables]:
        yield finding
    if all(finding.state == "ok" for finding in tables) and not _failed(found):
        for finding in await _of_configuration(settings):
            yield finding


def _failed(found: Sequence[Finding]) -> bool:
    return any(finding.state == "fault" for finding in found)


def _faults(subject: str, error: LeadexecError) -> Iterator[Finding]:
    if not isinstance(error, ConfigurationError):
        yield Finding(state="fault", subject=subject, message=str(error), code=error.code)
        return
    for fault in error.faults:
        yield Finding(
            state="fault",
            subject=subject,
            message=fault.message,
            code=fault.code,
            path=fault.path,
        )


def _of_plugins(settings: Settings, plugins: Plugins) -> Iterator[Finding]:
    loaded = [state.name for state in plugins.states if state.state == "loaded"]
    if loaded:
        yield Finding(state="ok", subject="plugins", message=f"{', '.join(loaded)} can be loaded.")
    for state in plugins.states:
        if state.state == "faulty":
            error = ConfigurationError(state.faults)
            yield from _faults("plugins", error)
    installed = {state.name for state in plugins.states}
    for name in settings.plugins.only or ():
        if name not in installed:
            message = f"{name} is not installed."
            code, path = "not_installed", "plugins.only"
            yield Finding(state="fault", subject="plugins", message=message, code=code, path=path)
    for name in (*settings.plugins.disable, *settings.plugin_settings):
        if name not in installed:
            message = f"{name} is not installed; what the settings say of it does nothing."
            yield Finding(state="note", subject="plugins", message=message)
    for sentence in missing(plugins):
        yield Finding(state="note", subject="plugins", message=sentence)


def _of_keys(settings: Settings) -> Iterator[Finding]:
    file = Path(settings.data) / "secret.key"
    try:
        if settings.secret_keys:
            Cipher.from_text(settings.secret_keys)
        elif file.exists():
            Cipher.from_file(file)
        else:
            message = f"There is no key file yet; the first start makes {file}."
            yield Finding(state="note", subject="keys", message=message)
            return
    except LeadexecError as error:
        yield from _faults("keys", error)
    except (OSError, UnicodeDecodeError) as error:
        message = f"{file} cannot be read: {error}."
        yield Finding(state="fault", subject="keys", message=message, code="unreadable")
    else:
        yield Finding(state="ok", subject="keys", message="They can be used.")


def _owners(plugins: Plugins) -> list[Owner] | LeadexecError:
    try:
        tables = EntityTables(EntityRegistry(plugins.contributions("register_entities")))
        return owners_of(tables, plugins.loaded())
    except LeadexecError as error:
        return error


async def _of_database(settings: Settings, owners: Sequence[Owner]) -> list[Finding]:
    absent = absent_file(settings)
    if absent is not None:
        message = f"There is none yet; the first start makes {absent}."
        return [Finding(state="note", subject="database", message=message)]
    try:
        database = open_database(settings.database_url, settings.storage)
    except LeadexecError as error:
        return list(_faults("database", error))
    try:
        stand = await status(database, owners)
    except LeadexecError as error:
        return list(_faults("database", error))
    finally:
        await database.aclose()
    pending = [one.owner for one in stand if one.pending]
    if pending:
        message = f"The tables of {', '.join(pending)} are older; the next start mends that."
        return [Finding(state="note", subject="database", message=message)]
    message = f"{database.shown_url} answers, and its tables are up to date."
    return [Finding(state="ok", subject="database", message=message)]


async def _of_configuration(settings: Settings) -> list[Finding]:
    """Return what the configuration in the database cannot be used for, all of it."""
    try:
        async with running_kernel(settings, run_jobs=False, migrate=False) as kernel:
            found = list(_unusable(kernel.catalog))
            revision = kernel.catalog.revision
    except LeadexecError as error:
        return list(_faults("configuration", error))
    message = f"Revision {revision} can be used."
    return found or [Finding(state="ok", subject="configuration", message=message)]


def _unusable(catalog: Catalog) -> Iterator[Finding]:
    for number, campaign in sorted(catalog.campaigns.items()):
        if campaign.problem:
            path = f"campaign {number} {campaign.entity.name!r}"
            yield _unusable_thing(path, campaign.problem.code, campaign.problem.message)
    for number, method in sorted(catalog.methods.items()):
        if isinstance(method, Excluded):
            yield _unusable_thing(f"delivery method {number}", method.code, method.text)
    for number, account in sorted(catalog.inactive.items()):
        # Others are closed, paused or not automated on purpose; a method was named above.
        if account.why.code in ("criteria_not_usable", "rule_not_usable", "incomplete"):
            path = f"delivery account {number} {account.entity.name!r}"
            yield _unusable_thing(path, account.why.code, account.why.text)


def _unusable_thing(path: str, code: str, message: str) -> Finding:
    return Finding(state="fault", subject="configuration", message=message, code=code, path=path)
