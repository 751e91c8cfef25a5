"""Commands that plugins contribute to the command line (``register_commands``)."""

from typing import Any

from cyclopts import App
from rich.console import Console
from rich.markup import escape

from leadexec.cli.offline import offline_plugins
from leadexec.errors import LeadexecError
from leadexec.plugins import Plugin, Plugins
from leadexec.settings import load_settings


def add_plugin_commands(app: App, console: Console, plugins: Plugins | None = None) -> None:
    """Add every plugin's commands to ``app``; say on ``console`` whose could not be added.

    Args:
        app: The root, with the kernel's commands; those win over a plugin's of the same name.
        console: Where faults are reported, each with its plugin's name.
        plugins: The loaded plugins; by default all that are installed, without a running system.
    """
    loaded = plugins or _installed(console)
    for state in loaded.states:
        for fault in state.faults:
            _tell(console, state.name, fault.message)
    for plugin in loaded.observers("register_commands"):
        try:
            _add(app, plugin)
        except Exception as error:  # noqa: BLE001  a plugin is isolated; its name is recorded
            loaded.faults.record(plugin.name, "register_commands", error)
            _tell(console, plugin.name, f"{type(error).__name__}: {error}")


def _installed(console: Console) -> Plugins:
    try:
        selection = load_settings().selection(safe_mode=True)
    except LeadexecError as error:  # the kernel's own commands must still be reachable
        console.print(f"[yellow]The settings cannot be read:[/] {escape(str(error))}")
        return offline_plugins()
    return offline_plugins(selection)


def _add(app: App, plugin: Plugin[Any]) -> None:
    contribute: Any = plugin
    for command in contribute.register_commands():
        app.command(command)


def _tell(console: Console, plugin: str, problem: str) -> None:
    console.print(
        f"[yellow]The plugin {escape(plugin)} cannot add its commands:[/] {escape(problem)}",
        highlight=False,
    )
