"""The plugin: the standard form of US addresses, and the check that writes it into leads."""

from collections.abc import Sequence
from typing import Any

from leadexec import Lookup, NoSettings, Plugin, Validator, hookimpl
from leadexec_enrich_address.lookup import UspsForm
from leadexec_enrich_address.validator import StandardizeAddress


class EnrichAddressPlugin(Plugin[NoSettings]):
    """Contributes the lookup ``usps-form`` and the check ``standardize-address``."""

    @hookimpl
    def register_lookups(self) -> Sequence[type[Lookup[Any, Any, Any]]]:
        """Contribute ``usps-form``, which answers ``address`` questions."""
        return (UspsForm,)

    @hookimpl
    def register_validators(self) -> Sequence[type[Validator[Any]]]:
        """Contribute ``standardize-address``."""
        return (StandardizeAddress,)
