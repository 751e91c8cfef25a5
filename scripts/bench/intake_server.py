"""The server side of the intake benchmark: the floor, or the whole intake, on one database."""

import argparse
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from random import Random
from typing import Any

import uvicorn
from sqlalchemy import Column, Connection, LargeBinary, MetaData, String, Table, insert

from leadexec.app import App, running_app
from leadexec.cli.demo.wiring import STANDARD
from leadexec.contracts.lead import SystemField
from leadexec.criteria import All, FieldTest, Operator
from leadexec.http.receiver_body import read_body
from leadexec.http.serve import server_config
from leadexec.kernel import Kernel
from leadexec.model.client import Client, ClientStatus
from leadexec.model.delivery_account import DeliveryAccount
from leadexec.model.delivery_method import ConfiguredDeliveryMethod
from leadexec.model.lead_type import LeadField, LeadType
from leadexec.model.limits import QuantityLimits
from leadexec.model.source import AutomationUse, Campaign, LeadSource, ValidatorUse
from leadexec.process import run, settle_memory
from leadexec.settings import JobSettings, PluginSettings, Settings
from leadexec.storage.entities import create_entity

STATES = (
    "AL", "AZ", "CA", "CO", "CT", "FL", "GA", "IL", "IN", "MA", "MD", "MI", "MN",
    "MO", "NC", "NJ", "NY", "OH", "OR", "PA", "TN", "TX", "VA", "WA", "WI",
)  # fmt: skip
FIELDS = (
    ("FirstName", "text", False, SystemField.FIRST_NAME),
    ("LastName", "text", False, SystemField.LAST_NAME),
    ("Email", "email", True, SystemField.EMAIL),
    ("Phone", "phone", True, SystemField.PRIMARY_PHONE),
    ("Address", "text", False, SystemField.ADDRESS),
    ("City", "text", False, SystemField.CITY),
    ("State", "us_state", False, SystemField.STATE),
    ("Zip", "postal_code", False, SystemField.ZIP),
    ("LoanAmount", "money", False, SystemField.CUSTOM),
    ("HomeValue", "money", False, SystemField.CUSTOM),
    ("LoanToValue", "percentage", False, SystemField.CUSTOM),
    ("CreditScore", "integer", False, SystemField.CUSTOM),
    ("BirthDate", "datetime", False, SystemField.DATE_OF_BIRTH),
    ("Homeowner", "yes_no", False, SystemField.CUSTOM),
    ("Purpose", "text", False, SystemField.CUSTOM),
    ("Employer", "text", False, SystemField.CUSTOM),
    ("Income", "money", False, SystemField.CUSTOM),
    ("Dependents", "integer", False, SystemField.CUSTOM),
    ("Referrer", "text", False, SystemField.REFERRER),
    ("Comments", "text", False, SystemField.COMMENTS),
)


FULL = (
    *STANDARD,
    "enrich-address",
    "enrich-city-state",
    "enrich-ip",
    "enrich-mobile",
    "grade-address",
    "grade-comments",
    "grade-email",
    "grade-ip",
    "grade-phone",
    "grading",
    "tcpa",
    "validate-ai",
    "validate-dnc",
    "validate-profanity",
)
"""The plugins of the full chain."""
CHAIN = (
    ValidatorUse(validator="profanity"),
    ValidatorUse(validator="ai"),
    ValidatorUse(validator="dnc"),
    ValidatorUse(validator="tcpa", settings={"notification_email": "legal@example.com"}),
    ValidatorUse(validator="duplicate"),
    ValidatorUse(validator="standardize-address"),
    ValidatorUse(validator="append-city-state"),
    ValidatorUse(validator="mobile-check"),
    ValidatorUse(validator="locate-ip", settings={"use_sender": True}),
    ValidatorUse(validator="grading"),
)
"""Every check there is; what enrichment asks is answered offline, and kept."""


@dataclass(slots=True)
class BareInsert:
    """The floor's one command."""

    uid: str
    body: bytes


posts = Table(
    "bench_posts",
    MetaData(),
    Column("uid", String(36), primary_key=True),
    Column("body", LargeBinary, nullable=False),
)
_INSERT = insert(posts)


def insert_posts(connection: Connection, commands: Sequence[BareInsert]) -> Sequence[None]:
    """Insert a batch of bodies."""
    connection.execute(_INSERT, [{"uid": c.uid, "body": c.body} for c in commands])
    return [None] * len(commands)


