"""Durable jobs of plugins."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Generic, TypeVar

import msgspec

from leadexec.contracts.services import Services

P = TypeVar("P", bound=msgspec.Struct)


class JobHandler(msgspec.Struct, Generic[P], kw_only=True, frozen=True):
    """What runs a job of one kind.

    A job is committed with the change that asks for it and runs at least once, in no transaction;
    a crash may repeat it, so ``run`` must bear being run again. If it raises, it is tried again
    with growing gaps, then kept in the dead-letter list, from which it can be replayed.
    """

    kind: str
    """``<plugin>.<verb>``."""
    payload: type[P]
    run: Callable[[P, Services], Awaitable[None]]
    attempts: int = 5


class Schedule(msgspec.Struct, kw_only=True, frozen=True):
    """A job that comes again and again, at one process of many at a time.

    The first run comes ``every`` after the first start, each following one ``every`` after the
    last ended, however it ended; what was due while nothing ran comes once.
    """

    kind: str
    """Of a handler that the plugin registers with ``register_jobs``."""
    payload: msgspec.Struct
    every: timedelta
    """At least a second."""
