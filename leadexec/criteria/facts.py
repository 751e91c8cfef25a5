"""One lead as criteria see it: typed values, each worked out once and only when asked for."""

from datetime import UTC, datetime

from leadexec.criteria.values import (
    BLANKS,
    FieldKind,
    Fields,
    Schema,
    Typed,
    leaf_texts,
    typed_value,
)

_TEXT = FieldKind.TEXT
TEXT_CAP = 10_000
"""Patterns look at this many characters of a text at most; the rest is cut off."""


class Facts(dict[str, Typed]):
    """The typed values of one lead at one instant: ``facts["State"]`` is ``"ca"`` or None.

    Share one among all trees that judge the same lead: what one tree has worked out serves the
    others.
    """

    __slots__ = ("_texts", "fields", "now", "schema")

    def __init__(self, schema: Schema, fields: Fields, now: datetime) -> None:
        """Look at ``fields`` through ``schema`` at the instant ``now`` (UTC when naive)."""
        super().__init__()
        self.schema = schema
        self.fields = fields
        self.now = now.replace(tzinfo=UTC) if now.tzinfo is None else now
        self._texts: dict[str, tuple[bytes, ...]] = {}

    def __missing__(self, field: str) -> Typed:
        value, kind = self.fields.get(field), self.schema[field]
        if kind is _TEXT and type(value) is str and value.isascii():
            value = value.strip(BLANKS).lower() or None
        else:
            value = typed_value(kind, value)
        self[field] = value
        return value

    def texts(self, field: str) -> tuple[bytes, ...]:
        """Return the field's texts in their own case, as UTF-8 of at most ``TEXT_CAP`` characters.

        None for an empty field, one for a scalar, one for each leaf of a list.
        """
        found = self._texts.get(field)
        if found is None:
            leaves = () if self[field] is None else leaf_texts(self.fields.get(field))
            found = tuple(text[:TEXT_CAP].encode("utf-8", "replace") for text in leaves)
            self._texts[field] = found
        return found
