"""Field tests: does the operator fit the field's kind, do the operands parse, which rule is it."""

from leadexec.criteria.operands import (
    OperandError,
    Span,
    merge_spans,
    read_days,
    read_operand,
    read_texts,
)
from leadexec.criteria.rules import Empty, OneOf, Part, Range, Recent, Rule, Spans
from leadexec.criteria.tree import FieldTest, Operator, step_into
from leadexec.criteria.values import FieldKind, Schema, Typed
from leadexec.errors import Fault

_EMPTIES = {Operator.IS_EMPTY, Operator.IS_NOT_EMPTY}
_SETS = {Operator.IS, Operator.IS_NOT, Operator.IS_ANY_OF, Operator.IS_NONE_OF}
_PARTS = {Operator.CONTAINS, Operator.STARTS_WITH, Operator.ENDS_WITH}
_ORDERS = {
    Operator.GREATER_THAN,
    Operator.AT_LEAST,
    Operator.LESS_THAN,
    Operator.AT_MOST,
    Operator.BETWEEN,
}
_DAYS = {Operator.WITHIN_LAST_DAYS, Operator.WITHIN_NEXT_DAYS}
_DATES = _DAYS | {Operator.BEFORE, Operator.AFTER}

OPERATORS_OF: dict[FieldKind, frozenset[Operator]] = {
    FieldKind.TEXT: frozenset(_SETS | _PARTS | _ORDERS | _EMPTIES),
    FieldKind.NUMBER: frozenset(_SETS | _ORDERS | _EMPTIES),
    FieldKind.DATETIME: frozenset(_SETS | _ORDERS | _DATES | _EMPTIES),
    FieldKind.BOOLEAN: frozenset(_SETS | _EMPTIES),
    FieldKind.LIST: frozenset(_SETS | _PARTS | _EMPTIES),
}
"""The operators that fit each kind of field."""

NEGATIVE = frozenset({Operator.IS_NOT, Operator.IS_NONE_OF})
"""Operators that match an empty field."""


def check_field_test(
    node: FieldTest, path: str, schema: Schema, faults: list[Fault]
) -> Rule | None:
    """Return the rule of a field test; None after adding what is wrong with it to ``faults``."""
    kind = schema.get(node.field)
    if kind is None:
        message = f"There is no field named “{node.field[:60]}”."
        faults.append(Fault(code="unknown_field", path=step_into(path, "field"), message=message))
        return None
    if node.operator not in OPERATORS_OF[kind]:
        message = f"“{words(node.operator)}” does not fit “{node.field}”, a {kind} field."
        place = step_into(path, "operator")
        faults.append(Fault(code="wrong_operator", path=place, message=message))
        return None
    operands = _operands(node, path, kind, faults)
    return None if operands is None else _rule(node, path, kind, operands, faults)


def words(operator: Operator) -> str:
    """Return an operator as a user reads it."""
    return operator.value.replace("_", " ")


def _operands(
    node: FieldTest, path: str, kind: FieldKind, faults: list[Fault]
) -> list[Typed] | None:
    count, wanted = len(node.values), _count(node.operator)
    if not (count == wanted if wanted is not None else count > 0):
        message = f"“{words(node.operator)}” takes {wanted or 'one or more'} values, not {count}."
        message = message.replace("1 values", "1 value") if wanted else message
        if wanted == 0:
            message = f"“{words(node.operator)}” takes no value."
        place = step_into(path, "values")
        faults.append(Fault(code="wrong_value_count", path=place, message=message))
        return None
    if kind in (FieldKind.TEXT, FieldKind.LIST) and (texts := read_texts(node.values)):
        return texts
    operands, before = [], len(faults)
    for index, text in enumerate(node.values):
        try:
            days = node.operator in _DAYS
            operands.append(read_days(text) if days else read_operand(kind, text))
        except OperandError as error:
            place = step_into(path, f"values[{index}]")
            faults.append(Fault(code="bad_value", path=place, message=str(error)))
    return operands if len(faults) == before else None


def _count(operator: Operator) -> int | None:
    if operator in _EMPTIES:
        return 0
    if operator in (Operator.IS_ANY_OF, Operator.IS_NONE_OF):
        return None
    return 2 if operator is Operator.BETWEEN else 1


def _rule(
    node: FieldTest, path: str, kind: FieldKind, operands: list[Typed], faults: list[Fault]
) -> Rule | None:
    operator, name = node.operator, node.field
    if operator in _EMPTIES:
        negative = operator is Operator.IS_NOT_EMPTY
        return Empty(path=path, node=node, field=name, negative=negative)
    if operator in _DAYS:
        back, days = operator is Operator.WITHIN_LAST_DAYS, operands[0]
        past, future = (days, 0) if back else (0, days)
        return Recent(path=path, node=node, field=name, past=past, future=future)
    if operator in _PARTS:
        return Part(path=path, node=node, field=name, kind=kind, how=operator, text=operands[0])
    if operator in _SETS:
        return _set(node, path, kind, operands)
    rule = _order(node, path, operands)
    if operator is Operator.BETWEEN and not rule.low <= rule.high:
        message = "The first value of “between” must not lie behind the second."
        place = step_into(path, "values")
        faults.append(Fault(code="empty_range", path=place, message=message))
        return None
    return rule


def _set(node: FieldTest, path: str, kind: FieldKind, operands: list[Typed]) -> Rule:
    negative, name = node.operator in NEGATIVE, node.field
    if kind is FieldKind.DATETIME:
        starts, ends = merge_spans(operands)
        return Spans(path=path, node=node, field=name, starts=starts, ends=ends, negative=negative)
    values = frozenset(operands)
    return OneOf(path=path, node=node, field=name, kind=kind, values=values, negative=negative)


def _order(node: FieldTest, path: str, operands: list[Typed]) -> Range:
    first, last = operands[0], operands[-1]
    is_date = isinstance(first, Span)
    start, end = (first.start, first.end) if is_date else (first, first)
    stop = last.end if is_date else last
    match node.operator:
        case Operator.GREATER_THAN | Operator.AFTER:
            return Range(path=path, node=node, field=node.field, low=end, low_open=not is_date)
        case Operator.AT_LEAST:
            return Range(path=path, node=node, field=node.field, low=start)
        case Operator.LESS_THAN | Operator.BEFORE:
            return Range(path=path, node=node, field=node.field, high=start, high_open=True)
        case Operator.AT_MOST:
            return Range(path=path, node=node, field=node.field, high=end, high_open=is_date)
        case _:
            return Range(
                path=path, node=node, field=node.field, low=start, high=stop, high_open=is_date
            )
