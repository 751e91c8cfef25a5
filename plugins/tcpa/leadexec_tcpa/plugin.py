"""The plugin: the check, and the account's switch."""

from collections.abc import Sequence
from typing import Annotated, Any

from msgspec import Meta, Struct

from leadexec import Plugin, Validator, hookimpl
from leadexec_tcpa.validator import TcpaConsent


class TcpaAccountSettings(Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """What holds for all campaigns of the account."""

    enabled: Annotated[
        bool,
        Meta(
            title="Enable TCPA",
            description="No: the check passes every lead and keeps nothing, on all campaigns.",
        ),
    ] = True


class TcpaPlugin(Plugin[TcpaAccountSettings]):
    """Contributes the check ``tcpa``."""

    @hookimpl
    def register_validators(self) -> Sequence[type[Validator[Any]]]:
        """Contribute ``tcpa``."""
        return (TcpaConsent.switched(self.settings.enabled),)
