"""How a tree is cut up for the index: into alternatives, each a conjunction of simple rules.

Negations move inwards, an "any of" becomes several alternatives while there are few; what stays
whole (a large "any of", a negated range) is evaluated, once for all accounts that share it.
"""

import dataclasses
import itertools
import math
from typing import TypeAlias

from leadexec.criteria.rules import Empty, Every, Never, OneOf, Rule, Some, Spans

ALTERNATIVES = 16
"""A tree becomes this many alternatives at most."""

Conjunction: TypeAlias = tuple[Rule, ...]
"""Rules that must all hold."""


def plan(rule: Rule) -> list[Conjunction]:
    """Return alternatives of which one must hold for ``rule`` to hold; at most ``ALTERNATIVES``."""
    return _expand(_inwards(rule))


def _inwards(rule: Rule) -> Rule:
    match rule:
        case Every(items=items) | Some(items=items):
            return dataclasses.replace(rule, items=tuple(_inwards(item) for item in items))
        case Never(item=item):
            return _negated(item, rule)
        case _:
            return rule


def _negated(rule: Rule, never: Rule) -> Rule:
    """Return the opposite of ``rule``; ``never`` lends its place in the tree."""
    match rule:
        case Every(items=items) | Some(items=items):
            opposite = Some if isinstance(rule, Every) else Every
            opposites = tuple(_negated(item, never) for item in items)
            return opposite(path=never.path, node=never.node, items=opposites)
        case Never(item=item):
            return _inwards(item)
        case OneOf(negative=negative) | Empty(negative=negative) | Spans(negative=negative):
            return dataclasses.replace(rule, negative=not negative)
        case _:
            return Never(path=never.path, node=never.node, item=rule)


def _expand(rule: Rule) -> list[Conjunction]:
    match rule:
        case Every(items=items):
            return _product(rule, [_expand(item) for item in items])
        case Some(items=items):
            merged = _merge(items)
            alternatives = [each for item in merged for each in _expand(item)]
            return alternatives if len(alternatives) <= ALTERNATIVES else [(rule,)]
        case _:
            return [(rule,)]


def _product(rule: Every, parts: list[list[Conjunction]]) -> list[Conjunction]:
    """Combine the alternatives of all items; the items with most stay whole if there are many."""
    order = sorted(range(len(parts)), key=lambda index: -len(parts[index]))
    for index in order:
        if math.prod(map(len, parts)) <= ALTERNATIVES:
            break
        parts[index] = [(rule.items[index],)]
    return [tuple(itertools.chain(*choice)) for choice in itertools.product(*parts)]


def _merge(items: tuple[Rule, ...]) -> list[Rule]:
    """Join alternatives that are sets of values of one field into one set."""
    sets: dict[str, OneOf] = {}
    others: list[Rule] = []
    for item in items:
        if isinstance(item, OneOf) and not item.negative:
            known = sets.get(item.field)
            values = item.values | known.values if known else item.values
            sets[item.field] = dataclasses.replace(item, values=values)
        else:
            others.append(item)
    return [*sets.values(), *others]
