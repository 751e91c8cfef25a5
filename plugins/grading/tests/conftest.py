from collections.abc import Iterator
from functools import partial

import msgspec
import pytest
from sqlalchemy import create_engine


def to_json(value: object) -> str:
    """Write what an audit row holds, as the kernel's own engines do."""
    return msgspec.json.encode(value).decode()


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(scope="session", autouse=True)
def _audited() -> Iterator[None]:
    """Let fake storages write audit rows, which hold times."""
    engine = partial(create_engine, json_serializer=to_json)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("leadexec.testing.fakes.create_engine", engine)
        yield
