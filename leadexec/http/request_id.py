"""The id of a request: in its answer, its problems and the log."""

import uuid
from collections.abc import Mapping
from typing import Any, Final

from leadexec.contracts.services import Randomness

_KEY: Final = "leadexec.request_id"


def give_id(scope: Any, randomness: Randomness) -> str:
    """Put a fresh id (UUIDv4) into the scope and return it.

    A sender's own id is not taken over: it could forge an entry in the log.
    """
    made = str(uuid.UUID(bytes=randomness.bytes(16), version=4))
    scope[_KEY] = made
    return made


def request_id(scope: Mapping[str, Any] | Any) -> str:
    """Return the request's id; empty where none was given."""
    found = scope.get(_KEY, "")
    return found if isinstance(found, str) else ""
