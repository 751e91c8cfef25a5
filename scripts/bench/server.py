"""A PostgreSQL database of a benchmark's own."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from uuid import uuid4

import asyncpg  # type: ignore[import-untyped]
from sqlalchemy.engine import make_url

POSTGRESQL = "postgresql://postgres@127.0.0.1:5432/postgres"
"""Where a server is expected; its user may create databases."""


@asynccontextmanager
async def a_server_database(server: str) -> AsyncIterator[str]:
    """Give the URL of a new database, dropped at the end; "" when no ``server`` answers."""
    if not server:
        yield ""
        return
    try:
        connection = await asyncpg.connect(server, timeout=5)
    except (OSError, asyncpg.PostgresError) as error:
        print(f"PostgreSQL is left out: {error}")
        yield ""
        return
    name = f"leadexec_bench_{uuid4().hex[:12]}"
    await connection.execute(f'CREATE DATABASE "{name}"')
    try:
        yield make_url(server).set(database=name).render_as_string(hide_password=False)
    finally:
        await connection.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
        await connection.close()
