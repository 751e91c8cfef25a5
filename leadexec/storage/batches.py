"""Group commit, the part that both databases share: many commands, one transaction.

The commands that wait are grouped by kind, each kind's set-based function runs once over its
group, and one commit makes them all durable. When the batch fails it is rolled back and run again,
each command in a savepoint of its own, so that one bad command fails alone.
"""

import asyncio
from collections.abc import Callable, Sequence
from typing import Any, Final, TypeAlias

from sqlalchemy import Connection

from leadexec.errors import UnavailableError
from leadexec.storage.failures import is_away, is_crossed, unavailable

Handler: TypeAlias = Callable[[Connection, Sequence[Any]], Sequence[Any]]
"""The set-based function of one kind of command: an outcome, or an exception, per command."""
TRIES: Final = 5
"""How often a batch is run when transactions of other processes get in its way."""


class Ticket:
    """One waiting command, the function for it, and the future of its outcome."""

    __slots__ = ("command", "future", "handler", "outcome")

    def __init__(self, command: Any, handler: Handler, future: "asyncio.Future[Any]") -> None:
        """Take a place in the queue for ``command``."""
        self.command = command
        self.handler = handler
        self.future = future
        self.outcome: Any = None


class _CommitError(Exception):
    """The commit itself failed."""


def run_batch(connection: Connection, tickets: Sequence[Ticket]) -> None:
    """Run all commands in one transaction and set every ticket's outcome; never raises.

    A ticket's outcome is what its function returned for it, or the exception to raise for it. When
    this returns, everything that succeeded is committed and durable.
    """
    try:
        error = _try_often(connection, lambda: _together(connection, tickets))
        if error is not None and len(tickets) > 1 and not isinstance(error, UnavailableError):
            error = _try_often(connection, lambda: _one_by_one(connection, tickets))
    except Exception as unexpected:  # noqa: BLE001  the writer must outlive whatever happens
        error = unexpected
    if error is not None:
        fail_all(tickets, error)


def stage(connection: Connection, tickets: Sequence[Ticket]) -> None:
    """Run all commands in the transaction that is open, without committing; may raise."""
    groups: dict[Handler, list[Ticket]] = {}
    for ticket in tickets:
        groups.setdefault(ticket.handler, []).append(ticket)
    for handler, group in groups.items():
        _apply(connection, group, handler)


def commit_staged(connection: Connection, tickets: Sequence[Ticket]) -> None:
    """Commit what ``stage`` has run; if that fails, it is the outcome of all. Never raises."""
    try:
        connection.commit()
    except Exception as error:  # noqa: BLE001  it becomes the callers' outcome
        roll_back(connection)
        away = is_away(error)
        fail_all(tickets, unavailable(error, committing=True) if away else error)


def fail_all(tickets: Sequence[Ticket], error: Exception) -> None:
    """Set ``error`` as the outcome of all tickets, each its own where that matters to readers."""
    for ticket in tickets:
        ticket.outcome = error
        if isinstance(error, UnavailableError):  # one object raised in many tasks mixes tracebacks
            ticket.outcome = UnavailableError(error.code, error.message, error.hint)
            ticket.outcome.__cause__ = error.__cause__


def _try_often(connection: Connection, run: Callable[[], None]) -> Exception | None:
    """Run one transaction, again while it only crossed others; return why it failed, if it did.

    A lost connection is opened anew once: the server may just have been restarted. After a failed
    commit nothing is run again, because it may have been done.
    """
    lost = 0
    for attempt in range(1, TRIES + 1):
        try:
            run()
        except Exception as error:  # noqa: BLE001  it becomes the callers' outcome
            roll_back(connection)
            if isinstance(error, _CommitError):
                cause = error.__cause__ or error
                if not is_crossed(cause):
                    away = is_away(cause)
                    return unavailable(cause, committing=True) if away else _plain(cause)
                error = _plain(cause)
            lost += is_away(error)
            again = is_crossed(error) or (is_away(error) and lost == 1)
            if again and attempt < TRIES:
                continue
            return unavailable(error) if is_away(error) or is_crossed(error) else error
        return None
    return None


def _plain(cause: BaseException) -> Exception:
    return cause if isinstance(cause, Exception) else RuntimeError(str(cause))


def roll_back(connection: Connection) -> None:
    """End the transaction without a trace; a connection that cannot is given up."""
    try:
        connection.rollback()
    except Exception:  # noqa: BLE001  a connection that cannot even roll back is of no use any more
        connection.invalidate()
        connection.rollback()


def _commit(connection: Connection) -> None:
    try:
        connection.commit()
    except Exception as error:
        raise _CommitError from error


def _together(connection: Connection, tickets: Sequence[Ticket]) -> None:
    stage(connection, tickets)
    _commit(connection)


def _apply(connection: Connection, group: Sequence[Ticket], handler: Handler) -> None:
    outcomes = handler(connection, [ticket.command for ticket in group])
    for ticket, outcome in zip(group, outcomes, strict=True):
        ticket.outcome = outcome


def _one_by_one(connection: Connection, tickets: Sequence[Ticket]) -> None:
    for ticket in tickets:
        try:
            with connection.begin_nested():
                _apply(connection, [ticket], ticket.handler)
        except Exception as error:
            if is_away(error) or is_crossed(error):
                raise
            ticket.outcome = error
    _commit(connection)


def answer(tickets: Sequence[Ticket]) -> None:
    """Give every waiting caller its outcome; those who were cancelled meanwhile are passed over."""
    for ticket in tickets:
        if ticket.future.done():
            continue
        outcome = ticket.outcome
        if isinstance(outcome, StopIteration):  # a future refuses it
            outcome = RuntimeError(repr(outcome))
        if isinstance(outcome, BaseException):
            ticket.future.set_exception(outcome)
        else:
            ticket.future.set_result(outcome)
