"""The plugin: the grading check ``address``."""

from collections.abc import Sequence
from typing import Any

from leadexec import GradingCheck, NoSettings, Plugin, hookimpl
from leadexec_grade_address.check import AddressDeliverable


class GradeAddressPlugin(Plugin[NoSettings]):
    """Contributes the grading check ``address``."""

    @hookimpl
    def register_grading_checks(self) -> Sequence[type[GradingCheck[Any]]]:
        """Contribute ``address``."""
        return (AddressDeliverable,)
