"""Collecting the faults of several parts of the settings, so that all are said at once."""

from collections.abc import Iterator
from contextlib import contextmanager

import msgspec

from leadexec import ConfigurationError, Fault


@contextmanager
def noted(faults: list[Fault], path: str = "") -> Iterator[None]:
    """Add the faults of a ``ConfigurationError`` raised inside to ``faults`` and go on after it.

    Args:
        faults: Where they are noted.
        path: The part of the settings that is read inside; empty for all of them.
    """
    try:
        yield
    except ConfigurationError as error:
        faults.extend(
            msgspec.structs.replace(fault, path=".".join(filter(None, (path, fault.path))))
            for fault in error.faults
        )
