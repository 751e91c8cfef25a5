"""A running server's erasures, from the command line."""

from collections.abc import Iterator
from contextlib import contextmanager
from types import TracebackType
from typing import Any, Final, Self

import httpx
import msgspec
from msgspec import Struct

from leadexec import DeniedError, LeadexecError, UnavailableError

PATH: Final = "/plugins/gdpr"
SECONDS: Final = 3600.0
"""How long one answer may take: all leads are looked through."""


class Credential(Struct, kw_only=True, frozen=True):
    """What the command line proves itself with: an API credential for the Data API."""

    client_id: str
    client_secret: str


class _Token(Struct, frozen=True):
    access_token: str


class _Problem(Struct, frozen=True):
    """An error as the server tells it (RFC 9457)."""

    code: str = ""
    detail: str = ""
    errors: list[dict[str, Any]] = []


class GdprClient:
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
            DeniedError: ``no_token``: the credential is not good for it.
            UnavailableError: ``unreachable``.
        """
        form = {"grant_type": "client_credentials", "scope": "data_api"}
        form |= msgspec.structs.asdict(self._credential)
        try:
            answer = self._reach("POST", "/oauth2/token", data=form)
            if not answer.is_success:
                message = f"{self._url} gives no token for the Data API to this credential."
                hint = "Make one: leadexec credential new NAME --scope data_api"
                raise DeniedError("no_token", message, hint)
        except LeadexecError:
            self._client.close()
            raise
        token = msgspec.json.decode(answer.content, type=_Token).access_token
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

    def act(self, verb: str, **body: Any) -> bytes:
        """Return the JSON that ``POST /plugins/gdpr/<verb>`` answers.

        Raises:
            LeadexecError: What the server says is wrong.
        """
        return self._told(self._reach("POST", f"{PATH}/{verb}", json=body))

    def read(self, what: str, **params: Any) -> bytes:
        """Return the JSON that ``GET /plugins/gdpr/<what>`` answers; raises as ``act``."""
        return self._told(self._reach("GET", f"{PATH}/{what}", params=params))

    def _told(self, answer: httpx.Response) -> bytes:
        if answer.is_success:
            return answer.content
        try:
            problem = msgspec.json.decode(answer.content, type=_Problem)
        except msgspec.DecodeError:
            problem = _Problem(code="not_the_api", detail=f"It answered {answer.status_code}.")
        told = " ".join(str(fault.get("message")) for fault in problem.errors)
        kind = {401: DeniedError, 403: DeniedError, 503: UnavailableError}
        error = kind.get(answer.status_code, LeadexecError)
        raise error(problem.code, told or problem.detail)

    def _reach(self, method: str, path: str, **request: Any) -> httpx.Response:
        with _reaching(self._url):
            return self._client.request(method, path, **request)


@contextmanager
def _reaching(url: str) -> Iterator[None]:
    try:
        yield
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        reason = f"{type(error).__name__}: {error}".rstrip(": ")
        message = f"{url} cannot be reached ({reason})."
        hint = "Is 'leadexec serve' running? Name its address with --url."
        raise UnavailableError("unreachable", message, hint) from None
