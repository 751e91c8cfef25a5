"""Running systems: on SQLite for async tests, on both databases for properties."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from anyio.from_thread import BlockingPortal, start_blocking_portal

from tests.system.world import World, a_world


@pytest.fixture
def sqlite_url(sqlite_template: Path, tmp_path: Path) -> str:
    """A fresh, migrated SQLite database."""
    path = tmp_path / "leadexec.sqlite3"
    path.write_bytes(sqlite_template.read_bytes())
    return f"sqlite:///{path}"


@pytest.fixture
async def sqlite_world(sqlite_url: str, tmp_path: Path, anyio_backend: str) -> AsyncIterator[World]:
    """A system on a fresh SQLite database."""
    async with a_world(sqlite_url, tmp_path) as world:
        yield world


@pytest.fixture
def portal(anyio_backend: str) -> Iterator[BlockingPortal]:
    """An event loop in a thread, for tests that hypothesis runs many times."""
    with start_blocking_portal(anyio_backend) as portal:
        yield portal


@pytest.fixture
def portal_world(portal: BlockingPortal, database_url: str, tmp_path: Path) -> Iterator[World]:
    """A system of either kind of database in the portal's loop."""
    with portal.wrap_async_context_manager(a_world(database_url, tmp_path)) as world:
        yield world
