"""The markers that tie hook implementations to their specifications."""

from collections.abc import Callable
from typing import Any, TypeVar

import pluggy

F = TypeVar("F", bound=Callable[..., Any])

PROJECT = "leadexec"
_specification = pluggy.HookspecMarker(PROJECT)
_implementation = pluggy.HookimplMarker(PROJECT)


def hookspec(function: F) -> F:
    """Mark ``function`` as the specification of a hook."""
    return _specification(function)


def hookimpl(function: F) -> F:
    """Mark a plugin's method as its implementation of the hook of that name."""
    return _implementation(function)
