"""Checking a configured component: it exists, its settings fit, and it can be made of them."""

from collections.abc import Callable, Mapping
from typing import Any, Protocol, TypeAlias

import msgspec

from leadexec.contracts.delivery import DeliverySetup
from leadexec.contracts.field_type import FieldSetup, FieldType
from leadexec.contracts.lead import LeadTypeInfo
from leadexec.contracts.script import ScriptSetup
from leadexec.contracts.services import Services
from leadexec.contracts.validator import ValidatorSetup
from leadexec.contracts.values import FieldKind
from leadexec.errors import ConfigurationError, InvalidValueError
from leadexec.model.delivery_method import Environment
from leadexec.model.findings import FoundComponent, Reading, under
from leadexec.model.reading import read_struct


class ComponentSet(Protocol):
    """The components of one contract, as ``leadexec.plugins.Registry`` holds them."""

    def get(self, key: str) -> Any | None:
        """Return the component with that key, or None."""
        ...

    def plugin_of(self, key: str) -> str:
        """Return the name of the plugin it comes from."""
        ...

    def keys(self) -> list[str]:
        """Return all keys, sorted."""
        ...

    def items(self) -> list[tuple[str, Any, str]]:
        """Return (key, component, plugin) of all."""
        ...


class Components(Protocol):
    """What plugins contribute; ``leadexec.plugins.Plugins`` is one."""

    def registry(self, contract: str) -> ComponentSet:
        """Return the components of ``contract``."""
        ...


class Sealed(Protocol):
    """Keeps the secrets of settings; ``leadexec.security.sealing.SettingsSealer`` is one."""

    def seal(self, settings: msgspec.Struct, stored: Mapping[str, Any] | None) -> dict[str, Any]:
        """Return ``settings`` as they are stored, secrets encrypted; masks keep ``stored``'s.

        Raises:
            ConfigurationError: A mask has nothing to keep, or a secret has a forbidden form.
        """
        ...

    def open(self, sealed: Mapping[str, Any], settings: type[Any]) -> Any:
        """Return the ``settings`` that ``sealed`` was made of, secrets readable."""
        ...


FaultRecorder: TypeAlias = Callable[[str, str, Exception], object]
"""Called with the plugin's name, what it was doing, and what it raised."""


class Surroundings(msgspec.Struct, kw_only=True, frozen=True):
    """What the setup of a component says about the entity that it is part of."""

    entity_id: int
    """0 before the entity is first saved."""
    lead_type: LeadTypeInfo | None
    """None where the entity has none, or it could not be read."""
    values: Mapping[str, Any]
    """The entity's fields that could be read."""
    schema: Mapping[str, FieldKind] = {}
    """For a lead type: its own fields and their kinds."""


