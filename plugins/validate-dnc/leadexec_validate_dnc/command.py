"""``leadexec dnc``: the do not contact list of a running server, from the command line."""

import getpass
import os
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Final, TypeAlias

import msgspec
from cyclopts import App, Parameter
from cyclopts.validators import Number
from rich.console import Console
from rich.table import Table

from leadexec import DeniedError, NotFoundError
from leadexec_validate_dnc.client import Credential, ListClient
from leadexec_validate_dnc.importing import ImportReport
from leadexec_validate_dnc.listing import ListedNumber

SECRET: Final = "DNC_CLIENT_SECRET"  # noqa: S105  a variable's name
_SHOWN_FAULTS: Final = 20
Json: TypeAlias = Annotated[bool, Parameter(name="--json", negative="")]
Flag: TypeAlias = Annotated[bool, Parameter(negative="")]
Limit: TypeAlias = Annotated[int, Parameter(validator=Number(gte=1, lte=1000))]


@Parameter(name="*")
@dataclass(frozen=True, kw_only=True)
class Server:
    """Which server, and who asks; the secret is in $DNC_CLIENT_SECRET, or is asked for."""

    url: Annotated[str, Parameter(env_var="DNC_URL")] = "http://127.0.0.1:8000"
    """The server's address."""
    client_id: Annotated[str, Parameter(env_var="DNC_CLIENT_ID")] = ""
    """The client id of an API credential with the scope account_api."""


HERE: Final = Server()


def dnc_command() -> App:
    """Return the command with its five acts."""
    app = App(name="dnc", help="Add to the do not contact list, take off, find, count, import.")
    app.command(load, name="import")
    app.command(add)
    app.command(remove)
    app.command(find)
    app.command(count)
    return app


def load(
    file: Path,
    /,
    *,
    column: str = "",
    note: str = "",
    as_json: Json = False,
    server: Server = HERE,
) -> int:
    """Put the numbers of a file on the list. To run it again does no harm.

    Args:
        file: One number a line, or a CSV whose first row names its columns.
        column: The CSV's column with the numbers.
        note: Why, or where they come from; kept with every number that is new.
        as_json: Print JSON, for programs, with up to 1000 of the rows that could not be read.
        server: Which one, and who asks.

    Returns:
        The exit status: 1 when some rows could not be read.
    """
    with connected(server) as client:
        report = client.load(file, column=column, note=note)
    if as_json:
        _print_json(report)
    else:
        sys.stdout.write(_told(report))
    return int(report.invalid > 0)


def add(number: str, /, *, note: str = "", server: Server = HERE) -> None:
    """Put a number on the list.

    Args:
        number: In any usual spelling; other countries' begin with +.
        note: Why, or where it comes from.
        server: Which one, and who asks.
    """
    with connected(server) as client:
        entry, is_new = client.add(number, note)
    state = "is on the list now" if is_new else f"was on the list already, since {entry.added}"
    sys.stdout.write(f"{entry.number} {state}.\n")


def remove(number: str, /, *more: str, server: Server = HERE) -> int:
    """Take numbers off the list.

    Args:
        number: In any usual spelling; other countries' begin with +.
        more: Further ones.
        server: Which one, and who asks.

    Returns:
        The exit status: 1 when one was not on the list.
    """
    missing = 0
    with connected(server) as client:
        for one in (number, *more):
            try:
                client.remove(one)
            except NotFoundError as error:
                missing += 1
                sys.stderr.write(f"{one}: {error.message}\n")
            else:
                sys.stdout.write(f"{one} is off the list.\n")
    return int(missing > 0)


def find(
    beginning: str = "",
    /,
    *,
    hit: Flag = False,
    limit: Limit = 100,
    as_json: Json = False,
    server: Server = HERE,
) -> None:
    """List numbers with how often and when they were hit.

    Args:
        beginning: What the numbers begin with, or a whole number.
        hit: Only numbers that were hit, latest first.
        limit: At most so many.
        as_json: Print JSON, for programs.
        server: Which one, and who asks.
    """
    with connected(server) as client:
        found = client.page(search=beginning, hit=True if hit else None, limit=limit)
    if as_json:
        _print_json(found)
        return
    _print_table(found.items)
    if found.next:
        sys.stderr.write(f"There are more than {limit}.\n")


def count(*, server: Server = HERE) -> None:
    """Print how many numbers are on the list."""
    with connected(server) as client:
        sys.stdout.write(f"{client.count()}\n")


def connected(server: Server) -> ListClient:
    """Return a client that proves itself when it is entered.

    Raises:
        DeniedError: ``no_credential``: it lacks the client id or the secret.
    """
    secret = os.environ.get(SECRET, "")
    if server.client_id and not secret and sys.stdin.isatty():
        secret = getpass.getpass("Client secret: ")
    if not (server.client_id and secret):
        raise DeniedError(
            "no_credential",
            f"An API credential is needed: --client-id, and its secret in ${SECRET}.",
            "Make one: leadexec credential new NAME --scope account_api",
        )
    return ListClient(server.url, Credential(client_id=server.client_id, client_secret=secret))


def _told(report: ImportReport) -> str:
    lines = [
        f"{report.rows} rows: {report.added} added, {report.duplicates} duplicates, "
        f"{report.invalid} that could not be read."
    ]
    shown = report.errors[:_SHOWN_FAULTS]
    lines += [f"  row {fault.row}: {fault.message} ({fault.code})" for fault in shown]
    if report.invalid > len(shown):
        lines.append(f"  and {report.invalid - len(shown)} more")
    return "\n".join(lines) + "\n"


def _print_table(entries: tuple[ListedNumber, ...]) -> None:
    table = Table("number", "times hit", "added", "last hit", "note", box=None, header_style="bold")
    for entry in entries:
        last = f"{entry.last_hit:%Y-%m-%d %H:%M}" if entry.last_hit else "-"
        added = f"{entry.added:%Y-%m-%d %H:%M}"
        table.add_row(entry.number, str(entry.times_hit), added, last, entry.note)
    # Piped output is read by programs and by grep: it is not folded to a screen's width.
    Console(width=None if sys.stdout.isatty() else 10_000, highlight=False, markup=False).print(
        table
    )


def _print_json(told: object) -> None:
    sys.stdout.write(msgspec.json.format(msgspec.json.encode(told)).decode() + "\n")
