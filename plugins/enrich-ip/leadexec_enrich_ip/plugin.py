"""The plugin: the operator's database of IP addresses, and the check that asks it."""

from collections.abc import Sequence
from typing import Any

from leadexec import Lookup, NoSettings, Plugin, Validator, hookimpl
from leadexec_enrich_ip.lookup import MaxmindFile
from leadexec_enrich_ip.validator import LocateIp


class EnrichIpPlugin(Plugin[NoSettings]):
    """Contributes the lookup ``maxmind-file`` and the check ``locate-ip``."""

    @hookimpl
    def register_lookups(self) -> Sequence[type[Lookup[Any, Any, Any]]]:
        """Contribute ``maxmind-file``, which answers ``ip`` questions."""
        return (MaxmindFile,)

    @hookimpl
    def register_validators(self) -> Sequence[type[Validator[Any]]]:
        """Contribute ``locate-ip``."""
        return (LocateIp,)
