"""The exception tree.

LeadexecError
├── ConfigurationError    a configuration was refused when saved or compiled; lists every fault
├── InvalidValueError     a raw value is not of its field's type
├── NotFoundError         nothing has that id
├── ConflictError         somebody else changed it first, or it is still used
├── DeniedError           the caller may not do that
├── RefusedPostError      a post brings no lead: its sender may not, or it makes no sense
└── UnavailableError      something the work needs does not answer; try again
"""

from collections.abc import Sequence

import msgspec


class Fault(msgspec.Struct, kw_only=True, frozen=True):
    """One thing that is wrong with a configuration or a request, and where it is."""

    code: str
    """Machine code, snake case (``unknown_field``)."""
    path: str
    """Where: dotted, with indexes (``fields[2].settings.pattern``); empty for the whole."""
    message: str
    """What is wrong and what to do, as a sentence."""


class LeadexecError(Exception):
    """The root of everything that this system raises on purpose."""

    def __init__(self, code: str, message: str, hint: str = "") -> None:
        """Build an error.

        Args:
            code: Machine code, snake case.
            message: What is wrong and where, as a sentence.
            hint: What to do about it.
        """
        super().__init__(message)
        self.code = code
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.message} {self.hint}".strip()


class ConfigurationError(LeadexecError):
    """A configuration cannot be used; ``faults`` lists everything that is wrong with it."""

    def __init__(self, faults: Sequence[Fault], message: str = "") -> None:
        """Build the error of all ``faults`` (at least one)."""
        self.faults = tuple(faults)
        summary = "; ".join(f"{f.path or 'it'}: {f.message}" for f in self.faults[:5])
        super().__init__("invalid_configuration", message or summary)

    @classmethod
    def single(cls, code: str, path: str, message: str) -> "ConfigurationError":
        """Return the error of one fault."""
        return cls([Fault(code=code, path=path, message=message)])


class InvalidValueError(LeadexecError):
    """A posted value is not of its field's type; the message names the field (``LT4``)."""


class NotFoundError(LeadexecError):
    """Nothing has that id."""


class ConflictError(LeadexecError):
    """The change meets another one: a stale revision, a reference still in use, a taken name."""


class DeniedError(LeadexecError):
    """The caller is not who it says, or may not do that."""


class UnavailableError(LeadexecError):
    """Something the work needs does not answer now; the same call may work later."""
