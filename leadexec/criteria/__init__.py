"""Criteria: which leads a campaign takes and a delivery account gets.

One tree, three readers: :func:`compile_criteria` judges one lead by one tree and says why,
:class:`CriteriaIndex` finds all accounts whose tree matches one lead, :func:`to_sql` filters stored
leads in the database. All three agree, to the letter.
"""

from leadexec.criteria.check import Place, Resources, miles_between
from leadexec.criteria.evaluate import CompiledCriteria, Verdict, compile_criteria
from leadexec.criteria.facts import TEXT_CAP, Facts
from leadexec.criteria.faults import CriteriaError, FormulaError
from leadexec.criteria.formula import Formula
from leadexec.criteria.index import CriteriaIndex
from leadexec.criteria.pattern import Pattern, compile_pattern
from leadexec.criteria.rules import ListResolver
from leadexec.criteria.to_sql import SqlFilter, json_elements, to_sql
from leadexec.criteria.tree import (
    EVERYTHING,
    All,
    AnyOf,
    Criteria,
    DistanceTest,
    FieldTest,
    FormulaTest,
    FunctionTest,
    ListTest,
    Not,
    Operator,
    PatternTest,
    parse_tree,
)
from leadexec.criteria.values import (
    CriteriaFunction,
    FieldKind,
    Fields,
    Schema,
    Value,
    normal_text,
    stored,
    stored_fields,
)

__all__ = [
    "EVERYTHING",
    "TEXT_CAP",
    "All",
    "AnyOf",
    "CompiledCriteria",
    "Criteria",
    "CriteriaError",
    "CriteriaFunction",
    "CriteriaIndex",
    "DistanceTest",
    "Facts",
    "FieldKind",
    "FieldTest",
    "Fields",
    "Formula",
    "FormulaError",
    "FormulaTest",
    "FunctionTest",
    "ListResolver",
    "ListTest",
    "Not",
    "Operator",
    "Pattern",
    "PatternTest",
    "Place",
    "Resources",
    "Schema",
    "SqlFilter",
    "Value",
    "Verdict",
    "compile_criteria",
    "compile_pattern",
    "json_elements",
    "miles_between",
    "normal_text",
    "parse_tree",
    "stored",
    "stored_fields",
    "to_sql",
]