class Floor:
    """Reads the body, inserts it in a group commit, answers about as much as the receiver does."""

    def __init__(self, kernel: Kernel) -> None:
        """Insert through the store of ``kernel``."""
        self._kernel = kernel

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            return
        body, _ = await read_body(receive, dict(scope["headers"]), 1_048_576)
        uid = self._kernel.new_uid()
        await self._kernel.store.write(BareInsert(uid=uid, body=body))
        answer = (
            f'{{"lead":"{uid}","status":"accepted","code":"accepted","reasons":[],"price":"3.50",'
            '"redirect_url":null,"deliveries":null}'
        ).encode()
        headers = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(answer))]
        await send({"type": "http.response.start", "status": 201, "headers": headers})
        await send({"type": "http.response.body", "body": answer})


async def make_account(kernel: Kernel, accounts: int, *, full: bool = False) -> int:
    """Create a campaign with 20 fields and its limit, and the delivery accounts.

    With ``full`` every check is on, else the duplicate check alone.
    """
    consent = (("Consent", "text", False, SystemField.CONSENT),) if full else ()
    lead_type = await kernel.create(
        LeadType(
            name="Mortgage",
            fields=tuple(
                LeadField(
                    name=n,
                    description=n,
                    type=t,
                    duplicate_check=d and not (full and n == "Phone"),
                    system=s,
                )
                for n, t, d, s in (*FIELDS, *consent)
            ),
        )
    )
    source = await kernel.create(LeadSource(name="Bench"))
    campaign = await kernel.create(
        Campaign(
            name="Bench",
            lead_source=source.id,
            lead_type=lead_type.id,
            price=Decimal("3.50"),
            require_authentication=False,
            automation=AutomationUse(strategy="price", settings={"optimize": False}),
            limits=QuantityLimits(daily=100_000_000),
            validators=CHAIN if full else (ValidatorUse(validator="duplicate"),),
        )
    )
    await kernel.store.change(lambda c: _accounts(c, kernel, lead_type.id, accounts))
    await kernel.loader.refresh()
    return campaign.id


def _accounts(connection: Connection, kernel: Kernel, lead_type: int, count: int) -> None:
    chance = Random(7)  # noqa: S311  accounts to measure with, not secrets
    more: dict[str, Any] = {
        "by": "bench",
        "now": kernel.services.clock.now(),
        "cipher": kernel.cipher,
    }
    client = create_entity(
        connection, kernel.tables, Client(company="Buyer", status=ClientStatus.ACTIVE), **more
    )
    method = create_entity(
        connection,
        kernel.tables,
        ConfiguredDeliveryMethod(
            name="Portal", client=client.id, lead_type=lead_type, type="portal"
        ),
        **more,
    )
    for index in range(count):
        account = DeliveryAccount(
            name=f"Account {index}",
            client=client.id,
            lead_type=lead_type,
            delivery_method=method.id,
            price=Decimal(chance.randrange(500, 9_000)) / 100,
            criteria=_criteria(chance),
        )
        create_entity(connection, kernel.tables, account, **more)


def _criteria(chance: Random) -> All:
    amount = chance.randrange(50_000, 500_000, 10_000)
    states = tuple(chance.sample(STATES, 4))
    return All(
        items=(
            FieldTest(field="State", operator=Operator.IS_ANY_OF, values=states),
            FieldTest(field="LoanAmount", operator=Operator.AT_LEAST, values=(str(amount),)),
        )
    )


async def serve(app: App, mode: str, port: int, campaign: int) -> None:
    """Serve until the process is ended; says ``ready`` with the campaign's id first."""
    asgi: Any = app.asgi
    if mode == "floor":
        await app.kernel.store.change(posts.create)
        app.kernel.store.handle(BareInsert, insert_posts)
        asgi = Floor(app.kernel)
    settle_memory()  # as a long-running process does once its catalog is loaded
    config = server_config(asgi, app.kernel.settings.http)
    config.port, config.lifespan = port, "off"
    server = uvicorn.Server(config)
    print(f"ready {campaign}", flush=True)
    await server.serve()


async def main() -> None:
    """Start the kernel as the arguments say."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--mode", choices=("floor", "intake", "full"), required=True)
    parser.add_argument("--data", required=True)
    parser.add_argument("--database", default="")
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--accounts", type=int, default=10_000)
    options = parser.parse_args()
    settings = Settings(
        data=options.data,
        database=options.database,
        jobs=JobSettings(run=False, poll_seconds=5),
        plugins=PluginSettings(only=FULL if options.mode == "full" else STANDARD),
    )
    async with running_app(settings) as app:
        full = options.mode == "full"
        campaign = await make_account(app.kernel, options.accounts, full=full)
        await serve(app, options.mode, options.port, campaign)


if __name__ == "__main__":
    run(main())
