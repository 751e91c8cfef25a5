"""The conformance kit finds what is wrong with a field type."""

from datetime import datetime
from decimal import Decimal
from typing import Any, ClassVar

import pytest
from msgspec import Struct

from leadexec import FieldKind, FieldType, NoSettings, RawValue, Value
from leadexec.testing import FieldTypeContract


class Shout(FieldType[NoSettings]):
    """Text in capitals; the sound type that the others are spoilt copies of."""

    key: ClassVar[str] = "shout"
    title: ClassVar[str] = "Shout"
    kind: ClassVar[FieldKind] = FieldKind.TEXT

    def parse(self, raw: RawValue) -> Value:
        if isinstance(raw, str) and raw.isascii() and raw.isalpha() and len(raw) < 100:
            return raw.upper()
        raise self.refuse("not_letters", "must be letters.")

    def format(self, value: Value) -> str:
        return str(value)

    def sample(self) -> str:
        return "hey"


class Growing(Shout):
    def parse(self, raw: RawValue) -> Value:
        return f"{super().parse(raw)}X"


class Cut(Shout):
    def format(self, value: Value) -> str:
        return str(value)[:1]


class Brittle(Shout):
    def parse(self, raw: RawValue) -> Value:
        return str(int(raw))


class Nameless(Shout):
    def parse(self, raw: RawValue) -> Value:
        if raw == "1":
            raise self.refuse("Bad Code", "is bad.")
        return super().parse(raw)


class Unkind(Shout):
    kind: ClassVar[FieldKind] = FieldKind.NUMBER


class Naive(Shout):
    kind: ClassVar[FieldKind] = FieldKind.DATETIME

    def parse(self, raw: RawValue) -> Value:
        return datetime(2026, 1, 1)  # noqa: DTZ001  that is what is wrong with it


class Listed(Shout):
    kind: ClassVar[FieldKind] = FieldKind.LIST

    def parse(self, raw: RawValue) -> Value:
        return [{"amount": Decimal("1.5")}]


class Unsampled(Shout):
    def sample(self) -> str:
        return " "


class Calculating(Shout):
    def reads(self) -> frozenset[str]:
        return frozenset({"Nowhere"})


class Bare(Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """Settings without titles."""

    size: int = 0


class Undocumented(FieldType[Bare]):
    """A type whose settings nobody explained."""

    key: ClassVar[str] = "undocumented"
    title: ClassVar[str] = "Undocumented"
    kind: ClassVar[FieldKind] = FieldKind.TEXT
    parse = Shout.parse
    format = Shout.format
    sample = Shout.sample


def contract_of(spoilt: type[FieldType[Any]]) -> FieldTypeContract:
    contract = type("Contract", (FieldTypeContract,), {"field_type": spoilt, "valid": VALID})
    made: FieldTypeContract = contract()
    return made


VALID = {"hey": ("HEY", "HEY")}
VALUES = "test_the_laws_hold_for_every_valid_value"


class TestASoundTypePasses(FieldTypeContract):
    field_type = Shout
    valid = VALID
    invalid = {"1": "not_letters"}


@pytest.mark.parametrize(
    ("spoilt", "test", "law"),
    [
        (Growing, VALUES, "read again"),
        (Cut, VALUES, "is shown"),
        (Unkind, VALUES, "which is no number"),
        (Naive, VALUES, "not UTC"),
        (Listed, VALUES, "comes back from storage"),
        (Nameless, "test_every_invalid_value_is_refused_with_its_code", "the code for '1'"),
        (Unsampled, "test_its_sample_can_be_posted", "sample"),
        (Calculating, "test_it_computes_what_it_says_it_computes", "reads other fields"),
        (Undocumented, "test_every_setting_has_a_title_and_a_description", "size"),
        (Growing, "test_every_valid_value_is_read_and_shown_as_stated", "is read as"),
    ],
)
def test_the_kit_finds_the_law_that_is_broken(
    spoilt: type[FieldType[Any]], test: str, law: str
) -> None:
    contract = contract_of(spoilt)
    contract.invalid = {"1": "any"}  # type: ignore[misc]

    with pytest.raises(AssertionError, match=law):
        getattr(contract, test)()


@pytest.mark.parametrize("test", ["notorious_values", "any_json_value"])
def test_the_kit_finds_what_raises_anything_but_a_refusal(test: str) -> None:
    contract = contract_of(Brittle)

    with pytest.raises((ValueError, TypeError)):
        getattr(contract, f"test_the_laws_hold_for_{test}")()


def test_a_standard_test_is_overridden_only_with_a_reason() -> None:
    def nothing(self: FieldTypeContract) -> None:
        return None

    spoilt = {"field_type": Shout, VALUES: nothing}

    with pytest.raises(TypeError, match=f"overrides {VALUES} without a reason"):
        type("Contract", (FieldTypeContract,), spoilt)
    with pytest.raises(TypeError, match="without a reason"):
        type("Contract", (FieldTypeContract,), {**spoilt, "overrides": {VALUES: " "}})
    type("Contract", (FieldTypeContract,), {**spoilt, "overrides": {VALUES: "It has none."}})
