"""What the tests of the webhook share."""

import pytest


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"
