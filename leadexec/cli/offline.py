"""Plugins loaded to be looked at: without settings, a database, a network or a running system."""

from typing import NoReturn, cast

from leadexec.contracts.services import Services
from leadexec.errors import UnavailableError
from leadexec.plugins import Plugins, PluginSelection, load_plugins
from leadexec.services import SystemClock, SystemRandomness


class _Absent:
    """Stands where a service would be; using it says so."""

    def __init__(self, name: str) -> None:
        self._name = name

    def __getattr__(self, act: str) -> NoReturn:
        raise UnavailableError(
            "no_running_system",
            f"services.{self._name}.{act} was used, but no system is running.",
            "A plugin's constructor and its register_* hooks may keep services, not use them.",
        )


class OfflineServices:
    """Lent to plugins that are only listed, documented or asked for their commands.

    Time and chance are the machine's; using any other service is refused.
    """

    def __init__(self) -> None:
        """Take the machine's clock and chance."""
        self.clock = SystemClock()
        self.randomness = SystemRandomness()

    def __getattr__(self, name: str) -> _Absent:
        return _Absent(name)


def offline_plugins(selection: PluginSelection | None = None, *, strict: bool = False) -> Plugins:
    """Return the installed plugins; those that cannot load are listed with their faults.

    Raises:
        ConfigurationError: If ``strict`` and a plugin cannot load.
    """
    wanted = selection or PluginSelection(safe_mode=not strict)
    return load_plugins(wanted, cast("Services", OfflineServices()))
