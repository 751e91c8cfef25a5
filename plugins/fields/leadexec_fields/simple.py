"""The types that hold one posted value: all but groups and calculated expressions."""

from collections.abc import Mapping
from typing import Any, Final

from leadexec import FieldType
from leadexec_fields.choice import DropdownType, YesNoType
from leadexec_fields.contact import EmailType, PhoneType
from leadexec_fields.integers import IntegerType, LargeIntegerType
from leadexec_fields.money import MoneyType
from leadexec_fields.numbers import DecimalType, PercentageType
from leadexec_fields.places import PostalCodeType, ProvinceType, StateType
from leadexec_fields.text import TextType
from leadexec_fields.times import DateTimeType

SIMPLE_TYPES: Final[Mapping[str, type[FieldType[Any]]]] = {
    made.key: made
    for made in (
        TextType,
        PhoneType,
        EmailType,
        MoneyType,
        PercentageType,
        DecimalType,
        IntegerType,
        LargeIntegerType,
        YesNoType,
        DateTimeType,
        PostalCodeType,
        StateType,
        ProvinceType,
        DropdownType,
    )
}
"""Key → type, in the order in which the product lists them (``LT4``)."""
