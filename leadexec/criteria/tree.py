"""The criteria tree: what users save, the API takes and the database stores, as JSON.

Positive operators never match an empty field; ``is_not`` and ``is_none_of`` match an empty one,
and so does a :class:`Not` over a positive rule. On a list field a positive operator matches when
any element does, a negative one when none does.
"""

import enum
from typing import Any, TypeAlias

import msgspec

from leadexec.criteria.faults import refuse

DEPTH_LIMIT = 20
"""Groups nest this deep at most."""
NODE_LIMIT = 2_000
"""A tree has this many groups and rules at most."""
VALUE_LIMIT = 200_000
"""A tree has this many operands at most, all rules together."""


class Operator(enum.StrEnum):
    """How a field is compared with its operands (``DA4``)."""

    IS = "is"
    IS_NOT = "is_not"
    IS_ANY_OF = "is_any_of"
    IS_NONE_OF = "is_none_of"
    CONTAINS = "contains"
    STARTS_WITH = "starts_with"
    ENDS_WITH = "ends_with"
    GREATER_THAN = "greater_than"
    AT_LEAST = "at_least"
    LESS_THAN = "less_than"
    AT_MOST = "at_most"
    BETWEEN = "between"
    BEFORE = "before"
    AFTER = "after"
    WITHIN_LAST_DAYS = "within_last_days"
    WITHIN_NEXT_DAYS = "within_next_days"
    IS_EMPTY = "is_empty"
    IS_NOT_EMPTY = "is_not_empty"


class _Node(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind", omit_defaults=True):
    """What all nodes share: immutable, tagged by ``kind``."""


class All(_Node, frozen=True, kw_only=True, tag="all"):
    """Every item must match; without items it matches every lead."""

    items: tuple["Criteria", ...] = ()


class AnyOf(_Node, frozen=True, kw_only=True, tag="any"):
    """At least one item must match; at least one is required."""

    items: tuple["Criteria", ...]


class Not(_Node, frozen=True, kw_only=True, tag="not"):
    """The item must not match. A rule that cannot be evaluated matches neither way."""

    item: "Criteria"


class FieldTest(_Node, frozen=True, kw_only=True, tag="field"):
    """Compare a field with operands written as text.

    ``values`` holds no operand for ``is_empty`` and ``is_not_empty``, two (from, to; both
    included) for ``between``, one or more for ``is_any_of`` and ``is_none_of``, else one.
    Numbers are plain decimals; dates ISO 8601, UTC unless they carry an offset; a date without a
    time stands for its whole UTC day. Text, also in ``greater_than`` and its like, compares
    trimmed, case-insensitive (ASCII), by code point. ``within_last_days: 30`` is from 30 times
    24 hours ago until now, ``within_next_days`` the same ahead; both ends included.
    """

    field: str
    operator: Operator
    values: tuple[str, ...] = ()


class PatternTest(_Node, frozen=True, kw_only=True, tag="pattern"):
    """An RE2 pattern is found in the field's text, in its own case, trimmed; never in an empty."""

    field: str
    pattern: str
    ignore_case: bool = False


class FormulaTest(_Node, frozen=True, kw_only=True, tag="formula"):
    """A formula is true; one that fails for a lead (an empty field, ...) matches neither way."""

    expression: str


class FunctionTest(_Node, frozen=True, kw_only=True, tag="function"):
    """A plugin's named function of the fields gives true, or any of the ``expected`` texts.

    A function that raises matches neither way.
    """

    function: str
    fields: tuple[str, ...] = ()
    expected: tuple[str, ...] = ()


class ListTest(_Node, frozen=True, kw_only=True, tag="list"):
    """The field's value (or any element) is on a distribution list (``DI8``)."""

    list_id: int
    field: str


class DistanceTest(_Node, frozen=True, kw_only=True, tag="distance"):
    """The lead is within ``miles`` of a place; never when its coordinates are empty.

    The place is a ZIP (``place``), or ``latitude`` and ``longitude`` in degrees.
    """

    miles: float
    place: str = ""
    latitude: float | None = None
    longitude: float | None = None
    latitude_field: str = "Latitude"
    longitude_field: str = "Longitude"


Criteria: TypeAlias = (
    All
    | AnyOf
    | Not
    | FieldTest
    | PatternTest
    | FormulaTest
    | FunctionTest
    | ListTest
    | DistanceTest
)
"""Any node of a tree."""

EVERYTHING = All()
"""The tree without rules: matches every lead."""


def parse_tree(data: bytes | str | dict[str, Any]) -> Criteria:
    """Return the tree that JSON text, or objects decoded from it, stand for.

    Raises:
        CriteriaError: It is no tree; the one fault says what is wrong where.
    """
    try:
        if isinstance(data, dict):
            return msgspec.convert(data, Criteria)  # type: ignore[no-any-return]
        return msgspec.json.decode(data, type=Criteria)  # type: ignore[no-any-return]
    except msgspec.ValidationError as error:
        message, _, path = str(error).partition(" - at `$")
        raise refuse("not_a_tree", path.rstrip("`").lstrip("."), f"{message}.") from None
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise refuse("not_json", "", f"The criteria are not JSON: {error}.") from None
    except RecursionError:
        raise refuse("too_deep", "", f"Criteria nest {DEPTH_LIMIT} deep at most.") from None


def children(node: Criteria) -> list[tuple[str, Criteria]]:
    """Return the direct items of a node, each with its step in a path; none for a rule."""
    match node:
        case All(items=items) | AnyOf(items=items):
            return [(f"items[{index}]", item) for index, item in enumerate(items)]
        case Not(item=item):
            return [("item", item)]
        case _:
            return []


def step_into(path: str, step: str) -> str:
    """Return the path of what lies at ``step`` under ``path``."""
    return f"{path}.{step}" if path else step
