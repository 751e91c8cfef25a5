"""No hook ships without a plugin that uses it: each is called for by somebody, and tried out."""

from importlib.metadata import entry_points
from pathlib import Path
from typing import Any

import pytest

from leadexec.plugins import GROUP, FaultLog, Plugins

ROOT = Path(__file__).parents[1]
SHIPPED = {
    file.parent.name
    for where in ("plugins", "contrib")
    for file in ROOT.glob(f"{where}/*/pyproject.toml")
}


def hooks() -> list[str]:
    """Return the names of all hooks."""
    return sorted(name for name in vars(Plugins(FaultLog()).manager.hook) if name[0] != "_")


def shipped_plugins() -> dict[str, Any]:
    """Return name → class of the plugins in this repository."""
    points = [point for point in entry_points(group=GROUP) if point.name in SHIPPED]
    return {point.name: point.load() for point in points}


def implements(plugin: Any, hook: str) -> bool:
    """Return whether the plugin's class marks a method of that name with ``@hookimpl``."""
    return hasattr(getattr(plugin, hook, None), "leadexec_impl")


def test_every_plugin_of_the_repository_is_installed() -> None:
    assert set(shipped_plugins()) == SHIPPED


@pytest.mark.parametrize("hook", hooks())
def test_every_hook_is_used_by_a_shipped_plugin(hook: str) -> None:
    users = [name for name, plugin in shipped_plugins().items() if implements(plugin, hook)]

    assert users, f"no package in plugins/ or contrib/ implements {hook}"


def test_what_no_plugin_implements_would_be_noticed() -> None:
    plugins = shipped_plugins().values()

    assert not any(implements(plugin, "register_nothing") for plugin in plugins)
    assert not all(implements(plugin, "register_entities") for plugin in plugins)
