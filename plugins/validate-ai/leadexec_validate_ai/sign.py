"""What the rules find in a lead."""

import msgspec

from leadexec import SystemField


class Shown(msgspec.Struct, kw_only=True, frozen=True):
    """A field's text as the rules look at it."""

    label: str
    """The field's description."""
    text: str
    """Trimmed, not empty."""
    system: SystemField


class Sign(msgspec.Struct, kw_only=True, frozen=True):
    """One thing that speaks against a lead."""

    weight: float
    """How much of the score it takes away: 0.6 leaves 0.4 of what there was."""
    sentence: str
    """What was found, and in which field; without the value and the full stop."""
