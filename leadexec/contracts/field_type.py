"""The contract of a lead field's type (``LT4``)."""

from abc import ABC, abstractmethod
from typing import ClassVar

import msgspec

from leadexec.contracts.component import Component, S
from leadexec.contracts.values import FieldKind, RawValue, Value
from leadexec.errors import InvalidValueError


class FieldSetup(msgspec.Struct, kw_only=True, frozen=True):
    """The lead field an instance is made for."""

    name: str
    """How it is posted."""
    description: str
    """How it is shown; messages name the field by it."""
    delimiter: str = ""
    """The campaign's custom value delimiter (``LS16``), when one field holds several values."""


class FieldType(Component[S], ABC):
    """How one kind of lead field is read, normalised, checked and shown.

    Called at intake for every posted lead, on the event loop, in no transaction: it must be pure
    and quick (microseconds) and must not block. One instance serves one lead field.
    If ``parse`` raises anything but ``InvalidValueError``, the lead is held and the plugin named.
    """

    kind: ClassVar[FieldKind]
    """What criteria, filters and storage take the value for."""

    def __init__(self, settings: S, setup: FieldSetup) -> None:
        """Compile ``settings`` for one field; raise ``ConfigurationError`` with every fault."""
        self.settings = settings
        self.setup = setup

    @abstractmethod
    def parse(self, raw: RawValue) -> Value:
        """Return the normalised value of what was posted.

        ``raw`` is never empty (None and blank text are handled before). Parsing its own result,
        or its own ``format``, gives the same value again.

        Raises:
            InvalidValueError: With a code and a message that names ``setup.description``.
        """

    @abstractmethod
    def format(self, value: Value) -> str:
        """Return the value as it is shown to people and sent to buyers."""

    @abstractmethod
    def sample(self) -> str:
        """Return a valid raw value, for posting instructions and test posts."""

    def refuse(self, code: str, problem: str) -> InvalidValueError:
        """Return the ``InvalidValueError`` for this field: ``problem`` completes "<field> …"."""
        return InvalidValueError(code, f"{self.setup.description} {problem}")
