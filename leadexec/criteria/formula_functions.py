"""What formulas can do: operators and functions over Decimal, text, true/false and dates.

All of it is total up to :class:`FormulaError`, and bounded: numbers have 28 digits and an exponent
of 100 at most, texts 10 000 characters.
"""

import ast
import decimal
import operator
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, TypeAlias

from leadexec.criteria.facts import TEXT_CAP
from leadexec.criteria.faults import FormulaError
from leadexec.criteria.values import (
    CriteriaFunction,
    FieldKind,
    decimal_text,
    leaf_texts,
    moment_text,
    normal_text,
    typed_value,
)

CONTEXT = decimal.Context(
    prec=28,
    rounding=decimal.ROUND_HALF_UP,
    Emin=-100,
    Emax=100,
    traps=[decimal.InvalidOperation, decimal.DivisionByZero, decimal.Overflow],
)
"""The arithmetic of formulas: 28 digits, halves round up."""


@dataclass(frozen=True, slots=True)
class FormulaFunction:
    """A function of the formula language."""

    call: Callable[..., Any]
    least: int
    most: int
    truth: bool = False
    """Whether the result is true or false."""
    timed: bool = False
    """Whether it goes by the instant; then :func:`functions_at` has the real one."""


Functions: TypeAlias = Mapping[str, FormulaFunction]
"""Functions by name, in lower case."""


def number(value: Any) -> Decimal:
    """Return an operand of arithmetic; text that is a plain decimal counts as one."""
    if isinstance(value, Decimal):
        return value
    if value is None:
        raise FormulaError("empty_value", "The formula computes with an empty field.")
    read = typed_value(FieldKind.NUMBER, value)
    if read is None:
        raise FormulaError("not_a_number", f"The formula computes with {_shown(value)}.")
    return Decimal(read)


def text(value: Any) -> str:
    """Return an operand as text; empty is ""."""
    match value:
        case None:
            return ""
        case bool():
            return "true" if value else "false"
        case Decimal():
            return decimal_text(value)
        case datetime():
            return moment_text(value)
        case tuple():
            return ", ".join(value)[:TEXT_CAP]
        case _:
            return str(value)[:TEXT_CAP]


def truth(value: Any) -> bool:
    """Return an operand of and, or, not."""
    if value is None:
        raise FormulaError("empty_value", "The formula asks an empty field whether it is true.")
    if not isinstance(value, bool):
        raise FormulaError("not_true_or_false", f"{_shown(value)} is neither true nor false.")
    return value


def moment(value: Any) -> datetime:
    """Return an operand as a date; text may be ISO 8601."""
    if value is None:
        raise FormulaError("empty_value", "The formula computes with an empty date.")
    try:
        read = value if isinstance(value, datetime) else datetime.fromisoformat(text(value).strip())
        return read.replace(tzinfo=UTC) if read.tzinfo is None else read.astimezone(UTC)
    except (ValueError, OverflowError):
        raise FormulaError("not_a_date", f"{_shown(value)} is not a date.") from None


def _shown(value: Any) -> str:
    return f"“{text(value)[:40]}”"


def _add(a: Any, b: Any) -> Any:
    if isinstance(a, str) and isinstance(b, str) and not (_numeric(a) and _numeric(b)):
        return (a + b)[:TEXT_CAP]
    return CONTEXT.add(number(a), number(b))


def _numeric(value: str) -> bool:
    return typed_value(FieldKind.NUMBER, value) is not None


def _comparable(a: Any, b: Any) -> tuple[Any, Any]:
    if isinstance(a, datetime) or isinstance(b, datetime):
        return moment(a), moment(b)
    if isinstance(a, Decimal) or isinstance(b, Decimal):
        return number(a), number(b)
    return (a, b) if isinstance(a, bool) and isinstance(b, bool) else (_folded(a), _folded(b))


def _folded(value: Any) -> str:
    return normal_text(text(value))


def same(a: Any, b: Any) -> bool:
    """Compare as criteria do: text trimmed, in either case; an empty equals only an empty."""
    if a is None or b is None:
        return a is b
    try:
        left, right = _comparable(a, b)
    except FormulaError:
        return False
    return bool(left == right)


def _ordered(compare: Callable[[Any, Any], Any]) -> Callable[[Any, Any], bool]:
    def ordered(a: Any, b: Any) -> bool:
        if a is None or b is None:
            raise FormulaError("empty_value", "The formula compares an empty field.")
        return bool(compare(*_comparable(a, b)))

    return ordered


OPERATORS: dict[type[ast.AST], Callable[..., Any]] = {
    ast.Add: _add,
    ast.Sub: lambda a, b: CONTEXT.subtract(number(a), number(b)),
    ast.Mult: lambda a, b: CONTEXT.multiply(number(a), number(b)),
    ast.Div: lambda a, b: CONTEXT.divide(number(a), number(b)),
    ast.Mod: lambda a, b: CONTEXT.remainder(number(a), number(b)),
    ast.USub: lambda a: CONTEXT.minus(number(a)),
    ast.UAdd: lambda a: CONTEXT.plus(number(a)),
    ast.Not: lambda a: not truth(a),
    ast.Eq: same,
    ast.NotEq: lambda a, b: not same(a, b),
    ast.Lt: _ordered(operator.lt),
    ast.LtE: _ordered(operator.le),
    ast.Gt: _ordered(operator.gt),
    ast.GtE: _ordered(operator.ge),
}
"""What each operator of the language does."""


