"""Commands run as an operator runs them: in this process, or as processes of their own."""

import json
import logging
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import structlog

from leadexec.app import running_app
from leadexec.cli.root import main
from leadexec.criteria import Criteria
from leadexec.criteria.tree import FieldTest, Operator
from leadexec.model.client import Client, ClientStatus
from leadexec.model.delivery_account import DeliveryAccount
from leadexec.model.delivery_method import ConfiguredDeliveryMethod
from leadexec.model.lead_type import LeadField, LeadType
from leadexec.model.source import AutomationUse, Campaign, LeadSource
from leadexec.process import run
from leadexec.settings import load_settings

PATIENCE = 60
"""Seconds after which a process that does not answer fails its test."""


class Ended(NamedTuple):
    """What a command came to."""

    status: int
    out: str
    err: str

    def json(self) -> Any:
        """Return what it printed, read as JSON."""
        return json.loads(self.out)


class Installation:
    """A settings file with a data directory of its own, and the command line upon it."""

    def __init__(self, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
        """Install in ``folder``."""
        self.data = folder / "data"
        self.file = folder / "leadexec.toml"
        self._capsys = capsys
        self.write()

    def write(self, text: str = "") -> None:
        """Write the settings file; ``text`` is what it says besides where the data is."""
        local = '[network]\nallow_private = ["127.0.0.0/8"]\n'
        self.file.write_text(f"data = {json.dumps(str(self.data))}\n{text}\n{local}")

    def __call__(self, *words: str) -> Ended:
        """Run ``leadexec WORDS --config FILE`` in this process."""
        with as_it_was():
            self._capsys.readouterr()
            with pytest.raises(SystemExit) as ended:
                main([*words, "--config", str(self.file)])
            said = self._capsys.readouterr()
        return Ended(int(ended.value.code or 0), said.out, said.err)

    def process(self, *words: str) -> "subprocess.Popen[str]":
        """Start ``leadexec WORDS --config FILE`` as a process."""
        environment = {k: v for k, v in os.environ.items() if not k.startswith("LEADEXEC_")}
        return subprocess.Popen(
            [sys.executable, "-m", "leadexec", *words, "--config", str(self.file)],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=environment,
        )

    def sell_to(self, url: str, *, queue: bool = True, only_state: str = "") -> int:
        """Configure one campaign whose leads go to the buyer at ``url``; return its id."""
        return run(_sell_to(self.file, url, queue=queue, only_state=only_state))


@contextmanager
def as_it_was() -> Iterator[None]:
    """Give the process its logging back after a command has set up its own."""
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    try:
        yield
    finally:
        root.handlers[:] = handlers
        root.setLevel(level)
        structlog.reset_defaults()


async def _sell_to(config: Path, url: str, *, queue: bool, only_state: str) -> int:
    async with running_app(load_settings(config, {}), run_jobs=False) as app:
        create = app.kernel.create
        fields = (
            LeadField(name="FirstName", description="First name", type="text"),
            LeadField(name="State", description="State", type="us_state", required=True),
        )
        lead_type = await create(LeadType(name="Loans", fields=fields))
        source = await create(LeadSource(name="Vendor"))
        campaign = await create(
            Campaign(
                name="Web leads",
                lead_source=source.id,
                lead_type=lead_type.id,
                automation=AutomationUse(strategy="price"),
                require_authentication=False,
                use_delivery_queue=queue,
                allow_send_responses=True,
            )
        )
        client = await create(Client(company="Acme [Loans]", status=ClientStatus.ACTIVE))
        success = {"result": {"type": "json_path", "path": "$.Success"}}
        method = await create(
            ConfiguredDeliveryMethod(
                name="Post",
                client=client.id,
                lead_type=lead_type.id,
                type="webhook",
                settings={"url": url, "response": success},
            )
        )
        await create(
            DeliveryAccount(
                name="All",
                client=client.id,
                lead_type=lead_type.id,
                delivery_method=method.id,
                price=Decimal("12.50"),
                criteria=_state(only_state) if only_state else None,
            )
        )
        return campaign.id


def _state(code: str) -> Criteria:
    return FieldTest(field="State", operator=Operator.IS, values=(code,))


class Buyer:
    """A buyer that accepts every lead, once it is let."""

    def __init__(self) -> None:
        """Wait for nobody until told to."""
        self.asked = threading.Event()
        """Set when a lead has arrived."""
        self.may_answer = threading.Event()
        self.may_answer.set()
        self.posts: list[Any] = []
        self.url = ""


@contextmanager
def open_buyer() -> Iterator[Buyer]:
    """Serve a buyer over HTTP within the context."""
    buyer = Buyer()

    class Answering(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            buyer.posts.append(json.loads(body))
            buyer.asked.set()
            assert buyer.may_answer.wait(PATIENCE)
            answer = b'{"Success": true}'
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Answering)
    serving = threading.Thread(target=server.serve_forever, args=(0.01,))
    serving.start()
    buyer.url = f"http://127.0.0.1:{server.server_port}/"
    try:
        yield buyer
    finally:
        buyer.may_answer.set()
        server.shutdown()
        serving.join()
        server.server_close()
