"""Why a criteria tree, a pattern or a formula was refused."""

from leadexec.errors import ConfigurationError, Fault, LeadexecError

FAULT_CAP = 100
"""An error lists this many faults at most."""


class CriteriaError(ConfigurationError):
    """A tree, pattern or formula cannot be used; ``faults`` lists everything wrong with it.

    Raised when it is saved or compiled, never when a lead meets it. Each fault has a code, the
    path to the culprit in the tree (``items[2].values[0]``) and a sentence.
    """


class FormulaError(LeadexecError):
    """A formula has no result for this lead: an empty field, a division by zero, ...

    Criteria never count it as passed.
    """


def refuse(code: str, path: str, message: str) -> CriteriaError:
    """Return the error of one fault."""
    return CriteriaError([Fault(code=code, path=path, message=message)])
