"""Write what is made from the code in ``docs/``; ``--check`` fails when something is stale.

That is the reference pages, and the finished package of "Write a delivery method in ten minutes",
which is what ``leadexec plugin new`` writes.

uv run scripts/generate_docs.py [--check]
"""

import argparse
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory

from leadexec.cli.plugin_new import write_plugin
from leadexec.cli.reference import contracts_page, hooks_page, settings_page

DOCS = Path(__file__).parents[1] / "docs"
PAGES: Mapping[str, Callable[[], str]] = {
    "hooks.md": hooks_page,
    "contracts.md": contracts_page,
    "settings.md": settings_page,
}


def main() -> int:
    """Write or check every page; return 1 when one was stale."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--check", action="store_true", help="fail instead of writing")
    check = parser.parse_args().check
    pages = {name: page() for name, page in PAGES.items()} | example()
    stale = [name for name, text in pages.items() if refresh(DOCS / name, text, check=check)]
    for name in stale:
        print(f"docs/{name} {'is stale' if check else 'was written anew'}")
    if check and stale:
        print("Run `uv run scripts/generate_docs.py`.")
    return int(check and bool(stale))


def example() -> dict[str, str]:
    """Return the files of the example package, by their path below ``docs/``."""
    with TemporaryDirectory() as place:
        folder = write_plugin("delivery-acme", "delivery-method", Path(place))
        files = sorted(path for path in folder.rglob("*") if path.is_file())
        return {f"examples/{path.relative_to(place)}": path.read_text() for path in files}


def refresh(path: Path, text: str, *, check: bool) -> bool:
    """Return whether the file at ``path`` differs from ``text``; write it unless ``check``."""
    differs = not path.exists() or path.read_text() != text
    if differs and not check:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return differs


if __name__ == "__main__":
    sys.exit(main())
