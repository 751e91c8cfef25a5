"""A process that is killed loses nothing that it acknowledged."""

import asyncio
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy import select

from leadexec.storage.database import open_database
from leadexec.storage.store import Store
from leadexec.storage.tables import turns

WRITER = """
import asyncio, itertools, sys
from sqlalchemy import insert
from leadexec.storage.database import open_database
from leadexec.storage.store import Store
from leadexec.storage.tables import turns

def add(connection, commands):
    connection.execute(insert(turns), [{"account_id": n, "turn": n} for n in commands])
    return commands

async def main():
    write = Store(open_database(sys.argv[1])).handle(int, add)
    numbers = itertools.count()

    async def call():
        for number in numbers:
            print(await write(number), flush=True)

    await asyncio.gather(*(call() for _ in range(16)))

asyncio.run(main())
"""


def write_until_killed(script: Path, database_url: str, acknowledged: int) -> list[int]:
    """Run the writer, kill it after so many acknowledgements, and return all it gave."""
    with subprocess.Popen(
        [sys.executable, str(script), database_url], stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        told = [int(process.stdout.readline()) for _ in range(acknowledged)]
        os.kill(process.pid, signal.SIGKILL)
        return told + [int(line) for line in process.stdout.read().splitlines()]


@pytest.mark.anyio
@pytest.mark.parametrize("acknowledged", [1, 50, 700])
async def test_a_killed_process_loses_no_acknowledged_write(
    database_url: str, tmp_path: Path, acknowledged: int
) -> None:
    script = tmp_path / "writer.py"
    script.write_text(WRITER)
    told = await asyncio.to_thread(write_until_killed, script, database_url, acknowledged)

    store = Store(open_database(database_url))
    found = await store.read(lambda c: c.execute(select(turns.c.account_id)).scalars().all())
    await store.aclose()

    assert len(told) >= acknowledged
    assert set(told) <= set(found)
    assert len(set(found)) == len(found)
