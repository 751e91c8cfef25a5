"""From a saved tree to rules: every name resolved, every operand typed, every fault found."""

import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from leadexec.criteria.check_fields import check_field_test
from leadexec.criteria.faults import FAULT_CAP, CriteriaError
from leadexec.criteria.formula import Formula
from leadexec.criteria.pattern import compile_pattern
from leadexec.criteria.rules import (
    Called,
    Computed,
    Every,
    Listed,
    ListResolver,
    Matches,
    Near,
    Never,
    Rule,
    Some,
)
from leadexec.criteria.tree import (
    DEPTH_LIMIT,
    NODE_LIMIT,
    VALUE_LIMIT,
    All,
    AnyOf,
    Criteria,
    DistanceTest,
    FieldTest,
    FormulaTest,
    FunctionTest,
    ListTest,
    Not,
    PatternTest,
    children,
    step_into,
)
from leadexec.criteria.values import CriteriaFunction, FieldKind, Schema, normal_text
from leadexec.errors import Fault

MILES_LIMIT = 12_500
"""The widest distance: half way round the earth."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A point on the earth, in degrees."""

    latitude: float
    longitude: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Resources:
    """What trees may refer to besides fields; without one, rules that need it are refused."""

    functions: Mapping[str, CriteriaFunction] = field(default_factory=dict)
    """Functions of plugins by name, for :class:`FunctionTest` and formulas."""
    lists: ListResolver | None = None
    """The distribution lists, for :class:`ListTest`."""
    locate: Callable[[str], Place | None] | None = None
    """Finds a ZIP, for :class:`DistanceTest`; None when there is no such place."""
    titles: Mapping[str, str] = field(default_factory=dict)
    """How fields are called in explanations; the name where missing."""


NO_RESOURCES = Resources()
"""Fields only."""


def check_tree(tree: Criteria, schema: Schema, resources: Resources = NO_RESOURCES) -> Rule:
    """Return the rules that a tree stands for.

    Args:
        tree: What was saved.
        schema: The fields it may name, with their kinds.
        resources: What else it may refer to.

    Raises:
        CriteriaError: With every fault of the tree, each at its path.
    """
    if fault := _excess(tree):
        raise CriteriaError([fault])
    check = _Check(schema, resources)
    rule = check.node(tree, "")
    if check.faults:
        raise CriteriaError(check.faults[:FAULT_CAP])
    return rule


def _excess(tree: Criteria) -> Fault | None:
    """Return the first limit that a tree breaks; walks level by level, never recursing."""
    level, nodes, values = [tree], 0, 0
    for _ in range(DEPTH_LIMIT):
        nodes += len(level)
        values += sum(len(n.values) for n in level if isinstance(n, FieldTest))
        level = [child for node in level for _, child in children(node)]
        if nodes > NODE_LIMIT:
            return _fault("too_many_rules", "", f"A tree has {NODE_LIMIT} rules at most.")
    if values > VALUE_LIMIT:
        return _fault("too_many_values", "", f"A tree has {VALUE_LIMIT} values at most.")
    return _fault("too_deep", "", f"Criteria nest {DEPTH_LIMIT} deep at most.") if level else None


def _fault(code: str, path: str, message: str) -> Fault:
    return Fault(code=code, path=path, message=message)


