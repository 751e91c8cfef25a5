"""From an email address to its domain, and whether a domain lends mailboxes for minutes."""

from collections.abc import Iterable, Iterator
from typing import Annotated, Final, TypeAlias

import email_validator
from msgspec import Meta

from leadexec_grade_email.disposable import DISPOSABLE

_RESERVED: Final = frozenset({"example", "example.com", "example.net", "example.org"})
"""Set aside for examples (RFC 2606): nobody gets mail there. email-validator knows the others."""
_LONGEST: Final = 320
"""Characters, more than any address has: 64 before the @, 255 after it."""

DomainList: TypeAlias = Annotated[
    tuple[Annotated[str, Meta(pattern=r"^[^@\s]+\.[^@\s]+$", max_length=253)], ...],
    Meta(max_length=200_000),
]


def domain_of(address: str) -> str:
    """Return the domain of ``address`` in ASCII and lower case; empty when mail cannot arrive.

    That is when it has not the form of an email address (RFC 5321, 6531), or its domain is set
    aside for tests, examples or local use.
    """
    if len(address) > _LONGEST:
        return ""
    try:
        found = email_validator.validate_email(address, check_deliverability=False, strict=True)
    except email_validator.EmailNotValidError:
        return ""
    domain = found.ascii_domain.lower()
    return "" if _RESERVED.intersection(_with_parents(domain)) else domain


class DisposableDomains:
    """Tells domains that lend mailboxes for minutes, subdomains included."""

    def __init__(self, more: Iterable[str], less: Iterable[str]) -> None:
        """Know the list of this package, and ``more``, without ``less``."""
        added = {domain.lower() for domain in more}
        self._known = (DISPOSABLE | added) - {domain.lower() for domain in less}

    def __contains__(self, domain: object) -> bool:
        """Return whether ``domain``, in lower case, or one above it is on the list."""
        return isinstance(domain, str) and not self._known.isdisjoint(_with_parents(domain))


def _with_parents(domain: str) -> Iterator[str]:
    while domain:
        yield domain
        domain = domain.partition(".")[2]
