import asyncio
import contextlib
from typing import Any

import httpx
import pytest
import uvicorn

from leadexec.http.app import create_http
from leadexec.http.parts import HttpSettings
from leadexec.http.serve import server_config

pytestmark = pytest.mark.anyio


async def test_it_is_served_by_a_real_server_and_stops_when_asked(api: Any) -> None:
    config = server_config(create_http(api.parts), HttpSettings(port=0))
    config.loop = "none"
    server = uvicorn.Server(config)
    with contextlib.ExitStack() as stack:
        stack.enter_context(server.capture_signals())
        serving = asyncio.create_task(server._serve())
        while not server.started:
            assert not serving.done()
            await asyncio.sleep(0)
        port = server.servers[0].sockets[0].getsockname()[1]
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}") as client:
            answer = await client.get("/health/ready")
            refused = await client.post("/account/v1/clients", content=b"x" * 3_000_000)
        server.should_exit = True
        await serving

    assert answer.json()["ready"] is True
    assert "server" not in answer.headers
    assert refused.status_code == 401
