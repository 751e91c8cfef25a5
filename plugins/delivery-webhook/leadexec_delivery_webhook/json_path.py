"""JSON paths (RFC 9535) that cannot hang, whatever an answer holds.

``jsonpath-rfc9535`` evaluates them. Some expressions take quadratic or exponential time on an
answer made for it; they are refused when they are saved. What is left visits each node of the
answer a small, fixed number of times:

* at most one descendant segment (``..``), and none inside a filter;
* filters are not nested, and start from ``@``, or from ``$`` by plain names and indexes;
* no more than sixteen ways through lists of selectors (``['a', 'b']``);
* the patterns of ``match`` and ``search`` are literals, run by RE2.
"""

import math
from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Any, Final

from jsonpath_rfc9535 import (
    JSONPathEnvironment,
    JSONPathError,
    JSONPathQuery,
)
from jsonpath_rfc9535.filter_expressions import (
    ComparisonExpression,
    FilterExpression,
    FilterQuery,
    FunctionExtension,
    LogicalExpression,
    PrefixExpression,
    RootFilterQuery,
    StringLiteral,
)
from jsonpath_rfc9535.function_extensions import ExpressionType, FilterFunction
from jsonpath_rfc9535.segments import JSONPathRecursiveDescentSegment
from jsonpath_rfc9535.selectors import FilterSelector

from leadexec import ConfigurationError, compile_pattern

MOST_NODES: Final = 1_000
"""How many found nodes are looked at."""
_MOST_WAYS: Final = 16


class JsonPath:
    """A compiled JSON path."""

    def __init__(self, path: str) -> None:
        """Compile ``path``.

        Raises:
            ConfigurationError: ``bad_json_path`` or ``costly_json_path``; or ``refused_pattern``,
                from a pattern in it.
        """
        try:
            self._query = _ENVIRONMENT.compile(path)
        except (JSONPathError, RecursionError) as error:
            raise _refused("bad_json_path", f"The JSON path cannot be read: {error}.") from None
        _check(self._query)

    def find(self, document: Any) -> list[Any]:
        """Return the values found in a decoded JSON document, at most ``MOST_NODES``."""
        try:
            return [node.value for node in islice(self._query.finditer(document), MOST_NODES)]
        except (JSONPathError, RecursionError):
            return []  # the document is nested too deeply to be an honest answer


class _Match(FilterFunction):
    """The standard ``match`` and ``search``, run by RE2."""

    arg_types = [ExpressionType.VALUE, ExpressionType.VALUE]
    return_type = ExpressionType.LOGICAL

    def __init__(self, *, whole: bool) -> None:
        self._whole = whole

    def __call__(self, text: object, pattern: object) -> bool:
        if not isinstance(text, str) or not isinstance(pattern, str):
            return False
        compiled = compile_pattern(pattern)
        return compiled.fullmatch(text) if self._whole else compiled.search(text)


class _Environment(JSONPathEnvironment):
    """The standard functions, with those that take patterns replaced."""

    def setup_function_extensions(self) -> None:
        super().setup_function_extensions()
        self.function_extensions["match"] = _Match(whole=True)
        self.function_extensions["search"] = _Match(whole=False)


_ENVIRONMENT: Final = _Environment()


def _refused(code: str, message: str) -> ConfigurationError:
    return ConfigurationError.single(code, "path", message)


def _check(query: JSONPathQuery) -> None:
    descents = [s for s in query.segments if isinstance(s, JSONPathRecursiveDescentSegment)]
    if len(descents) > 1:
        raise _refused("costly_json_path", "A JSON path has at most one '..'.")
    if _ways(query) > _MOST_WAYS:
        raise _refused("costly_json_path", "The JSON path lists too many selectors.")
    for expression in _filters(query):
        for part in _parts(expression):
            _check_part(part)


def _ways(query: JSONPathQuery) -> int:
    return math.prod(len(segment.selectors) for segment in query.segments)


def _filters(query: JSONPathQuery) -> Iterator[FilterExpression]:
    for segment in query.segments:
        for selector in segment.selectors:
            if isinstance(selector, FilterSelector):
                yield selector.expression


def _parts(expression: object) -> Iterator[object]:
    """Yield ``expression`` and all that it is made of."""
    yield expression
    inner: Sequence[object] = ()
    match expression:
        case FilterExpression():
            inner = (expression.expression,)
        case LogicalExpression() | ComparisonExpression():
            inner = (expression.left, expression.right)
        case PrefixExpression():
            inner = (expression.right,)
        case FunctionExtension():
            inner = expression.args
    for part in inner:
        yield from _parts(part)


def _check_part(part: object) -> None:
    match part:
        case RootFilterQuery() if not part.query.singular_query():
            message = "Inside a filter, a path from '$' is made of names and indexes only."
            raise _refused("costly_json_path", message)
        case FilterQuery():
            if any(isinstance(s, JSONPathRecursiveDescentSegment) for s in part.query.segments):
                raise _refused("costly_json_path", "Inside a filter there is no '..'.")
            if any(True for _ in _filters(part.query)):
                raise _refused("costly_json_path", "Filters are not nested.")
            if _ways(part.query) > _MOST_WAYS:
                raise _refused("costly_json_path", "The JSON path lists too many selectors.")
        case FunctionExtension(name="match" | "search"):
            if not isinstance(part.args[1], StringLiteral):
                message = f"The pattern of {part.name} is written out in quotes."
                raise _refused("costly_json_path", message)
            _check_pattern(part.args[1].value)


def _check_pattern(pattern: str) -> None:
    try:
        compile_pattern(pattern)
    except ConfigurationError as error:
        raise _refused("refused_pattern", error.faults[0].message) from None
