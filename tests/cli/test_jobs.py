"""``leadexec jobs``: the dead-letter list on the terminal."""

import asyncio
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection

from leadexec.cli.root import main
from leadexec.storage.database import open_database
from leadexec.storage.job_list import job_page
from leadexec.storage.job_rows import JobRow, fail_job, insert_jobs, new_job
from leadexec.storage.store import Store
from leadexec.testing.clock import START


class Desk:
    """A database with four jobs, of which 1 to 3 are dead; and the command line on it."""

    def __init__(self, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.url = f"sqlite:///{folder / 'leadexec.sqlite3'}"
        self.config = folder / "leadexec.toml"
        self.config.write_text(f'database = "{self.url}"\n')
        self._capsys = capsys

    def jobs(self, *words: str) -> tuple[str, str, int]:
        """Run ``leadexec jobs …``; return what it printed, its errors, its exit status."""
        status = 0
        try:
            main(["jobs", *words, "--config", str(self.config)])
        except SystemExit as ended:
            status = int(ended.code or 0)
        out, err = self._capsys.readouterr()
        return out, err, status

    def change(self, act: Callable[[Connection], Any]) -> Any:
        """Run ``act`` in a transaction."""

        async def changed() -> Any:
            store = Store(open_database(self.url))
            try:
                return await store.change(act)
            finally:
                await store.aclose()

        return asyncio.run(changed())

    def dead(self) -> list[int]:
        """Return the ids of the dead jobs."""
        page = self.change(lambda c: job_page(c, dead=True))
        return [job.id for job in page.items]


def fill(connection: Connection) -> None:
    kinds = ("distribute", "sms.send", "sms.send", "observe")
    rows = [new_job(kind, f"subject {n}", {}, START) for n, kind in enumerate(kinds, 1)]
    insert_jobs(connection, rows)
    for job_id in (1, 2, 3):
        row = JobRow(id=job_id, kind="", subject="", payload={}, attempts=4)
        fail_job(connection, row, "Broken:\n[red]rain", START, dead=True)


@pytest.fixture
def desk(sqlite_template: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Desk:
    made = Desk(tmp_path, capsys)
    (tmp_path / "leadexec.sqlite3").write_bytes(sqlite_template.read_bytes())
    made.change(fill)
    return made


def test_dead_jobs_are_listed_each_on_one_line_with_its_error(desk: Desk) -> None:
    out, _, _ = desk.jobs("list", "--dead")

    head, *lines = out.splitlines()
    assert head.split() == ["id", "kind", "subject", "state", "tries", "due", "error"]
    assert [line.split()[0] for line in lines] == ["1", "2", "3"]
    assert all("dead" in line and line.rstrip().endswith("Broken: [red]rain") for line in lines)


def test_jobs_are_listed_as_json_for_programs(desk: Desk) -> None:
    out, _, _ = desk.jobs("list", "--kind", "observe", "--json")

    (job,) = json.loads(out)["items"]
    assert (job["id"], job["dead"], job["subject"]) == (4, False, "subject 4")


def test_the_end_of_a_page_says_how_to_go_on(desk: Desk) -> None:
    out, err, _ = desk.jobs("list", "--limit", "2")

    assert len(out.splitlines()) == 3
    assert "--after 2" in err


@pytest.mark.parametrize(
    ("words", "left"),
    [(("1", "3"), [2]), (("--kind", "sms.send"), [1]), (("--all",), [])],
)
def test_dead_jobs_are_replayed_by_id_by_kind_or_all(
    desk: Desk, words: tuple[str, ...], left: list[int]
) -> None:
    out, _, status = desk.jobs("replay", *words)

    assert status == 0
    assert out.startswith(f"Jobs that are run again: {3 - len(left)}: ")
    assert desk.dead() == left


def test_nothing_is_replayed_where_no_job_is_dead(desk: Desk) -> None:
    desk.jobs("replay", "--all")

    out, _, _ = desk.jobs("replay", "--all")

    assert out == "Jobs that are run again: 0.\n"


@pytest.mark.parametrize("words", [(), ("1", "--all"), ("--kind", "sms.send", "--all")])
def test_which_jobs_are_replayed_must_be_said_in_one_way(
    desk: Desk, words: tuple[str, ...]
) -> None:
    _, err, status = desk.jobs("replay", *words)

    assert status == 1
    assert "which_jobs" in err
    assert desk.dead() == [1, 2, 3]


def test_dead_jobs_are_dropped_by_id(desk: Desk) -> None:
    out, _, _ = desk.jobs("drop", "2", "3")

    assert out == "Jobs that are deleted: 2, 3.\n"
    assert desk.dead() == [1]


@pytest.mark.parametrize(("job", "code"), [("1", "moves_a_lead"), ("4", "not_dead")])
def test_a_job_that_is_still_needed_is_not_dropped(desk: Desk, job: str, code: str) -> None:
    _, err, status = desk.jobs("drop", job)

    assert status == 1
    assert code in err
    assert desk.dead() == [1, 2, 3]


def test_a_drop_without_ids_deletes_nothing(desk: Desk) -> None:
    _, err, status = desk.jobs("drop")

    assert (status, "which_jobs" in err) == (1, True)
    assert desk.dead() == [1, 2, 3]
