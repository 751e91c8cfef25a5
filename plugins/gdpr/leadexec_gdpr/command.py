"""``leadexec gdpr``: find, export and erase a person's data on a running server; sweep."""

import getpass
import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Final, TypeAlias

import msgspec
from cyclopts import App, Parameter

from leadexec import DeniedError, LeadexecError, PersonFound
from leadexec_gdpr.client import Credential, GdprClient
from leadexec_gdpr.desk import PersonErased, Swept

SECRET: Final = "GDPR_CLIENT_SECRET"  # noqa: S105  a variable's name
Flag: TypeAlias = Annotated[bool, Parameter(negative="")]
Json: TypeAlias = Annotated[bool, Parameter(name="--json", negative="")]
Leads: TypeAlias = Annotated[tuple[str, ...], Parameter(name="--lead", negative="")]


@Parameter(name="*")
@dataclass(frozen=True, kw_only=True)
class Server:
    """Which server, and who asks; the secret is in $GDPR_CLIENT_SECRET, or is asked for."""

    url: Annotated[str, Parameter(env_var="GDPR_URL")] = "http://127.0.0.1:8000"
    """The server's address."""
    client_id: Annotated[str, Parameter(env_var="GDPR_CLIENT_ID")] = ""
    """The client id of an API credential with the scope data_api."""


@Parameter(name="*")
@dataclass(frozen=True, kw_only=True)
class Whose:
    """Whom it is about: whatever agrees with any of these."""

    email: str = ""
    """Their email address."""
    phone: str = ""
    """Their phone number, in any usual spelling."""
    lead: Leads = ()
    """The uid of a lead of theirs; may be given several times."""

    def body(self) -> dict[str, Any]:
        """Return what the server is told.

        Raises:
            LeadexecError: ``nobody_named``.
        """
        if not (self.email or self.phone or self.lead):
            message = "Name somebody: --email, --phone or --lead."
            raise LeadexecError("nobody_named", message)
        return {"email": self.email, "phone": self.phone, "leads": list(self.lead)}


HERE: Final = Server()
NOBODY: Final = Whose()


def gdpr_command() -> App:
    """Return the command with its acts."""
    app = App(name="gdpr", help="Find, export and erase a person's data; erase what is too old.")
    for act in (find, export, erase, sweep):
        app.command(act)
    app.command(listed, name="log")
    return app


def find(*, whose: Whose = NOBODY, as_json: Json = False, server: Server = HERE) -> None:
    """List the leads and posts that hold a person.

    Args:
        whose: Whom it is about.
        as_json: Print JSON, for programs.
        server: Which one, and who asks.
    """
    body = whose.body()
    with connected(server) as client:
        answer = client.act("find", **body)
    if as_json:
        _print(answer)
        return
    found = msgspec.json.decode(answer, type=PersonFound)
    for lead in found.leads:
        state = "erased" if lead.erased else lead.status
        told = f"{lead.received_at:%Y-%m-%d}  {state}  campaign {lead.campaign_id}"
        sys.stdout.write(f"lead {lead.uid}  {told}  {', '.join(lead.agrees)}\n")
    for post in found.posts:
        sys.stdout.write(f"post {post.uid}  {post.received_at:%Y-%m-%d}  {post.code}\n")
    more = "" if found.complete else " And there are more."
    sys.stdout.write(f"{len(found.leads)} leads, {len(found.posts)} posts without one.{more}\n")


def export(*, whose: Whose = NOBODY, out: Path | None = None, server: Server = HERE) -> None:
    """Write everything that is stored about a person as JSON, to be handed to them.

    Args:
        whose: Whom it is about.
        out: The file to write; by default it is printed. A file that is there is not overwritten.
        server: Which one, and who asks.
    """
    body = whose.body()
    with connected(server) as client:
        answer = client.act("export", **body)
    if out is None:
        _print(answer)
        return
    try:
        descriptor = os.open(out, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(msgspec.json.format(answer))
    except OSError as error:
        message = f"{out} cannot be written: {error.strerror}."
        raise LeadexecError("not_written", message) from None
    sys.stdout.write(f"{out} is written; only you can read it.\n")


def erase(
    *,
    whose: Whose = NOBODY,
    dry_run: Flag = False,
    as_json: Json = False,
    server: Server = HERE,
) -> int:
    """Erase everything that is stored about a person; records of money stay without them.

    Args:
        whose: Whom it is about.
        dry_run: Only say what would be erased.
        as_json: Print JSON, for programs.
        server: Which one, and who asks.

    Returns:
        The exit status: 1 when some leads are on their way and must be asked for again.
    """
    body = whose.body()
    with connected(server) as client:
        answer = client.act("erase", **body, dry_run=dry_run)
    told = msgspec.json.decode(answer, type=PersonErased)
    if as_json:
        _print(answer)
    else:
        sys.stdout.write("".join(_lines(told)))
    return int(bool(told.waiting))


def sweep(*, dry_run: Flag = False, as_json: Json = False, server: Server = HERE) -> None:
    """Erase the leads that were kept as long as their retention policies say.

    Args:
        dry_run: Only say how much would be erased.
        as_json: Print JSON, for programs.
        server: Which one, and who asks.
    """
    with connected(server) as client:
        answer = client.act("sweep", dry_run=dry_run)
    if as_json:
        _print(answer)
        return
    told = msgspec.json.decode(answer, type=Swept)
    verb = "would be erased" if told.dry_run else "erased"
    sys.stdout.write(f"{told.leads} leads and {told.posts} posts {verb}.\n")
    if told.waiting:
        sys.stdout.write(f"{told.waiting} leads are on their way and wait for the next sweep.\n")
    if not told.complete:
        sys.stdout.write("There is more than one sweep does: sweep again.\n")


def listed(*, limit: int = 100, server: Server = HERE) -> None:
    """Print who had what erased when, as JSON; nobody's data is in it.

    Args:
        limit: How many at most, newest first.
        server: Which one, and who asks.
    """
    with connected(server) as client:
        _print(client.read("erasures", limit=limit))


def connected(server: Server) -> GdprClient:
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
            "Make one: leadexec credential new NAME --scope data_api",
        )
    return GdprClient(server.url, Credential(client_id=server.client_id, client_secret=secret))


def _lines(told: PersonErased) -> Sequence[str]:
    verb = "would be erased" if told.dry_run else "erased"
    lines = [f"{len(told.leads)} leads and {told.posts} posts {verb}.\n"]
    if told.erased_before:
        lines.append(f"{len(told.erased_before)} leads were erased before.\n")
    if told.waiting:
        uids = ", ".join(told.waiting)
        lines.append(f"On their way, ask again when they have arrived: {uids}.\n")
    return lines


def _print(answer: bytes) -> None:
    sys.stdout.write(msgspec.json.format(answer).decode() + "\n")
