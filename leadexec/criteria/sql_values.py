"""SQL constructs that read a lead's stored values as criteria see them, on SQLite and PostgreSQL.

Each takes a JSON element (the value of one field) and gives a typed value, or NULL when the field
is empty or holds something of another kind; see ``values.stored`` for how values are stored.

* ``TypedText``: text, trimmed, lower case in ASCII only; compares by code point.
* ``TypedNumber``: ``numeric`` on PostgreSQL. SQLite has no exact decimals, so there it is a text
  key: ``n`` or ``p`` for the sign, the number of digits before the point, the digits.
* ``TypedMoment``: ISO text in UTC without the ``Z`` and trailing zeros, which sorts as it is.
* ``TypedBoolean``: ``'true'`` or ``'false'``.
* ``AnyLeaf``: whether a condition holds for any leaf of a list; it names the leaf ``leaves.leaf``.
"""

# ruff: noqa: S608  every piece is a constant or comes from SQLAlchemy's compiler

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import Boolean, Numeric, Text
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement

from leadexec.criteria.values import NUMBER_LENGTH, decimal_text

_DAY = "[0-9][0-9][0-9][0-9]-[01][0-9]-[0-3][0-9]"
_TIME = "[0-2][0-9]:[0-5][0-9]:[0-5][0-9]"
_BLANKS_SQLITE = "' ' || char(9, 10, 13)"
_BLANKS_POSTGRESQL = r"E' \t\n\r'"


class TypedText(FunctionElement[str]):
    """The typed value of a text field."""

    type = Text()
    inherit_cache = True


class TypedNumber(FunctionElement[Any]):
    """The typed value of a number field; compare it with :func:`number_literal`."""

    type = Numeric()
    inherit_cache = True


class TypedKey(TypedNumber):
    """:class:`TypedNumber` as SQLite has it: a text."""

    type = Text()  # type: ignore[assignment]
    inherit_cache = True


class TypedMoment(FunctionElement[str]):
    """The typed value of a date field; compare it with :func:`moment_literal`."""

    type = Text()
    inherit_cache = True


class TypedBoolean(FunctionElement[str]):
    """The typed value of a yes/no field, as text."""

    type = Text()
    inherit_cache = True


class AnyLeaf(FunctionElement[bool]):
    """Whether any leaf of a list meets a condition; takes the element and the condition."""

    type = Boolean()
    inherit_cache = True


def number_key(number: int | Decimal) -> str:
    """Return the key by which SQLite sorts a number among numbers of the same sign."""
    text = decimal_text(number)
    digits = text.removeprefix("-").lstrip("0")
    sign = "n" if text.startswith("-") else "p"
    return f"{sign}{len(digits.partition('.')[0]):03d}{digits}"


def moment_literal(moment: datetime) -> str:
    """Return what a stored date compares with."""
    text = moment.astimezone(UTC).isoformat().removesuffix("+00:00")
    return text.rstrip("0") if "." in text else text


def _element(element: FunctionElement[Any], compiler: SQLCompiler, **options: Any) -> str:
    return str(compiler.process(element.clauses, **options))


@compiles(TypedText)
@compiles(TypedNumber)
@compiles(TypedKey)
@compiles(TypedMoment)
@compiles(TypedBoolean)
@compiles(AnyLeaf)
def _(element: FunctionElement[Any], compiler: SQLCompiler, **options: Any) -> str:
    """Show the construct by its name, for logs and other databases' errors."""
    return f"{type(element).__name__}({_element(element, compiler, **options)})"


@compiles(TypedText, "sqlite")
def _(element: TypedText, compiler: SQLCompiler, **options: Any) -> str:
    inner = _element(element, compiler, **options)
    return (
        "(SELECT CASE WHEN json_type(j) NOT IN ('object', 'array', 'null') THEN nullif(lower(trim("
        f"CASE json_type(j) WHEN 'text' THEN j ->> '$' ELSE j END, {_BLANKS_SQLITE})), '') END "
        f"FROM (SELECT {inner} AS j))"
    )


@compiles(TypedText, "postgresql")
def _(element: TypedText, compiler: SQLCompiler, **options: Any) -> str:
    inner = _element(element, compiler, **options)
    return (
        "(SELECT CASE WHEN jsonb_typeof(j) NOT IN ('object', 'array', 'null') THEN nullif(lower("
        f"btrim(j #>> '{{}}', {_BLANKS_POSTGRESQL}) COLLATE \"C\"), '') END "
        f"FROM (SELECT {inner} AS j) AS one)"
    )


