"""The plugin: the check and nothing else."""

from collections.abc import Sequence
from typing import Any

from leadexec import NoSettings, Plugin, Validator, hookimpl
from leadexec_validate_profanity.validator import Profanity


class ValidateProfanityPlugin(Plugin[NoSettings]):
    """Contributes the check ``profanity``."""

    @hookimpl
    def register_validators(self) -> Sequence[type[Validator[Any]]]:
        """Contribute ``profanity``."""
        return (Profanity,)
