"""The plugin: the grading check ``phone``."""

from collections.abc import Sequence
from typing import Any

from leadexec import GradingCheck, NoSettings, Plugin, hookimpl
from leadexec_grade_phone.check import PhoneRegistered


class GradePhonePlugin(Plugin[NoSettings]):
    """Contributes the grading check ``phone``."""

    @hookimpl
    def register_grading_checks(self) -> Sequence[type[GradingCheck[Any]]]:
        """Contribute ``phone``."""
        return (PhoneRegistered,)
