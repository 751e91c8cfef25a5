"""The conformance kit of field types: subclass ``FieldTypeContract`` in a plugin's tests."""
# ruff: noqa: S101  kits are made of asserts

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any, ClassVar, Final

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from leadexec.contracts.field_type import FieldSetup, FieldType
from leadexec.contracts.values import FieldKind, RawValue, Value, revive
from leadexec.criteria.values import stored
from leadexec.errors import ConfigurationError, InvalidValueError
from leadexec.testing.contract import ComponentContract, decoded

_CODE: Final = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*")
_PYTHON_TYPES: Final[Mapping[FieldKind, tuple[type, ...]]] = {
    FieldKind.TEXT: (str,),
    FieldKind.NUMBER: (int, Decimal),
    FieldKind.DATETIME: (datetime,),
    FieldKind.BOOLEAN: (bool,),
    FieldKind.LIST: (list,),
}
# fmt: off
_NASTY: Final[tuple[RawValue, ...]] = (
    "\x00", "a\x00b", "\ud800", "\u200b", "\u202etxt", "e\u0301", "\ufeff1", "\u0130",
    "\uff11\uff12", "\u0663\u0664", "\u00bd", "NaN", "nan", "Infinity", "-inf", "1e999999999",
    "1E5", "0x10", "1_000", "--1", "+", "-", ".", "9" * 5000, "1" * 200_000, "a" * 200_000,
    " " * 5000 + "a", "," * 5000, "(" * 5000, "[" * 9000, True, False, 0, 1, -1, 10**30,
    -(10**5000), 2**63, 2**64, 1700000000, 1700000000000, 0.1, 1e300, -0.0, 5e-324,
    float("nan"), float("inf"), float("-inf"), Decimal("sNaN"), Decimal("1E+999999"),
    Decimal("1E-999999"), Decimal("0E+999999"), [], {}, [[]], [{}], [None], {"": None},
    [1, "a", None], {"a": {"b": ["c"]}}, [["a"] * 50] * 50, '{"a": 1',
    "[{}]", "{}", "null", '[{"a": 1e999}]', "/Date(99999999999999999)/", "0000-00-00", "0001-01-01",
    "9999-12-31T23:59:59-14:00", "0001-01-01T00:00:00+14:00",
)
# fmt: on
_JSON: Final = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters(), max_size=40),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=10), inner),
    max_leaves=8,
)


