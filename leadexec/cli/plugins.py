"""``leadexec plugins``: what is installed, in which state, and what each plugin adds (``PF3``)."""

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Final

import msgspec
from cyclopts import App, Parameter
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from leadexec.cli.offline import offline_plugins
from leadexec.plugins import COMPONENT_HOOKS, Plugins, PluginState
from leadexec.settings import load_settings

app = App(name="plugins", help="List the installed plugins and what they add.")

_COLOURS: Final[Mapping[str, str]] = {"loaded": "green", "disabled": "dim", "faulty": "bold red"}


@app.default
def list_plugins(
    *,
    config: Path | None = None,
    as_json: Annotated[bool, Parameter(name="--json", negative="")] = False,
) -> int:
    """List name, version, state and contributions of every installed plugin.

    Args:
        config: The settings file; by default $LEADEXEC_CONFIG, else leadexec.toml here.
        as_json: Print JSON, for programs.

    Returns:
        The exit status: 1 when a plugin is faulty.
    """
    plugins = offline_plugins(load_settings(config).selection(safe_mode=True))
    states = [with_hooks(state, plugins) for state in plugins.states]
    if as_json:
        sys.stdout.write(msgspec.json.format(msgspec.json.encode(states)).decode() + "\n")
    else:
        # Piped output is read by programs and by grep: it is not folded to a screen's width.
        _print(states, Console(width=None if sys.stdout.isatty() else 10_000))
    return int(any(state.state == "faulty" for state in states))


def with_hooks(state: PluginState, plugins: Plugins) -> PluginState:
    """Return ``state`` with the hooks that add something other than components."""
    hooks = [hook for hook in _hooks(plugins) if hook not in COMPONENT_HOOKS]
    used = [h for h in hooks if state.name in {p.name for p in plugins.observers(h)}]
    adds = {**state.adds, "hooks": used} if used else state.adds
    return msgspec.structs.replace(state, adds=adds)


def _hooks(plugins: Plugins) -> list[str]:
    return sorted(name for name in vars(plugins.manager.hook) if not name.startswith("_"))


def _print(states: list[PluginState], console: Console) -> None:
    if not states:
        console.print("No plugin is installed: the kernel alone neither reads nor delivers leads.")
        console.print('Hint: pip install "leadexec[standard]"', markup=False)
        return
    table = Table("name", "version", "state", "adds", box=None, header_style="bold")
    for state in states:
        coloured = f"[{_COLOURS[state.state]}]{state.state}[/]"
        table.add_row(state.name, state.version, coloured, escape(_what(state)))
    console.print(table)


def _what(state: PluginState) -> str:
    added = [f"{contract}: {', '.join(keys)}" for contract, keys in sorted(state.adds.items())]
    return "; ".join(added + [fault.message for fault in state.faults])
