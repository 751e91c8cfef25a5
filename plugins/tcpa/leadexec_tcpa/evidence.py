"""What is kept with a lead about its consent; a certificate is made from it and nothing else."""

from datetime import datetime
from typing import Any, Final

import msgspec
from msgspec import Struct

from leadexec_tcpa.tokens import Token

VERSION: Final = 1
"""Of the shape of ``Evidence``; one that takes a field away or changes its meaning counts it up."""


class Located(Struct, kw_only=True, frozen=True):
    """Where an IP address is, as far as its provider knows."""

    country: str | None = None
    """ISO 3166 alpha-2."""
    state: str | None = None
    city: str | None = None
    proxy: bool | None = None
    provider: str = ""
    """The key of the lookup that said so."""


class Evidence(Struct, kw_only=True, frozen=True):
    """What was found at intake, as ``lead.facts["tcpa"]`` holds it (``TC1``, ``TC3``).

    It holds everything but the lead's own fields that a certificate needs, with the texts as they
    were: later changes of the campaign do not touch it.
    """

    version: int = VERSION
    compliant: bool
    """Whether everything that the campaign asks for was there."""
    missing: tuple[str, ...]
    """Codes of what was not: ``no_consent``, ``consent_text_differs``, ``no_consent_token``."""
    given: bool
    """Whether the lead says that consent was given."""
    value: str
    """How it says so: the consent field as text."""
    form: str
    """``general`` or ``one_to_one``."""
    sellers: tuple[str, ...] = ()
    """To whom one-to-one consent was given, by name."""
    text: str
    """What the campaign asks people to agree to, word for word, when the lead came."""
    text_sha256: str
    shown: str = ""
    """What the form said it showed, word for word; empty: it did not post it."""
    shown_sha256: str = ""
    text_matches: bool | None = None
    """Whether the two agree, blanks, case and punctuation aside; None: nothing was posted."""
    received_at: datetime
    ip: str = ""
    """The visitor's address, or that of whoever posted the lead; ``ip_from`` says which."""
    ip_from: str = ""
    """``field``: the lead names it. ``sender``: it is the poster's. Empty: there is none."""
    located: Located | None = None
    user_agent: str = ""
    landing_page: str = ""
    mobile: bool | None = None
    """Whether the primary phone is a mobile number; None: not asked, or nobody knows."""
    mobile_provider: str = ""
    """The key of the lookup that said so."""
    token: Token | None = None
    notes: tuple[str, ...] = ()
    """What else is worth knowing, in sentences: a phone that is no mobile, a lookup that failed."""


def as_fact(evidence: Evidence) -> dict[str, Any]:
    """Return ``evidence`` as it is stored: plain JSON values."""
    plain: dict[str, Any] = msgspec.to_builtins(evidence)
    return {name: list(v) if isinstance(v, tuple) else v for name, v in plain.items()}


def evidence_of(fact: Any) -> Evidence:
    """Return the evidence that ``as_fact`` made, of this version or an older one.

    Raises:
        msgspec.ValidationError: It is none, or of a later version.
    """
    evidence = msgspec.convert(fact, Evidence)
    if evidence.version > VERSION:
        message = f"Evidence of version {evidence.version} is read by a later release."
        raise msgspec.ValidationError(message)
    return evidence
