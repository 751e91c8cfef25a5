"""The plugin: the check and nothing else."""

from collections.abc import Sequence
from typing import Any

from leadexec import NoSettings, Plugin, Validator, hookimpl
from leadexec_validate_ai.validator import Ai


class ValidateAiPlugin(Plugin[NoSettings]):
    """Contributes the check ``ai``."""

    @hookimpl
    def register_validators(self) -> Sequence[type[Validator[Any]]]:
        """Contribute ``ai``."""
        return (Ai,)