class FieldTypeContract(ComponentContract):
    """The laws of a field type, as tests.

    A plugin's test file says ``class TestMoney(FieldTypeContract):`` and fills in what is below;
    every standard test then runs for that type. A standard test may be overridden only with a
    reason in ``overrides``.
    """

    field_type: ClassVar[type[FieldType[Any]]]
    settings: ClassVar[Mapping[str, Any]] = {}
    """As an operator would save them."""
    setup: ClassVar[FieldSetup] = FieldSetup(name="TheField", description="The field")
    valid: ClassVar[Mapping[Any, tuple[Value, str]] | Sequence[tuple[Any, tuple[Value, str]]]] = {}
    """Raw value → (value, shown). Pairs in a list where raw values cannot be keys."""
    invalid: ClassVar[Mapping[Any, str] | Sequence[tuple[Any, str]]] = {}
    """Raw value → code of the refusal."""
    invalid_settings: ClassVar[Sequence[tuple[Mapping[str, Any], Mapping[str, str]]]] = ()
    """Settings → the faults they are refused with, all of them: path → code."""

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if "field_type" in cls.__dict__:
            cls.component = cls.field_type
        cls.examples = (cls.settings,)

    def make(self, settings: Mapping[str, Any] | None = None) -> FieldType[Any]:
        """Return the type for ``setup`` with the posted ``settings``, else those of the class."""
        chosen = self.settings if settings is None else settings
        return self.field_type(decoded(self.field_type.Settings, chosen), self.setup)

    def test_settings_that_make_no_sense_are_refused_with_every_fault(self) -> None:
        """What cannot work is refused when it is saved, all of it at once."""
        for values, expected in self.invalid_settings:
            with pytest.raises(ConfigurationError) as caught:
                self.make(values)
            found = {fault.path: fault.code for fault in caught.value.faults}
            assert found == dict(expected), f"the faults of {values!r:.200}"
            assert all(fault.message.strip() for fault in caught.value.faults)

    def test_every_valid_value_is_read_and_shown_as_stated(self) -> None:
        """The cases of ``valid``."""
        field = self.make()
        for raw, (value, shown) in _pairs(self.valid):
            parsed = field.parse(raw)
            assert _same(parsed, value), f"{raw!r} is read as {value!r}, not {parsed!r}"
            text = field.format(parsed)
            assert text == shown, f"{raw!r} is shown as {shown!r}, not {text!r}"

    def test_every_invalid_value_is_refused_with_its_code(self) -> None:
        """The cases of ``invalid``."""
        field = self.make()
        for raw, code in _pairs(self.invalid):
            error = _refusal(field, raw)
            assert error, f"{raw!r:.80} is refused"
            self._check_refusal(error, raw)
            assert error.code == code, f"{raw!r:.80} is {code}, not {error.code}: {error}"

    def test_its_sample_can_be_posted(self) -> None:
        """Posting instructions and test posts use it."""
        field = self.make()
        sample = field.sample()
        if self.field_type.computed:
            assert sample == "", "a computed field is not posted and has no sample"
        else:
            assert sample.strip(), f"sample {sample!r} is a text"
            self._check_accepted(field, field.parse(sample), sample)

    def test_the_laws_hold_for_every_valid_value(self) -> None:
        """Reading its own value or what it shows gives the value; storage keeps it."""
        field = self.make()
        for raw, _ in _pairs(self.valid):
            self._check_accepted(field, field.parse(raw), raw)

    def test_the_laws_hold_for_notorious_values(self) -> None:
        """Huge, invisible, infinite, half encoded: read or refused, nothing else."""
        field = self.make()
        for raw in _NASTY:
            self._check(field, raw)

    def test_the_laws_hold_for_any_json_value(self) -> None:
        """Whatever a sender can post is read or refused, nothing else."""
        self._check_all(_JSON, examples=200)

    def test_the_laws_hold_for_values_that_are_almost_valid(self) -> None:
        """The same for the cases above with something changed."""
        raws = [raw for raw, _ in (*_pairs(self.valid), *_pairs(self.invalid))]
        texts = [raw for raw in raws if isinstance(raw, str) and len(raw) <= 200]
        if texts:
            self._check_all(_mutations(texts), examples=200)

    def test_it_computes_what_it_says_it_computes(self) -> None:
        """``compute`` and ``reads`` go with ``computed``."""
        field = self.make()
        known = {self.setup.name, *self.setup.schema}
        assert field.reads() <= known - {self.setup.name}, "it reads other fields of the schema"
        value = field.compute({}, datetime(2026, 11, 23, tzinfo=UTC))
        if not self.field_type.computed:
            assert value is None, "what is not computed has no value of its own"
            assert not field.reads(), "what is not computed reads no other field"
        elif value is not None:
            self._check_value(value, "a lead without fields")

    def _check_all(self, raws: st.SearchStrategy[RawValue], *, examples: int) -> None:
        field = self.make()

        # Not a method: hypothesis objects to a test that many classes inherit.
        @settings(max_examples=examples, deadline=None, database=None, derandomize=True)
        @given(raw=raws)
        def hold(raw: RawValue) -> None:
            self._check(field, raw)

        run: Callable[[], None] = hold
        run()

    def _check(self, field: FieldType[Any], raw: RawValue) -> None:
        """Hold ``raw`` to the laws, be it accepted or refused."""
        if error := _refusal(field, raw):
            self._check_refusal(error, raw)
        else:
            self._check_accepted(field, field.parse(raw), raw)

    def _check_refusal(self, error: InvalidValueError, raw: RawValue) -> None:
        assert _CODE.fullmatch(error.code), f"the code for {raw!r:.80} is {error.code!r}"
        named = error.message.startswith(self.setup.description)
        assert named, f"the refusal of {raw!r:.80} names the field: {error.message!r}"
        assert len(error.message) <= 1000, f"the refusal of {raw!r:.80} is short"
        error.message.encode()  # what cannot be encoded cannot be answered

    def _check_accepted(self, field: FieldType[Any], value: Value, raw: RawValue) -> None:
        assert not self.field_type.computed, f"{raw!r:.80} cannot be posted for a computed field"
        self._check_value(value, raw)
        again = field.parse(value)
        assert _same(again, value), f"{raw!r:.80} is {value!r:.80}, read again {again!r:.80}"
        shown = field.format(value)
        assert isinstance(shown, str), f"{value!r:.80} is shown as text, not {shown!r:.80}"
        back = field.parse(shown)
        assert _same(back, value), f"{value!r:.80} is shown {shown!r:.80}, read as {back!r:.80}"

    def _check_value(self, value: Value, raw: RawValue) -> None:
        """Hold ``value`` to its kind, and to what storage does to it."""
        kind = self.field_type.kind
        agrees = isinstance(value, _PYTHON_TYPES[kind])
        if kind is FieldKind.NUMBER:
            agrees = agrees and not isinstance(value, bool)
        assert agrees, f"{raw!r:.80} is {value!r:.80}, which is no {kind}"
        if isinstance(value, Decimal):
            assert value.is_finite(), f"{raw!r:.80} is {value!r}, which is not finite"
        if isinstance(value, datetime):
            assert value.utcoffset() == timedelta(0), f"{raw!r:.80} is {value!r}, not UTC"
        for written in (value, stored(value)):
            revived = revive(kind, msgspec.json.decode(msgspec.json.encode(written)))
            assert revived == value, f"{value!r:.80} comes back from storage as {revived!r:.80}"


def _refusal(field: FieldType[Any], raw: RawValue) -> InvalidValueError | None:
    try:
        field.parse(raw)
    except InvalidValueError as error:
        return error
    return None


def _same(one: Value, other: Value) -> bool:
    return type(one) is type(other) and one == other


def _pairs(given_pairs: Mapping[Any, Any] | Sequence[tuple[Any, Any]]) -> Iterator[tuple[Any, Any]]:
    yield from given_pairs.items() if isinstance(given_pairs, Mapping) else given_pairs


def _mutations(texts: list[str]) -> st.SearchStrategy[str]:
    """Return texts with a piece cut out and something else put in its place."""

    def mutate(text: str, start: int, length: int, piece: str) -> str:
        at = start % (len(text) + 1)
        return text[:at] + piece + text[at + length :]

    pieces = st.sampled_from(["", " ", "0", "1", "-", "/", ".", ",", ":", "@", "%", "$", "\u0663"])
    return st.builds(
        mutate,
        st.sampled_from(texts),
        st.integers(0, 200),
        st.integers(0, 3),
        pieces | st.text(max_size=3),
    )
