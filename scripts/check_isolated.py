"""Fail unless the first-party packages in this environment are the kernel and those named.

    python check_isolated.py leadexec-fields

Run by ``nox -s plugins`` inside the isolated environment, before a plugin's tests.
"""

import sys
from importlib.metadata import distributions
from importlib.util import find_spec
from pathlib import Path


def main(wanted: set[str]) -> int:
    """Print what should not be here or is missing; return 1 when there is any."""
    found = {dist.metadata["Name"] for dist in distributions()}
    installed = {name for name in found if name.startswith("leadexec")}
    wrong = sorted(installed ^ (wanted | {"leadexec"}))
    kernel = find_spec("leadexec")
    origin = Path(kernel.origin or "") if kernel else Path()
    if "site-packages" not in origin.parts:
        wrong.append(f"leadexec is imported from {origin}")
    print("\n".join(wrong) or "only the kernel and what was named")
    return int(bool(wrong))


if __name__ == "__main__":
    sys.exit(main(set(sys.argv[1:])))
