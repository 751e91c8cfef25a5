"""What a demonstration must remember between two runs in the same data directory."""

from pathlib import Path
from typing import Final

import msgspec

from leadexec.errors import ConfigurationError

_FILE: Final = "demo.json"


class DemoState(msgspec.Struct, kw_only=True):
    """Kept as ``demo.json`` in the data directory."""

    seed: int = 1
    runs: int = 0
    """Every run posts other leads: its number is part of their seed and of their keys."""
    buyers_port: int = 0
    """Where the simulated buyers listen: stored delivery methods name it."""


def load_state(directory: Path) -> DemoState:
    """Return the state in ``directory``; a fresh one where there is none.

    Raises:
        ConfigurationError: ``bad_demo_state``: the file is not ours.
    """
    path = directory / _FILE
    if not path.exists():
        return DemoState()
    try:
        return msgspec.json.decode(path.read_bytes(), type=DemoState)
    except msgspec.MsgspecError as error:
        message = f"{path} cannot be read: {error}. Choose another directory with --data."
        raise ConfigurationError.single("bad_demo_state", str(path), message) from None


def save_state(directory: Path, state: DemoState) -> None:
    """Keep ``state`` in ``directory``."""
    (directory / _FILE).write_bytes(msgspec.json.encode(state))
