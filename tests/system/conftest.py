"""A running system on SQLite, for what does not depend on the database."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.system.world import World, a_world


@pytest.fixture
async def sqlite_world(
    sqlite_template: Path, tmp_path: Path, anyio_backend: str
) -> AsyncIterator[World]:
    """A system on a fresh SQLite database."""
    path = tmp_path / "leadexec.sqlite3"
    path.write_bytes(sqlite_template.read_bytes())
    async with a_world(f"sqlite:///{path}", tmp_path) as world:
        yield world
