"""The docs say what the code does: pages made from it are fresh, code and commands in them work."""

import inspect
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import leadexec
from leadexec.cli.offline import OfflineServices
from leadexec.cli.reference import contracts_page, hooks_page
from leadexec.cli.reference.settings import table_of
from leadexec.cli.root import COMMANDS
from leadexec.plugins import FaultLog, Plugins
from leadexec.testing import fake_services

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted(DOCS.glob("*.md"))]
WRITTEN = [page for page in PAGES if page.name not in ("hooks.md", "contracts.md", "settings.md")]
PLUGIN_READMES = [*(ROOT / "plugins").glob("*/README.md"), *(ROOT / "contrib").glob("*/README.md")]


def hooks() -> dict[str, inspect.Signature]:
    """Return every hook the plugin manager knows, with its signature."""
    relay = Plugins(FaultLog()).manager.hook
    names = [name for name in vars(relay) if not name.startswith("_")]
    specifications = {name: getattr(relay, name).spec for name in names}
    return {name: inspect.signature(spec.function) for name, spec in specifications.items()}


def fences(page: Path, language: str) -> Iterator[str]:
    """Yield the code blocks of ``page`` in ``language``."""
    yield from re.findall(rf"(?ms)^```{language}\n(.*?)^```$", page.read_text())


@pytest.mark.parametrize("hook", sorted(hooks()))
def test_every_hook_is_documented_with_its_exact_arguments(hook: str) -> None:
    page = (DOCS / "hooks.md").read_text()
    section = page.partition(f"\n### {hook}\n")[2].partition("\n### ")[0]
    shown = re.search(rf"def {hook}\((.*?)\) ->", section, re.S)

    assert shown
    names = [part.partition(":")[0].strip() for part in shown[1].split(",")]
    assert names == ["self", *(name for name in hooks()[hook].parameters if name != "self")]
    assert len(section.split("```")[2].split()) >= 10, "it says what the hook is for"


def test_the_page_of_hooks_has_no_hook_that_does_not_exist() -> None:
    assert sorted(re.findall(r"(?m)^### (\w+)$", hooks_page())) == sorted(hooks())


@pytest.mark.parametrize(
    "name",
    [
        n
        for n in leadexec.__all__
        if getattr(leadexec, n).__module__.startswith("leadexec.contracts.")
    ],
)
def test_every_public_class_of_the_contracts_has_its_section(name: str) -> None:
    assert f"\n### {name}\n" in contracts_page()


def test_a_page_made_from_the_code_is_fresh() -> None:
    command = [sys.executable, "scripts/generate_docs.py", "--check"]
    checked = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)

    assert checked.returncode == 0, checked.stdout + checked.stderr


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_link_inside_the_repository_leads_somewhere(page: Path) -> None:
    targets = re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", page.read_text())
    local = [target for target in targets if "://" not in target]

    assert [target for target in local if not (page.parent / target).exists()] == []


def test_code_in_the_tutorial_is_that_of_the_tested_example() -> None:
    example = DOCS / "examples" / "delivery-acme"
    code = "\n".join(path.read_text() for path in sorted(example.rglob("*.py")))
    blocks = list(fences(DOCS / "write-a-delivery-method.md", "python"))

    assert len(blocks) >= 5
    assert [block for block in blocks if block not in code] == []


@pytest.mark.parametrize("page", WRITTEN, ids=lambda page: page.name)
def test_every_leadexec_command_in_the_docs_exists(page: Path) -> None:
    lines = [line for block in fences(page, "console") for line in block.splitlines()]
    shown = [m[1] for line in lines if (m := re.search(r"\bleadexec ([a-z][\w-]*)", line))]

    assert [command for command in shown if command not in COMMANDS] == []


def test_the_readmes_commands_are_those_that_ci_runs() -> None:
    readme, ci = (ROOT / "README.md").read_text(), (ROOT / ".ci" / "run").read_text()

    assert "\npip install uv && uv run nox\n" in readme
    assert re.search(r"(?m)^uv run nox\b", ci)


@pytest.mark.parametrize("note", sorted((ROOT / "changelog.d").iterdir()), ids=lambda n: n.name)
def test_a_change_note_names_its_kind_and_begins_with_what_changed(note: Path) -> None:
    assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*\.(breaking|feature|fix|doc)\.md", note.name)
    text = note.read_text().strip()
    subject = text.partition(":")[0]

    assert subject == "Kernel" or subject in [folder.parent.name for folder in PLUGIN_READMES]
    assert text.endswith(".")


def test_ci_is_a_strict_script_that_can_be_run() -> None:
    script = ROOT / ".ci" / "run"
    checked = subprocess.run(
        [shutil.which("bash") or "bash", "-n", script], capture_output=True, text=True, check=False
    )

    assert checked.returncode == 0, checked.stderr
    assert "set -euo pipefail" in script.read_text()
    assert script.stat().st_mode & 0o100


def test_a_table_of_settings_names_type_default_and_meaning() -> None:
    from leadexec_automation_price.plugin import PriceSettings

    assert "| `optimize` | bool | `true` | **Price optimization.** " in table_of(PriceSettings)


def test_offline_services_offer_what_the_services_of_a_running_system_do() -> None:
    offered = [name for name in vars(fake_services()) if not name.startswith("_")]

    assert offered
    assert all(hasattr(OfflineServices(), name) for name in offered)
