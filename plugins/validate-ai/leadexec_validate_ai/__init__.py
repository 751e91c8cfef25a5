"""Judging whether leads are genuine (``LT6``)."""

from leadexec_validate_ai.judge import Judge, Judgement
from leadexec_validate_ai.settings import AiSettings
from leadexec_validate_ai.validator import Ai

__all__ = ["Ai", "AiSettings", "Judge", "Judgement"]
