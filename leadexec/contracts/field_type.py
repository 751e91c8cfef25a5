"""The contract of a lead field's type (``LT4``)."""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import ClassVar

import msgspec

from leadexec.contracts.component import Component, S
from leadexec.contracts.values import FieldKind, Fields, RawValue, Value
from leadexec.errors import InvalidValueError


class FieldSetup(msgspec.Struct, kw_only=True, frozen=True):
    """The lead field an instance is made for."""

    name: str
    """How it is posted."""
    description: str
    """How it is shown; messages name the field by it."""
    delimiter: str = ""
    """The campaign's custom value delimiter (``LS16``), when one field holds several values."""
    schema: Mapping[str, FieldKind] = {}
    """The lead type's fields and their kinds, for a type that computes its value from others.
    Empty where there are no others (a sub field)."""


class FieldType(Component[S], ABC):
    """How one kind of lead field is read, normalised, checked and shown.

    Called at intake for every posted lead, on the event loop, in no transaction: it must be pure
    and quick (microseconds) and must not block. One instance serves one lead field.
    If ``parse`` raises anything but ``InvalidValueError``, the lead is held and the plugin named.
    """

    kind: ClassVar[FieldKind]
    """What criteria, filters and storage take the value for."""
    computed: ClassVar[bool] = False
    """Whether the value comes from ``compute``. What is posted for such a field is then ignored:
    the kernel calls neither ``parse`` nor ``sample`` for it, and ``parse`` refuses all (code
    ``computed``), so that nothing posted can take the computed value's place."""

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

    def choices(self) -> Sequence[tuple[str, str]]:
        """Return the values that may be posted with their captions; empty: there is no list."""
        return ()

    def reads(self) -> frozenset[str]:
        """Return the names of the fields that ``compute`` reads, to be computed before this one."""
        return frozenset()

    def compute(self, fields: Fields, now: datetime) -> Value:
        """Return the value of a computed field, or None where it has none.

        Called once per lead, only if ``computed``, when every field in ``reads`` has its value;
        pure and quick, as ``parse``. If it raises, the lead is held and the plugin named.

        Args:
            fields: The lead's own fields, parsed.
            now: When the lead was received; aware, UTC.
        """
        return None

    def refuse(self, code: str, problem: str) -> InvalidValueError:
        """Return the ``InvalidValueError`` for this field: ``problem`` completes "<field> …"."""
        return InvalidValueError(code, f"{self.setup.description} {problem}")
