"""Write the kernel's next migration script from the difference between scripts and tables.

python scripts/make_migration.py "what it does"
python scripts/make_migration.py --first      # before the first release: the one script, anew
"""

import argparse
import asyncio
import re
import sys
import tempfile
from pathlib import Path
from typing import Any

from alembic.autogenerate import api, produce_migrations, render_python_code
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import JSON, Connection
from sqlalchemy.types import TypeDecorator

from leadexec.storage.database import open_database
from leadexec.storage.migrations import upgrade
from leadexec.storage.owners import KERNEL_OWNER, SCRIPTS
from leadexec.storage.schema import kernel_metadata

HEAD = '''"""{title}."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "{revision}"
down_revision = {previous!r}
branch_labels = None
depends_on = None


def upgrade() -> None:
{body}


def downgrade() -> None:
    raise NotImplementedError("Restore a backup instead.")
'''


def plain_type(kind: str, item: Any, context: api.AutogenContext) -> Any:
    """Write our own column types as what they are in the database: scripts outlive the code."""
    if kind == "type" and isinstance(item, JSON):
        context.imports.add("from sqlalchemy.dialects import postgresql")
        return "sa.JSON().with_variant(postgresql.JSONB(), 'postgresql')"
    if kind == "type" and isinstance(item, TypeDecorator):
        length = getattr(item, "length", None)  # what has one is a VARCHAR, whatever it wraps
        return (
            f"sa.String(length={length})" if length else f"sa.{type(item.impl_instance).__name__}()"
        )
    return False


def difference(connection: Connection) -> str:
    """Return the body of ``upgrade()`` that leads from ``connection``'s tables to ours."""
    options = {
        "render_item": plain_type,
        "render_as_batch": True,
        "compare_type": True,
        "version_table": KERNEL_OWNER.version_table,
        "target_metadata": kernel_metadata,
        "user_module_prefix": None,
        "sqlalchemy_module_prefix": "sa.",
        "alembic_module_prefix": "op.",
    }
    context = MigrationContext.configure(connection, opts=options)
    operations = produce_migrations(context, kernel_metadata).upgrade_ops
    if operations is None or operations.is_empty():
        return ""
    return render_python_code(
        operations, render_as_batch=True, render_item=plain_type, migration_context=context
    )


async def make(title: str) -> Path | None:
    """Write the script; return its path, or None when there is no difference."""
    with tempfile.TemporaryDirectory() as folder:
        database = open_database(f"sqlite:///{folder}/migrated.sqlite3")
        try:
            await upgrade(database, [KERNEL_OWNER])
            body = await database.maintain(difference)
        finally:
            await database.aclose()
    if not body:
        return None
    previous = ScriptDirectory(str(SCRIPTS.parent), version_locations=[str(SCRIPTS)])
    number = len(list(SCRIPTS.glob("[0-9]*.py"))) + 1
    slug = re.sub(r"[^a-z0-9]+", "_", title.lower()).strip("_")[:40]
    text = HEAD.format(
        title=title,
        revision=f"{number:04}",
        previous=previous.get_current_head(),
        body="\n".join(
            line if not line or line.startswith("    ") else f"    {line}"
            for line in body.splitlines()
        ),
    )
    path = SCRIPTS / f"{number:04}_{slug}.py"
    path.write_text(text, encoding="utf-8")
    # the folder is left out of linting and formatting; its long lines are the renderer's
    return path


def main() -> None:
    """Read the command line and write the script."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("title", nargs="?", default="The first tables")
    parser.add_argument("--first", action="store_true", help="replace all scripts by one")
    arguments = parser.parse_args()
    if arguments.first:
        for path in SCRIPTS.glob("[0-9]*.py"):
            path.unlink()
    written = asyncio.run(make(arguments.title))
    print(written or "No difference.")
    sys.exit(0)


if __name__ == "__main__":
    main()
