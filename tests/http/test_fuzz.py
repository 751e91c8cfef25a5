"""Every documented operation, called with what its schema allows and what it forbids.

Runs where schemathesis is installed (it is in the test group).
"""

import asyncio
import contextlib
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import uvicorn
from hypothesis import HealthCheck, given, settings
from hypothesis.errors import Unsatisfiable

from leadexec.http.app import create_http
from leadexec.http.credentials_api import CredentialDesk, NewCredential
from leadexec.http.data_api import data_routes
from leadexec.http.parts import HttpSettings
from leadexec.http.serve import server_config
from leadexec.model.access import Scope
from leadexec.storage.database import open_database
from leadexec.storage.migrations import upgrade
from leadexec.storage.owners import owners_of
from leadexec.storage.store import Store
from leadexec.testing import FakeClock

schemathesis = pytest.importorskip("schemathesis")


class Served:
    """The application on a real server in a thread of its own."""

    def __init__(self, parts_for: Any, folder: Path) -> None:
        self._parts_for = parts_for
        self._url = f"sqlite:///{folder / 'fuzz.sqlite3'}"
        self._ready = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._run()))
        self.url = ""
        self.token = ""

    def __enter__(self) -> "Served":
        self._thread.start()
        assert self._ready.wait(30)
        return self

    def __exit__(self, *_: object) -> None:
        self._server.should_exit = True
        self._thread.join(30)

    async def _run(self) -> None:
        store = Store(open_database(self._url))
        try:
            await self._serve(store)
        finally:
            await store.aclose()

    async def _serve(self, store: Store) -> None:
        parts = self._parts_for(store, FakeClock(), HttpSettings(port=0))
        await upgrade(store.database, owners_of(parts.tables, parts.plugins.loaded()))
        wanted = NewCredential(name="Fuzz", scopes=tuple(Scope))
        made = await CredentialDesk(parts).create(wanted, "test")
        credential = parts.credentials.cache.enabled(made.client_id)
        self.token = parts.tokens.token(credential).access_token
        app = create_http(parts, data_routes=data_routes(parts))
        config = server_config(app, HttpSettings(port=0))
        self._server = uvicorn.Server(config)
        config.load()
        self._server.lifespan = config.lifespan_class(config)
        await self._server.startup()
        port = self._server.servers[0].sockets[0].getsockname()[1]
        self.url = f"http://127.0.0.1:{port}"
        self._ready.set()
        await self._server.main_loop()
        await self._server.shutdown()


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory, make_parts: Any) -> Iterator[Served]:
    with Served(make_parts, tmp_path_factory.mktemp("fuzz")) as running:
        yield running


@pytest.mark.slow
def test_every_operation_answers_as_documented(served: Served) -> None:
    schema = schemathesis.openapi.from_url(f"{served.url}/openapi.json")
    # Calls would disable or delete the very credential that they are made with; the other one
    # breaks on purpose.
    schema = schema.exclude(path_regex="credentials/|/sample/broken")
    operations = [found.ok() for found in schema.get_all_operations()]

    assert len(operations) > 40
    for operation in operations:
        answers_as_documented(operation, served.token)


def answers_as_documented(operation: Any, token: str) -> None:
    """Call the operation with what its schema allows and with what it forbids."""
    modes = schemathesis.GenerationMode
    for mode in (modes.POSITIVE, modes.NEGATIVE):
        # The same examples every time: for a few, the generator itself recurses without an end
        # over the trees of criteria, and which ones those are must not change from run to run.
        @settings(
            max_examples=5,
            deadline=None,
            derandomize=True,
            suppress_health_check=list(HealthCheck),
        )
        @given(case=operation.as_strategy(generation_mode=mode))
        def call(case: Any) -> None:
            case.call_and_validate(
                headers={"Authorization": f"Bearer {token}"},
                # What a schema cannot say (names are taken, ids exist) is refused with 422.
                excluded_checks=[schemathesis.checks.positive_data_acceptance],
            )

        # An operation without parameters and body has nothing that could be wrong.
        with contextlib.suppress(*([Unsatisfiable] if mode is modes.NEGATIVE else [])):
            call()
