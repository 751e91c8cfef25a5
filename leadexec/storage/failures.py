"""Telling the database's errors apart: gone, in each other's way, or a broken constraint."""

import errno
import re
import socket
import sqlite3
from collections.abc import Callable
from typing import Final, TypeVar

import sqlalchemy.exc
from sqlalchemy import Table, UniqueConstraint

from leadexec.errors import UnavailableError

T = TypeVar("T")

_SQLITE_AWAY: Final = frozenset(
    {
        sqlite3.SQLITE_PERM,
        sqlite3.SQLITE_BUSY,
        sqlite3.SQLITE_LOCKED,
        sqlite3.SQLITE_READONLY,
        sqlite3.SQLITE_INTERRUPT,
        sqlite3.SQLITE_IOERR,
        sqlite3.SQLITE_CORRUPT,
        sqlite3.SQLITE_FULL,
        sqlite3.SQLITE_CANTOPEN,
        sqlite3.SQLITE_PROTOCOL,
        sqlite3.SQLITE_NOTADB,
    }
)
_POSTGRESQL_AWAY: Final = ("08", "53", "57P", "58", "25006", "3D000", "28")
"""SQLSTATE classes: connection, resources, shutdown, system, read-only standby, database, login."""
_UNREACHABLE: Final = (
    ConnectionError,
    TimeoutError,
    socket.gaierror,
    sqlalchemy.exc.TimeoutError,
)
_UNREACHABLE_NUMBERS: Final = frozenset({errno.EHOSTUNREACH, errno.ENETUNREACH, errno.ENETDOWN})
_POSTGRESQL_CROSSED: Final = ("40001", "40P01", "55P03")
"""SQLSTATEs: serialization failure, deadlock, lock not available."""


def sqlstate(error: BaseException) -> str:
    """Return PostgreSQL's five characters for ``error``, or an empty text."""
    original = getattr(error, "orig", error)
    return str(getattr(original, "sqlstate", None) or "")


def _sqlite_code(error: BaseException) -> int:
    code = getattr(getattr(error, "orig", error), "sqlite_errorcode", None)
    return int(code) if code is not None else -1


def is_away(error: BaseException, *, reading: bool = False) -> bool:
    """Return whether ``error`` says that the database does not answer or cannot write now.

    Args:
        error: What was raised.
        reading: Whether nothing was to be written; then a refused write is the caller's mistake.
    """
    if reading and _wrote(error):
        return False
    if isinstance(error, sqlalchemy.exc.DBAPIError) and error.connection_invalidated:
        return True
    if isinstance(error, sqlalchemy.exc.DBAPIError | sqlite3.Error) and (
        (_sqlite_code(error) & 0xFF) in _SQLITE_AWAY
    ):
        return True
    if isinstance(error, _UNREACHABLE) or getattr(error, "errno", None) in _UNREACHABLE_NUMBERS:
        return True
    return sqlstate(error).startswith(_POSTGRESQL_AWAY)


def _wrote(error: BaseException) -> bool:
    return sqlstate(error) == "25006" or (_sqlite_code(error) & 0xFF) == sqlite3.SQLITE_READONLY


def is_crossed(error: BaseException) -> bool:
    """Return whether two transactions met, so that the same one may well succeed if run again."""
    return sqlstate(error) in _POSTGRESQL_CROSSED


def unavailable(error: BaseException, *, committing: bool = False) -> UnavailableError:
    """Return the error for the caller of a database that is away (or in each other's way).

    Args:
        error: What the driver said.
        committing: Whether the commit was under way, so that nobody knows if it was done.
    """
    detail = str(getattr(error, "orig", None) or error).splitlines()[:1]
    reason = f"{type(error).__name__}: {detail[0] if detail else ''}"[:300]
    if committing:
        return UnavailableError(
            "outcome_unknown",
            f"The database went away during a commit ({reason}).",
            "Look whether the change is there before trying it again.",
        )
    return UnavailableError(
        "database_unavailable", f"The database does not answer ({reason}).", "Try again."
    )


def answering(act: Callable[[], T], *, reading: bool = False) -> T:
    """Return what ``act`` returns; a database that is away is told as ``UnavailableError``."""
    try:
        return act()
    except Exception as error:
        if is_away(error, reading=reading) or is_crossed(error):
            raise unavailable(error) from error
        raise


_SQLITE_UNIQUE: Final = re.compile(r"UNIQUE constraint failed: (.+)$", re.MULTILINE)


def violated_unique(error: sqlalchemy.exc.IntegrityError, table: Table) -> tuple[str, ...] | None:
    """Return the columns of ``table`` whose values must be unique and were not, if it was that."""
    found = _SQLITE_UNIQUE.search(str(error.orig))
    if found:
        return tuple(name.strip().rpartition(".")[2] for name in found[1].split(","))
    if sqlstate(error) != "23505":
        return None
    cause = getattr(error.orig, "__cause__", None)
    name = getattr(cause, "constraint_name", None)
    for constraint in table.constraints:
        if isinstance(constraint, UniqueConstraint) and constraint.name == name:
            return tuple(column.name for column in constraint.columns)
    return ("id",)


def violated_reference(error: sqlalchemy.exc.IntegrityError) -> bool:
    """Return whether a foreign key was violated."""
    foreign = (sqlite3.SQLITE_CONSTRAINT_FOREIGNKEY, sqlite3.SQLITE_CONSTRAINT_TRIGGER)
    return sqlstate(error) == "23503" or _sqlite_code(error) in foreign
