"""The demonstration on the real platform: database, receiver, distribution, webhooks, buyers."""

import asyncio
import io
import json
from pathlib import Path

import pytest
from rich.console import Console

from leadexec.cli.demo.run import DemoOptions, run_demo
from leadexec.cli.demo.wiring import open_platform
from leadexec.services import SystemClock


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.mark.anyio
async def test_every_lead_and_every_cent_of_the_real_platform_is_accounted_for(
    tmp_path: Path,
) -> None:
    printed = io.StringIO()
    options = DemoOptions(leads=120, exit=True, json=True, data=tmp_path)
    status = await run_demo(
        options,
        open_platform,
        clock=SystemClock(),
        stop=asyncio.Event(),
        out=Console(file=printed),
        progress=Console(file=io.StringIO()),
    )
    summary = json.loads(printed.getvalue())
    assert (status, summary["problems"]) == (0, [])
    assert summary["received"] == 120
    assert min(summary["rejected"], summary["delivered"], summary["portal_sales"]) > 0
    assert summary["buyers"]["troubles"].keys() >= {"server_error"}
