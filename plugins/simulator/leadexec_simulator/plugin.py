"""The plugin: the ``leadexec simulator`` command."""

from collections.abc import Sequence

from cyclopts import App

from leadexec import NoSettings, Plugin, hookimpl
from leadexec_simulator.command import simulator_command


class SimulatorPlugin(Plugin[NoSettings]):
    """Simulated buyers, for trying things out and for tests."""

    @hookimpl
    def register_commands(self) -> Sequence[App]:
        """Contribute ``leadexec simulator``."""
        return (simulator_command(),)
