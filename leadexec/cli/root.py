"""The root of the command line: kernel commands loaded when used, then those of plugins."""

import sys
from collections.abc import Mapping, Sequence
from importlib.metadata import version
from typing import Final, NamedTuple

from cyclopts import App
from rich.console import Console
from rich.markup import escape

from leadexec.errors import ConfigurationError, LeadexecError


class Command(NamedTuple):
    """Where a kernel command lives; the module is imported when the command is used."""

    target: str
    help: str


COMMANDS: Final[Mapping[str, Command]] = {
    "config": Command("leadexec.cli.config:app", "Show and check the settings."),
    "credential": Command("leadexec.cli.credential:app", "Make, list and disable API credentials."),
    "db": Command(
        "leadexec.cli.db:app", "Bring the tables up to date, list them, drop those of a plugin."
    ),
    "demo": Command(
        "leadexec.cli.demo.wiring:app",
        "Try everything: an example account, realistic leads and simulated buyers.",
    ),
    "docs": Command("leadexec.cli.docs:app", "Print the reference pages made from the code."),
    "jobs": Command("leadexec.cli.jobs:app", "List jobs; run dead ones again, or drop them."),
    "lead": Command(
        "leadexec.cli.lead:app", "Post a lead, look at one, ask why it went where it went."
    ),
    "openapi": Command(
        "leadexec.cli.openapi:app", "Write the OpenAPI description of the HTTP API."
    ),
    "plugin": Command("leadexec.cli.plugin_new:app", "Start a plugin of your own."),
    "plugins": Command("leadexec.cli.plugins:app", "List the installed plugins and what they add."),
    "serve": Command(
        "leadexec.cli.serve:app", "Serve the receivers and APIs and run the jobs, until a signal."
    ),
    "worker": Command("leadexec.cli.worker:app", "Run jobs and nothing else, until a signal."),
}
"""First word → kernel command."""

_HELP: Final = """The open lead distribution platform."""


def main(tokens: Sequence[str] | None = None) -> None:
    """Run the command that ``tokens`` (default: the process's arguments) name, then exit.

    An expected error is printed on standard error as message, hint and code, and the exit status
    is 1; anything else is a fault of the program and keeps its traceback.
    """
    words = list(sys.argv[1:] if tokens is None else tokens)
    try:
        command_line(words)(words)
    except LeadexecError as error:
        report(error, Console(stderr=True, soft_wrap=True))
        raise SystemExit(1) from None


def command_line(words: Sequence[str] = ()) -> App:
    """Return the root app, with the commands of plugins where ``words`` may need them."""
    app = App(name="leadexec", help=_HELP, version=lambda: version("leadexec"))
    for name, command in COMMANDS.items():
        app.command(command.target, name=name, help=command.help)
    if not words or words[0] not in {*COMMANDS, "--version"}:
        # Imported here: loading every plugin is the price of these words alone.
        from leadexec.cli.plugin_commands import add_plugin_commands  # noqa: PLC0415

        add_plugin_commands(app, Console(stderr=True, soft_wrap=True))
    return app


def report(error: LeadexecError, console: Console) -> None:
    """Print ``error`` for a person: message, the faults it does not name yet, hint, code."""
    faults = error.faults if isinstance(error, ConfigurationError) else ()
    lines = [f"[bold red]Error:[/] {escape(error.message)}"]
    for fault in faults:
        if fault.message not in error.message:
            where = f"{fault.path}: " if fault.path else ""
            lines.append(escape(f"  - {where}{fault.message} ({fault.code})"))
    if error.hint:
        lines.append(f"Hint: {escape(error.hint)}")
    console.print("\n".join([*lines, f"Code: {error.code}"]), highlight=False)