def _rounded(value: Any, digits: Any = 0) -> Decimal:
    places = int(number(digits))
    if not -20 <= places <= 20:
        raise FormulaError("not_a_number", "round takes -20 to 20 digits.")
    return number(value).quantize(Decimal(1).scaleb(-places), context=CONTEXT)


def _toward(rounding: str) -> Callable[[Any], Decimal]:
    return lambda a: number(a).to_integral_value(rounding=rounding, context=CONTEXT)


def _length(value: Any) -> Decimal:
    return Decimal(len(value) if isinstance(value, tuple) else len(text(value)))


def _cut(value: Any, count: Any) -> tuple[str, int]:
    return text(value), max(0, min(int(number(count)), TEXT_CAP))


def _left(value: Any, count: Any) -> str:
    whole, size = _cut(value, count)
    return whole[:size]


def _right(value: Any, count: Any) -> str:
    whole, size = _cut(value, count)
    return whole[len(whole) - size :] if size < len(whole) else whole


def _contains(value: Any, part: Any) -> bool:
    if isinstance(value, tuple):
        return any(_folded(item) == _folded(part) for item in value)
    return value is not None and _folded(part) in _folded(value)


def _years(born: datetime, today: datetime) -> Decimal:
    before = (today.month, today.day) < (born.month, born.day)
    return Decimal(today.year - born.year - before)


def _part(name: str) -> FormulaFunction:
    return FormulaFunction(lambda a: Decimal(getattr(moment(a), name)), 1, 1)


def functions_at(now: datetime) -> Functions:
    """Return the functions that go by the instant, as they are at ``now``."""
    utc = moment(now)
    midnight = utc.replace(hour=0, minute=0, second=0, microsecond=0)
    return {
        "now": FormulaFunction(lambda: utc, 0, 0),
        "today": FormulaFunction(lambda: midnight, 0, 0),
        "age": FormulaFunction(lambda born: _years(moment(born), utc), 1, 1),
    }


FUNCTIONS: dict[str, FormulaFunction] = {
    "abs": FormulaFunction(lambda a: CONTEXT.abs(number(a)), 1, 1),
    "min": FormulaFunction(lambda *a: min(map(number, a)), 1, 50),
    "max": FormulaFunction(lambda *a: max(map(number, a)), 1, 50),
    "round": FormulaFunction(_rounded, 1, 2),
    "floor": FormulaFunction(_toward(decimal.ROUND_FLOOR), 1, 1),
    "ceil": FormulaFunction(_toward(decimal.ROUND_CEILING), 1, 1),
    "number": FormulaFunction(number, 1, 1),
    "text": FormulaFunction(text, 1, 1),
    "len": FormulaFunction(_length, 1, 1),
    "concat": FormulaFunction(lambda *a: "".join(map(text, a))[:TEXT_CAP], 1, 50),
    "lower": FormulaFunction(lambda a: text(a).lower()[:TEXT_CAP], 1, 1),
    "upper": FormulaFunction(lambda a: text(a).upper()[:TEXT_CAP], 1, 1),
    "trim": FormulaFunction(lambda a: text(a).strip(), 1, 1),
    "left": FormulaFunction(_left, 2, 2),
    "right": FormulaFunction(_right, 2, 2),
    "contains": FormulaFunction(_contains, 2, 2, truth=True),
    "starts_with": FormulaFunction(lambda a, b: _folded(a).startswith(_folded(b)), 2, 2, True),
    "ends_with": FormulaFunction(lambda a, b: _folded(a).endswith(_folded(b)), 2, 2, True),
    "one_of": FormulaFunction(lambda a, *b: any(same(a, each) for each in b), 2, 100, True),
    "is_empty": FormulaFunction(lambda a: a is None or a == "", 1, 1, truth=True),
    "coalesce": FormulaFunction(
        lambda *a: next((each for each in a if each is not None and each != ""), None), 1, 50
    ),
    "if": FormulaFunction(lambda condition, yes, no: yes if truth(condition) else no, 3, 3),
    "iif": FormulaFunction(lambda condition, yes, no: yes if truth(condition) else no, 3, 3),
    "date": FormulaFunction(moment, 1, 1),
    "days_between": FormulaFunction(
        lambda a, b: Decimal((moment(b).date() - moment(a).date()).days), 2, 2
    ),
    "year": _part("year"),
    "month": _part("month"),
    "day": _part("day"),
    "hour": _part("hour"),
    "weekday": FormulaFunction(lambda a: Decimal(moment(a).isoweekday()), 1, 1),
    "now": FormulaFunction(lambda: None, 0, 0, timed=True),
    "today": FormulaFunction(lambda: None, 0, 0, timed=True),
    "age": FormulaFunction(lambda born: None, 1, 1, timed=True),
}
"""The functions of the language by name."""


def with_plugins(functions: Mapping[str, CriteriaFunction]) -> Functions:
    """Return the functions of the language and, where the name is free, those of plugins."""
    if not functions:
        return FUNCTIONS
    theirs = {
        name.lower(): FormulaFunction(_isolated(name, function), 0, 50, truth=True)
        for name, function in functions.items()
    }
    return theirs | FUNCTIONS


def _isolated(name: str, function: CriteriaFunction) -> Callable[..., Any]:
    def call(*arguments: Any) -> Any:
        try:
            result = function(*[list(a) if isinstance(a, tuple) else a for a in arguments])
        except Exception as error:
            message = f"The function {name} failed: {type(error).__name__}."
            raise FormulaError("function_failed", message) from error
        match result:
            case None | bool() | datetime():
                return result
            case int() | Decimal():
                return number(result)
            case list() | tuple():
                return tuple(leaf_texts(result))
            case _:
                return text(result)

    return call
