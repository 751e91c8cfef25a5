"""Posting a lead from the command line: into an embedded kernel, or to a server."""

import sys
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import httpx
import msgspec
from sqlalchemy import Connection, select

from leadexec.cli.database_file import demand_database
from leadexec.contracts.post import LeadAnswer, Post
from leadexec.errors import ConfigurationError, Fault, LeadexecError, UnavailableError
from leadexec.http.front import RECEIVER
from leadexec.http.posted_json import DecodedPost, PostFaultsError, read_post
from leadexec.http.problems import PROBLEM_TYPE, Problem
from leadexec.http.strict_json import decode_json
from leadexec.intake.answers import stored_answers
from leadexec.kernel import Kernel, running_kernel
from leadexec.settings import Settings
from leadexec.storage.job_rows import DISTRIBUTE
from leadexec.storage.tables import jobs

_LOOK_AGAIN: Final = 0.05
"""Seconds between two looks at a lead that is being distributed here."""
_HTTP_SECONDS: Final = 120.0
"""A campaign without delivery queue answers after its deliveries."""


class Posted(msgspec.Struct, kw_only=True, frozen=True):
    """What a post came to."""

    answer: str
    """As the receiver answers, formatted."""
    waiting: str = ""
    """What the lead still waits for, as a sentence; empty: nothing."""


def body_of(fields: Sequence[str], *, campaign: int | None, json: str | None, test: bool) -> bytes:
    """Return the body of the post that the words of the command line describe.

    Args:
        fields: ``NAME=VALUE`` each.
        campaign: The campaign's id.
        json: A file with the whole body, or ``-`` for standard input.
        test: Whether the lead is marked as a test.

    Raises:
        ConfigurationError: Every word that is wrong.
        LeadexecError: ``unreadable``: the file.
    """
    if json is not None:
        if fields or campaign is not None or test:
            message = "The file holds the whole post: leave out fields, --campaign and --test."
            raise ConfigurationError.single("not_both", "--json", message)
        return _read(json)
    named, faults = _named(fields)
    if campaign is None:
        message = "Name the campaign: --campaign ID."
        faults.append(Fault(code="missing", path="--campaign", message=message))
    if faults:
        raise ConfigurationError(faults)
    marked = {"test": True} if test else {}
    return msgspec.json.encode({"campaign": campaign, "fields": named, **marked})


def _read(json: str) -> bytes:
    if json == "-":
        return sys.stdin.buffer.read()
    try:
        return Path(json).read_bytes()
    except OSError as error:
        raise LeadexecError("unreadable", f"{json} cannot be read: {error.strerror}.") from None


def _named(fields: Sequence[str]) -> tuple[dict[str, str], list[Fault]]:
    named: dict[str, str] = {}
    faults: list[Fault] = []
    for word in fields:
        name, sign, value = word.partition("=")
        if not sign or not name:
            message = f"{word!r} is not of the form NAME=VALUE."
            faults.append(Fault(code="not_a_field", path="", message=message))
        elif name in named:
            message = f"The field {name!r} is given twice."
            faults.append(Fault(code="given_twice", path="", message=message))
        else:
            named[name] = value
    return named, faults


async def post_over_http(url: str, token: str | None, body: bytes) -> str:
    """Post ``body`` to the server at ``url`` and return its answer, formatted.

    Raises:
        UnavailableError: ``unreachable``.
        LeadexecError: The post was refused: with the server's code and all faults.
    """
    headers = {"content-type": "application/json"}
    if token:
        headers["authorization"] = f"Bearer {token}"
    try:
        async with httpx.AsyncClient(timeout=_HTTP_SECONDS) as client:
            answer = await client.post(url.rstrip("/") + RECEIVER, content=body, headers=headers)
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        reason = f"{type(error).__name__}: {error}".rstrip(": ")
        raise UnavailableError("unreachable", f"{url} cannot be posted to ({reason}).") from None
    kind = answer.headers.get("content-type", "")
    if kind.startswith(PROBLEM_TYPE):
        raise _refusal(msgspec.json.decode(answer.content, type=Problem))
    if not kind.startswith("application/json"):
        message = f"{url} answered with status {answer.status_code}, not as a receiver of leads."
        raise LeadexecError("not_a_receiver", message)
    return _formatted(answer.content)


