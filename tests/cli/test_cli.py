"""The command line: lazy, honest about faults, open to plugins."""

import importlib
import json
import subprocess
import sys
from collections.abc import Callable, Sequence
from importlib.metadata import EntryPoint
from io import StringIO
from pathlib import Path
from typing import cast

import pytest
from cyclopts import App
from rich.console import Console

from leadexec import LeadexecError, NoSettings, Plugin, hookimpl
from leadexec.cli.offline import OfflineServices
from leadexec.cli.plugin_commands import add_plugin_commands
from leadexec.cli.root import COMMANDS, command_line, main, report
from leadexec.contracts.services import Services
from leadexec.errors import ConfigurationError, Fault, UnavailableError
from leadexec.plugins import FaultLog, Plugins


class Greeting(Plugin[NoSettings]):
    """Contributes a command that greets."""

    @hookimpl
    def register_commands(self) -> Sequence[App]:
        """Contribute ``leadexec greet``."""
        greet = App(name="greet", help="Greets.")

        @greet.default
        def say(name: str) -> None:
            sys.stdout.write(f"Hello {name}\n")

        return (greet,)


class Broken(Plugin[NoSettings]):
    """Fails to contribute a command."""

    @hookimpl
    def register_commands(self) -> Sequence[App]:
        """Raise."""
        message = "no greeting today"
        raise RuntimeError(message)


class Impostor(Plugin[NoSettings]):
    """Contributes a command with the name of a kernel command."""

    @hookimpl
    def register_commands(self) -> Sequence[App]:
        """Contribute ``leadexec plugins``."""
        return (App(name="plugins"),)


def loaded(**plugins: type[Plugin[NoSettings]]) -> Plugins:
    services = cast("Services", OfflineServices())
    found = Plugins(FaultLog())
    for name, plugin in plugins.items():
        found.add(name, "1.0", plugin(NoSettings(), services))
    return found


def with_plugins(plugins: Plugins) -> tuple[App, str]:
    """Return a root that knows the kernel's commands and those of ``plugins``, and what it said."""
    app, said = command_line(["plugins"]), StringIO()
    add_plugin_commands(app, Console(file=said, width=200), plugins)
    return app, said.getvalue()


def exit_status(call: Callable[[], object]) -> int | str | None:
    with pytest.raises(SystemExit) as ended:
        call()
    return ended.value.code


def test_every_kernel_command_can_be_imported() -> None:
    for name, command in COMMANDS.items():
        module, _, attribute = command.target.partition(":")
        app = getattr(importlib.import_module(module), attribute)

        assert isinstance(app, App), name
        assert app.name == (name,), name
        assert command.help.endswith("."), name


def test_a_kernel_command_imports_no_other() -> None:
    script = (
        "import sys; from leadexec.cli.root import main\n"
        "try: main(['docs', 'hooks'])\n"
        "except SystemExit: pass\n"
        "others = [m for m in ('leadexec.cli.plugin_new', 'leadexec.cli.plugins') "
        "if m in sys.modules]\n"
        "sys.exit(str(others) if others else 0)"
    )
    command = [sys.executable, "-c", script]
    ended = subprocess.run(command, capture_output=True, text=True, check=False)

    assert ended.returncode == 0, ended.stderr
    assert "# Hooks" in ended.stdout


def test_help_lists_every_kernel_command(capsys: pytest.CaptureFixture[str]) -> None:
    exit_status(lambda: main(["--help"]))

    shown = capsys.readouterr().out
    assert all(name in shown for name in COMMANDS)


def test_an_expected_error_prints_message_hint_and_code_without_a_traceback(
    capsys: pytest.CaptureFixture[str],
) -> None:
    status = exit_status(lambda: main(["plugin", "new", "Bad Name", "--kind", "script"]))

    printed = capsys.readouterr()
    assert status == 1
    assert printed.out == ""
    assert "Error: 'Bad Name' cannot be a plugin's name." in printed.err
    assert "Hint: " in printed.err
    assert "Code: invalid_name" in printed.err
    assert "Traceback" not in printed.err


