"""Intake against its floor: the same server answering the same body with one bare insert.

One process, durable before the answer (SQLite with synchronous=FULL), duplicate check and campaign
limit on, 20 fields, 10,000 delivery accounts in the catalog, jobs not run. "full" has every check
on: profanity, judgement by rules, do not contact list, consent, duplicates, four enrichments from
what was kept, five grading checks.
"""

import argparse
import asyncio
import json
import os
import socket
import subprocess
import sys
import tempfile
from pathlib import Path
from random import Random

import uvloop

from scripts.bench.intake_server import STATES
from scripts.bench.load import Load, post, run

HERE = Path(__file__).parent
FIRST_NAMES = ("Margaret", "Chinua", "Elena", "Tomas", "Priya", "Walter")
LAST_NAMES = ("Okonkwo", "Alvarez", "Lindgren", "Novak", "Sharma", "Whitfield")
PLACES = (
    ("Phoenix", "AZ", "85004"),
    ("Denver", "CO", "80202"),
    ("Atlanta", "GA", "30303"),
    ("Boston", "MA", "02108"),
    ("Dallas", "TX", "75201"),
)


def bodies(count: int, campaign: int, *, full: bool = False) -> list[bytes]:
    """Return posts of leads, all different, 20 fields each, or 21 with consent."""
    chance = Random(11)  # noqa: S311  leads to measure with, not secrets
    return [_body(chance, index, campaign, full=full) for index in range(count)]


def _body(chance: Random, index: int, campaign: int, *, full: bool) -> bytes:
    fields = {
        "FirstName": "Margaret",
        "LastName": f"Okonkwo{index}",
        "Email": f"m.okonkwo{index}@example.com",
        "Phone": f"(213) {200 + index // 10_000 % 700:03}-{index % 10_000:04}",
        "Address": f"{chance.randrange(1, 9999)} Juniper Street",
        "City": "Springfield",
        "State": chance.choice(STATES),
        "Zip": f"{chance.randrange(10_000, 99_999)}",
        "LoanAmount": f"${chance.randrange(50, 900)},000",
        "HomeValue": f"${chance.randrange(100, 999)},500.00",
        "LoanToValue": "78.5%",
        "CreditScore": chance.randrange(500, 850),
        "BirthDate": "1979-04-12",
        "Homeowner": "yes",
        "Purpose": "Refinance",
        "Employer": "Acme Widgets",
        "Income": "98000",
        "Dependents": "2",
        "Referrer": "https://example.com/landing?utm_source=search",
        "Comments": "Please call in the evening, after six.",
    }
    if full:
        # As real as they must be to pass every check.
        last = chance.choice(LAST_NAMES)
        fields["Consent"] = "yes"
        fields["FirstName"], fields["LastName"] = chance.choice(FIRST_NAMES), last
        fields["Email"] = f"{last.lower()}.{index}@gmail.com"
        fields["City"], fields["State"], fields["Zip"] = chance.choice(PLACES)
        # What enrichment asks about comes again, so that its answers are kept.
        fields["Address"] = f"{index % 200} Juniper Street"
        fields["Phone"] = f"(213) {243 + index % 20}-{1357 + index % 200 * 13}"
    return json.dumps({"campaign": campaign, "fields": fields}).encode()


def free_port() -> int:
    """Return a port that nobody listens at."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def measure(
    mode: str, *, count: int, connections: int, accounts: int, database: str
) -> tuple[Load, float]:
    """Start a server, warm it up, measure it, end it."""
    with tempfile.TemporaryDirectory() as folder:
        port = free_port()
        command = [
            sys.executable, "-m", "scripts.bench.intake_server", "--mode", mode, "--data", folder,
            "--port", str(port), "--accounts", str(accounts), "--database", database,
        ]  # fmt: skip
        with subprocess.Popen(
            command, stdout=subprocess.PIPE, text=True, cwd=HERE.parents[1]
        ) as server:
            campaign = int((server.stdout or sys.stdin).readline().split()[1])
            try:
                asyncio.run(_until_open(port))
                sent = bodies(count, campaign, full=mode == "full")
                requests = [post("/receiver/leads", b) for b in sent]
                warm = count // 10
                uvloop.run(run(port, requests[:warm], connections))
                before = cpu_seconds(server.pid)
                load = uvloop.run(run(port, requests[warm:], connections))
                return load, (cpu_seconds(server.pid) - before) / load.requests * 1_000_000
            finally:
                server.terminate()


def cpu_seconds(pid: int) -> float:
    """Return the processor time that a process has used, in seconds."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


async def _until_open(port: int) -> None:
    for _ in range(500):
        try:
            _, writer = await asyncio.open_connection("127.0.0.1", port)
        except OSError:
            await asyncio.sleep(0.02)
        else:
            writer.close()
            return


def main() -> None:
    """Measure floor and intake in turns and print the table."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--connections", type=int, default=32)
    parser.add_argument("--database", default="", help="a PostgreSQL URL; its tables are reused")
    options = parser.parse_args()
    count, accounts, rounds = (3_000, 1_000, 1) if options.quick else (15_000, 10_000, 3)
    rows: dict[str, list[tuple[Load, float]]] = {"floor": [], "intake": [], "full": []}
    for _ in range(rounds):
        for mode, loads in rows.items():
            loads.append(
                measure(
                    mode,
                    count=count,
                    connections=options.connections,
                    accounts=accounts,
                    database=options.database,
                )
            )
    best = {mode: max(loads, key=lambda row: row[0].per_second) for mode, loads in rows.items()}
    floor = best["floor"][0].per_second
    figures = {
        mode: {
            "requests_per_second": round(load.per_second),
            "p50_ms": round(load.percentile(0.5), 2),
            "p99_ms": round(load.percentile(0.99), 2),
            "ratio": round(load.per_second / floor, 3),
            "cpu_us_per_request": round(cpu),
            "statuses": load.statuses,
        }
        for mode, (load, cpu) in best.items()
    }
    if options.json:
        print(json.dumps(figures))
        return
    for mode, row in figures.items():
        print(f"{mode:8}", *(f"{name}={value}" for name, value in row.items()))


if __name__ == "__main__":
    main()
