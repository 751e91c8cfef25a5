"""The same trees for other rule engines: zen-engine, rule-engine and json-logic."""

import json
import re
from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from functools import partial
from typing import Any

from leadexec.criteria import All, Operator, PatternTest

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
"""The instant at which all leads of the bench are judged."""


def as_plain(lead: dict[str, Any]) -> dict[str, Any]:
    """Return a lead as other engines can read it; the date as days from now."""
    plain = {k: int(v) if isinstance(v, Decimal) else v for k, v in lead.items()}
    return plain | {"Closing": (lead["Closing"] - NOW).days}


def zen_rules(trees: list[All]) -> list[Callable[[Any], Any]]:
    """Return the accounts as compiled expressions of zen-engine."""
    import zen  # noqa: PLC0415  may not be installed

    texts = [expression(tree, "matches({field}, {text})") for tree in trees]
    return [zen.compile_expression(text).evaluate for text in texts]


def rule_engine_rules(trees: list[All]) -> list[Callable[[Any], Any]]:
    """Return the accounts as rules of rule-engine."""
    import rule_engine  # noqa: PLC0415  may not be installed

    return [rule_engine.Rule(expression(tree, "{field} =~~ {text}")).matches for tree in trees]


def expression(tree: All, search: str) -> str:
    """Return a tree in the notation that zen-engine and rule-engine share."""
    return " and ".join(_expression(rule, search) for rule in tree.items)


def _expression(rule: Any, search: str) -> str:  # noqa: PLR0911  one case per operator
    if isinstance(rule, PatternTest):
        return search.format(field=rule.field, text=json.dumps(rule.pattern))
    name, values = rule.field, rule.values
    match rule.operator:
        case Operator.IS_ANY_OF:
            return f"{name} in {json.dumps(values)}"
        case Operator.IS_NONE_OF:
            return f"{name} not in {json.dumps(values)}"
        case Operator.IS:
            return f"{name} == {values[0]}"
        case Operator.AT_LEAST:
            return f"{name} >= {values[0]}"
        case Operator.AT_MOST:
            return f"{name} <= {values[0]}"
        case Operator.BETWEEN:
            return f"{name} >= {values[0]} and {name} <= {values[1]}"
        case Operator.WITHIN_LAST_DAYS:
            return f"{name} <= 0 and {name} >= -{values[0]}"
        case _:
            return f"{name} >= 0 and {name} <= {values[0]}"


def logic_rules(trees: list[All]) -> list[Callable[[Any], Any]]:
    """Return the accounts as JsonLogic."""
    from json_logic import add_operation, jsonLogic  # noqa: PLC0415  may not be installed

    add_operation("search", lambda pattern, text: re.search(pattern, text) is not None)
    logics = [{"and": [_logic(rule) for rule in tree.items]} for tree in trees]
    return [partial(jsonLogic, logic) for logic in logics]


def _logic(rule: Any) -> dict[str, Any]:  # noqa: PLR0911  one case per operator
    value = {"var": rule.field}
    if isinstance(rule, PatternTest):
        return {"search": [rule.pattern, value]}
    texts = rule.values
    match rule.operator:
        case Operator.IS_ANY_OF:
            return {"in": [value, list(texts)]}
        case Operator.IS_NONE_OF:
            return {"!": [{"in": [value, list(texts)]}]}
        case Operator.IS:
            return {"==": [value, texts[0] == "true"]}
        case Operator.AT_LEAST:
            return {">=": [value, int(texts[0])]}
        case Operator.AT_MOST:
            return {"<=": [value, int(texts[0])]}
        case Operator.BETWEEN:
            return {"<=": [int(texts[0]), value, int(texts[1])]}
        case Operator.WITHIN_LAST_DAYS:
            return {"<=": [-int(texts[0]), value, 0]}
        case _:
            return {"<=": [0, value, int(texts[0])]}
