"""Formulas of users: Decimal arithmetic, text, dates and conditions over a lead's fields.

``[Loan Amount] / Value <= 0.8 and age([Date of birth]) >= 21``

* Fields: a word, or in brackets when the name has blanks. Constants: ``1.5``, ``"text"``,
  ``true``, ``false``, ``null``.
* Operators: ``+ - * / %``, ``= == != <> < <= > >=``, ``and or not`` (``&& || !``).
* Functions: those of :data:`~leadexec.criteria.formula_functions.FUNCTIONS`; ``if(a, b, c)``
  evaluates only the branch it takes.

Run on simpleeval with a handful of its node types; there are no attributes, powers, string
methods, f-strings, comprehensions, lambdas or repeated texts. Given ``now``, a formula always
gives the same result.
"""

import ast
from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal, DecimalException
from types import MappingProxyType
from typing import Any

from simpleeval import InvalidExpression, SimpleEval

from leadexec.criteria.facts import TEXT_CAP, Facts
from leadexec.criteria.faults import FormulaError, refuse
from leadexec.criteria.formula_functions import (
    FUNCTIONS,
    OPERATORS,
    Functions,
    functions_at,
    truth,
    with_plugins,
)
from leadexec.criteria.formula_text import Parsed, parse_formula
from leadexec.criteria.values import BLANKS, CriteriaFunction, FieldKind, Fields, Schema, Value

_CHOICES = ("x_if", "x_iif")


class Formula:
    """A compiled formula; make one with :meth:`compile`."""

    __slots__ = ("_functions", "_parsed", "_schema", "text")

    def __init__(
        self, text: str, parsed: Parsed, schema: Schema, functions: Functions = FUNCTIONS
    ) -> None:
        """Keep what :meth:`compile` has checked."""
        self.text = text
        self._functions = functions
        self._parsed = parsed
        self._schema = schema

    @classmethod
    def compile(
        cls,
        text: str,
        schema: Schema,
        functions: Mapping[str, CriteriaFunction] = MappingProxyType({}),
    ) -> "Formula":
        """Check a formula and make it ready.

        Args:
            text: The formula, at most 2 000 characters.
            schema: The fields it may name, with their kinds.
            functions: Functions of plugins that it may call besides the language's own; when one
                raises, the formula has no result.

        Raises:
            CriteriaError: Not a formula of the language, or it names an unknown field or function.
        """
        known = with_plugins(functions)
        parsed = parse_formula(text, schema, known)
        for node in ast.walk(parsed.node):
            _check(node, known)
        return cls(text, parsed, schema, known)

    @property
    def fields(self) -> tuple[str, ...]:
        """The fields that the formula reads."""
        return tuple(self._parsed.fields.values())

    @property
    def is_condition(self) -> bool:
        """Whether the result is true or false, as far as the form of the formula tells."""
        return self._gives_truth(self._parsed.node)

    def evaluate(self, fields: Fields, now: datetime) -> Value:
        """Return the result for a lead: Decimal, text, true/false, a date, a list, or None.

        Args:
            fields: The lead's fields.
            now: The instant that ``now()``, ``today()`` and ``age()`` go by; aware.

        Raises:
            FormulaError: There is no result: an empty field in a computation, a division by zero,
                a number beyond 1E+100, operands that do not fit.
        """
        return self.evaluate_facts(Facts(self._schema, fields, now))

    def evaluate_facts(self, facts: Facts) -> Value:
        """Return the result as :meth:`evaluate` does, for a lead already seen as facts."""
        evaluator = _Evaluator(_Names(self._parsed, facts), self._functions, facts.now)
        try:
            result = evaluator.eval(self.text, previously_parsed=self._parsed.node)
        except ZeroDivisionError:
            raise FormulaError("division_by_zero", "The formula divides by zero.") from None
        except DecimalException:
            raise FormulaError("no_number", "The formula has no number as its result.") from None
        except (InvalidExpression, ArithmeticError, ValueError, TypeError, RecursionError) as error:
            message = f"The formula cannot be evaluated: {error}."
            raise FormulaError("formula_failed", message[:200]) from None
        return list(result) if isinstance(result, tuple) else result

    def _gives_truth(self, node: ast.expr) -> bool:
        match node:
            case ast.Compare() | ast.BoolOp() | ast.UnaryOp(op=ast.Not()):
                return True
            case ast.Call(func=ast.Name(id=name), args=[_, yes, no]) if name in _CHOICES:
                return self._gives_truth(yes) and self._gives_truth(no)
            case ast.Call(func=ast.Name(id=name)):
                return self._functions[name[2:]].truth
            case ast.Name(id=name):
                field = self._parsed.fields.get(name, "")
                is_boolean = self._schema.get(field) is FieldKind.BOOLEAN
                return is_boolean or isinstance(self._parsed.constants.get(name), bool)
            case _:
                return False


