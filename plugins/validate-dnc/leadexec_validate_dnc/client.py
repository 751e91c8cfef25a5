"""A running server's list, from the command line."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self
from urllib.parse import quote

import httpx
import msgspec
from msgspec import Struct

from leadexec import DeniedError, LeadexecError, NotFoundError, UnavailableError
from leadexec_validate_dnc.importing import BLOCK, ImportReport
from leadexec_validate_dnc.listing import Listed, ListedNumber
from leadexec_validate_dnc.routes import Count

PATH: Final = "/plugins/validate-dnc"
SECONDS: Final = 600.0
"""How long one answer may take; that of an import comes after the last of its batches."""


class Credential(Struct, kw_only=True, frozen=True):
    """What the command line proves itself with: an API credential for the Account API."""

    client_id: str
    client_secret: str


class _Token(Struct, frozen=True):
    access_token: str


class _Problem(Struct, frozen=True):
    """An error as the server tells it (RFC 9457)."""

    code: str = ""
    detail: str = ""
    errors: list[dict[str, Any]] = []


class ListClient:
    """Asks the server at ``url`` in the name of a credential; a context manager."""

    def __init__(self, url: str, credential: Credential) -> None:
        """Describe the server; nothing is connected yet."""
        self._url = url
        self._credential = credential
        patient = httpx.Timeout(SECONDS, connect=10.0)
        self._client = httpx.Client(base_url=url.rstrip("/"), timeout=patient)

    def __enter__(self) -> Self:
        """Fetch a token.

        Raises:
            DeniedError: The credential is not good for it.
            UnavailableError: ``unreachable``.
        """
        try:
            token = self._token()
        except LeadexecError:
            self._client.close()
            raise
        self._client.headers["authorization"] = f"Bearer {token}"
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close the connection."""
        self._client.close()

    def add(self, number: str, note: str) -> tuple[ListedNumber, bool]:
        """Put a number on the list; return its entry and whether it is new there."""
        answer = self._send("POST", "/numbers", json={"number": number, "note": note})
        entry = msgspec.json.decode(answer.content, type=ListedNumber)
        return entry, answer.status_code == httpx.codes.CREATED

    def remove(self, number: str) -> None:
        """Take a number off the list; raises ``NotFoundError``."""
        self._send("DELETE", f"/numbers/{quote(number, safe='')}")

    def page(self, **wanted: Any) -> Listed:
        """Return a page of the list."""
        params = {name: value for name, value in wanted.items() if value not in (None, "")}
        return msgspec.json.decode(
            self._send("GET", "/numbers", params=params).content, type=Listed
        )

    def count(self) -> int:
        """Return how many numbers are on the list."""
        return msgspec.json.decode(self._send("GET", "/count").content, type=Count).numbers

    def load(self, file: Path, *, column: str, note: str) -> ImportReport:
        """Send a file, a block at a time; return what came of it.

        Raises:
            LeadexecError: ``unreadable``: the file.
        """
        try:
            with file.open("rb") as opened:
                answer = self._send(
                    "POST",
                    "/import",
                    params={"column": column, "note": note},
                    content=iter(lambda: opened.read(BLOCK), b""),
                    headers={"content-type": "text/csv"},
                )
        except OSError as error:
            message = f"{file} cannot be read: {error.strerror}."
            raise LeadexecError("unreadable", message) from None
        return msgspec.json.decode(answer.content, type=ImportReport)

    def _token(self) -> str:
        form = {"grant_type": "client_credentials", "scope": "account_api"}
        form |= msgspec.structs.asdict(self._credential)
        with self._reaching():
            answer = self._client.post("/oauth2/token", data=form)
        if answer.is_success:
            return msgspec.json.decode(answer.content, type=_Token).access_token
        message = f"{self._url} gives no token for the Account API to this credential."
        hint = "Make one: leadexec credential new NAME --scope account_api"
        raise DeniedError("no_token", message, hint)

    def _send(self, method: str, path: str, **request: Any) -> httpx.Response:
        with self._reaching():
            answer = self._client.request(method, PATH + path, **request)
        if answer.is_success:
            return answer
        raise _error_of(answer)

    @contextmanager
    def _reaching(self) -> Iterator[None]:
        try:
            yield
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            reason = f"{type(error).__name__}: {error}".rstrip(": ")
            message = f"{self._url} cannot be reached ({reason})."
            hint = "Is 'leadexec serve' running? Name its address with --url."
            raise UnavailableError("unreachable", message, hint) from None


def _error_of(answer: httpx.Response) -> LeadexecError:
    try:
        problem = msgspec.json.decode(answer.content, type=_Problem)
    except msgspec.DecodeError:
        problem = _Problem(code="not_the_api", detail=f"It answered {answer.status_code}.")
    told = " ".join(f"{e.get('path')}: {e.get('message')}" for e in problem.errors)
    kinds = {404: NotFoundError, 403: DeniedError, 401: DeniedError, 503: UnavailableError}
    kind = kinds.get(answer.status_code, LeadexecError)
    return kind(problem.code, told or problem.detail)
