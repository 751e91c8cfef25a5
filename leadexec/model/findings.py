"""What reading an entity brings to light: its faults, and what is still to be looked up."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import msgspec

from leadexec.criteria import Criteria
from leadexec.errors import Fault
from leadexec.model.entity import Ref
from leadexec.model.secret import Secret

REFUSED: Final = object()
"""Stands for a value that could not be read; the fault is recorded."""


@dataclass(frozen=True)
class FoundComponent:
    """A place where a component is configured."""

    contract: str
    key: str
    key_path: str
    settings_path: str
    settings: dict[str, Any]
    """The very dict that the Struct holds, so that its secrets can be encrypted in place."""
    siblings: Mapping[str, Any]
    """The fields beside it that could be read."""


@dataclass
class Reading:
    """What was found while reading one entity."""

    faults: list[Fault] = field(default_factory=list)
    references: list[tuple[Ref, int, str]] = field(default_factory=list)
    components: list[FoundComponent] = field(default_factory=list)
    trees: list[tuple[Criteria, str]] = field(default_factory=list)
    zones: list[tuple[str, str]] = field(default_factory=list)
    secrets: list[tuple[Secret, str]] = field(default_factory=list)

    def refuse(self, code: str, path: str, message: str) -> Any:
        """Record a fault; return ``REFUSED``."""
        self.faults.append(Fault(code=code, path=path, message=message))
        return REFUSED


def join(path: str, step: str) -> str:
    """Return the path of ``step`` under ``path``."""
    return f"{path}.{step}" if path and not step.startswith("[") else f"{path}{step}"


def under(path: str, faults: tuple[Fault, ...] | list[Fault]) -> list[Fault]:
    """Return ``faults`` with their paths put under ``path``."""
    return [
        msgspec.structs.replace(fault, path=join(path, fault.path) if fault.path else path)
        for fault in faults
    ]
