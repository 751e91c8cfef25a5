"""The plugin: the grading check ``ip``."""

from collections.abc import Sequence
from typing import Any

from leadexec import GradingCheck, NoSettings, Plugin, hookimpl
from leadexec_grade_ip.check import IpAgrees


class GradeIpPlugin(Plugin[NoSettings]):
    """Contributes the grading check ``ip``."""

    @hookimpl
    def register_grading_checks(self) -> Sequence[type[GradingCheck[Any]]]:
        """Contribute ``ip``."""
        return (IpAgrees,)
