"""How an erased lead and an emptied post are known."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

import msgspec
from sqlalchemy import ColumnElement, exists

from leadexec.storage.tables import leads, requests

FACT: Final = "erased"
"""The one fact an erased lead has."""
CODE: Final = "erased"
"""Why a lead that waited for a person ended; the step in its process log, the act in the audit."""
EMPTIED: Final = "Emptied: it held personal data that was erased."
"""The detail of an emptied post."""


def fact_of(at: datetime, why: str) -> dict[str, Any]:
    """Return the facts of a lead erased at ``at``."""
    return {FACT: {"at": at.isoformat(), "why": why}}


def is_erased(facts: Mapping[str, Any] | None) -> bool:
    """Tell whether a lead with these facts is erased."""
    return FACT in (facts or {})


def not_erased() -> ColumnElement[bool]:
    """Return the condition that a lead is not erased."""
    erased: ColumnElement[str | None] = leads.c.facts[FACT].as_string()
    return erased.is_(None)


def is_stray() -> ColumnElement[bool]:
    """Return the condition that a post brought no lead and is not emptied."""
    brought = exists().where(leads.c.request_uid == requests.c.uid)
    return (requests.c.detail != EMPTIED) & ~brought


def note(at: datetime, count: int) -> bytes:
    """Return what stands in place of the body of a post that brought ``count`` leads."""
    return msgspec.json.encode({"erased": at.isoformat(), "leads": count})
