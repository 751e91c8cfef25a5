"""Who owns which tables: the kernel, and each plugin on its own."""

import sys
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Table

from leadexec.plugins import Plugin
from leadexec.storage.entity_tables import EntityTables
from leadexec.storage.schema import kernel_metadata

KERNEL: Final = "kernel"
VERSIONS: Final = "alembic_version_"
SCRIPTS: Final = Path(__file__).parent / "versions"
"""The kernel's migration scripts."""


def table_prefix(plugin: str) -> str:
    """Return what the names of the plugin's tables begin with."""
    return f"{plugin.replace('-', '_')}__"


@dataclass(frozen=True)
class Owner:
    """The kernel or a plugin, with the tables it declares and the scripts that make them."""

    name: str
    """``kernel``, or the plugin's name."""
    tables: tuple[Table, ...] = ()
    """Declared tables, in an order in which they can be created."""
    scripts: Path | None = None
    """The folder of Alembic scripts; without one the tables are made from their declaration."""

    @property
    def version_table(self) -> str:
        """The table that remembers which scripts have run."""
        return VERSIONS + self.name.replace("-", "_")


KERNEL_OWNER: Final = Owner(
    name=KERNEL, tables=tuple(kernel_metadata.sorted_tables), scripts=SCRIPTS
)


def owners_of(tables: EntityTables, plugins: Iterable[Plugin[Any]] = ()) -> list[Owner]:
    """Return the kernel first, then every plugin that has entities or migration scripts.

    Args:
        tables: The app's entities.
        plugins: The loaded plugins; their scripts are in ``<module>/migrations``.
    """
    folders = {plugin.name: migrations_folder(type(plugin)) for plugin in plugins}
    names = {entity.spec.owner for entity in tables} | {n for n, f in folders.items() if f}
    declared = tables.metadata.sorted_tables
    return [KERNEL_OWNER] + [
        Owner(
            name=name,
            tables=tuple(t for t in declared if t.name.startswith(table_prefix(name))),
            scripts=folders.get(name),
        )
        for name in sorted(names - {""})
    ]


def migrations_folder(plugin: type[Plugin[Any]]) -> Path | None:
    """Return the folder of the plugin's migration scripts, if it has one."""
    module = sys.modules[plugin.__module__.partition(".")[0]]
    folders = [Path(path) / "migrations" for path in getattr(module, "__path__", ())]
    return next((folder for folder in folders if folder.is_dir()), None)
