"""Taking over what validators return: what cannot be stored or understood is a fault of theirs."""

from collections.abc import Sequence
from typing import Any

from leadexec.contracts.post import Reason
from leadexec.contracts.validator import Claim, Hold, JobRequest, Pass, Reject, Verdict
from leadexec.storage.columns import storable, to_json

LONGEST = 64
"""Characters of a claim's scope, and of its key."""
CODE = 64
"""Characters of a reason's code."""
FACTS = 65_536
"""Characters of all that checks found out about one lead, as JSON."""
MESSAGE = 2_000
"""Characters of a reason's message."""


def sound_verdict(verdict: Any) -> Verdict:
    """Return ``verdict``.

    Raises:
        TypeError: It is none, or has parts that cannot be stored: nobody may take that for a pass.
    """
    match verdict:
        case Pass(detail=str(), jobs=jobs, only_accounts=only) as passed:
            _sound_jobs(jobs)
            _sound_accounts(only)
            return passed
        case Reject(code=str(), message=str(), jobs=jobs) as rejected:
            _sound_jobs(jobs)
            return rejected
        case Hold(code=str(), message=str()) as held:
            return held
    message = f"the verdict {verdict!r:.200} is none of Pass, Reject and Hold"
    raise TypeError(message)


def _sound_accounts(only: Any) -> None:
    if only is not None and not all(type(account) is int for account in only):
        message = f"{only!r:.200} are no ids of delivery accounts"
        raise TypeError(message)


def _sound_jobs(jobs: Sequence[Any]) -> None:
    for job in jobs:
        if not isinstance(job, JobRequest) or not isinstance(job.kind, str):
            message = f"{job!r:.200} is no JobRequest"
            raise TypeError(message)
        to_json(job.payload)


def sound_claims(claims: Sequence[Any]) -> Sequence[Claim]:
    """Return ``claims``.

    Raises:
        TypeError: One of them is no ``Claim``.
        ValueError: A scope or a key is too long, or cannot be stored.
    """
    for claim in claims:
        if not isinstance(claim, Claim):
            message = f"{claim!r:.200} is no Claim"
            raise TypeError(message)
        for text in (claim.scope, claim.key):
            if len(text) > LONGEST or "\0" in text:
                message = f"{text!r:.200} is longer than {LONGEST} characters, or holds NUL"
                raise ValueError(message)
            text.encode()
    return claims


def tidy(reason: Reason) -> Reason:
    """Return ``reason`` as it is answered and stored: of bounded length, without strange bytes."""
    return Reason(
        code=storable(reason.code[:CODE]),
        message=storable(reason.message[:MESSAGE]),
        field=reason.field,
    )


def sound_facts(facts: Any) -> str:
    """Return what checks found out about a lead as JSON, if it can be stored.

    Raises:
        TypeError: It is no dict by plugins' names, or holds what JSON cannot hold.
        ValueError: It is more than ``FACTS`` characters of JSON.
    """
    if not isinstance(facts, dict) or not all(isinstance(name, str) for name in facts):
        message = "a lead's facts must be a dict by plugins' names"
        raise TypeError(message)
    text = to_json(facts)
    if len(text) > FACTS:
        message = f"a lead's facts are longer than {FACTS:,} characters"
        raise ValueError(message)
    return text


def sound_fields(fields: dict[str, Any]) -> None:
    """Do nothing if a lead's amended fields can be stored.

    Raises:
        TypeError: A name is no text, or a value is nothing a field can hold.
    """
    if not all(isinstance(name, str) for name in fields):
        message = "a field's name must be text"
        raise TypeError(message)
    to_json(fields)
