"""``leadexec serve`` and ``worker`` as real processes: started, used, stopped by signals."""

import json
import signal
import socket
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import httpx
import pytest
from sqlalchemy import select

from leadexec.process import run
from leadexec.settings import load_settings
from leadexec.storage.database import open_database
from leadexec.storage.job_rows import DISTRIBUTE
from leadexec.storage.tables import jobs, leads
from tests.cli.commands import PATIENCE, Buyer, Installation


@contextmanager
def started(leadexec: Installation, *words: str) -> Iterator[tuple["subprocess.Popen[str]", str]]:
    """Give a process that has said where it is, and that first line; kill it if it is left."""
    with leadexec.process(*words) as process:
        watchdog = threading.Timer(PATIENCE, process.kill)
        watchdog.start()
        try:
            assert process.stdout is not None
            yield process, process.stdout.readline()
        finally:
            watchdog.cancel()
            process.kill()


def url_of(line: str) -> str:
    assert " serves http://127.0.0.1:" in line
    return line.rsplit(maxsplit=1)[-1]


def ended(process: "subprocess.Popen[str]", number: signal.Signals) -> tuple[int, str, str]:
    """Send the signal; return status, what else was printed, and the log."""
    process.send_signal(number)
    status = process.wait(PATIENCE)
    assert process.stdout is not None
    assert process.stderr is not None
    return status, process.stdout.read(), process.stderr.read()


def rows(leadexec: Installation) -> tuple[list[str], list[str]]:
    """Return the states of all leads and the owners of the jobs that move them on."""

    async def read() -> tuple[list[str], list[str]]:
        database = open_database(load_settings(leadexec.file, {}).database_url)
        try:
            return await database.read(
                lambda c: (
                    list(c.scalars(select(leads.c.status))),
                    list(c.scalars(select(jobs.c.owner).where(jobs.c.kind == DISTRIBUTE))),
                )
            )
        finally:
            await database.aclose()

    return run(read())


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_it_serves_says_what_is_missing_and_ends_by_a_signal(
    leadexec: Installation, number: signal.Signals
) -> None:
    leadexec.write("[plugins]\nonly = []")
    with started(leadexec, "serve", "--port", "0") as (process, line):
        with httpx.Client(base_url=url_of(line), trust_env=False) as client:
            ready = client.get("/health/ready").json()
            refused = client.post("/receiver/leads", json={})
        status, out, err = ended(process, number)

    assert ready["ready"] is True
    assert refused.status_code == 422
    assert status == 0
    assert "No plugin adds delivery methods" in out
    assert 'pip install "leadexec[standard]"' in out
    assert "leadexec credential new" in out
    events = [json.loads(line)["event"] for line in err.splitlines()]
    assert events[-2:] == ["stopping: open requests and running jobs end first", "stopped"]


def test_an_open_request_is_answered_before_the_process_ends(
    leadexec: Installation, buyer: Buyer
) -> None:
    campaign = leadexec.sell_to(buyer.url, queue=False)
    buyer.may_answer.clear()
    answers: list[httpx.Response] = []

    with started(leadexec, "serve", "--port", "0") as (process, line):
        lead = {"campaign": campaign, "fields": {"State": "TX"}}
        url = f"{url_of(line)}/receiver/leads"

        def post() -> None:
            answers.append(httpx.post(url, json=lead, timeout=PATIENCE, trust_env=False))

        sender = threading.Thread(target=post)
        sender.start()
        assert buyer.asked.wait(PATIENCE)
        process.send_signal(signal.SIGTERM)
        assert process.stderr is not None
        assert "stopping" in process.stderr.readline()
        buyer.may_answer.set()
        sender.join()
        status, _, _ = ended(process, signal.SIGTERM)

    assert status == 0
    assert [answer.status_code for answer in answers] == [201]
    assert answers[0].json()["deliveries"][0]["status"] == "accepted"
    assert rows(leadexec) == (["delivered"], [])


