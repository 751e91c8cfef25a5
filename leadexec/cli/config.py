"""``leadexec config``: the settings in effect, and whether the system could start with them."""

import re
import sys
from pathlib import Path
from typing import Any, Final

import msgspec
from cyclopts import App

from leadexec.cli.config_check import Finding, findings
from leadexec.cli.offline import offline_plugins
from leadexec.cli.toml_text import toml_lines
from leadexec.model.secret import MASK, Secret
from leadexec.plugins import Plugins
from leadexec.process import run
from leadexec.settings import Settings, load_settings, origins

app = App(name="config", help="Show and check the settings.")

_PASSWORD: Final = re.compile(r"(://[^:/@]*):.*@")
_SIGNS: Final = {"ok": "ok   ", "note": "note ", "fault": "FAULT"}


@app.command
def show(*, config: Path | None = None) -> None:
    """Print the settings in effect as TOML, each with where it comes from; secrets are masked.

    Args:
        config: The settings file; by default $LEADEXEC_CONFIG, else leadexec.toml here.
    """
    settings = load_settings(config)
    plugins = offline_plugins(settings.selection(safe_mode=True))
    lines = toml_lines(_shown(settings, plugins), origins(config))
    sys.stdout.write("\n".join(lines) + "\n")


@app.command
def check(*, config: Path | None = None) -> int:
    """Look for everything that would keep the system from starting or leads from their way.

    Reads the settings, loads the plugins, asks the database and compiles the configuration in it.
    Nothing is changed.

    Args:
        config: The settings file; by default $LEADEXEC_CONFIG, else leadexec.toml here.

    Returns:
        The exit status: 1 when anything is at fault.
    """
    found = run(findings(config))
    sys.stdout.write("".join(_line(finding) for finding in found))
    return int(any(finding.state == "fault" for finding in found))


def _line(finding: Finding) -> str:
    where = f"{finding.path}: " if finding.path else ""
    code = f" ({finding.code})" if finding.code else ""
    return f"{_SIGNS[finding.state]}  {finding.subject}: {where}{finding.message}{code}\n"


def _shown(settings: Settings, plugins: Plugins) -> dict[str, Any]:
    """Return the settings as the file would have them, plugins' defaults filled in."""
    plain: dict[str, Any] = msgspec.to_builtins(settings)
    plain["database"] = _PASSWORD.sub(rf"\1:{MASK}@", settings.database)
    plain["secret_keys"] = MASK if settings.secret_keys else ""
    given = plain.pop("plugin_settings")
    known = {p.name: msgspec.to_builtins(p.settings, enc_hook=_masked) for p in plugins.loaded()}
    others = {name: _all_masked(raw) for name, raw in given.items() if name not in known}
    own = {name: values for name, values in known.items() if values}
    plain["plugins"] = {**plain["plugins"], **own, **others}
    return plain


def _masked(value: Any) -> str:
    if isinstance(value, Secret):
        return MASK
    message = f"{type(value).__qualname__} cannot be shown"
    raise NotImplementedError(message)


def _all_masked(raw: Any) -> Any:
    """Return settings of a plugin that is not loaded: any text among them may be a secret."""
    if isinstance(raw, dict):
        return {name: _all_masked(value) for name, value in raw.items()}
    if isinstance(raw, list):
        return [_all_masked(value) for value in raw]
    return raw if isinstance(raw, bool | int | float) else MASK
