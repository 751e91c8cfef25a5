"""``leadexec demo`` as a process of its own."""

import asyncio
import signal
import sys
from pathlib import Path

import pytest


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


COMMAND = """
import contextlib, runpy, sys
from pathlib import Path
from leadexec.cli.demo.command import demo_command
test = runpy.run_path(sys.argv[1])

@contextlib.asynccontextmanager
async def opened(directory):
    platform = test["SmallPlatform"]({})
    yield platform
    await platform.close()

demo_command(opened)(sys.argv[2:])
"""


@pytest.mark.anyio
async def test_the_command_ends_cleanly_when_interrupted(tmp_path: Path) -> None:
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-c",
        COMMAND,
        str(Path(__file__).with_name("test_demo_run.py")),
        f"--data={tmp_path}",
        "--port=0",
        "--leads=3",
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    assert process.stderr
    while b"Client secret" not in await process.stderr.readline():
        pass
    process.send_signal(signal.SIGINT)
    printed, errors = await process.communicate()
    assert (process.returncode, errors) == (0, b"")
    assert b"Every lead is accounted for" in printed
