"""Rows of an installation that has run for a while: some thousand in every table that grows."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection, insert

from leadexec.storage.configuration_tables import audit, configuration
from leadexec.storage.tables import (
    attempts,
    claims,
    counters,
    decisions,
    deliveries,
    idempotency,
    jobs,
    leads,
    requests,
)
from leadexec.testing.clock import START

ROWS = 3000


def uid(kind: int, number: int) -> str:
    return f"0193f2a0-0000-7000-8000-{kind:04d}{number:08d}"


def fill(connection: Connection) -> None:
    """Fill every growing table as an installation does that has run for a while."""
    numbers = range(1, ROWS + 1)
    at = {n: START - timedelta(minutes=ROWS - n) for n in numbers}
    rows = {
        requests: [request_row(n) | {"received_at": at[n]} for n in numbers],
        leads: [lead_row(n) | {"received_at": at[n], "updated_at": at[n]} for n in numbers],
        deliveries: [
            delivery_row(n) | {"reserved_at": at[n], "settled_at": at[n]} for n in numbers
        ],
        attempts: [attempt_row(n) | {"at": at[n]} for n in numbers],
        decisions: [
            {"lead_uid": uid(2, n), "revision": 1, "decided_at": at[n], "record": {}}
            for n in numbers
        ],
        counters: [{"key": f"account:{n}@day", "window": "day", "used": 1} for n in numbers],
        claims: [
            {"key": f"x|{n}", "rejected": False, "lead_uid": uid(2, n), "claimed_at": at[n]}
            for n in numbers
        ],
        idempotency: [
            {"key": f"k{n}", "body_hash": "", "request_uid": uid(1, n), "at": at[n]}
            for n in numbers
        ],
        jobs: [job_row(n) for n in numbers],
        audit: [audit_row(n) | {"at": at[n]} for n in numbers],
        configuration: [{"id": 1, "revision": ROWS}],
    }
    for table, made in rows.items():
        connection.execute(insert(table), made)
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql("ANALYZE")


def request_row(n: int) -> dict[str, Any]:
    return {
        "uid": uid(1, n),
        "method": "POST",
        "path": "/receiver/leads",
        "content_type": "application/json",
        "remote_ip": "192.0.2.1",
        "credential_id": 1,
        "body": b'{"campaign": 1, "fields": {"FirstName": "Ada", "State": "CA"}}',
        "status": 200,
        "code": "accepted",
        "detail": "",
    }


def lead_row(n: int) -> dict[str, Any]:
    return {
        "uid": uid(2, n),
        "lead_type_id": 1 + n % 3,
        "source_id": 1 + n % 10,
        "campaign_id": 102 + n % 40 if n % 500 else 101,
        "request_uid": uid(1, n),
        "status": "held" if n % 50 == 0 else "delivered",
        "code": "delivered",
        "reasons": [],
        "price": Decimal(1),
        "revenue": Decimal(2),
        "source_share": Decimal(0),
        "delivered_count": 1,
        "is_test": False,
        "remote_ip": "192.0.2.1",
        "fields": {"FirstName": "Ada", "State": "CA", "Phone": "+12135550100"},
        "log": [{"step": "fields", "verdict": "pass", "us": 12}],
        "facts": {},
        "grade": "",
        "revision": 1,
    }


def delivery_row(n: int) -> dict[str, Any]:
    return {
        "uid": uid(3, n),
        "lead_uid": uid(2, n),
        "account_id": 101 + n % 200,
        "client_id": 1,
        "method_id": 1,
        "state": "accepted",
        "price": Decimal(2),
        "exclusive": False,
        "code": "",
        "reason": "",
        "reference": "",
        "redirect_url": "",
        "attempts": 1,
        "next_at": None,
        "limits": {},
    }


def attempt_row(n: int) -> dict[str, Any]:
    return {
        "delivery_uid": uid(3, n),
        "number": 1,
        "elapsed_us": 1500,
        "verdict": "accepted",
        "code": "accepted",
        "reason": "",
        "exchanges": [{"request": "POST", "response": "OK", "status": 200}],
    }


def job_row(n: int) -> dict[str, Any]:
    """Return a job that is due in a year, or dead."""
    return {
        "kind": "recheck" if n % 3 else "distribute",
        "subject": uid(2, n),
        "payload": {},
        "run_at": START + timedelta(days=365, seconds=n),
        "attempts": 1,
        "dead": n % 1000 == 0,
        "error": "",
        "owner": "",
    }


def audit_row(n: int) -> dict[str, Any]:
    return {
        "by": "ann",
        "entity": "client",
        "entity_id": 1000 + n,
        "act": "created",
        "old": None,
        "new": {"company": "Acme"},
        "revision": n,
    }
