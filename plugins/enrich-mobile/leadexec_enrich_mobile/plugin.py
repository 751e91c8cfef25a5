"""The plugin: what numbering plans say of a phone number, and the check that asks."""

from collections.abc import Sequence
from typing import Any

from leadexec import Lookup, NoSettings, Plugin, Validator, hookimpl
from leadexec_enrich_mobile.lookup import NumberingPlan
from leadexec_enrich_mobile.validator import MobileCheck


class EnrichMobilePlugin(Plugin[NoSettings]):
    """Contributes the lookup ``numbering-plan`` and the check ``mobile-check``."""

    @hookimpl
    def register_lookups(self) -> Sequence[type[Lookup[Any, Any, Any]]]:
        """Contribute ``numbering-plan``, which answers ``phone`` questions."""
        return (NumberingPlan,)

    @hookimpl
    def register_validators(self) -> Sequence[type[Validator[Any]]]:
        """Contribute ``mobile-check``."""
        return (MobileCheck,)
