"""What a process that runs for long does once: logging, memory, its event loop, its signals."""

import asyncio
import gc
import logging
import signal
import sys
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from typing import Any, Final, TextIO, TypeVar

import structlog

T = TypeVar("T")

YOUNG: Final = 20_000
"""New containers between two looks at the youngest ones; Python's 700 is a request or two."""
MIDDLE: Final = 20
"""Collections of the youngest between two of the middle generation."""
OLD: Final = 50
"""Collections of the middle generation between two of all that is not frozen."""
CHATTY: Final = ("alembic", "httpcore", "httpx", "uvicorn")
"""Libraries that tell of each step of theirs; what came of it, we say ourselves."""
SWITCH_SECONDS: Final = 0.0005
"""How long a thread that has waited for the disk may have to wait for the busy event loop to let it
go on. Python's 5 ms are longer than a commit takes, and every commit waits for it twice."""
SIGNALS: Final = (signal.SIGINT, signal.SIGTERM)


def configure_logging(level: str, stream: TextIO | None = None) -> None:
    """Send the log of ours and of all libraries to ``stream``: for people on a terminal, else JSON.

    Args:
        level: ``debug``, ``info``, ``warning`` or ``error``: the least that is written.
        stream: Standard error if None, so that a command's output stays clean.
    """
    target = stream or sys.stderr
    shared = _shared_processors()
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *shared,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
    )
    handler = logging.StreamHandler(target)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                *_renderers(human=target.isatty()),
            ],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level.upper())
    for chatty in CHATTY:
        logging.getLogger(chatty).setLevel(logging.WARNING)


def _shared_processors() -> list[Any]:
    return [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.add_log_level,
        structlog.stdlib.ExtraAdder(),
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]


def _renderers(*, human: bool) -> list[Any]:
    if human:
        return [structlog.dev.ConsoleRenderer()]
    return [
        structlog.processors.dict_tracebacks,
        structlog.processors.JSONRenderer(),
    ]


def settle_memory() -> None:
    """Take everything that is there now out of the garbage collector's sight.

    Call it once the catalog is loaded. A full collection visits every container: over 100 000
    compiled delivery accounts it stops everything for 1.4 seconds (measured), again and again, and
    finds nothing, as they live as long as the process. What is frozen is still freed by its last
    reference; only cycles among what was there now stay for good when they are given up, and those
    are at most what the catalog was at the start.

    Collections of what comes after are made rarer, too: a lead makes hundreds of short-lived
    containers and next to no cycles.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(YOUNG, MIDDLE, OLD)


def run(main: Coroutine[Any, Any, T]) -> T:
    """Run ``main`` on uvloop where it exists (not on Windows), else on Python's own loop.

    Raises:
        SystemExit: 130: it was interrupted from the keyboard, and has tidied up behind itself.
    """
    sys.setswitchinterval(SWITCH_SECONDS)
    with asyncio.Runner(loop_factory=_loop_factory()) as runner:
        try:
            return runner.run(main)
        except KeyboardInterrupt:
            raise SystemExit(130) from None


def _loop_factory() -> Callable[[], asyncio.AbstractEventLoop] | None:
    try:
        import uvloop  # noqa: PLC0415  a platform's choice, made when a loop is needed
    except ImportError:
        return None
    return uvloop.new_event_loop


@contextmanager
def on_signals(act: Callable[[], None]) -> Iterator[None]:
    """Call ``act`` on the running event loop at every SIGINT and SIGTERM within the context.

    Put it around everything that is to be shut down in order, the shutting down included: a signal
    often comes twice, from the terminal and from the parent process, and the second must not kill
    what the first has begun to end.
    """
    loop = asyncio.get_running_loop()
    for number in SIGNALS:
        loop.add_signal_handler(number, act)
    try:
        yield
    finally:
        for number in SIGNALS:
            loop.remove_signal_handler(number)
