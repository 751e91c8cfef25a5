"""Making a plugin's eligibility rules with what the settings file says of each."""

from collections.abc import Iterable, Mapping
from typing import Any, Final

import msgspec

from leadexec.contracts.eligibility import EligibilityRule
from leadexec.contracts.services import Services
from leadexec.errors import ConfigurationError, Fault
from leadexec.model.entity import dec_hook
from leadexec.model.findings import under

RULES: Final = "rules"
"""The table of a plugin's settings that holds those of its eligibility rules, by their keys."""


def made_rules(
    plugin: str, rules: Iterable[type[EligibilityRule[Any]]], given: object, services: Services
) -> dict[str, EligibilityRule[Any]]:
    """Return key → the one instance of each of ``rules``.

    Args:
        plugin: Whose they are.
        rules: What one plugin contributes.
        given: Key → settings, as the table ``rules`` of the plugin's settings has them; or None.
        services: Lent to every rule.

    Raises:
        ConfigurationError: Every fault, at ``plugins.<plugin>.rules.<key>``;
            ``unknown_rule`` for settings of a rule that the plugin does not have.
    """
    path = f"plugins.{plugin}.{RULES}"
    given = {} if given is None else given
    if not isinstance(given, Mapping):
        raise ConfigurationError.single("wrong_type", path, "It must be a table of tables.")
    classes = {rule.key: rule for rule in rules}
    faults = [
        Fault(code="unknown_rule", path=f"{path}.{key}", message="The plugin has no such rule.")
        for key in given
        if key not in classes
    ]
    made: dict[str, EligibilityRule[Any]] = {}
    for key, rule in classes.items():
        try:
            made[key] = _made(rule, given.get(key, {}), services)
        except ConfigurationError as error:
            faults.extend(under(f"{path}.{key}", error.faults))
    if faults:
        raise ConfigurationError(faults)
    return made


def _made(
    rule: type[EligibilityRule[Any]], given: object, services: Services
) -> EligibilityRule[Any]:
    try:
        # As a plugin's own settings are read: a variable of the environment may bring text.
        settings = msgspec.convert(given, rule.Settings, strict=False, dec_hook=dec_hook)
    except msgspec.ValidationError as error:
        raise ConfigurationError.single("bad_settings", "", f"{error}.") from error
    return rule(settings, services)
