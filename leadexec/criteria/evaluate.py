"""One lead, one tree: does it match, and if not, why not."""

from datetime import datetime

import msgspec

from leadexec.criteria.check import NO_RESOURCES, Resources, check_tree
from leadexec.criteria.closures import Test, compile_test
from leadexec.criteria.explain import code_of, failing_rule, sentence_of
from leadexec.criteria.facts import Facts
from leadexec.criteria.rules import Rule
from leadexec.criteria.tree import Criteria
from leadexec.criteria.values import Fields, Schema


class Verdict(msgspec.Struct, kw_only=True, frozen=True):
    """Whether a lead matches, and the first rule that it fails."""

    matched: bool
    code: str = "matched"
    """``matched``, ``field_<operator>``, ``pattern``, ``formula``, ``function``,
    ``distribution_list``, ``distance``, ``not``, ``any_of`` or ``could_not_evaluate``."""
    path: str = ""
    """Where the failed rule stands in the tree (``items[2]``)."""
    message: str = "All criteria match."
    """What was wanted and what the lead has, as a sentence."""


class CompiledCriteria:
    """A checked tree, ready to judge leads; make one with :func:`compile_criteria`."""

    __slots__ = ("_resources", "_test", "rule", "schema")

    def __init__(self, rule: Rule, schema: Schema, resources: Resources) -> None:
        """Make the rules of a checked tree ready."""
        self.rule = rule
        self.schema = schema
        self._resources = resources
        self._test = compile_test(rule)

    @property
    def test(self) -> Test:
        """The bare test: call it with :class:`Facts` to judge one lead by many trees quickly."""
        return self._test

    def matches(self, fields: Fields, now: datetime) -> bool:
        """Tell whether a lead matches; a rule that cannot be evaluated never makes it match.

        Args:
            fields: The lead's fields.
            now: The instant that relative dates and formulas go by.
        """
        return self._test(Facts(self.schema, fields, now)) is True

    def explain(self, fields: Fields, now: datetime) -> Verdict:
        """Return the verdict that :meth:`matches` gives, with the first rule that failed."""
        facts = Facts(self.schema, fields, now)
        if self._test(facts) is True:
            return Verdict(matched=True)
        failed = failing_rule(self.rule, facts)
        return Verdict(
            matched=False,
            code=code_of(failed, facts),
            path=failed.path,
            message=sentence_of(failed, facts, self._resources.titles),
        )


def compile_criteria(
    tree: Criteria, schema: Schema, resources: Resources = NO_RESOURCES
) -> CompiledCriteria:
    """Check a tree and make it ready to judge leads.

    Args:
        tree: What was saved.
        schema: The kind of every field that the tree may name.
        resources: Functions, distribution lists, places and titles that it may refer to.

    Raises:
        CriteriaError: With every fault of the tree, each at its path.
    """
    return CompiledCriteria(check_tree(tree, schema, resources), schema, resources)