def test_every_fault_of_a_configuration_is_printed() -> None:
    said = StringIO()
    faults = [
        Fault(code="unknown_field", path=f"fields[{number}]", message=f"No field {number}.")
        for number in range(7)
    ]

    report(ConfigurationError(faults), Console(file=said, width=200))

    assert all(f"No field {number}." in said.getvalue() for number in range(7))
    assert "fields[6]: " in said.getvalue()


def test_brackets_in_an_error_are_not_taken_for_markup() -> None:
    said = StringIO()

    report(LeadexecError("code", "leads[0].email [red] is wrong"), Console(file=said, width=200))

    assert "leads[0].email [red] is wrong" in said.getvalue()


def test_an_unknown_command_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert exit_status(lambda: main(["no-such-command"])) == 2
    assert "no-such-command" in "".join(capsys.readouterr())


def test_a_plugins_command_runs(capsys: pytest.CaptureFixture[str]) -> None:
    app, said = with_plugins(loaded(greeting=Greeting))

    exit_status(lambda: app(["greet", "Ada"]))

    assert capsys.readouterr().out == "Hello Ada\n"
    assert said == ""


def test_a_plugin_whose_commands_fail_is_named_and_harms_no_other() -> None:
    plugins = loaded(broken=Broken, greeting=Greeting)

    app, said = with_plugins(plugins)

    assert "The plugin broken cannot add its commands" in said
    assert "no greeting today" in said
    assert [fault.plugin for fault in plugins.faults.recent] == ["broken"]
    assert "greet" in app


def test_a_plugin_cannot_take_the_name_of_a_kernel_command() -> None:
    app, said = with_plugins(loaded(impostor=Impostor))

    assert "The plugin impostor cannot add its commands" in said
    assert app["plugins"].help == COMMANDS["plugins"].help


def test_help_works_with_settings_that_cannot_be_read_and_says_so(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LEADEXEC_CONFIG", "no-such-file.toml")

    exit_status(lambda: main(["--help"]))

    printed = capsys.readouterr()
    assert "plugins" in printed.out
    assert "The settings cannot be read" in printed.err
    assert "no-such-file.toml" in printed.err


def test_a_service_used_without_a_running_system_is_refused_by_name() -> None:
    with pytest.raises(UnavailableError, match=r"services\.storage\.read"):
        OfflineServices().storage.read(print)


def test_plugins_are_listed_with_version_state_and_what_they_add(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    config = tmp_path / "leadexec.toml"
    config.write_text('[plugins]\ndisable = ["fields"]\n')

    assert exit_status(lambda: main(["plugins", "--json", "--config", str(config)])) == 0

    listed = {row["name"]: row for row in json.loads(capsys.readouterr().out)}
    assert listed["fields"]["state"] == "disabled"
    assert listed["automation-price"]["state"] == "loaded"
    assert listed["automation-price"]["adds"]["automation"] == ["price"]
    assert listed["simulator"]["adds"]["hooks"] == ["register_commands"]


def test_the_table_of_plugins_keeps_each_on_one_line_when_piped(
    capsys: pytest.CaptureFixture[str],
) -> None:
    exit_status(lambda: main(["plugins"]))

    lines = capsys.readouterr().out.splitlines()
    assert [line for line in lines if line.split()[:1] == ["automation-price"]]
    assert len(lines) == len(json.loads(_plugins_as_json(capsys))) + 1


def test_a_faulty_plugin_is_listed_with_its_fault_and_the_exit_status_says_so(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    missing = EntryPoint(name="missing", value="leadexec_missing.plugin:Missing", group="leadexec")
    monkeypatch.setattr("leadexec.plugins.entry_points", lambda group: [missing])

    assert exit_status(lambda: main(["plugins"])) == 1
    assert "missing" in (shown := capsys.readouterr().out)
    assert "No module named 'leadexec_missing'" in shown


def test_a_kernel_without_plugins_says_what_is_missing(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("leadexec.plugins.entry_points", lambda group: [])

    exit_status(lambda: main(["plugins"]))

    assert "No plugin is installed" in (shown := capsys.readouterr().out)
    assert 'pip install "leadexec[standard]"' in shown


def _plugins_as_json(capsys: pytest.CaptureFixture[str]) -> str:
    exit_status(lambda: main(["plugins", "--json"]))
    return capsys.readouterr().out
