"""Check every file of the repository for what must never be in it.

No name of a package registry's host, no download address, no lock file (it would hold both), no
mark of unfinished work, no Python file or function that has grown too long (tests and migrations
may; so may what says ``# long: why`` in its first line). Words are put together from halves here so
that this file passes its own check.
"""

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[1]
MOST_LINES = 400
MOST_FUNCTION_LINES = 60
_EXCUSE = "# long: "
_MAY_BE_LONG = {"tests", "versions"}
LOCKS = {"uv.lock", "poetry.lock", "package-lock.json", "yarn.lock", "pnpm-lock.yaml"}
HOSTS = (
    "py" + "pi.org",
    "python" + "hosted.org",
    "npm" + "js.org",
    "npm" + "js.com",
    "yarn" + "pkg.com",
    "deb." + "debian.org",
    "security." + "debian.org",
    "crates" + ".io",
)
_RULES = (
    ("names a package registry's host", re.compile("|".join(map(re.escape, HOSTS)), re.I)),
    ("holds a download address", re.compile(r"https?://\S+\.(?:whl|tar\.gz|tgz|deb|crate)\b")),
    ("marks unfinished work", re.compile(r"\b(?:TO" + r"DO|FIX" + r"ME|XX" + r"X)\b")),
)


def main() -> int:
    """Print every fault as ``path:line: what``; return 1 when there is one."""
    faults = [fault for path in tracked() for fault in faults_of(path)]
    print("\n".join(faults) or "The tree is clean.")
    return int(bool(faults))


def tracked() -> list[Path]:
    """Return the files that are, or are about to be, in the repository."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True)
    return [path for name in listed.stdout.splitlines() if (path := ROOT / name).is_file()]


def faults_of(path: Path) -> Iterator[str]:
    """Yield what is wrong with the file at ``path``."""
    name = path.relative_to(ROOT)
    if path.name in LOCKS:
        yield f"{name}:1: a lock file holds download addresses; it stays out of the repository"
    try:
        text = path.read_text()
    except UnicodeDecodeError:
        return  # a picture or the like: nothing to read
    for number, line in enumerate(text.splitlines(), 1):
        for what, pattern in _RULES:
            if pattern.search(line):
                yield f"{name}:{number}: {what}: {line.strip()[:80]}"
    if path.suffix == ".py" and not _MAY_BE_LONG & {*name.parts}:
        yield from _too_long(name, text)


def _too_long(name: Path, text: str) -> Iterator[str]:
    lines = text.splitlines()
    if len(lines) > MOST_LINES and _EXCUSE not in lines[0]:
        yield f"{name}:1: {len(lines)} lines; a file has at most {MOST_LINES}"
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            length = (node.end_lineno or node.lineno) - node.lineno + 1
            if length > MOST_FUNCTION_LINES and _EXCUSE not in lines[node.lineno - 1]:
                at_most = f"at most {MOST_FUNCTION_LINES}"
                yield f"{name}:{node.lineno}: {node.name} has {length} lines; {at_most}"


if __name__ == "__main__":
    sys.exit(main())
