"""Plugins: found by entry point, loaded, registered, isolated (``PF1``–``PF8``)."""

from collections.abc import Callable, Iterable, Mapping
from importlib.metadata import EntryPoint, entry_points
from typing import Any, ClassVar, Generic, TypeVar, get_args, get_origin

import msgspec
import pluggy
import structlog

from leadexec.contracts.component import NoSettings
from leadexec.contracts.services import Services
from leadexec.errors import ConfigurationError, Fault, LeadexecError
from leadexec.hookspecs.components import ComponentHooks
from leadexec.hookspecs.markers import PROJECT
from leadexec.hookspecs.observers import ObserverHooks
from leadexec.hookspecs.platform import PlatformHooks
from leadexec.made_once import MADE_ONCE, TABLES, made_once
from leadexec.model.entity import dec_hook

GROUP = "leadexec"
S = TypeVar("S", bound=msgspec.Struct)
log = structlog.get_logger(__name__)


class Plugin(Generic[S]):
    """The base of every plugin: ``class Fields(Plugin[FieldsSettings])``.

    The type argument is the settings Struct, read from ``[plugins.<name>]`` of the settings file;
    leave it out for a plugin without settings (``class Fields(Plugin[NoSettings])``). The tables
    ``rules``, ``lookups`` and ``grading`` in it are taken: they hold the settings of the plugin's
    eligibility rules, lookups and grading checks. The entry point in group ``leadexec`` names the
    class; each app makes its own instance. Implement hooks as methods marked ``@hookimpl``. The
    constructor does no input or output.
    """

    Settings: ClassVar[type[msgspec.Struct]] = NoSettings
    name: str = ""
    """The entry point's name; set by the kernel."""

    def __init__(self, settings: S, services: Services) -> None:
        """Take validated ``settings`` and the kernel's ``services``."""
        self.settings = settings
        self.services = services

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        for base in cls.__dict__.get("__orig_bases__", ()):
            if get_origin(base) is Plugin:
                (argument,) = get_args(base)
                if isinstance(argument, type):
                    cls.Settings = argument


class PluginState(msgspec.Struct, kw_only=True):
    """One installed plugin, whether it loaded or not."""

    name: str
    version: str
    state: str
    """``loaded``, ``disabled`` or ``faulty``."""
    faults: list[Fault] = []
    adds: dict[str, list[str]] = {}
    """Contract or hook → the keys it contributed."""


class PluginFault(msgspec.Struct, kw_only=True, frozen=True):
    """Something a plugin raised at run time."""

    plugin: str
    where: str
    error: str


class FaultLog:
    """Records what plugins raise, with their names; never raises itself (``PF4``)."""

    def __init__(self, keep: int = 200) -> None:
        """Keep the last ``keep`` faults in memory; all go to the log."""
        self._keep = keep
        self.recent: list[PluginFault] = []
        self.counts: dict[str, int] = {}

    def record(self, plugin: str, where: str, error: BaseException) -> PluginFault:
        """Record that ``plugin`` raised ``error`` while doing ``where``; return the record."""
        text = f"{type(error).__name__}: {error}"[:500]
        fault = PluginFault(plugin=plugin, where=where, error=text)
        self.counts[plugin] = self.counts.get(plugin, 0) + 1
        self.recent.append(fault)
        del self.recent[: -self._keep]
        log.error("plugin fault", plugin=plugin, where=where, error=text, exc_info=error)
        return fault


T = TypeVar("T")


class Registry(Generic[T]):
    """The components of one contract: key → component and the plugin it came from."""

    def __init__(self, contract: str) -> None:
        """Make an empty registry of ``contract``."""
        self.contract = contract
        self._items: dict[str, tuple[T, str]] = {}

    def add(self, key: str, item: T, plugin: str) -> None:
        """Add ``item``.

        Raises:
            ConfigurationError: ``key_clash``, naming both plugins.
        """
        if key in self._items:
            other = self._items[key][1] or "the kernel"
            raise ConfigurationError.single(
                "key_clash",
                f"plugins.{plugin}",
                f"{self.contract} '{key}' is already contributed by {other}; "
                f"disable one of the two plugins.",
            )
        self._items[key] = (item, plugin)

    def get(self, key: str) -> T | None:
        """Return the component with that key, or None."""
        found = self._items.get(key)
        return found[0] if found else None

    def plugin_of(self, key: str) -> str:
        """Return the name of the plugin that contributed ``key``; empty for the kernel."""
        found = self._items.get(key)
        return found[1] if found else ""

    def keys(self) -> list[str]:
        """Return all keys, sorted."""
        return sorted(self._items)

    def items(self) -> list[tuple[str, T, str]]:
        """Return (key, component, plugin) of all, sorted by key."""
        return [(key, *self._items[key]) for key in sorted(self._items)]


COMPONENT_HOOKS: Mapping[str, str] = {
    "register_field_types": "field_type",
    "register_validators": "validator",
    "register_automation_strategies": "automation",
    "register_eligibility_rules": "eligibility",
    "register_delivery_methods": "delivery",
    "register_distribution_scripts": "script",
    "register_functions": "function",
    "register_lookups": "lookup",
    "register_grading_checks": "grading",
}
"""Hook → the name of the registry it fills."""


