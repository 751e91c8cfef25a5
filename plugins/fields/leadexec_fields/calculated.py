"""Calculated expressions: a number that a formula makes of the lead's other fields."""

from collections.abc import Mapping
from datetime import datetime
from decimal import ROUND_HALF_UP, Context, Decimal
from typing import Annotated, ClassVar, Final

from msgspec import Meta, Struct

from leadexec import (
    ConfigurationError,
    Fault,
    FieldKind,
    FieldSetup,
    FieldType,
    Formula,
    LeadexecError,
    RawValue,
    Value,
)
from leadexec_fields.numbers import plain

_CONTEXT: Final = Context(prec=150)
"""Wide enough for the largest result of a formula, 1E+100, with all its decimals."""


class CalculatedSettings(Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """The formula, and how its result is shown."""

    formula: Annotated[
        str,
        Meta(
            title="Formula",
            description="Over the lead type's other fields; its result is a number.",
            max_length=2000,
            examples=["[LoanAmount] / [PropertyValue] * 100"],
        ),
    ]
    places: Annotated[
        int,
        Meta(title="Decimals", description="The result is rounded, halves up.", ge=0, le=10),
    ] = 4
    prefix: Annotated[
        str, Meta(title="Before it", description="Shown before the number.", max_length=10)
    ] = ""
    suffix: Annotated[
        str,
        Meta(
            title="After it", description="Shown after the number.", max_length=10, examples=["%"]
        ),
    ] = ""


class CalculatedType(FieldType[CalculatedSettings]):
    """A number computed from other fields, such as a loan-to-value ratio (``LT4``).

    Nobody can post it. A formula without a number as its result (an empty field, a division by
    zero) leaves the field empty.
    """

    key: ClassVar[str] = "calculated"
    title: ClassVar[str] = "Calculated Expression"
    kind: ClassVar[FieldKind] = FieldKind.NUMBER
    computed: ClassVar[bool] = True

    def __init__(self, settings: CalculatedSettings, setup: FieldSetup) -> None:
        """Compile the formula.

        Raises:
            ConfigurationError: What the formula is refused for, with path ``formula``;
                ``refers_to_itself``; ``not_a_number`` for a condition.
        """
        super().__init__(settings, setup)
        try:
            self._formula = Formula.compile(settings.formula, setup.schema)
        except ConfigurationError as error:
            faults = [Fault(code=f.code, path="formula", message=f.message) for f in error.faults]
            raise ConfigurationError(faults) from None
        if setup.name in self._formula.fields:
            message = f"The formula of {setup.name} cannot use {setup.name}."
            raise ConfigurationError.single("refers_to_itself", "formula", message)
        if self._formula.is_condition:
            message = "The formula gives true or false; use if(…, 1, 0) for a number."
            raise ConfigurationError.single("not_a_number", "formula", message)
        self._unit = Decimal(1).scaleb(-settings.places)

    def parse(self, raw: RawValue) -> Value:
        """Refuse what is posted (``computed``)."""
        raise self.refuse("computed", "is calculated and cannot be posted.")

    def format(self, value: Value) -> str:
        """Return the number with its prefix and suffix."""
        return f"{self.settings.prefix}{plain(value)}{self.settings.suffix}"

    def sample(self) -> str:
        """Return nothing: the field is not posted."""
        return ""

    def reads(self) -> frozenset[str]:
        """Return the fields of the formula."""
        return frozenset(self._formula.fields)

    def compute(self, fields: Mapping[str, Value], now: datetime) -> Value:
        """Return the rounded result, or None where the formula has no number."""
        try:
            result = self._formula.evaluate(fields, now)
        except LeadexecError:
            return None  # an empty field is ordinary: there is nothing to compute from
        if not isinstance(result, Decimal) or not result.is_finite():
            return None
        return Decimal(plain(result.quantize(self._unit, ROUND_HALF_UP, _CONTEXT)))