def _refusal(problem: Problem) -> LeadexecError:
    if problem.errors:
        return ConfigurationError(problem.errors)
    return LeadexecError(problem.code, problem.detail)


async def post_embedded(settings: Settings, body: bytes, *, run_here: bool) -> Posted:
    """Decide and store the leads of ``body`` with a kernel of our own.

    Args:
        settings: Of the installation whose database the lead goes to.
        body: As the receiver takes it.
        run_here: Whether to distribute the leads, too, and wait for that.

    Raises:
        ConfigurationError: The post is of the wrong form; nothing is kept of it.
        NotFoundError: ``no_database``.
    """
    await demand_database(settings)
    async with running_kernel(settings, run_jobs=run_here, migrate=False) as kernel:
        post = _checked(kernel, body)
        receipt = await kernel.desk.receive(_post(body, post), post.leads)
        answers = receipt.answers
        if run_here:
            await _distributed(kernel, [answer.lead for answer in answers])
            waited = {lead.campaign_id: True for lead in post.leads}
            answers = await kernel.store.read(lambda c: stored_answers(c, receipt.post, waited))
        waiting = await _waiting(kernel, [answer.lead for answer in answers])
    return Posted(answer=_answer(answers, single=post.single), waiting=waiting)


def _checked(kernel: Kernel, body: bytes) -> DecodedPost:
    decoded: Any = decode_json(body)
    try:
        limit = kernel.settings.intake.list_limit
        return read_post(decoded, kernel.catalog, limit)
    except PostFaultsError as error:
        raise ConfigurationError(error.faults) from None


def _post(body: bytes, decoded: DecodedPost) -> Post:
    return Post(
        method="CLI",
        path="leadexec lead post",
        content_type="application/json",
        remote_ip="",
        body=body,
        idempotency_key=decoded.idempotency_key,
        vouched="command line",
    )


async def _distributed(kernel: Kernel, uids: Sequence[str]) -> None:
    """Return once nothing of these leads is due or being done now."""
    clock = kernel.services.clock
    while True:
        open_jobs = await kernel.store.read(lambda c: _open_jobs(c, uids))
        if all(not owner and run_at > clock.now() for run_at, owner in open_jobs):
            return
        await clock.sleep(_LOOK_AGAIN)


async def _waiting(kernel: Kernel, uids: Sequence[str]) -> str:
    open_jobs = await kernel.store.read(lambda c: _open_jobs(c, uids))
    if not open_jobs:
        return ""
    later = [run_at for run_at, _ in open_jobs if run_at > kernel.services.clock.now()]
    if later:
        return f"A delivery is tried again at {min(later):%H:%M:%S} UTC, by a server or worker."
    return (
        "It waits for 'leadexec serve' or 'leadexec worker' to distribute it: one that runs takes "
        "it on by itself; --run distributes it at once."
    )


def _open_jobs(connection: Connection, uids: Sequence[str]) -> list[tuple[datetime, str]]:
    query = select(jobs.c.run_at, jobs.c.owner).where(
        jobs.c.kind == DISTRIBUTE, jobs.c.subject.in_(uids), jobs.c.dead.is_(False)
    )
    return [(row.run_at, row.owner) for row in connection.execute(query)]


def _answer(answers: Sequence[LeadAnswer], *, single: bool) -> str:
    content: Any = answers[0] if single else {"leads": answers}
    return _formatted(msgspec.json.encode(content))


def _formatted(json: bytes) -> str:
    return msgspec.json.format(json).decode() + "\n"
