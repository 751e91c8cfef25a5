"""Money: exact, four places at most, shown as ``$1,234.50``."""

import re
from decimal import Decimal
from typing import Annotated, ClassVar, Final

from msgspec import Meta, Struct

from leadexec import ConfigurationError, Fault, FieldSetup, InvalidValueError, RawValue, Value
from leadexec_fields.numbers import NumberType, exact, grouped, number_text

PLACES: Final = 4
"""Money has four places everywhere (``OR10``)."""

_LONGEST: Final = 80
_SYMBOL: Final = re.compile(r"[^\W\d_]{0,3}[^\w\s.,+()%'\"<>&=@-]{0,3}")
_MOST: Final = Decimal("99999999999999.9999")
"""The largest amount that fits an integer of 64 bits counting 1/10000, in full nines."""


class MoneySettings(Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """The currency and the range of an amount."""

    symbol: Annotated[
        str,
        Meta(
            title="Currency symbol",
            description="Shown before the amount, and accepted before it. May be empty.",
            max_length=6,
            examples=["$", "C$", "€"],
        ),
    ] = "$"
    code: Annotated[
        str,
        Meta(
            title="Currency code",
            description="ISO 4217; accepted before or after the amount.",
            pattern="^[A-Z]{3}$",
            examples=["USD"],
        ),
    ] = "USD"
    negative: Annotated[
        bool,
        Meta(
            title="Amounts below zero",
            description="Accept -$5 and ($5); otherwise they are refused.",
        ),
    ] = False
    minimum: Annotated[
        Decimal | None,
        Meta(title="Smallest", description="No limit if left empty, but see amounts below zero."),
    ] = None
    maximum: Annotated[
        Decimal | None, Meta(title="Largest", description="No limit if left empty.")
    ] = None


class MoneyType(NumberType[MoneySettings]):
    """An exact amount in one currency, as ``Decimal`` (``LT4`` Money)."""

    key: ClassVar[str] = "money"
    title: ClassVar[str] = "Money"

    def __init__(self, settings: MoneySettings, setup: FieldSetup) -> None:
        """Check the symbol (``bad_symbol``) and the range (``empty_range``, ``bad_limit``)."""
        super().__init__(settings, setup)
        faults: list[Fault] = []
        if not _SYMBOL.fullmatch(settings.symbol):
            message = "A symbol is up to three letters and up to three signs, such as C$."
            faults.append(Fault(code="bad_symbol", path="symbol", message=message))
        try:
            self.limit(settings.minimum, settings.maximum, PLACES)
        except ConfigurationError as error:
            faults.extend(error.faults)
        lowest = -_MOST if settings.negative else Decimal(0)
        self.least = lowest if self.least is None else max(self.least, lowest)
        self.most = _MOST if self.most is None else min(self.most, _MOST)
        if self.least > self.most:
            message = "No amount is in the range; below zero needs its own switch."
            faults.append(Fault(code="empty_range", path="maximum", message=message))
        if faults:
            raise ConfigurationError(faults)
        # The longer mark first: the symbol may begin as the code does.
        marks = {settings.symbol, settings.code} - {""}
        self._marks = sorted(marks, key=lambda mark: (-len(mark), mark))

    def parse(self, raw: RawValue) -> Value:
        """Return the amount; symbol, code, grouping, ``-$5``, ``$-5`` and ``($5)`` are read."""
        if isinstance(raw, str) and (len(raw) > _LONGEST or not raw.isdigit()):
            raw = self._bare(raw)
        amount = exact(self, number_text(self, raw, PLACES), PLACES)
        if amount < 0 and not self.settings.negative:
            raise self.refuse("negative", "must not be below zero.")
        return self.checked(amount)

    def show(self, number: Decimal | int) -> str:
        """Return ``$1,234.50``, ``-$5.00``; two places, or as many as there are."""
        text = f"{self.settings.symbol}{grouped(number, 2).lstrip('-')}"
        return f"-{text}" if number < 0 else text

    def _bare(self, raw: str) -> str:
        """Return the amount without its currency, parentheses turned into a minus."""
        text = raw.strip() if len(raw) <= _LONGEST else "too long"
        sign = ""
        if text.startswith("(") and text.endswith(")"):
            sign, text = "-", text[1:-1].strip()
        elif text[:1] in ("-", "+"):
            sign, text = text[0], text[1:].lstrip()
        bare = self._without_currency(text)
        if sign and bare[:1] in ("-", "+"):
            raise self._no_amount()
        return sign + bare

    def _without_currency(self, text: str) -> str:
        for mark in self._marks:
            if text[: len(mark)].casefold() == mark.casefold():
                text = text[len(mark) :].lstrip()
        code = self.settings.code
        if text[-len(code) :].casefold() == code.casefold():
            text = text[: -len(code)].rstrip()
        return text

    def _no_amount(self) -> InvalidValueError:
        return self.refuse("not_a_number", f"must be an amount such as {self.show(1234)}.")
