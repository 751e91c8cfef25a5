"""What permissions there are: ``<entity>.read``, ``leads.read``, ``<plugin>.<verb>`` (``AC4``)."""

from collections.abc import Collection, Iterable
from typing import Final

from leadexec.model.entity import EntitySpec

DATA_SUBJECTS: Final = ("jobs", "leads", "requests")
"""What there is to read and to act on beside the entities."""


def allows(granted: Collection[str], wanted: str) -> bool:
    """Tell whether ``granted`` covers ``wanted``: itself, ``<subject>.*`` or ``*``."""
    return wanted in granted or "*" in granted or f"{wanted.partition('.')[0]}.*" in granted


def known_permissions(entities: Iterable[EntitySpec]) -> frozenset[str]:
    """Return every permission of the kernel and of the entities."""
    subjects = [*DATA_SUBJECTS, *(spec.name for spec in entities)]
    verbs = ("read", "write", "*")
    return frozenset({"*", *(f"{subject}.{verb}" for subject in subjects for verb in verbs)})


def unknown_permissions(
    permissions: Iterable[str], entities: Iterable[EntitySpec], plugins: Iterable[str]
) -> list[str]:
    """Return those ``permissions`` that nothing asks for; plugins name their own verbs."""
    known = known_permissions(entities)
    own = tuple(f"{plugin.replace('-', '_')}." for plugin in plugins)
    return [p for p in permissions if p not in known and not p.startswith(own)]
