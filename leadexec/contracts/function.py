"""The contract of a named function for formulas and "evaluate function" criteria (``DA4``)."""

from collections.abc import Callable

import msgspec

from leadexec.contracts.values import FieldKind, Value


class Function(msgspec.Struct, kw_only=True, frozen=True):
    """A pure function that formulas and criteria can call by name.

    Called on the event loop for single leads: no input or output, microseconds. If it raises, the
    criterion does not match and the formula has no value; both are recorded.
    """

    key: str
    title: str
    call: Callable[..., Value]
    """Takes values, returns a value; the same arguments give the same result."""
    result: FieldKind = FieldKind.BOOLEAN
    arguments: int = 1
