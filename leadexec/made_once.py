"""Making the components that exist once in a system, with what the settings file says of each."""

from collections.abc import Iterable, Mapping
from typing import Any, Final

import msgspec

from leadexec.contracts.services import Services
from leadexec.errors import ConfigurationError, Fault
from leadexec.model.entity import dec_hook
from leadexec.model.findings import under

MADE_ONCE: Final[Mapping[str, str]] = {
    "eligibility": "rules",
    "lookup": "lookups",
    "grading": "grading",
}
"""Contract → the table of a plugin's settings that holds those of its components, by keys."""
TABLES: Final = frozenset(MADE_ONCE.values())


def made_once(
    plugin: str, contract: str, classes: Iterable[type[Any]], given: object, services: Services
) -> dict[str, Any]:
    """Return key → the one instance of each of ``classes``.

    Args:
        plugin: Whose they are.
        contract: One of ``MADE_ONCE``.
        classes: What one plugin contributes to it.
        given: Key → settings, as the contract's table in the plugin's settings has them; or None.
        services: Lent to each.

    Raises:
        ConfigurationError: Every fault, at ``plugins.<plugin>.<table>.<key>``;
            ``unknown_component`` for settings of one that the plugin does not have.
    """
    path = f"plugins.{plugin}.{MADE_ONCE[contract]}"
    given = {} if given is None else given
    if not isinstance(given, Mapping):
        raise ConfigurationError.single("wrong_type", path, "It must be a table of tables.")
    known = {item.key: item for item in classes}
    faults = [
        Fault(
            code="unknown_component",
            path=f"{path}.{key}",
            message=f"The plugin has no such {contract}; it has: {', '.join(sorted(known)) or '-'}",
        )
        for key in given
        if key not in known
    ]
    made: dict[str, Any] = {}
    for key, item in known.items():
        try:
            made[key] = _made(item, given.get(key, {}), services)
        except ConfigurationError as error:
            faults.extend(under(f"{path}.{key}", error.faults))
    if faults:
        raise ConfigurationError(faults)
    return made


def _made(item: type[Any], given: object, services: Services) -> Any:
    try:
        # As a plugin's own settings are read: a variable of the environment may bring text.
        settings = msgspec.convert(given, item.Settings, strict=False, dec_hook=dec_hook)
    except msgspec.ValidationError as error:
        raise ConfigurationError.single("bad_settings", "", f"{error}.") from error
    return item(settings, services)
