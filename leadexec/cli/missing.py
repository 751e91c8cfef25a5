"""What an installation still lacks before leads can come in and go out (``PF1``)."""

from collections.abc import Iterator, Mapping
from typing import Final

from leadexec.plugins import Plugins

_NEEDED: Final[Mapping[str, str]] = {
    "field_type": "No plugin adds field types: a lead type can have no fields.",
    "automation": "No plugin adds automations: every lead is held, as nothing sorts its clients.",
    "delivery": "No plugin adds delivery methods: no lead can reach a client.",
}
"""Contract → what does not work while no loaded plugin implements it."""

HINT: Final = 'pip install "leadexec[standard]"'


def missing(plugins: Plugins) -> list[str]:
    """Return a sentence for everything that is missing, the way out last; empty: nothing is."""
    found = list(_missing(plugins))
    return [*found, f"Hint: {HINT}"] if found else []


def _missing(plugins: Plugins) -> Iterator[str]:
    for contract, sentence in _NEEDED.items():
        if not plugins.registry(contract).keys():
            yield sentence
    for state in plugins.states:
        if state.state == "faulty":
            told = "; ".join(fault.message for fault in state.faults)
            yield f"The plugin {state.name} could not be loaded: {told}"
