"""Reading numbers, all exact, none binary; numbers with decimals and percentages."""

import math
import re
from abc import abstractmethod
from decimal import ROUND_HALF_UP, Context, Decimal
from typing import Annotated, Any, ClassVar, Final, TypeVar

from msgspec import Meta, Struct

from leadexec import (
    ConfigurationError,
    Fault,
    FieldKind,
    FieldSetup,
    FieldType,
    InvalidValueError,
    RawValue,
    Value,
)

# ASCII digits only: int() and Decimal() would read those of every script.
_NUMBER: Final = re.compile(r"[+-]?(?:(?:[0-9]+|[0-9]{1,3}(?:,[0-9]{3})+)(?:\.[0-9]*)?|\.[0-9]+)")
_LONGEST: Final = 60
"""The longest text read as a number; the longest one has 19 digits, a point and 10 more."""
WHOLE_DIGITS: Final = 19

_CONTEXT: Final = Context(prec=2 * _LONGEST)

S = TypeVar("S", bound=Struct)


def number_text(field: FieldType[Any], raw: RawValue, places: int) -> str:
    """Return a posted number as plain text: ASCII digits, maybe ``-`` and a point, no exponent.

    Thousands may be grouped by commas, in threes. Binary floats are rounded to ``places``, since
    their last digits are noise; nothing else is rounded.

    Raises:
        InvalidValueError: ``not_a_number``, ``out_of_range``.
    """
    if isinstance(raw, str):
        text = raw.strip() if len(raw) <= _LONGEST else ""
        if not _NUMBER.fullmatch(text):
            raise _no_number(field)
        return text.replace(",", "") if "," in text else text
    if isinstance(raw, bool):
        raise _no_number(field)
    if isinstance(raw, int):
        if raw.bit_length() <= 64:
            return str(raw)
        raise _too_large(field)
    if isinstance(raw, float | Decimal):
        return _fraction_text(field, raw, places)
    raise _no_number(field)


def _fraction_text(field: FieldType[Any], raw: float | Decimal, places: int) -> str:
    if not (raw.is_finite() if isinstance(raw, Decimal) else math.isfinite(raw)):
        raise _no_number(field)
    number = raw if isinstance(raw, Decimal) else Decimal(repr(raw))
    if not number:
        return "0"
    # Checked before it is written out: 1E+999999999 has a billion digits.
    if number.adjusted() >= WHOLE_DIGITS:
        raise _too_large(field)
    if isinstance(raw, float):
        number = number.quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP, _CONTEXT)
    elif len(number.as_tuple().digits) > _LONGEST or number.adjusted() < -_LONGEST:
        raise _many_places(field, places)
    return format(number, "f")


def exact(field: FieldType[Any], text: str, places: int) -> Decimal:
    """Return the number that ``number_text`` wrote, without trailing zeros and without ``-0``.

    Raises:
        InvalidValueError: ``too_many_decimals``, or ``out_of_range`` above 19 digits.
    """
    whole, _, fraction = text.partition(".")
    fraction = fraction.rstrip("0")
    if len(fraction) > places:
        raise _many_places(field, places)
    if not fraction and whole in ("", "+", "-"):
        return Decimal(0)
    if len(whole) > WHOLE_DIGITS and Decimal(whole).adjusted() >= WHOLE_DIGITS:
        raise _too_large(field)
    number = Decimal(f"{whole}.{fraction}" if fraction else whole)
    return number or Decimal(0)


def plain(value: Value) -> str:
    """Return a number as text: no exponent, no grouping, no trailing zeros."""
    if isinstance(value, Decimal):
        text = format(value, "f")
        return text.rstrip("0").rstrip(".") if "." in text else text
    return str(value)


def grouped(number: Decimal | int, least_places: int = 0) -> str:
    """Return a number with its thousands grouped and at least so many places: ``-1,234.50``."""
    whole, _, fraction = plain(number).lstrip("-").partition(".")
    fraction = fraction.ljust(least_places, "0")
    text = f"{int(whole):,}.{fraction}" if fraction else f"{int(whole):,}"
    return f"-{text}" if number < 0 else text


def _no_number(field: FieldType[Any]) -> InvalidValueError:
    return field.refuse("not_a_number", "must be a number written in digits, such as 1,234.")


def _too_large(field: FieldType[Any]) -> InvalidValueError:
    return field.refuse("out_of_range", "is larger than any number this field can hold.")


def _many_places(field: FieldType[Any], places: int) -> InvalidValueError:
    return field.refuse("too_many_decimals", f"may have {places} decimals at most.")


