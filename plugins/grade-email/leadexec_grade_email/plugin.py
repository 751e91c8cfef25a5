"""The plugin: the grading check ``email`` and the lookups ``email`` and ``mx``."""

from collections.abc import Sequence
from typing import Any

from leadexec import GradingCheck, Lookup, NoSettings, Plugin, hookimpl
from leadexec_grade_email.check import EmailDeliverable
from leadexec_grade_email.mx import MxLookup
from leadexec_grade_email.offline import OfflineEmailLookup


class GradeEmailPlugin(Plugin[NoSettings]):
    """Contributes the grading check ``email`` and the lookups ``email`` and ``mx``."""

    @hookimpl
    def register_grading_checks(self) -> Sequence[type[GradingCheck[Any]]]:
        """Contribute ``email``."""
        return (EmailDeliverable,)

    @hookimpl
    def register_lookups(self) -> Sequence[type[Lookup[Any, Any, Any]]]:
        """Contribute ``email``, which asks nobody, and ``mx``, which asks the DNS."""
        return (OfflineEmailLookup, MxLookup)
