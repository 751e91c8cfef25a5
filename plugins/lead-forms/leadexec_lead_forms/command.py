"""``leadexec lead-form``: what the customer puts into its page."""

import os
import sys
from typing import Final

import httpx
import msgspec
from cyclopts import App

from leadexec import DeniedError, LeadexecError, NotFoundError, UnavailableError
from leadexec_lead_forms.codes import HERE, EmbedCode

TOKEN_VARIABLE: Final = "LEADEXEC_TOKEN"  # noqa: S105  a variable's name
_SECONDS: Final = 30.0


def lead_form_command() -> App:
    """Return the command."""
    app = App(name="lead-form", help="Show what puts a lead form into a page.")

    @app.command
    def code(form: int, *, url: str = "http://127.0.0.1:8000", token: str | None = None) -> None:
        """Print a form's embed code; on standard error its address and what is wrong with it.

        They are asked of a running server.

        Args:
            form: The lead form's id.
            url: The server.
            token: An access token; by default what the variable LEADEXEC_TOKEN holds.
        """
        found = fetch(url, form, token or os.environ.get(TOKEN_VARIABLE, ""))
        sys.stderr.write(f"The form is at {found.url}\n")
        for problem in found.problems:
            sys.stderr.write(f"Problem: {problem}\n")
        if found.code:
            sys.stdout.write(f"{found.code}\n")

    return app


def fetch(url: str, form: int, token: str) -> EmbedCode:
    """Return the embed code as the server at ``url`` gives it.

    Raises:
        NotFoundError: The server has no such form, or not this plugin.
        DeniedError: The token is missing or not valid.
        UnavailableError: ``unreachable``.
        LeadexecError: ``unexpected_answer``.
    """
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    address = f"{url.rstrip('/')}{HERE}/codes/{form}"
    try:
        answer = httpx.get(address, headers=headers, timeout=_SECONDS)
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        reason = f"{type(error).__name__}: {error}".rstrip(": ")
        raise UnavailableError("unreachable", f"{url} cannot be asked ({reason}).") from None
    match answer.status_code:
        case 200:
            return msgspec.json.decode(answer.content, type=EmbedCode)
        case 404:
            raise NotFoundError("unknown_lead_form", f"{url} has no lead form {form}.")
        case 401 | 403:
            hint = f"Give one with --token or in {TOKEN_VARIABLE}."
            raise DeniedError("token_invalid", "The access token is missing or not valid.", hint)
        case status:
            raise LeadexecError("unexpected_answer", f"{url} answered with status {status}.")