class NumberType(FieldType[S]):
    """What all numbers share: a range that is compiled and checked."""

    kind: ClassVar[FieldKind] = FieldKind.NUMBER
    least: Decimal | int | None = None
    most: Decimal | int | None = None

    def limit(self, least: Decimal | int | None, most: Decimal | int | None, places: int) -> None:
        """Keep the range.

        Raises:
            ConfigurationError: ``bad_limit`` for one that the field itself could not hold,
                ``empty_range``.
        """
        faults = []
        for path, end in {"minimum": least, "maximum": most}.items():
            try:
                if end is not None:
                    exact(self, number_text(self, end, places), places)
            except InvalidValueError as error:
                faults.append(Fault(code="bad_limit", path=path, message=error.message))
        if not faults and least is not None and most is not None and least > most:
            message = f"The smallest value, {least}, is above the largest, {most}."
            faults.append(Fault(code="empty_range", path="minimum", message=message))
        if faults:
            raise ConfigurationError(faults)
        self.least, self.most = least, most

    @abstractmethod
    def show(self, number: Decimal | int) -> str:
        """Return a number as this type shows it."""

    def checked(self, number: Value) -> Value:
        """Return ``number`` if it is in range; ``out_of_range`` otherwise."""
        if isinstance(number, Decimal | int):
            if self.least is not None and number < self.least:
                raise self.refuse("out_of_range", f"must be at least {self.show(self.least)}.")
            if self.most is not None and number > self.most:
                raise self.refuse("out_of_range", f"must be at most {self.show(self.most)}.")
        return number

    def format(self, value: Value) -> str:
        """Return the number as it is shown."""
        return self.show(value) if isinstance(value, Decimal | int) else str(value)

    def sample(self) -> str:
        """Return a number within the range: 25, or the end of the range nearest to it."""
        number: Decimal | int = 25
        if self.least is not None:
            number = max(number, self.least)
        if self.most is not None:
            number = min(number, self.most)
        return self.show(number)


class DecimalSettings(Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """The range and the precision of a number with decimals."""

    minimum: Annotated[
        Decimal | None, Meta(title="Smallest", description="No limit if left empty.")
    ] = None
    maximum: Annotated[
        Decimal | None, Meta(title="Largest", description="No limit if left empty.")
    ] = None
    places: Annotated[
        int,
        Meta(title="Decimals", description="The most digits after the point.", ge=0, le=10),
    ] = 10


class DecimalType(NumberType[DecimalSettings]):
    """An exact number with decimals (``LT4``)."""

    key: ClassVar[str] = "decimal"
    title: ClassVar[str] = "Number with decimals"

    def __init__(self, settings: DecimalSettings, setup: FieldSetup) -> None:
        """Check the range."""
        super().__init__(settings, setup)
        self.limit(settings.minimum, settings.maximum, settings.places)
        self._places = settings.places

    def parse(self, raw: RawValue) -> Value:
        """Return the number as ``Decimal``."""
        return self.checked(exact(self, number_text(self, raw, self._places), self._places))

    def show(self, number: Decimal | int) -> str:
        """Return the number plainly: ``1234.5``."""
        return plain(number)


class PercentageSettings(Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """The range of a percentage."""

    minimum: Annotated[
        Decimal | None,
        Meta(title="Smallest", description="In percent. No limit if left empty.", examples=["0"]),
    ] = Decimal(0)
    maximum: Annotated[
        Decimal | None,
        Meta(title="Largest", description="In percent. No limit if left empty.", examples=["100"]),
    ] = None
    places: Annotated[
        int,
        Meta(title="Decimals", description="The most digits after the point.", ge=0, le=10),
    ] = 4


class PercentageType(NumberType[PercentageSettings]):
    """A percentage, held as the number before the sign: 12.5 is 12.5 % (``LT4``)."""

    key: ClassVar[str] = "percentage"
    title: ClassVar[str] = "Percentage"

    def __init__(self, settings: PercentageSettings, setup: FieldSetup) -> None:
        """Check the range."""
        super().__init__(settings, setup)
        self.limit(settings.minimum, settings.maximum, settings.places)
        self._places = settings.places

    def parse(self, raw: RawValue) -> Value:
        """Return the number as ``Decimal``; the percent sign may be left out."""
        if isinstance(raw, str) and len(raw) <= _LONGEST:
            raw = raw.strip().removesuffix("%")
        return self.checked(exact(self, number_text(self, raw, self._places), self._places))

    def show(self, number: Decimal | int) -> str:
        """Return ``12.5%``."""
        return f"{plain(number)}%"
