"""What the tests of the simulator share."""

from collections.abc import AsyncIterator

import httpx
import pytest


@pytest.fixture(params=[False, True], ids=["asyncio", "uvloop"])
def anyio_backend(request: pytest.FixtureRequest) -> tuple[str, dict[str, bool]]:
    """Both loops: their transports and sockets differ where the simulator touches them."""
    return "asyncio", {"use_uvloop": request.param}


@pytest.fixture
async def http(anyio_backend: object) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(timeout=10, trust_env=False) as client:
        yield client
