"""Running grading checks over a lead; implements ``leadexec.Grading``."""

import asyncio
from collections.abc import Mapping, Sequence
from copy import deepcopy
from time import perf_counter_ns
from typing import Any, Final

import msgspec

from leadexec.asking.cancelling import ends_the_work
from leadexec.contracts.grading import GradingCheck, GradingContext, Score
from leadexec.contracts.lead import Lead, LeadTypeInfo
from leadexec.contracts.services import Graded
from leadexec.plugins import FaultLog

DEADLINE: Final = 3.0
"""Seconds all checks of one lead have together."""


class GradingDesk:
    """Runs checks side by side; what cannot run counts as not passed and says so."""

    def __init__(self, faults: FaultLog) -> None:
        """Begin without checks: ``take`` brings them."""
        self._faults = faults
        self._checks: dict[str, GradingCheck[Any]] = {}
        self._plugin_of: Mapping[str, str] = {}

    def take(self, made: Mapping[str, GradingCheck[Any]], plugin_of: Mapping[str, str]) -> None:
        """Run the checks in ``made``, key → check."""
        ordered = sorted(made, key=lambda key: (made[key].order, key))
        self._checks = {key: made[key] for key in ordered}
        self._plugin_of = plugin_of

    def titles(self) -> Mapping[str, str]:
        """Return key → title of every check there is, in the order in which they are shown."""
        return {key: check.title for key, check in self._checks.items()}

    async def grade(
        self, lead: Lead, lead_type: LeadTypeInfo, keys: Sequence[str]
    ) -> Sequence[Graded]:
        """Return what each check of ``keys`` found, in the order of ``titles``; never raises."""
        context = GradingContext(lead_type=lead_type)
        wanted = [key for key in self._checks if key in keys]
        found = await asyncio.gather(*(self._one(key, _twin_of(lead), context) for key in wanted))
        missing = [key for key in keys if key not in self._checks]
        return [*found, *(_missing(key) for key in missing)]

    async def _one(self, key: str, lead: Lead, context: GradingContext) -> Graded:
        check = self._checks[key]
        began = perf_counter_ns()
        try:
            async with asyncio.timeout(DEADLINE):
                score = await check.grade(lead, context)
            _demand_sound(score)
        except (Exception, asyncio.CancelledError) as error:
            if ends_the_work(error):
                raise
            where = f"grade of '{key}'"
            fault = self._faults.record(self._plugin_of.get(key, ""), where, error)
            detail = f"Could not run ({fault.error})."
            return Graded(key=key, title=check.title, ran=False, passed=False, detail=detail)
        us = (perf_counter_ns() - began) // 1000
        return Graded(
            key=key,
            title=check.title,
            ran=True,
            passed=score.passed,
            detail=score.detail[:500],
            us=us,
        )


def _twin_of(lead: Lead) -> Lead:
    """Return a copy that shares nothing with ``lead`` that could be changed."""
    fields = {
        name: deepcopy(value) if isinstance(value, list | dict) else value
        for name, value in lead.fields.items()
    }
    facts = msgspec.json.decode(msgspec.json.encode(lead.facts)) if lead.facts else {}
    return msgspec.structs.replace(lead, fields=fields, facts=facts)


def _demand_sound(score: Any) -> None:
    """Raise ``TypeError`` for what is no ``Score``, or one of odd parts."""
    match score:
        case Score(passed=bool(), detail=str()):
            return
    message = f"{score!r:.200} is no Score"
    raise TypeError(message)


def _missing(key: str) -> Graded:
    detail = "Could not run: no loaded plugin has this check."
    return Graded(key=key, title=key, ran=False, passed=False, detail=detail)
