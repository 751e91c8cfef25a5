"""Numbers without decimals, of 32 and of 64 bits."""

from decimal import Decimal
from typing import Annotated, ClassVar, Final

from msgspec import Meta, Struct

from leadexec import ConfigurationError, Fault, FieldSetup, RawValue, Value
from leadexec_fields.numbers import NumberType, exact, grouped, number_text, plain

_SURELY_INT: Final = 18
"""So many digits are read by ``int`` at once; longer texts take the careful way."""


class IntegerSettings(Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """The range of a whole number."""

    minimum: Annotated[
        int | None,
        Meta(title="Smallest", description="The type's own smallest number if left empty."),
    ] = None
    maximum: Annotated[
        int | None,
        Meta(title="Largest", description="The type's own largest number if left empty."),
    ] = None
    grouping: Annotated[
        bool,
        Meta(title="Group thousands", description="Show 1,000,000 instead of 1000000."),
    ] = False


class IntegerType(NumberType[IntegerSettings]):
    """A whole number of 32 bits: -2,147,483,648 to 2,147,483,647 (``LT4``)."""

    key: ClassVar[str] = "integer"
    title: ClassVar[str] = "Number without decimals"
    bits: ClassVar[int] = 32

    def __init__(self, settings: IntegerSettings, setup: FieldSetup) -> None:
        """Check the range; limits beyond the type's own are faults (``limit_too_large``)."""
        super().__init__(settings, setup)
        lowest, highest = -(2 ** (self.bits - 1)), 2 ** (self.bits - 1) - 1
        least = lowest if settings.minimum is None else settings.minimum
        most = highest if settings.maximum is None else settings.maximum
        faults = [
            Fault(
                code="limit_too_large",
                path=path,
                message=f"{self.title}s go from {lowest:,} to {highest:,}.",
            )
            for path, end in {"minimum": least, "maximum": most}.items()
            if not lowest <= end <= highest
        ]
        if faults:
            raise ConfigurationError(faults)
        self.limit(least, most, 0)

    def parse(self, raw: RawValue) -> Value:
        """Return the number as ``int``; decimals are accepted if they are zeros."""
        if type(raw) is int:
            return self.checked(raw)
        if type(raw) is str and len(raw) <= _SURELY_INT and raw.isascii() and raw.isdigit():
            return self.checked(int(raw))
        number = exact(self, number_text(self, raw, 10), 10)
        if number != number.to_integral_value():
            raise self.refuse("not_whole", "must be a number without decimals.")
        return self.checked(int(number))

    def show(self, number: Decimal | int) -> str:
        """Return the number, grouped if the settings say so."""
        return grouped(number) if self.settings.grouping else plain(number)


class LargeIntegerType(IntegerType):
    """A whole number of 64 bits, about 9.2 quintillion either way (``LT4``)."""

    key: ClassVar[str] = "large_integer"
    title: ClassVar[str] = "Large number without decimals"
    bits: ClassVar[int] = 64
