"""``leadexec lead``: post and import leads, look at one, ask why it went, decide about one."""

import sys
from pathlib import Path
from typing import Annotated

import msgspec
from cyclopts import App, Parameter
from rich.console import Console

from leadexec.cli.database_file import demand_database, open_store
from leadexec.cli.lead_import import import_leads
from leadexec.cli.lead_post import body_of, post_embedded, post_over_http
from leadexec.cli.lead_quality import invalidate, validate
from leadexec.cli.lead_view import LeadView, explained, lead_view, viewed
from leadexec.distribution.explain import Explainer, LeadExplained
from leadexec.errors import ConfigurationError, NotFoundError
from leadexec.kernel import running_kernel
from leadexec.model.entity import enc_hook
from leadexec.process import configure_logging, run
from leadexec.settings import Settings, load_settings

app = App(name="lead", help="Post a lead, look at one, ask why it went where it went.")
app.command(import_leads, name="import")
app.command(validate)
app.command(invalidate)

Json = Annotated[bool, Parameter(name="--json", negative="")]
Flag = Annotated[bool, Parameter(negative="")]


@app.command
def post(
    *fields: str,
    campaign: int | None = None,
    json: Annotated[str | None, Parameter(allow_leading_hyphen=True)] = None,
    test: Flag = False,
    run_here: Annotated[bool, Parameter(name="--run", negative="")] = False,
    url: str | None = None,
    token: str | None = None,
    config: Path | None = None,
) -> None:
    """Post a lead, straight into the database or to a server, and print the answer as JSON.

    Without --url the lead passes the same checks here, with the configuration and the plugins of
    this installation; a running server or worker distributes it. With --url it is posted as any
    sender would.

    Args:
        fields: NAME=VALUE, for each field of the lead.
        campaign: The id of the campaign to post to.
        json: A file with the whole post as the receiver takes it, or - for standard input; one
            lead or a list.
        test: Mark it as a test lead.
        run_here: Distribute the lead here and wait until that is done.
        url: Post to this server, such as http://127.0.0.1:8000.
        token: The access token for --url, with the scope lead_receiver.
        config: The settings file; by default $LEADEXEC_CONFIG, else leadexec.toml here.
    """
    body = body_of(fields, campaign=campaign, json=json, test=test)
    if url is not None:
        if run_here:
            raise ConfigurationError.single(
                "not_both", "--run", "A lead posted with --url is distributed by that server."
            )
        sys.stdout.write(run(post_over_http(url, token, body)))
        return
    settings = load_settings(config)
    configure_logging("warning")
    posted = run(post_embedded(settings, body, run_here=run_here))
    sys.stdout.write(posted.answer)
    if posted.waiting:
        sys.stderr.write(f"{posted.waiting}\n")


@app.command
def show(uid: str, *, config: Path | None = None, as_json: Json = False) -> None:
    """Show a lead: its fields, its deliveries with every attempt, the post that brought it.

    Args:
        uid: The lead's id, as the receiver answered it.
        config: The settings file; by default $LEADEXEC_CONFIG, else leadexec.toml here.
        as_json: Print JSON, for programs.
    """
    found = run(_view(load_settings(config), uid))
    if as_json:
        sys.stdout.write(_json(found))
    else:
        for part in viewed(found):
            _console().print(part)


@app.command
def explain(uid: str, *, config: Path | None = None, as_json: Json = False) -> None:
    """Say of every check and every delivery account what it decided about a lead, and why.

    Args:
        uid: The lead's id, as the receiver answered it.
        config: The settings file; by default $LEADEXEC_CONFIG, else leadexec.toml here.
        as_json: Print JSON, for programs.
    """
    configure_logging("error")
    found = run(_explain(load_settings(config), uid))
    if as_json:
        sys.stdout.write(_json(found))
    else:
        for part in explained(found):
            _console().print(part)


async def _view(settings: Settings, uid: str) -> LeadView:
    async with open_store(settings) as store:
        found = await store.read(lambda connection: lead_view(connection, uid))
    if found is None:
        raise NotFoundError("unknown_lead", f"There is no lead {uid}.")
    return found


async def _explain(settings: Settings, uid: str) -> LeadExplained:
    await demand_database(settings)
    # Safe mode: what a broken plugin decided can still be read.
    async with running_kernel(settings, safe_mode=True, run_jobs=False, migrate=False) as kernel:
        return await Explainer(kernel.parts).explain(uid)


def _json(found: msgspec.Struct) -> str:
    encoded = msgspec.json.encode(found, enc_hook=enc_hook)
    return msgspec.json.format(encoded).decode() + "\n"


def _console() -> Console:
    # Piped output is read by programs and by grep: it is not folded to a screen's width.
    width = None if sys.stdout.isatty() else 10_000
    return Console(width=width, highlight=False, markup=False)
