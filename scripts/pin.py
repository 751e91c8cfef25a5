"""Pin every dependency: write exact versions into ``[tool.uv] constraint-dependencies``.

The resolved environment (``uv.lock``, which is not kept in the repository) is exported, stripped to
``name==version``, sorted, and written between the brackets. No hashes and no addresses are kept, so
the pins hold for whatever index a machine installs from.

    uv run scripts/pin.py                      rewrite the pins
    uv run scripts/pin.py --check              fail when they are stale
    uv run scripts/pin.py --constraints FILE   write them as a constraints file for pip and uv pip
"""

import argparse
import re
import subprocess
import sys
import tomllib
from collections import defaultdict
from pathlib import Path

PROJECT = Path(__file__).parents[1] / "pyproject.toml"
_ENTRY = re.compile(r"(?m)^constraint-dependencies = \[[^\]]*\]")
_EXPORT = (
    "uv export --all-packages --all-groups --all-extras --no-hashes --no-emit-workspace "
    "--no-annotate --no-header --quiet"
)


def main() -> int:
    """Do what the arguments say; return the exit status."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--check", action="store_true", help="fail when the pins are stale")
    parser.add_argument("--constraints", type=Path, help="write the pins to this file instead")
    arguments = parser.parse_args()
    if arguments.constraints:
        arguments.constraints.write_text("\n".join(written_pins()) + "\n")
        return 0
    if arguments.check:
        return report(written_pins(), resolved_pins())
    pins = resolved_pins()
    PROJECT.write_text(_ENTRY.sub(lambda _: as_toml(pins), PROJECT.read_text(), count=1))
    print(f"{len(pins)} versions pinned in {PROJECT.name}")
    return 0


def written_pins() -> list[str]:
    """Return the pins as ``pyproject.toml`` has them."""
    pins: list[str] = tomllib.loads(PROJECT.read_text())["tool"]["uv"]["constraint-dependencies"]
    return pins


def resolved_pins() -> list[str]:
    """Return the pins as the workspace resolves now."""
    command = _EXPORT.split()
    lines = subprocess.run(command, cwd=PROJECT.parent, check=True, capture_output=True, text=True)
    return pins_of(lines.stdout.splitlines())


def pins_of(lines: list[str]) -> list[str]:
    """Return sorted pins of exported ``lines``.

    A marker stays only where one name has several versions: elsewhere it says where the package is
    wanted, which is no business of a constraint.
    """
    versions: dict[str, set[tuple[str, str]]] = defaultdict(set)
    for line in lines:
        requirement, _, marker = line.partition(";")
        name, _, version = requirement.strip().partition("==")
        if version:
            versions[name].add((version, marker.strip()))
    pins = set[str]()
    for name, found in versions.items():
        several = len({version for version, _ in found}) > 1
        pins |= {
            f"{name}=={version} ; {marker}" if several and marker else f"{name}=={version}"
            for version, marker in found
        }
    return sorted(pins)


def as_toml(pins: list[str]) -> str:
    """Return the whole ``constraint-dependencies`` entry."""
    lines = "".join(f'    "{pin}",\n' for pin in pins)
    return f"constraint-dependencies = [\n{lines}]"


def report(written: list[str], resolved: list[str]) -> int:
    """Print how the two differ; return 1 when they do."""
    for pin in sorted(set(resolved) - set(written)):
        print(f"not pinned: {pin}")
    for pin in sorted(set(written) - set(resolved)):
        print(f"pinned, but not used: {pin}")
    if written != resolved:
        print("Run `uv run scripts/pin.py`.")
    return int(written != resolved)


if __name__ == "__main__":
    sys.exit(main())
