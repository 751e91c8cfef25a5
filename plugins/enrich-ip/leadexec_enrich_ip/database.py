"""The operator's file: opened in a thread, and again when it was replaced."""

import asyncio
import os
from pathlib import Path
from typing import Any, Final

import maxminddb
import msgspec

from leadexec import Clock, ConfigurationError, UnavailableError

LOOK_EVERY: Final = 60.0
"""Seconds between two looks at the file."""


class _Opened(msgspec.Struct, kw_only=True, frozen=True):
    reader: maxminddb.Reader
    stamp: tuple[int, int, int]
    """What changes when the file is replaced or rewritten."""


class Database:
    """A MaxMind file held in memory.

    Held, not mapped: a file that is overwritten in place while it is mapped ends the process. A new
    one that cannot be read, such as a copy that is only half there, leaves the earlier one in use;
    one that is taken away is no longer used.
    """

    def __init__(self, path: Path, clock: Clock) -> None:
        """Look at the file, if it is there; it is read when somebody asks.

        Raises:
            ConfigurationError: ``not_a_maxmind_file``.
        """
        self._path = path
        self._clock = clock
        self._opened: _Opened | None = None
        self._looked: float | None = None
        self._lock = asyncio.Lock()
        if path.exists():
            _check(path)

    async def record(self, address: str) -> Any:
        """Return what the file has about an IP address; None when it has nothing.

        Raises:
            UnavailableError: ``no_ip_database``: there is no file, or none that can be read.
        """
        if self._is_time():
            async with self._lock:
                if self._is_time():
                    self._opened = await asyncio.to_thread(_current, self._path, self._opened)
                    self._looked = self._clock.monotonic()
        if self._opened is None:
            message = f"There is no IP database that could be read at {self._path}."
            raise UnavailableError("no_ip_database", message)
        try:
            return self._opened.reader.get(address)
        except ValueError:
            return None  # an IPv6 address, and the file has IPv4 alone

    def _is_time(self) -> bool:
        return self._looked is None or self._clock.monotonic() >= self._looked + LOOK_EVERY


def _check(path: Path) -> None:
    try:
        maxminddb.open_database(path, maxminddb.MODE_MMAP).close()
    except Exception as error:
        # Whatever a library says about whatever file this is.
        message = f"{path} is no MaxMind database: {error}. Unpack it first if it is packed."
        raise ConfigurationError.single("not_a_maxmind_file", "file", message) from error


def _current(path: Path, known: _Opened | None) -> _Opened | None:
    """Return the file as it is now: ``known`` if it is the same, or cannot be read; or None."""
    try:
        status = path.stat()
    except OSError:
        return None
    stamp = _stamp(status)
    if known is not None and known.stamp == stamp:
        return known
    try:
        reader = maxminddb.open_database(path, maxminddb.MODE_MEMORY)
    except Exception:  # noqa: BLE001  whatever a library says about whatever file this is
        return known
    return _Opened(reader=reader, stamp=stamp)


def _stamp(status: os.stat_result) -> tuple[int, int, int]:
    return status.st_mtime_ns, status.st_size, status.st_ino
