"""Use the kernel and one plugin as installed from their wheels: import, load, list, run.

    python check_installed.py leadexec-fields

Run by ``nox -s build`` in an environment that holds nothing else.
"""

import subprocess
import sys
from importlib.metadata import entry_points
from pathlib import Path


def main(distribution: str) -> int:
    """Return 0 when the plugin of ``distribution`` loads and the command line lists it."""
    plugin = distribution.removeprefix("leadexec-")
    points = {point.name for point in entry_points(group="leadexec")}
    if points != {plugin}:
        print(f"entry points are {sorted(points)}, expected only {plugin}")
        return 1
    command = Path(sys.executable).with_name("leadexec")
    listed = subprocess.run([command, "plugins"], capture_output=True, text=True, check=False)
    print(listed.stdout, listed.stderr)
    return int(
        listed.returncode != 0 or plugin not in listed.stdout or "loaded" not in listed.stdout
    )


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
