"""A value that is written, encrypted at rest, and never shown again (``PF9``)."""

from typing import Final

MASK: Final = "***"
"""What is shown instead; sent back in an update, it keeps the stored value."""


class Secret:
    """A password, key or token inside a settings Struct or an entity."""

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        """Wrap the plain ``value``."""
        self._value = value

    def reveal(self) -> str:
        """Return the plain value, for the one call that needs it."""
        return self._value

    @property
    def masked(self) -> bool:
        """Whether this is only the mask, sent back by someone who edited other fields."""
        return self._value == MASK

    def __str__(self) -> str:
        return MASK

    def __repr__(self) -> str:
        return "Secret(***)"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and other._value == self._value

    def __hash__(self) -> int:
        return hash(self._value)
