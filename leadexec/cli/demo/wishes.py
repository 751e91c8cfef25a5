"""Criteria of the demonstration's clients, in few words."""

from leadexec.criteria import Criteria
from leadexec.criteria.tree import AnyOf, FieldTest, Not, Operator, PatternTest


def states(*codes: str) -> Criteria:
    """Return: the lead lives in one of these states."""
    return FieldTest(field="State", operator=Operator.IS_ANY_OF, values=codes)


def zips(*codes: str) -> Criteria:
    """Return: the lead has one of these ZIP codes."""
    return FieldTest(field="Zip", operator=Operator.IS_ANY_OF, values=codes)


def zip_prefixes(*prefixes: str) -> Criteria:
    """Return: the lead's ZIP code begins with one of these."""
    return AnyOf(
        items=tuple(
            FieldTest(field="Zip", operator=Operator.STARTS_WITH, values=(prefix,))
            for prefix in prefixes
        )
    )


def one_of(field: str, *values: str) -> Criteria:
    """Return: ``field`` has one of these values."""
    return FieldTest(field=field, operator=Operator.IS_ANY_OF, values=values)


def between(field: str, low: int, high: int) -> Criteria:
    """Return: ``field`` is from ``low`` to ``high``, both included."""
    return FieldTest(field=field, operator=Operator.BETWEEN, values=(str(low), str(high)))


def at_least(field: str, low: int) -> Criteria:
    """Return: ``field`` is ``low`` or more."""
    return FieldTest(field=field, operator=Operator.AT_LEAST, values=(str(low),))


def yes(field: str) -> Criteria:
    """Return: the yes/no ``field`` is yes."""
    return FieldTest(field=field, operator=Operator.IS, values=("true",))


def no(field: str) -> Criteria:
    """Return: the yes/no ``field`` is not yes, or empty."""
    return Not(item=yes(field))


def born_before(day: str) -> Criteria:
    """Return: the lead's date of birth is before ``day`` (ISO)."""
    return FieldTest(field="DateOfBirth", operator=Operator.BEFORE, values=(day,))


def matching(field: str, pattern: str) -> Criteria:
    """Return: the RE2 ``pattern`` is found in ``field``."""
    return PatternTest(field=field, pattern=pattern)
