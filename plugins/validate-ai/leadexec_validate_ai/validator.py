"""The check itself."""

import asyncio
from typing import Any, ClassVar, Final

import msgspec

from leadexec import (
    ConfigurationError,
    Hold,
    Lead,
    Pass,
    Reject,
    Stage,
    UnavailableError,
    Validator,
    ValidatorSetup,
    Verdict,
)
from leadexec_validate_ai.cache import Cache, key_of
from leadexec_validate_ai.http_judge import HttpJudge
from leadexec_validate_ai.judge import Judge, Judgement
from leadexec_validate_ai.rules_judge import RulesJudge
from leadexec_validate_ai.settings import (
    AiSettings,
    HttpJudgeSettings,
    OnNoAnswer,
    faults_of,
    fields_of,
)
from leadexec_validate_ai.told import told

PLUGIN: Final = "validate-ai"
_MOST_TOLD: Final = 5
"""Reasons in a message to the source."""


class Ai(Validator[AiSettings]):
    """Asks a judge whether a lead looks genuine (``LT6``).

    The judge is chosen in the settings: ``rules`` is the default, works offline and is **not a
    model**; ``http`` asks a language model and is told the named fields only. The score, the
    reasons and who judged are kept with the lead, in ``lead.facts``.

    A plugin with a judge of its own depends on this one, contributes a subclass with a key, a title
    and settings (a subclass of ``AiSettings``) of its own, and overrides ``make_judge``.
    """

    key: ClassVar[str] = "ai"
    title: ClassVar[str] = "AI validation"
    stage: ClassVar[Stage] = Stage.FIELDS

    def __init__(self, settings: AiSettings, setup: ValidatorSetup) -> None:
        """Make the judge; raise ``ConfigurationError`` with every fault."""
        super().__init__(settings, setup)
        faults = list(faults_of(settings, setup.lead_type))
        if faults:
            raise ConfigurationError(faults)
        self._fields = fields_of(settings, setup.lead_type)
        self._judge = self.make_judge()
        self._cache = Cache(
            setup.services.clock, seconds=settings.cache_seconds, size=settings.cache_size
        )

    def make_judge(self) -> Judge:
        """Return the judge that the settings name; called once, by the constructor."""
        chosen = self.settings.judge
        if isinstance(chosen, HttpJudgeSettings):
            http = self.setup.services.http
            return HttpJudge(chosen, http, seconds=self.settings.budget_seconds)
        return RulesJudge(self.setup.lead_type)

    def reads(self) -> frozenset[str]:
        """Return the fields that are judged."""
        return frozenset(self._fields)

    async def check(self, lead: Lead) -> Verdict:
        """Return what follows from the judgement on ``lead``."""
        if lead.is_test and not self.settings.judge_test_leads:
            return Pass(detail="A test lead is not judged.")
        fields = told(lead, self._fields)
        if not fields:
            return Pass(detail="None of the fields to judge is filled.")
        key = key_of(msgspec.json.encode(fields))
        judgement = self._cache.find(key)
        if judgement is None:
            try:
                async with asyncio.timeout(self.settings.budget_seconds):
                    judgement = await self._judge.judge(fields, self.settings.question)
            except UnavailableError as error:
                return self._unjudged(lead, error.code, error.message)
            except TimeoutError:
                seconds = self.settings.budget_seconds
                return self._unjudged(lead, "timeout", f"No judgement within {seconds:g} s.")
            self._cache.keep(key, judgement)
        return self._judged(lead, judgement)

    def _judged(self, lead: Lead, judgement: Judgement) -> Verdict:
        score, reasons = judgement.score, judgement.reasons
        self._keep(lead, score=score, reasons=list(reasons))
        found = f"score {score:.2f} of 1, judged by {self._judge.title}"
        if score >= self.settings.hold_below:
            return Pass(detail=f"The lead looks genuine ({found}).")
        told_to_source = reasons[:_MOST_TOLD] if self._judge.tells_reasons else ()
        why = f": {'; '.join(told_to_source)}." if told_to_source else "."
        if score < self.settings.reject_below:
            return Reject(code="looks_false", message=f"The lead looks false ({found}){why}")
        return Hold(code="looks_doubtful", message=f"The lead looks doubtful ({found}){why}")

    def _unjudged(self, lead: Lead, code: str, problem: str) -> Verdict:
        """Say what follows when there is no judgement; where the judge is, no source is told."""
        self._keep(lead, problem=problem, code=code)
        chosen = self.settings.judge
        if isinstance(chosen, HttpJudgeSettings) and chosen.on_no_answer is OnNoAnswer.PASS:
            return Pass(detail=f"Not judged, let pass all the same ({code}): {problem}")
        message = f"The lead could not be judged now ({code})."
        return Hold(code="judge_unavailable", message=message)

    def _keep(self, lead: Lead, **found: Any) -> None:
        lead.facts[PLUGIN] = {"judge": self._judge.title, **found}