def test_a_job_that_runs_ends_before_the_process_and_no_lease_is_left(
    leadexec: Installation, buyer: Buyer
) -> None:
    campaign = leadexec.sell_to(buyer.url)
    leadexec.write("[jobs]\nat_once = 1")
    buyer.may_answer.clear()

    with started(leadexec, "serve", "--port", "0") as (process, line):
        body = [{"campaign": campaign, "fields": {"State": "TX"}}] * 20
        httpx.post(f"{url_of(line)}/receiver/leads", json=body, timeout=PATIENCE, trust_env=False)
        assert buyer.asked.wait(PATIENCE)
        process.send_signal(signal.SIGTERM)
        assert process.stderr is not None
        assert "stopping" in process.stderr.readline()
        buyer.may_answer.set()
        status, _, _ = ended(process, signal.SIGTERM)

    assert status == 0
    states, owners = rows(leadexec)
    assert states.count("delivered") == len(buyer.posts) >= 1
    assert states.count("queued") == len(owners)
    assert set(owners) <= {""}


def test_a_worker_takes_up_what_a_server_without_jobs_has_received(
    leadexec: Installation, buyer: Buyer
) -> None:
    campaign = leadexec.sell_to(buyer.url)
    with started(leadexec, "serve", "--port", "0", "--no-jobs") as (server, line):
        url = url_of(line)
        words = (f"--campaign={campaign}", "State=TX", "--url", url)
        posted = leadexec("lead", "post", *words)
        status, out, _ = ended(server, signal.SIGTERM)
    assert posted.json()["status"] == "accepted"
    assert "left to 'leadexec worker'" in out
    assert status == 0
    assert rows(leadexec) == (["queued"], [""])

    with started(leadexec, "worker") as (worker, line):
        assert " runs jobs, " in line
        assert buyer.asked.wait(PATIENCE)
        status, _, err = ended(worker, signal.SIGTERM)

    assert status == 0
    assert rows(leadexec) == (["delivered"], [])
    assert json.loads(err.splitlines()[-1])["event"] == "stopped"


def test_a_running_server_delivers_what_is_posted_beside_it(
    leadexec: Installation, buyer: Buyer
) -> None:
    campaign = leadexec.sell_to(buyer.url)
    leadexec.write("[jobs]\npoll_seconds = 0.05")
    with started(leadexec, "serve", "--port", "0") as (process, line):
        url_of(line)
        posted = leadexec("lead", "post", f"--campaign={campaign}", "State=TX")
        assert buyer.asked.wait(PATIENCE)
        status, _, err = ended(process, signal.SIGTERM)

    assert posted.json()["status"] == "accepted"
    assert status == 0
    assert rows(leadexec) == (["delivered"], []), err


def test_a_server_that_refuses_a_post_is_quoted(leadexec: Installation) -> None:
    with started(leadexec, "serve", "--port", "0") as (process, line):
        posted = leadexec("lead", "post", "--campaign=99", "A=1", "--url", url_of(line))
        ended(process, signal.SIGTERM)

    assert posted.status == 1
    assert "There is no campaign 99." in posted.err


def test_a_port_that_is_taken_is_told_before_anything_is_made(leadexec: Installation) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        told = leadexec("serve", "--port", str(port))

    assert told.status == 1
    assert "Code: cannot_listen" in told.err
    assert f"port {port}" in told.err
    assert not leadexec.data.exists()


def test_a_plugin_that_cannot_load_stops_the_start_but_not_in_safe_mode(
    leadexec: Installation,
) -> None:
    leadexec.write("[plugins.fields]\nstrange = 1")

    refused = leadexec("serve", "--port", "0")
    with started(leadexec, "serve", "--port", "0", "--safe-mode") as (process, line):
        url_of(line)
        status, out, _ = ended(process, signal.SIGTERM)

    assert refused.status == 1
    assert "plugins.fields" in refused.err
    assert status == 0
    assert "The plugin fields could not be loaded" in out