@compiles(TypedKey, "sqlite")
def _(element: TypedKey, compiler: SQLCompiler, **options: Any) -> str:
    inner = _element(element, compiler, **options)
    plain = (
        "SELECT CASE json_type(j) WHEN 'text' THEN j ->> '$' WHEN 'integer' THEN j "
        f"WHEN 'real' THEN j END AS x FROM (SELECT {inner} AS j)"
    )
    digits = (
        "SELECT substr(x, 1, 1) = '-' AS negative, ltrim(substr(x, 1 + (substr(x, 1, 1) = '-')), "
        "'0') AS z, substr(x, 1 + (substr(x, 1, 1) = '-')) AS m, length(x) AS size "
        f"FROM ({plain})"
    )
    trimmed = (
        "SELECT negative, CASE WHEN instr(z, '.') THEN rtrim(rtrim(z, '0'), '.') ELSE z END AS n "
        f"FROM ({digits}) WHERE size <= {NUMBER_LENGTH} AND m GLOB '[0-9]*' "
        "AND m NOT GLOB '*[^0-9.]*' AND m NOT GLOB '*.*.*' AND m NOT GLOB '*.'"
    )
    return (
        "(SELECT CASE WHEN negative AND n <> '' THEN 'n' ELSE 'p' END || "
        f"substr('00' || (instr(n || '.', '.') - 1), -3) || n FROM ({trimmed}))"
    )


@compiles(TypedNumber, "postgresql")
def _(element: TypedNumber, compiler: SQLCompiler, **options: Any) -> str:
    inner = _element(element, compiler, **options)
    return (
        "(SELECT CASE WHEN jsonb_typeof(j) IN ('string', 'number') AND length(j #>> '{}') <= "
        f"{NUMBER_LENGTH} AND j #>> '{{}}' ~ '^-?[0-9]+(\\.[0-9]+)?$' "
        f"THEN CAST(j #>> '{{}}' AS numeric) END FROM (SELECT {inner} AS j) AS one)"
    )


@compiles(TypedMoment, "sqlite")
def _(element: TypedMoment, compiler: SQLCompiler, **options: Any) -> str:
    inner = _element(element, compiler, **options)
    return (
        "(SELECT CASE WHEN length(x) = 20 THEN rtrim(x, 'Z') ELSE rtrim(rtrim(rtrim(x, 'Z'), '0'), "
        f"'.') END FROM (SELECT j ->> '$' AS x FROM (SELECT {inner} AS j) "
        f"WHERE json_type(j) = 'text') WHERE x GLOB '{_DAY}T{_TIME}Z' OR (x GLOB "
        f"'{_DAY}T{_TIME}.[0-9]*Z' AND length(x) <= 27 "
        "AND substr(x, 21, length(x) - 21) NOT GLOB '*[^0-9]*'))"
    )


@compiles(TypedMoment, "postgresql")
def _(element: TypedMoment, compiler: SQLCompiler, **options: Any) -> str:
    inner = _element(element, compiler, **options)
    pattern = f"^{_DAY}T{_TIME}(\\.[0-9]{{1,6}})?Z$"
    return (
        "(SELECT CASE WHEN length(x) = 20 THEN rtrim(x, 'Z') ELSE rtrim(rtrim(rtrim(x, 'Z'), '0'), "
        f"'.') END COLLATE \"C\" FROM (SELECT j #>> '{{}}' AS x FROM (SELECT {inner} AS j) AS one "
        f"WHERE jsonb_typeof(j) = 'string') AS two WHERE x ~ '{pattern}')"
    )


@compiles(TypedBoolean, "sqlite")
def _(element: TypedBoolean, compiler: SQLCompiler, **options: Any) -> str:
    inner = _element(element, compiler, **options)
    return f"CASE json_type({inner}) WHEN 'true' THEN 'true' WHEN 'false' THEN 'false' END"


@compiles(TypedBoolean, "postgresql")
def _(element: TypedBoolean, compiler: SQLCompiler, **options: Any) -> str:
    inner = _element(element, compiler, **options)
    return f"CASE CAST({inner} AS text) WHEN 'true' THEN 'true' WHEN 'false' THEN 'false' END"


@compiles(AnyLeaf, "sqlite")
def _(element: AnyLeaf, compiler: SQLCompiler, **options: Any) -> str:
    inner, condition = (compiler.process(each, **options) for each in element.clauses)
    return (
        "EXISTS (SELECT 1 FROM (SELECT lower(trim(CASE type WHEN 'true' THEN 'true' "
        f"WHEN 'false' THEN 'false' ELSE CAST(atom AS TEXT) END, {_BLANKS_SQLITE})) AS leaf "
        f"FROM json_tree({inner}) WHERE atom IS NOT NULL) AS leaves "
        f"WHERE leaves.leaf <> '' AND {condition})"
    )


@compiles(AnyLeaf, "postgresql")
def _(element: AnyLeaf, compiler: SQLCompiler, **options: Any) -> str:
    inner, condition = (compiler.process(each, **options) for each in element.clauses)
    return (
        f"EXISTS (SELECT 1 FROM (SELECT lower(btrim(j #>> '{{}}', {_BLANKS_POSTGRESQL}) "
        f"COLLATE \"C\") AS leaf FROM jsonb_path_query({inner}, 'strict $.**') AS every(j) "
        "WHERE jsonb_typeof(j) NOT IN ('object', 'array', 'null')) AS leaves "
        f"WHERE leaves.leaf <> '' AND {condition})"
    )
