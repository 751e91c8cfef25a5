"""Making a component's instance from its stored settings, with every fault as a reason."""

from collections.abc import Mapping
from typing import Any

import msgspec

from leadexec.errors import ConfigurationError, Fault
from leadexec.plugins import FaultLog, Plugins
from leadexec.security.secrets import Cipher, decrypting_hook


class MissingComponentError(ConfigurationError):
    """No plugin that is loaded contributes that component."""


class ComponentMaker:
    """Makes instances of components, isolating the plugins they come from."""

    def __init__(self, plugins: Plugins, cipher: Cipher, faults: FaultLog) -> None:
        """Make components of ``plugins``; ``cipher`` opens the secrets in stored settings."""
        self.plugins = plugins
        self.cipher = cipher
        self.faults = faults

    def make(
        self, contract: str, key: str, stored: Mapping[str, Any], setup: Any = None
    ) -> tuple[Any, str]:
        """Return an instance of the component ``key`` of ``contract``, and its plugin's name.

        Args:
            contract: ``field_type``, ``validator``, ``automation``, ``delivery``, ``script``.
            key: The component's key.
            stored: Its settings as stored, secrets encrypted.
            setup: What the contract's constructor takes besides the settings; None: nothing.

        Raises:
            MissingComponentError: ``component_missing``.
            ConfigurationError: The settings are refused, or the constructor raised.
        """
        registry = self.plugins.registry(contract)
        component = registry.get(key)
        if component is None:
            raise MissingComponentError(
                [
                    Fault(
                        code="component_missing",
                        path="",
                        message=f"No installed plugin offers the {contract} '{key}'; "
                        "install or enable the plugin that does.",
                    )
                ]
            )
        plugin = registry.plugin_of(key)
        settings = self._settings(component, stored)
        try:
            made = component(settings) if setup is None else component(settings, setup)
        except ConfigurationError:
            raise
        except Exception as error:
            fault = self.faults.record(plugin, f"making {contract} '{key}'", error)
            raise ConfigurationError.single(
                "plugin_raised", "", f"The plugin {plugin} raised {fault.error}."
            ) from error
        return made, plugin

    def _settings(self, component: Any, stored: Mapping[str, Any]) -> Any:
        try:
            return msgspec.convert(
                dict(stored), component.Settings, dec_hook=decrypting_hook(self.cipher)
            )
        except msgspec.ValidationError as error:
            raise ConfigurationError.single("bad_settings", "settings", f"{error}.") from error
