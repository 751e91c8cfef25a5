"""Plugins use what a stranger could use: the names ``leadexec`` exports, and no other plugin."""

import ast
import tomllib
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

import pytest
from packaging.requirements import Requirement

ROOT = Path(__file__).parents[1]
PUBLIC = ("leadexec", "leadexec.testing")
MEMBERS = [
    pytest.param(path.parent, id=path.parent.name)
    for where in ("plugins", "contrib")
    for path in sorted(ROOT.glob(f"{where}/*/pyproject.toml"))
]


def imports_of(tree: ast.Module) -> Iterator[tuple[str, str]]:
    """Yield (module, name) of every import, also inside functions; name is empty for a module."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((alias.name, "") for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield from ((node.module, alias.name) for alias in node.names)


def attributes_of(tree: ast.Module, module: str) -> Iterator[str]:
    """Yield what is read as an attribute of the name ``module``."""
    for node in ast.walk(tree):
        match node:
            case ast.Attribute(value=ast.Name(id=name), attr=attribute) if name == module:
                yield attribute


def declared_by(folder: Path, *, with_tests: bool) -> set[str]:
    """Return the first-party modules that the package declares, its own included."""
    described = tomllib.loads((folder / "pyproject.toml").read_text())
    listed = list(described["project"].get("dependencies", []))
    if with_tests:
        listed += described.get("dependency-groups", {}).get("test", [])
    names = {Requirement(text).name for text in listed} | {f"leadexec-{folder.name}"}
    return {name.replace("-", "_") for name in names}


def faults_of(path: Path, folder: Path) -> Iterator[str]:
    """Yield what the module at ``path`` of the package in ``folder`` may not import."""
    in_tests = "tests" in path.relative_to(folder).parts
    allowed = declared_by(folder, with_tests=in_tests)
    tree = ast.parse(path.read_text())
    for module, name in imports_of(tree):
        top = module.partition(".")[0]
        if top.startswith("leadexec_") and top not in allowed:
            yield f"{path}: imports {top}, which it does not declare"
        if top == "leadexec" and not is_public(module, name, in_tests=in_tests):
            yield f"{path}: imports {module} {name}, which is not public"
    exported = {*import_module("leadexec").__all__, "testing"}
    for attribute in attributes_of(tree, "leadexec"):
        if attribute not in exported:
            yield f"{path}: uses leadexec.{attribute}, which is not public"


def is_public(module: str, name: str, *, in_tests: bool) -> bool:
    """Return whether ``from module import name`` is open to plugins."""
    if module in PUBLIC:
        return not name or name == "testing" or name in import_module(module).__all__
    return in_tests and module.startswith("leadexec.testing.")


@pytest.mark.parametrize("folder", MEMBERS)
def test_a_plugin_imports_only_public_names_and_declared_plugins(folder: Path) -> None:
    modules = [path for path in folder.rglob("*.py") if ".venv" not in path.parts]

    assert [fault for path in modules for fault in faults_of(path, folder)] == []


@pytest.mark.parametrize(
    "line",
    [
        "from leadexec.plugins import Registry",
        "import leadexec.storage.store",
        "from leadexec import storage",
        "from leadexec import errors as faults",
        "import leadexec; leadexec.plugins.load_plugins",
        "from leadexec.testing.clock import FakeClock",
        "def later():\n    from leadexec_other import thing",
        "import leadexec_other.plugin",
    ],
)
def test_the_check_refuses_a_plugin_that_reaches_inside(tmp_path: Path, line: str) -> None:
    folder = tmp_path / "mine"
    (folder / "leadexec_mine").mkdir(parents=True)
    (folder / "pyproject.toml").write_text('[project]\nname = "leadexec-mine"\n')
    module = folder / "leadexec_mine" / "plugin.py"
    module.write_text(line)

    assert len(list(faults_of(module, folder))) == 1


def test_the_check_lets_a_plugin_use_what_is_public_and_declared(tmp_path: Path) -> None:
    folder = tmp_path / "mine"
    (folder / "tests").mkdir(parents=True)
    (folder / "pyproject.toml").write_text(
        '[project]\nname = "leadexec-mine"\ndependencies = ["leadexec", "leadexec-fields>=0.1"]\n'
    )
    module = folder / "tests" / "test_plugin.py"
    module.write_text(
        "import leadexec\nimport leadexec_mine, leadexec_fields\n"
        "from leadexec import Plugin\nfrom leadexec.testing import FakeClock\n"
        "from leadexec.testing.contract import decoded\nleadexec.Plugin\n"
    )

    assert list(faults_of(module, folder)) == []
