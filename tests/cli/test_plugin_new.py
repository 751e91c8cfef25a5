"""``leadexec plugin new`` writes packages that work as they are."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import get_args

import pytest

from leadexec.cli.plugin_new import KINDS, KindName, new, write_plugin
from leadexec.errors import ConflictError, LeadexecError

ADDS = {
    "delivery-method": "delivery",
    "validator": "validator",
    "field-type": "field_type",
    "automation": "automation",
    "script": "script",
}


def run(*command: str | Path, folder: Path, site: Path) -> subprocess.CompletedProcess[str]:
    """Run ``command`` where the package installed in ``site`` is found."""
    environment = {**os.environ, "PYTHONPATH": str(site), "PYTHONDONTWRITEBYTECODE": "1"}
    return subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, check=False
    )


@pytest.mark.parametrize("kind", get_args(KindName))
def test_a_new_plugin_installs_loads_and_passes_its_tests(kind: KindName, tmp_path: Path) -> None:
    folder, site = write_plugin(f"acme-{kind}", kind, tmp_path), tmp_path / "site"
    install = (sys.executable, "-m", "uv", "pip", "install", "--no-deps", "--target", site)

    (tmp_path / "only.toml").write_text(f'[plugins]\nonly = ["{folder.name}"]\n')

    installed = run(*install, "--quiet", ".", folder=folder, site=site)
    listed = run(
        *(
            sys.executable,
            "-m",
            "leadexec",
            "plugins",
            "--json",
            "--config",
            tmp_path / "only.toml",
        ),
        folder=tmp_path,
        site=site,
    )
    tested = run(
        *(sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "no:xdist"),
        folder=folder,
        site=site,
    )

    assert installed.returncode == 0, installed.stderr
    assert listed.returncode == 0, listed.stdout + listed.stderr
    (row,) = [row for row in json.loads(listed.stdout) if row["name"] == folder.name]
    assert row["state"] == "loaded"
    assert list(row["adds"]) == [ADDS[kind]]
    assert tested.returncode == 0, tested.stdout + tested.stderr
    assert " passed" in tested.stdout


@pytest.mark.parametrize("kind", get_args(KindName))
def test_the_readme_has_every_setting_in_its_table(kind: KindName, tmp_path: Path) -> None:
    folder = write_plugin(f"acme-{kind}", kind, tmp_path)

    readme = (folder / "README.md").read_text()
    assert all(f"| `{name}` | {meaning} |" in readme for name, meaning in KINDS[kind].settings)


def test_the_component_is_named_by_the_words_after_the_kind(tmp_path: Path) -> None:
    folder = write_plugin("delivery-acme-west", "delivery-method", tmp_path)

    code = (folder / "leadexec_delivery_acme_west" / "plugin.py").read_text()
    assert 'key = "acme-west"' in code
    assert 'title = "Acme west"' in code
    assert "class AcmeWestPlugin(" in code


@pytest.mark.parametrize(
    "name",
    ["", "Acme", "delivery acme", "delivery_acme", "-acme", "acme-", "a--b", "1acme", "ä", "../up"],
)
def test_a_name_that_is_not_lower_case_words_is_refused(name: str, tmp_path: Path) -> None:
    with pytest.raises(LeadexecError) as caught:
        write_plugin(name, "script", tmp_path)

    assert caught.value.code == "invalid_name"
    assert "delivery-acme" in caught.value.hint
    assert list(tmp_path.iterdir()) == []


def test_a_name_over_fifty_characters_is_refused(tmp_path: Path) -> None:
    write_plugin("a" * 50, "script", tmp_path)

    with pytest.raises(LeadexecError) as caught:
        write_plugin("a" * 51, "script", tmp_path)

    assert caught.value.code == "invalid_name"


def test_an_existing_folder_is_refused_and_left_alone(tmp_path: Path) -> None:
    (tmp_path / "acme").mkdir()

    with pytest.raises(ConflictError) as caught:
        write_plugin("acme", "script", tmp_path)

    assert caught.value.code == "folder_exists"
    assert list((tmp_path / "acme").iterdir()) == []


def test_the_name_of_an_installed_plugin_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConflictError) as caught:
        write_plugin("automation-price", "automation", tmp_path)

    assert caught.value.code == "name_taken"
    assert "leadexec_automation_price" in caught.value.message


def test_a_place_that_cannot_be_written_is_refused_by_name(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")

    with pytest.raises(LeadexecError) as caught:
        write_plugin("acme", "script", tmp_path / "file")

    assert caught.value.code == "cannot_write"
    assert "file" in caught.value.message


def test_the_licence_is_the_one_asked_for(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    new("acme", kind="script", into=tmp_path, licence="MIT")

    assert 'license = "MIT"' in (tmp_path / "acme" / "pyproject.toml").read_text()
    assert str(tmp_path / "acme") in capsys.readouterr().out