class Plugins:
    """All plugins of one app, loaded and frozen."""

    def __init__(self, faults: FaultLog) -> None:
        """Make an empty set; ``load`` fills it."""
        self.faults = faults
        self.states: list[PluginState] = []
        self.registries: dict[str, Registry[Any]] = {
            name: Registry(name) for name in COMPONENT_HOOKS.values()
        }
        self.made: dict[str, dict[str, Any]] = {contract: {} for contract in MADE_ONCE}
        """Contract → key → the one instance, for contracts whose components are made once."""
        self.manager = pluggy.PluginManager(PROJECT)
        for specification in (ComponentHooks, PlatformHooks, ObserverHooks):
            self.manager.add_hookspecs(specification)

    def registry(self, contract: str) -> Registry[Any]:
        """Return the registry of ``contract`` (``field_type``, ``validator`` …)."""
        return self.registries[contract]

    def loaded(self) -> list[Plugin[Any]]:
        """Return the loaded plugins, in order of loading."""
        return [p for _, p in self.manager.list_name_plugin() if isinstance(p, Plugin)]

    def contributions(self, hook: str) -> list[tuple[str, Any]]:
        """Return (plugin name, item) for everything that plugins contribute to ``hook``."""
        gathered: list[tuple[str, Any]] = []
        for plugin in self.loaded():
            if _implements(plugin, hook):
                gathered.extend((plugin.name, item) for item in getattr(plugin, hook)())
        return gathered

    def observers(self, hook: str) -> list[Plugin[Any]]:
        """Return the plugins that observe ``hook``."""
        return [plugin for plugin in self.loaded() if _implements(plugin, hook)]

    def add(
        self,
        name: str,
        version: str,
        plugin: Plugin[Any],
        tables: Mapping[str, Any] | None = None,
    ) -> PluginState:
        """Register a plugin's instance and everything it contributes.

        ``tables`` has the settings of its components that are made once: table → key → settings.

        Raises:
            ConfigurationError: A key clashes, a hook's specification or a rule's settings are bad.
        """
        state = PluginState(name=name, version=version, state="loaded", adds={})
        plugin.name = name
        found = {
            hook: list(getattr(plugin, hook)())
            for hook in COMPONENT_HOOKS
            if _implements(plugin, hook)
        }
        by_contract = {COMPONENT_HOOKS[hook]: items for hook, items in found.items()}
        made = {
            contract: made_once(
                name,
                contract,
                by_contract.get(contract, ()),
                (tables or {}).get(table),
                plugin.services,
            )
            for contract, table in MADE_ONCE.items()
        }
        self.manager.register(plugin, name=name)
        for hook, items in found.items():
            registry = self.registries[COMPONENT_HOOKS[hook]]
            for item in items:
                registry.add(item.key, item, name)
                state.adds.setdefault(registry.contract, []).append(item.key)
        for contract, instances in made.items():
            self.made[contract].update(instances)
        self.states.append(state)
        return state


def _implements(plugin: Plugin[Any], hook: str) -> bool:
    return hasattr(getattr(type(plugin), hook, None), f"{PROJECT}_impl")


class PluginSelection(msgspec.Struct, kw_only=True, frozen=True):
    """Which installed plugins load, and with what settings."""

    only: tuple[str, ...] | None = None
    disable: tuple[str, ...] = ()
    settings: Mapping[str, Mapping[str, Any]] = {}
    safe_mode: bool = False

    def wants(self, name: str) -> bool:
        """Return whether the plugin called ``name`` is to load."""
        return name not in self.disable and (self.only is None or name in self.only)


def load_plugins(
    selection: PluginSelection,
    services: Services,
    *,
    faults: FaultLog | None = None,
    found: Iterable[EntryPoint] | None = None,
    kernel: Callable[[Plugins], None] | None = None,
) -> Plugins:
    """Load every wanted plugin that is installed.

    Args:
        selection: What the settings file says under ``[plugins]``.
        services: Lent to every plugin.
        faults: Where faults at run time are recorded.
        found: Entry points to load instead of the installed ones.
        kernel: Adds the kernel's own components before any plugin.

    Raises:
        ConfigurationError: All faults of all plugins at once, unless ``selection.safe_mode``.
    """
    plugins = Plugins(faults or FaultLog())
    if kernel:
        kernel(plugins)
    problems: list[Fault] = []
    candidates = entry_points(group=GROUP) if found is None else found
    for point in sorted(candidates, key=lambda p: p.name):
        version = point.dist.version if point.dist else "0"
        if not selection.wants(point.name):
            plugins.states.append(PluginState(name=point.name, version=version, state="disabled"))
            continue
        try:
            given = selection.settings.get(point.name, {})
            plugins.add(point.name, version, _instance(point, selection, services), given)
        except Exception as error:  # noqa: BLE001  a plugin is isolated; its name is recorded
            raised = _as_faults(point.name, error)
            problems.extend(raised)
            plugins.states.append(
                PluginState(name=point.name, version=version, state="faulty", faults=raised)
            )
    if problems and not selection.safe_mode:
        raise ConfigurationError(problems, "Some plugins cannot load: " + _listed(problems))
    return plugins


def _listed(problems: list[Fault]) -> str:
    lines = "; ".join(f"{p.path}: {p.message}" for p in problems)
    return f"{lines} Mend or disable them, or start with --safe-mode."


def _instance(
    point: EntryPoint, selection: PluginSelection, services: Services
) -> Plugin[msgspec.Struct]:
    loaded = point.load()
    if not (isinstance(loaded, type) and issubclass(loaded, Plugin)):
        message = f"{point.value} is not a subclass of leadexec.Plugin"
        raise TypeError(message)
    given = selection.settings.get(point.name, {})
    raw = {key: value for key, value in given.items() if key not in TABLES}
    settings = msgspec.convert(raw, loaded.Settings, strict=False, dec_hook=dec_hook)
    return loaded(settings, services)


def _as_faults(name: str, error: Exception) -> list[Fault]:
    if isinstance(error, ConfigurationError):
        return list(error.faults)
    code = error.code if isinstance(error, LeadexecError) else "plugin_cannot_load"
    text = f"{type(error).__name__}: {error}"
    return [Fault(code=code, path=f"plugins.{name}", message=text)]
