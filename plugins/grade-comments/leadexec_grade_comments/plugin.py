"""The plugin: the grading check ``comments``."""

from collections.abc import Sequence
from typing import Any

from leadexec import GradingCheck, NoSettings, Plugin, hookimpl
from leadexec_grade_comments.check import CommentsPresent


class GradeCommentsPlugin(Plugin[NoSettings]):
    """Contributes the grading check ``comments``."""

    @hookimpl
    def register_grading_checks(self) -> Sequence[type[GradingCheck[Any]]]:
        """Contribute ``comments``."""
        return (CommentsPresent,)
