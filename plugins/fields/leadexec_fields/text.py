"""Text, and the cleaning that every type applies to what was posted as text."""

import math
import re
import unicodedata
from decimal import Decimal
from typing import Annotated, Any, ClassVar, Final

from msgspec import Meta, Struct

from leadexec import (
    ConfigurationError,
    FieldKind,
    FieldSetup,
    FieldType,
    InvalidValueError,
    RawValue,
    Value,
)

_INVISIBLE: Final = (
    "\u00ad\u200b\u200e\u200f\u2060\ufeff\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
)
_LINE_ENDS: Final = "\x0b\x0c\x85\u2028\u2029"
_SPACES: Final = (
    "\u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007"
    "\u2008\u2009\u200a\u202f\u205f\u3000"
)
_PLAIN: Final = {
    **dict.fromkeys(map(ord, _INVISIBLE)),
    **dict.fromkeys(map(ord, _LINE_ENDS), "\n"),
    **dict.fromkeys(map(ord, _SPACES), " "),
}
"""What copying from web pages leaves behind: signs without a shape are dropped (they make equal
texts unequal and can reverse what is read), every kind of space and line end becomes the plain one.
Joiners stay: scripts and emoji need them."""

_CONTROL: Final = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")
_LONGEST_NUMBER: Final = 400


def scalar_text(field: FieldType[Any], raw: RawValue) -> str:
    """Return one posted value as text: numbers as written, true and false as those words.

    Raises:
        InvalidValueError: ``not_text`` for lists, objects and numbers that are no number;
            ``too_long`` for numbers of more than about 120 digits.
    """
    if isinstance(raw, str):
        return raw
    if isinstance(raw, bool):
        return "true" if raw else "false"
    if isinstance(raw, int):
        if raw.bit_length() <= _LONGEST_NUMBER:
            return str(raw)
        raise field.refuse("too_long", "has too many digits.")
    if isinstance(raw, float) and math.isfinite(raw):
        return str(int(raw)) if raw.is_integer() and abs(raw) < 1e15 else repr(raw)
    if isinstance(raw, Decimal) and raw.is_finite() and abs(raw.adjusted()) < _LONGEST_NUMBER:
        return format(raw, "f")
    raise field.refuse("not_text", "must be one text, not a list or an object.")


def clean(field: FieldType[Any], text: str, most: int, *, lines: bool = False) -> str:
    """Return ``text`` composed (Unicode NFC), trimmed, and without characters that do not show.

    Args:
        field: Names the field in refusals.
        text: What was posted.
        most: The most characters the result may have.
        lines: Keep line ends and tabs; otherwise each becomes a space.

    Raises:
        InvalidValueError: ``too_long``, ``control_character`` (NUL included), ``not_unicode``
            for half surrogates, ``blank`` if nothing is left.
    """
    if len(text) > most:
        text = text.strip()
        # Composing may shorten a text to a quarter, so only what is longer still is hopeless.
        if len(text) > 4 * most:
            raise too_long(field, most)
    if not text.isprintable():
        text = _tidied(field, text.replace("\r\n", "\n").replace("\r", "\n"), lines=lines)
    if not text.isascii():
        text = unicodedata.normalize("NFC", text)
    text = text.strip()
    if len(text) > most:
        raise too_long(field, most)
    if not text:
        raise field.refuse("blank", "holds no visible character.")
    return text


def _tidied(field: FieldType[Any], text: str, *, lines: bool) -> str:
    text = text.translate(_PLAIN)
    if not lines:
        text = text.replace("\n", " ").replace("\t", " ")
    if text.isprintable():
        return text
    if found := _CONTROL.search(text):
        sign = found[0]
        if sign >= "\ud800":
            raise field.refuse("not_unicode", "holds half of a character.")
        raise field.refuse("control_character", f"holds the control character U+{ord(sign):04X}.")
    return text


def too_long(field: FieldType[Any], most: int) -> InvalidValueError:
    """Return the refusal of a text of more than ``most`` characters."""
    return field.refuse("too_long", f"has more than {most:,} characters.")


def words(text: str) -> str:
    """Return ``text`` as names are compared: in any case, with single blanks."""
    return " ".join(text.casefold().split())


class TextSettings(Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """How long a text may be, and whether it has lines."""

    min_length: Annotated[
        int,
        Meta(title="Shortest", description="The fewest characters, after trimming.", ge=1),
    ] = 1
    max_length: Annotated[
        int,
        Meta(
            title="Longest",
            description="The most characters, after trimming.",
            ge=1,
            le=100_000,
            examples=[200],
        ),
    ] = 10_000
    multiline: Annotated[
        bool,
        Meta(
            title="Several lines",
            description="Keep line ends and tabs; otherwise each becomes a space.",
        ),
    ] = False


class TextType(FieldType[TextSettings]):
    """Text as it was posted, composed and trimmed (``LT4`` Text)."""

    key: ClassVar[str] = "text"
    title: ClassVar[str] = "Text"
    kind: ClassVar[FieldKind] = FieldKind.TEXT

    def __init__(self, settings: TextSettings, setup: FieldSetup) -> None:
        """Refuse lengths that no text can have (``empty_range``)."""
        super().__init__(settings, setup)
        self._least, self._most = settings.min_length, settings.max_length
        if self._least > self._most:
            raise ConfigurationError.single(
                "empty_range", "min_length", "The shortest length is above the longest."
            )

    def parse(self, raw: RawValue) -> Value:
        """Return the text; several values become one text where the campaign has a delimiter."""
        if type(raw) is str and len(raw) <= self._most and raw.isascii() and raw.isprintable():
            text = raw.strip()
        else:
            text = clean(self, self._one(raw), self._most, lines=self.settings.multiline)
        if len(text) < self._least:
            code = "too_short" if text else "blank"
            raise self.refuse(code, f"must have at least {self._least:,} characters.")
        return text

    def format(self, value: Value) -> str:
        """Return the text itself."""
        return str(value)

    def sample(self) -> str:
        """Return a text of a length that is allowed."""
        length = min(max(self._least, len("Example")), self._most)
        return ("Example-" * (length // 8 + 1))[:length]

    def _one(self, raw: RawValue) -> str:
        if not isinstance(raw, list):
            return scalar_text(self, raw)
        if len(raw) == 1:
            return scalar_text(self, raw[0])
        if not raw or not self.setup.delimiter:
            raise self.refuse("several_values", "must be one value, not a list.")
        if len(raw) > self._most:
            raise too_long(self, self._most)
        return self.setup.delimiter.join(scalar_text(self, item) for item in raw)
