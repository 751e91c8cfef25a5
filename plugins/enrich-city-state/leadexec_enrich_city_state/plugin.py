"""The plugin: the places of postal codes, and the check that appends them to leads."""

from collections.abc import Sequence
from typing import Any

from leadexec import Lookup, NoSettings, Plugin, Validator, hookimpl
from leadexec_enrich_city_state.lookup import ZipCodes
from leadexec_enrich_city_state.validator import AppendCityState


class EnrichCityStatePlugin(Plugin[NoSettings]):
    """Contributes the lookup ``zipcodes`` and the check ``append-city-state``."""

    @hookimpl
    def register_lookups(self) -> Sequence[type[Lookup[Any, Any, Any]]]:
        """Contribute ``zipcodes``, which answers ``place`` questions."""
        return (ZipCodes,)

    @hookimpl
    def register_validators(self) -> Sequence[type[Validator[Any]]]:
        """Contribute ``append-city-state``."""
        return (AppendCityState,)
