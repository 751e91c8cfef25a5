"""What every distribution of the workspace must have, in the source and in its wheel."""

import os
import re
import tomllib
import zipfile
from functools import cache
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[1]
FOLDERS = sorted(
    path.parent
    for where in ("plugins", "contrib")
    for path in ROOT.glob(f"{where}/*/pyproject.toml")
)
MEMBERS = [pytest.param(folder, id=folder.name) for folder in FOLDERS]


@cache
def project(folder: Path) -> dict[str, Any]:
    loaded: dict[str, Any] = tomllib.loads((folder / "pyproject.toml").read_text())
    return loaded


def module_of(folder: Path) -> str:
    return f"leadexec_{folder.name.replace('-', '_')}"


def test_every_plugin_folder_is_a_member_of_the_workspace() -> None:
    found = {path for where in ("plugins", "contrib") for path in ROOT.glob(f"{where}/*/")}

    assert {path for path in found if any(path.glob("leadexec_*"))} == set(FOLDERS)


@pytest.mark.parametrize("folder", MEMBERS)
def test_the_distribution_the_module_and_the_entry_point_are_named_as_the_folder(
    folder: Path,
) -> None:
    described = project(folder)
    (point,) = described["project"]["entry-points"]["leadexec"].items()

    assert described["project"]["name"] == f"leadexec-{folder.name}"
    assert point[0] == folder.name
    assert re.fullmatch(rf"{module_of(folder)}\.plugin:[A-Z]\w+Plugin", point[1])
    assert described["tool"]["uv"]["build-backend"] == {
        "module-name": module_of(folder),
        "module-root": "",
    }


@pytest.mark.parametrize("folder", MEMBERS)
def test_every_package_has_the_version_and_licence_of_the_kernel(folder: Path) -> None:
    kernel, own = project(ROOT)["project"], project(folder)["project"]

    assert own["version"] == kernel["version"]
    assert own["license"] == kernel["license"]
    assert own["requires-python"] == kernel["requires-python"]


@pytest.mark.parametrize("folder", MEMBERS)
def test_every_package_states_the_range_of_plugin_apis_it_works_with(folder: Path) -> None:
    major, minor, _ = project(ROOT)["project"]["version"].split(".")
    dependencies = project(folder)["project"]["dependencies"]

    assert f"leadexec>={major}.{minor},<{major}.{int(minor) + 1}" in dependencies


@pytest.mark.parametrize("folder", MEMBERS)
def test_every_package_says_what_it_is(folder: Path) -> None:
    description = project(folder)["project"]["description"]
    readme = (folder / "README.md").read_text()

    assert len(description.split()) >= 4
    assert description.endswith(".")
    assert readme.startswith(f"# leadexec-{folder.name}\n")
    assert len(readme.split()) >= 30


@pytest.mark.parametrize("folder", MEMBERS)
def test_every_package_is_typed_and_has_tests_of_its_own(folder: Path) -> None:
    assert (folder / module_of(folder) / "py.typed").exists()
    assert list((folder / "tests").rglob("test_*.py"))


@pytest.mark.parametrize("folder", MEMBERS)
def test_every_package_resolves_inside_the_workspace(folder: Path) -> None:
    sources = project(ROOT)["tool"]["uv"]["sources"]

    assert sources[f"leadexec-{folder.name}"] == {"workspace": True}


@pytest.mark.parametrize("folder", MEMBERS)
def test_every_package_is_in_the_environment_that_uv_run_makes(folder: Path) -> None:
    extras = project(ROOT)["project"]["optional-dependencies"]
    development = project(ROOT)["dependency-groups"]["dev"]

    assert f"leadexec-{folder.name}" in [*extras["standard"], *extras["all"], *development]


@pytest.mark.skipif("TEST_WHEELS" not in os.environ, reason="run by nox -s build")
@pytest.mark.parametrize(
    ("distribution", "module"),
    [
        pytest.param("leadexec", "leadexec", id="kernel"),
        *(pytest.param(f"leadexec-{f.name}", module_of(f), id=f.name) for f in FOLDERS),
    ],
)
def test_a_wheel_holds_its_module_its_type_marker_and_no_tests(
    distribution: str, module: str
) -> None:
    folder = Path(os.environ["TEST_WHEELS"])
    (wheel,) = folder.glob(f"{distribution.replace('-', '_')}-[0-9]*.whl")
    names = zipfile.ZipFile(wheel).namelist()

    assert f"{module}/py.typed" in names
    assert {name.split("/")[0] for name in names if ".dist-info/" not in name} == {module}
    assert [name for name in names if "/tests/" in name] == []
    assert [name for name in names if re.search(r"/(conftest|test_\w+)\.py$", name)] == []
