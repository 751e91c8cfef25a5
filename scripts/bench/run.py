"""Run every benchmark of this folder, one after the other, and let each print its table.

    uv run scripts/bench/run.py [--quick] [NAME …]

A benchmark is a module beside this one that can be run by itself and understands ``--quick``; it
measures its floor (a bare server, a bare insert) in the same run, so that its figures are ratios.
``docs/benchmarks.md`` says what each figure means.
"""

import argparse
import subprocess
import sys
from pathlib import Path

FOLDER = Path(__file__).parent


def main() -> int:
    """Run the wanted benchmarks; return 1 when one of them failed."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--quick", action="store_true", help="seconds instead of minutes")
    parser.add_argument("names", nargs="*", metavar="NAME", help="only these")
    arguments = parser.parse_args()
    every = {path.stem: path for path in sorted(FOLDER.glob("*.py")) if is_benchmark(path)}
    if not every:
        parser.error(f"there is no benchmark in {FOLDER}")
    unknown = sorted(set(arguments.names) - set(every))
    if unknown:
        parser.error(f"no benchmark is called {', '.join(unknown)}; there are {', '.join(every)}")
    options = ["--quick"] if arguments.quick else []
    failed = [name for name in arguments.names or every if run(every[name], options)]
    print(f"\nfailed: {', '.join(failed)}" if failed else "\nall benchmarks ran")
    return int(bool(failed))


def is_benchmark(path: Path) -> bool:
    """Return whether the module at ``path`` is one to run."""
    return path.name != Path(__file__).name and '"--quick"' in path.read_text()


def run(path: Path, options: list[str]) -> int:
    """Run the benchmark at ``path`` in a process of its own; return its exit status."""
    print(f"\n== {path.stem}", flush=True)
    command = [sys.executable, "-m", f"scripts.bench.{path.stem}", *options]
    return subprocess.run(command, check=False, cwd=FOLDER.parents[1]).returncode


if __name__ == "__main__":
    sys.exit(main())