class ComponentCheck:
    """Checks the components of one entity."""

    def __init__(
        self,
        components: Components,
        services: Services,
        sealer: Sealed,
        record: FaultRecorder,
        reading: Reading,
    ) -> None:
        """Look components up in ``components``; faults, each with its path, go to ``reading``."""
        self._components = components
        self._services = services
        self._sealer = sealer
        self._record = record
        self._reading = reading
        self._computed: dict[str, tuple[frozenset[str], str]] = {}

    def run(
        self, found: FoundComponent, stored: Mapping[str, Any] | None, around: Surroundings
    ) -> None:
        """Check ``found``; its settings are then as they are to be stored.

        Args:
            found: Where the component is configured, and how.
            stored: The settings stored before, whose secrets a mask stands for.
            around: The entity around it.
        """
        registry = self._components.registry(found.contract)
        component = registry.get(found.key)
        if component is None:
            known = ", ".join(registry.keys()) or "none is installed"
            message = f"There is no {found.contract} {found.key[:100]!r}; there are: {known}."
            self._reading.refuse("unknown_component", found.key_path, message)
            return
        typed = read_struct(component.Settings, found.settings, found.settings_path, self._reading)
        if not isinstance(typed, msgspec.Struct):
            return
        try:
            sealed = self._sealer.seal(typed, stored)
            settings = self._sealer.open(sealed, component.Settings)
        except ConfigurationError as error:
            self._reading.faults.extend(under(found.settings_path, error.faults))
            return
        self._make(found, component, settings, around)
        given = {name: sealed[name] for name in found.settings if name in sealed}
        found.settings.clear()
        found.settings.update(given)

    def finish(self) -> None:
        """Refuse computed fields that wait for each other; call it after the last ``run``."""
        waiting = dict(self._computed)
        while True:
            ready = [n for n, (reads, _) in waiting.items() if not (reads & waiting.keys())]
            if not ready:
                break
            for name in ready:
                del waiting[name]
        for name, (_, path) in waiting.items():
            message = f"The field {name!r} is computed from itself, directly or by way of others."
            self._reading.refuse("computed_in_a_circle", path, message)

    def _make(
        self,
        found: FoundComponent,
        component: Any,
        settings: msgspec.Struct,
        around: Surroundings,
    ) -> None:
        maker = _SETUPS.get(found.contract)
        try:
            setup = maker(found, around, self._services) if maker else ()
            if setup is None:
                return
            made = component(settings, *setup)
            if isinstance(made, FieldType):
                self._check_field_type(made, found)
        except ConfigurationError as error:
            self._reading.faults.extend(under(found.settings_path, error.faults))
        except Exception as error:  # noqa: BLE001  a plugin is isolated; its name is recorded
            plugin = self._components.registry(found.contract).plugin_of(found.key)
            self._record(plugin, f"checking {found.contract} {found.key!r}", error)
            message = f"The plugin {plugin!r} could not check this: {type(error).__name__}."
            self._reading.refuse("plugin_raised", found.settings_path, message)

    def _check_field_type(self, made: FieldType[Any], found: FoundComponent) -> None:
        name, default = found.siblings["name"], found.siblings.get("default")
        if made.computed:
            self._computed[name] = (made.reads(), found.settings_path)
        elif isinstance(default, str) and default.strip():
            try:
                made.parse(default)
            except InvalidValueError as error:
                path = found.key_path.rpartition(".")[0]
                self._reading.refuse(error.code, f"{path}.default", error.message)


def _field_setup(
    found: FoundComponent, around: Surroundings, services: Services
) -> tuple[Any, ...] | None:
    names = found.siblings
    if "name" not in names or "description" not in names:
        return None
    return (FieldSetup(name=names["name"], description=names["description"], schema=around.schema),)


def _validator_setup(
    found: FoundComponent, around: Surroundings, services: Services
) -> tuple[Any, ...] | None:
    if around.lead_type is None:
        return None
    return (
        ValidatorSetup(campaign_id=around.entity_id, lead_type=around.lead_type, services=services),
    )


def _script_setup(
    found: FoundComponent, around: Surroundings, services: Services
) -> tuple[Any, ...] | None:
    if around.lead_type is None:
        return None
    return (
        ScriptSetup(campaign_id=around.entity_id, lead_type=around.lead_type, services=services),
    )


def _delivery_setup(
    found: FoundComponent, around: Surroundings, services: Services
) -> tuple[Any, ...] | None:
    if around.lead_type is None:
        return None
    environment = around.values.get("environment", Environment.PRODUCTION)
    return (
        DeliverySetup(
            method_id=around.entity_id,
            lead_type=around.lead_type,
            production=environment is Environment.PRODUCTION,
            services=services,
        ),
    )


SetupMaker = Callable[[FoundComponent, Surroundings, Services], tuple[Any, ...] | None]
"""Returns the constructor's arguments after the settings; None where faults stand in the way."""

_SETUPS: Mapping[str, SetupMaker] = {
    "field_type": _field_setup,
    "validator": _validator_setup,
    "delivery": _delivery_setup,
    "script": _script_setup,
}
