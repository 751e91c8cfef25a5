"""Everything that is checked before a change lands.

``uv run nox`` runs it all but ``bench``; ``uv run nox -s lint`` runs one part.

``lint``, ``types``, ``tests``, ``docs`` and ``bench`` use the workspace's environment, because it
is exactly what a developer works in. ``plugins`` and ``build`` make environments of their own from
the built wheels, because what they prove is that nothing of the workspace is needed.
"""

import functools
import os
import shutil
import sys
from pathlib import Path

import nox
from packaging.requirements import Requirement

nox.needs_version = ">=2025.10"
nox.options.default_venv_backend = "uv"
nox.options.reuse_venv = "yes"
nox.options.sessions = ["lint", "types", "docs", "tests", "build", "plugins"]

ROOT = Path(__file__).parent
DIST = ROOT / "dist"
CONSTRAINTS = DIST / "constraints.txt"
MEMBERS = sorted(
    path.parent
    for folder in ("plugins", "contrib")
    for path in ROOT.glob(f"{folder}/*/pyproject.toml")
)
KINDS = ("delivery-method", "validator", "field-type", "automation", "script")
BIN = Path(sys.executable).parent


def _run(session: nox.Session, tool: str, *arguments: str, **environment: str) -> None:
    """Run a tool of the workspace's environment, also where its folder is not on the path."""
    session.run(str(BIN / tool), *arguments, env=environment, external=True)


@nox.session(venv_backend="none")
def lint(session: nox.Session) -> None:
    """Style, import contracts, spelling, pins and what must never be in the tree."""
    _run(session, "ruff", "check", ".")
    _run(session, "ruff", "format", "--check", ".")
    _run(session, "lint-imports", "--no-cache")
    _run(session, "codespell")
    _run(session, "python", "scripts/check_tree.py")
    _run(session, "python", "scripts/pin.py", "--check")


@nox.session(venv_backend="none")
def types(session: nox.Session) -> None:
    """Check the kernel, every plugin, a new one of each kind and the scripts, strictly."""
    samples = Path(session.create_tmp()) / "samples"
    shutil.rmtree(samples, ignore_errors=True)
    for kind in KINDS:
        name = f"{kind.partition('-')[0]}-one"
        options = ("--kind", kind, "--into", str(samples))
        _run(session, "python", "-m", "leadexec", "plugin", "new", name, *options)
    # Named one by one, since ruff passes over ignored folders. To a new plugin the kernel is
    # somebody else's, in this folder it is ours: the order of imports is not looked at.
    written = map(str, sorted(samples.rglob("*.py")))
    _run(session, "ruff", "check", "--quiet", "--ignore", "I001", *written)
    folders = [*MEMBERS, *sorted(samples.iterdir()), ROOT / "docs/examples/delivery-acme"]
    modules = [str(next(folder.glob("leadexec_*"))) for folder in folders]
    bases = os.pathsep.join(str(folder) for folder in folders)
    _run(session, "mypy", "leadexec", "scripts", "noxfile.py", *modules, MYPYPATH=bases)


@nox.session(venv_backend="none")
def tests(session: nox.Session) -> None:
    """Test the kernel together with the standard plugins."""
    arguments = session.posargs or ["tests", "--ignore=tests/test_docs.py"]
    _run(session, "pytest", "-q", "-n", "auto", *arguments)


@nox.session(venv_backend="none")
def docs(session: nox.Session) -> None:
    """Fail when a generated page is stale or an example in the docs does not run."""
    _run(session, "python", "scripts/generate_docs.py", "--check")
    _run(session, "pytest", "-q", "docs/examples", "tests/test_docs.py")


@nox.session(venv_backend="none")
def bench(session: nox.Session) -> None:
    """Run every benchmark briefly and print its table."""
    _run(session, "python", "scripts/bench/run.py", "--quick", *session.posargs)


@nox.session
def build(session: nox.Session) -> None:
    """Build every wheel; use the kernel and one plugin from theirs in an empty environment."""
    wheels = _wheels(session)
    plugin = session.posargs[0] if session.posargs else "leadexec-fields"
    _install(session, wheels["leadexec"], wheels[plugin])
    with session.chdir(session.create_tmp()):
        session.run("python", str(ROOT / "scripts/check_installed.py"), plugin)
    _run(session, "pytest", "-q", "-k", "wheel", "tests/test_packaging.py", TEST_WHEELS=str(DIST))


@nox.session
@nox.parametrize("member", [nox.param(m.name, id=m.name) for m in MEMBERS])
def plugins(session: nox.Session, member: str) -> None:
    """Test one plugin on the kernel alone, both from their wheels."""
    folder = next(path for path in MEMBERS if path.name == member)
    wheels = _wheels(session)
    own = _closure(f"leadexec-{member}")
    groups = nox.project.load_toml(folder / "pyproject.toml").get("dependency-groups", {})
    extra = ("--group", f"{folder}/pyproject.toml:test") if "test" in groups else ()
    _install(
        session, *(wheels[name] for name in ["leadexec", *own]), "pytest", "hypothesis", *extra
    )
    session.run("python", str(ROOT / "scripts/check_isolated.py"), *own, silent=True)
    with session.chdir(folder):
        session.run("pytest", "-q", "tests", *session.posargs)


def _install(session: nox.Session, *what: str) -> None:
    """Make the session's environment exactly ``what`` and its dependencies, pinned."""
    rebuilt = [f"--reinstall-package={name}" for name in _wheels(session)]
    session.install("--quiet", "--exact", "--constraint", str(CONSTRAINTS), *rebuilt, *what)


@functools.cache
def _built() -> dict[str, str]:
    return {}


def _wheels(session: nox.Session) -> dict[str, str]:
    """Return distribution → wheel, building all of them the first time in a run of nox."""
    built = _built()
    if not built:
        shutil.rmtree(DIST, ignore_errors=True)
        _run(session, "uv", "build", "--quiet", "--all-packages", "--wheel", "--out-dir", str(DIST))
        _run(session, "python", "scripts/pin.py", "--constraints", str(CONSTRAINTS))
        for wheel in DIST.glob("*.whl"):
            built[wheel.name.split("-")[0].replace("_", "-")] = str(wheel)
    return built


def _closure(name: str) -> list[str]:
    """Return ``name`` and every first-party distribution it declares, directly or not."""
    folders = {f"leadexec-{member.name}": member for member in MEMBERS}
    wanted, found = [name], list[str]()
    while wanted:
        found.append(current := wanted.pop())
        project = nox.project.load_toml(folders[current] / "pyproject.toml")["project"]
        declared = {Requirement(text).name for text in project.get("dependencies", [])}
        wanted += sorted(declared & set(folders) - set(found))
    return found
