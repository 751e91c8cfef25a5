"""What a process that runs for long sets up once."""

import asyncio
import gc
import json
import logging
import os
import signal
from collections.abc import Iterator
from io import StringIO

import pytest
import structlog

from leadexec.process import configure_logging, on_signals, run, settle_memory
from tests.cli.commands import as_it_was


class Terminal(StringIO):
    """A stream that says it is a terminal."""

    def isatty(self) -> bool:
        return True


@pytest.fixture(autouse=True)
def _logging_as_it_was() -> Iterator[None]:
    with as_it_was():
        yield


def fail() -> None:
    """Log an exception."""
    try:
        message = "too bad"
        raise RuntimeError(message)
    except RuntimeError:
        structlog.get_logger("ours").exception("it failed", lead="01a2")


def test_the_log_of_ours_and_of_libraries_is_a_json_object_a_line() -> None:
    said = StringIO()
    configure_logging("info", said)

    structlog.get_logger("ours").info("lead sold", lead="01a2")
    logging.getLogger("theirs").warning("slow: %s ms", 12, extra={"url": "x"})
    fail()

    ours, theirs, failed = (json.loads(line) for line in said.getvalue().splitlines())
    assert (ours["event"], ours["lead"], ours["level"]) == ("lead sold", "01a2", "info")
    assert (theirs["event"], theirs["logger"], theirs["url"]) == ("slow: 12 ms", "theirs", "x")
    assert failed["exception"][0]["exc_value"] == "too bad"


def test_on_a_terminal_the_log_is_for_people() -> None:
    said = Terminal()
    configure_logging("info", said)

    structlog.get_logger("ours").info("lead sold", lead="01a2")

    assert "lead sold" in said.getvalue()
    assert not said.getvalue().startswith("{")


def test_what_is_below_the_level_is_not_written() -> None:
    said = StringIO()
    configure_logging("warning", said)

    structlog.get_logger("ours").info("nothing")
    logging.getLogger("theirs").info("nothing")

    assert said.getvalue() == ""


def test_settled_memory_is_not_looked_at_again_but_new_cycles_are_still_freed() -> None:
    thresholds = gc.get_threshold()
    try:
        settle_memory()
        assert gc.get_freeze_count() > 10_000
        assert len(gc.get_objects()) < gc.get_freeze_count() / 10
        cycle: list[object] = []
        cycle.append(cycle)
        del cycle
        assert gc.collect() >= 1
        assert gc.get_threshold()[0] > thresholds[0]
    finally:
        gc.unfreeze()
        gc.set_threshold(*thresholds)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_that_comes_twice_does_not_kill_what_is_ending(number: signal.Signals) -> None:
    async def stopped_twice() -> int:
        stop = asyncio.Event()
        with on_signals(stop.set):
            for _ in range(2):
                stop.clear()
                os.kill(os.getpid(), number)
                await stop.wait()
        return 2

    assert run(stopped_twice()) == 2


def test_an_interruption_outside_of_that_ends_with_the_usual_status() -> None:
    async def interrupted() -> None:
        os.kill(os.getpid(), signal.SIGINT)
        await asyncio.Event().wait()

    with pytest.raises(SystemExit) as ended:
        run(interrupted())

    assert ended.value.code == 130
