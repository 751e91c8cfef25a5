"""``leadexec instructions``: a campaign's document as a file."""

import os
import sys
from pathlib import Path
from typing import Annotated, Final

import httpx
from cyclopts import App, Parameter

from leadexec import DeniedError, LeadexecError, NotFoundError, UnavailableError
from leadexec_posting_instructions.files import FileFormat
from leadexec_posting_instructions.routes import PATH

TOKEN_VARIABLE: Final = "LEADEXEC_TOKEN"  # noqa: S105  a variable's name
_SECONDS: Final = 60.0


def instructions_command() -> App:
    """Return the command."""
    app = App(name="instructions", help="Write the posting instructions of a campaign to a file.")

    @app.default
    def instructions(
        campaign: int,
        *,
        form: Annotated[FileFormat, Parameter(name="--format")] = FileFormat.HTML,
        out: Path | None = None,
        url: str = "http://127.0.0.1:8000",
        token: str | None = None,
    ) -> None:
        """Write the posting instructions of a campaign to a file.

        They are asked of a running server, which knows the campaign as it is now.

        Args:
            campaign: The campaign's id (its AID).
            form: What to write: html, pdf or xlsx.
            out: The file; without it, or with -, standard output.
            url: The server.
            token: An access token; by default what the variable LEADEXEC_TOKEN holds.
        """
        content = fetch(url, campaign, form, token or os.environ.get(TOKEN_VARIABLE, ""))
        if out is None or str(out) == "-":
            sys.stdout.buffer.write(content)
            return
        try:
            out.write_bytes(content)
        except OSError as error:
            message = f"{out} cannot be written: {error.strerror}."
            raise LeadexecError("unwritable", message) from None

    return app


def fetch(url: str, campaign: int, form: FileFormat, token: str) -> bytes:
    """Return the document as the server at ``url`` renders it.

    Raises:
        NotFoundError: The server has no such campaign, or not this plugin.
        DeniedError: The token is missing or not valid.
        UnavailableError: ``unreachable``.
        LeadexecError: ``unexpected_answer``.
    """
    address = f"{url.rstrip('/')}{PATH}/{campaign}.{form}"
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    try:
        answer = httpx.get(address, headers=headers, timeout=_SECONDS)
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        reason = f"{type(error).__name__}: {error}".rstrip(": ")
        raise UnavailableError("unreachable", f"{url} cannot be asked ({reason}).") from None
    match answer.status_code:
        case 200:
            return answer.content
        case 404:
            message = f"{url} has no posting instructions of a campaign {campaign}."
            raise NotFoundError("unknown_campaign", message)
        case 401 | 403:
            hint = f"Give one with --token or in {TOKEN_VARIABLE}."
            raise DeniedError("token_invalid", "The access token is missing or not valid.", hint)
        case status:
            message = f"{url} answered with status {status}."
            raise LeadexecError("unexpected_answer", message)