class _Names(dict[str, Any]):
    """The names of one evaluation: constants at once, fields when they are asked for."""

    __slots__ = ("_facts", "_fields")

    def __init__(self, parsed: Parsed, facts: Facts) -> None:
        super().__init__(parsed.constants)
        self._fields = parsed.fields
        self._facts = facts

    def __missing__(self, name: str) -> Any:
        field = self._fields[name]
        value = self._facts[field]
        if isinstance(value, str):
            raw = self._facts.fields.get(field)
            return raw.strip(BLANKS)[:TEXT_CAP] if isinstance(raw, str) else value[:TEXT_CAP]
        if isinstance(value, int) and not isinstance(value, bool):
            return Decimal(value)
        return value


class _Evaluator(SimpleEval):  # type: ignore[misc]  # simpleeval has no types
    """simpleeval, cut down to the nodes that :func:`_check` lets through."""

    def __init__(self, names: _Names, functions: Functions, now: datetime) -> None:
        # Not the parent's: it offers every node type, and warns about Python versions each time.
        self.operators = OPERATORS
        self.functions = functions
        self.timed: Functions = {}
        self.names = names
        self.now = now
        self.nodes = {
            ast.Name: self._eval_name,
            ast.UnaryOp: self._eval_unaryop,
            ast.BinOp: self._eval_binop,
            ast.BoolOp: self._eval_boolop,
            ast.Compare: self._eval_compare,
            ast.Call: self._eval_call,
        }

    def _eval_boolop(self, node: ast.BoolOp) -> bool:
        decisive = isinstance(node.op, ast.Or)
        return any(truth(self._eval(v)) is decisive for v in node.values) is decisive

    def _eval_call(self, node: ast.Call) -> Any:
        name = node.func.id  # type: ignore[attr-defined]
        if name in _CHOICES:
            condition, yes, no = node.args
            return self._eval(yes if truth(self._eval(condition)) else no)
        function = self.functions[name[2:]]
        if function.timed:
            self.timed = self.timed or functions_at(self.now)
            function = self.timed[name[2:]]
        return function.call(*[self._eval(argument) for argument in node.args])


def _check(node: ast.AST, functions: Functions) -> None:
    match node:
        case ast.Call(func=ast.Name(id=name), args=arguments, keywords=[]):
            _check_call(functions, name, len(arguments))
        case ast.Name() | ast.BoolOp() | ast.BinOp() | ast.UnaryOp() | ast.Compare():
            pass
        case ast.operator() | ast.unaryop() | ast.boolop() | ast.cmpop():
            if type(node) not in OPERATORS and not isinstance(node, ast.boolop):
                raise _foreign(node)
        case ast.expr_context():
            pass
        case _:
            raise _foreign(node)


def _check_call(functions: Functions, name: str, count: int) -> None:
    function = functions.get(name.removeprefix("x_"))
    if function is None or not name.startswith("x_"):
        raise refuse("bad_formula", "expression", "Only functions can be called.")
    if not function.least <= count <= function.most:
        wanted = f"{function.least} to {function.most}"
        wanted = str(function.least) if function.least == function.most else wanted
        message = f"{name[2:]} takes {wanted} arguments, not {count}."
        raise refuse("wrong_arguments", "expression", message)


def _foreign(node: ast.AST) -> Exception:
    message = f"{type(node).__name__} is not part of the formula language."
    return refuse("bad_formula", "expression", message)