class _Check:
    """One walk over a tree: builds rules, collects faults; a faulty rule becomes ``Some(())``."""

    def __init__(self, schema: Schema, resources: Resources) -> None:
        self.schema = schema
        self.resources = resources
        self.faults: list[Fault] = []

    def node(self, node: Criteria, path: str) -> Rule:  # noqa: C901  one case per kind of node
        match node:
            case All():
                return Every(path=path, node=node, items=self._items(node, path))
            case AnyOf():
                if not node.items:
                    self._refuse("empty_group", path, "items", "An “any of” needs a rule.")
                return Some(path=path, node=node, items=self._items(node, path))
            case Not():
                return Never(
                    path=path, node=node, item=self.node(node.item, step_into(path, "item"))
                )
            case FieldTest():
                rule = check_field_test(node, path, self.schema, self.faults)
            case PatternTest():
                rule = self._pattern(node, path)
            case FormulaTest():
                rule = self._formula(node, path)
            case FunctionTest():
                rule = self._function(node, path)
            case ListTest():
                rule = self._list(node, path)
            case DistanceTest():
                rule = self._distance(node, path)
        return rule or Some(path=path, node=node, items=())

    def _items(self, node: All | AnyOf, path: str) -> tuple[Rule, ...]:
        return tuple(self.node(item, step_into(path, step)) for step, item in children(node))

    def _pattern(self, node: PatternTest, path: str) -> Rule | None:
        known = self._fields(path, {"field": node.field})
        try:
            pattern = compile_pattern(node.pattern, ignore_case=node.ignore_case)
        except CriteriaError as error:
            self._adopt(error.faults, path)
            return None
        return known and Matches(
            path=path,
            node=node,
            field=node.field,
            text=node.pattern,
            ignore_case=node.ignore_case,
            pattern=pattern,
        )

    def _formula(self, node: FormulaTest, path: str) -> Rule | None:
        try:
            formula = Formula.compile(node.expression, self.schema, self.resources.functions)
        except CriteriaError as error:
            self._adopt(error.faults, path)
            return None
        if not formula.is_condition:
            message = "The formula must be a condition, true or false, such as “Score > 5”."
            self._refuse("not_a_condition", path, "expression", message)
            return None
        return Computed(path=path, node=node, text=node.expression, formula=formula)

    def _function(self, node: FunctionTest, path: str) -> Rule | None:
        known = self._fields(path, {f"fields[{i}]": name for i, name in enumerate(node.fields)})
        function = self.resources.functions.get(node.function)
        if function is None:
            message = f"There is no function named “{node.function[:60]}”."
            self._refuse("unknown_function", path, "function", message)
            return None
        return known and Called(
            path=path,
            node=node,
            name=node.function,
            fields=node.fields,
            expected=frozenset(map(normal_text, node.expected)),
            function=function,
        )

    def _list(self, node: ListTest, path: str) -> Rule | None:
        known = self._fields(path, {"field": node.field}, FieldKind.TEXT, FieldKind.LIST)
        resolver = self.resources.lists
        if resolver is None or not resolver.knows(node.list_id):
            message = f"There is no distribution list {node.list_id}."
            self._refuse("unknown_list", path, "list_id", message)
            return None
        return known and Listed(
            path=path,
            node=node,
            field=node.field,
            kind=self.schema[node.field],
            list_id=node.list_id,
            resolver=resolver,
        )

    def _distance(self, node: DistanceTest, path: str) -> Rule | None:
        named = {"latitude_field": node.latitude_field, "longitude_field": node.longitude_field}
        known = self._fields(path, named, FieldKind.NUMBER)
        place = self._place(node, path)
        if not 0 < node.miles <= MILES_LIMIT:
            message = f"A distance is more than 0 and at most {MILES_LIMIT} miles."
            self._refuse("bad_distance", path, "miles", message)
            return None
        if place is None or not known:
            return None
        return Near(
            path=path,
            node=node,
            latitude_field=node.latitude_field,
            longitude_field=node.longitude_field,
            latitude=place.latitude,
            longitude=place.longitude,
            miles=node.miles,
        )

    def _place(self, node: DistanceTest, path: str) -> Place | None:
        locate = self.resources.locate
        if node.place:
            place = locate(node.place) if locate else None
            if place is None:
                message = f"The place “{node.place[:40]}” is not known."
                self._refuse("unknown_place", path, "place", message)
            return place
        latitude, longitude = node.latitude, node.longitude
        if latitude is None or longitude is None:
            self._refuse("place_missing", path, "place", "The rule names no place.")
            return None
        if not (abs(latitude) <= 90 and abs(longitude) <= 180):
            message = "Degrees of latitude go to 90, of longitude to 180."
            self._refuse("bad_coordinates", path, "latitude", message)
            return None
        return Place(latitude=latitude, longitude=longitude)

    def _fields(self, path: str, named: Mapping[str, str], *kinds: FieldKind) -> Any:
        """Tell whether all named fields exist and are of one of ``kinds`` (any when none given)."""
        known = True
        for step, name in named.items():
            kind = self.schema.get(name)
            if kind is None:
                message = f"There is no field named “{name[:60]}”."
                self._refuse("unknown_field", path, step, message)
                known = False
            elif kinds and kind not in kinds:
                message = f"The rule does not fit “{name}”, a {kind} field."
                self._refuse("wrong_kind", path, step, message)
                known = False
        return known or None

    def _adopt(self, faults: Iterable[Fault], path: str) -> None:
        self.faults += [_fault(f.code, step_into(path, f.path), f.message) for f in faults]

    def _refuse(self, code: str, path: str, step: str, message: str) -> None:
        self.faults.append(_fault(code, step_into(path, step), message))


def miles_between(place: Place, other: Place) -> float:
    """Return the great-circle distance in miles (haversine, mean radius 3 958.8 miles)."""
    phi, psi = math.radians(place.latitude), math.radians(other.latitude)
    half_phi = math.sin((psi - phi) / 2) ** 2
    turn = math.radians(other.longitude - place.longitude)
    chord = half_phi + math.cos(phi) * math.cos(psi) * math.sin(turn / 2) ** 2
    return 2 * 3958.8 * math.asin(math.sqrt(min(1.0, chord)))
