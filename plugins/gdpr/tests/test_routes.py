"""The routes as a client meets them, and the command line against a real server."""

import json
import socket
import threading
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import uvicorn
from leadexec_gdpr.command import gdpr_command
from leadexec_gdpr.plugin import GdprPlugin
from leadexec_gdpr.settings import GdprSettings
from litestar import Litestar, Request, Response, Router, post
from litestar.handlers import BaseRouteHandler
from litestar.testing import TestClient
from msgspec import Struct

from leadexec import ConfigurationError, ConflictError, DeniedError, LeadexecError, UnavailableError
from leadexec.testing import KeptLead, KeptPost

AnOffice = Callable[..., Awaitable[Any]]
ADA = "ada@example.test"
STATUS = {DeniedError: 403, ConfigurationError: 422, ConflictError: 409, UnavailableError: 503}
ALL = frozenset({"gdpr.find", "gdpr.export", "gdpr.erase", "gdpr.sweep"})
pytestmark = pytest.mark.anyio


class Caller(Struct, kw_only=True, frozen=True):
    """Who the kernel's guard says is calling."""

    scopes: frozenset[str] = frozenset({"data_api"})
    permissions: frozenset[str] = ALL
    label: str = "credential:7"

    def has(self, scope: str) -> bool:
        return scope in self.scopes

    def demand(self, permission: str) -> None:
        if permission not in self.permissions:
            raise DeniedError("permission_missing", f"This needs {permission}.")


EVERYTHING = Caller()


def problem(_: Request[Any, Any, Any], error: LeadexecError) -> Response[Any]:
    told = {"code": error.code, "detail": str(error), "errors": []}
    return Response(told, status_code=STATUS.get(type(error), 400))


@post("/oauth2/token", status_code=200)
async def token(request: Request[Any, Any, Any]) -> Response[dict[str, str]]:
    """Give a token to the one credential there is."""
    form = await request.form()
    good = form.get("client_secret") == "secret" and form.get("scope") == "data_api"
    return Response({"access_token": "t"}, status_code=200 if good else 401)


def an_app(office: Any, caller: Caller | None) -> Litestar:
    plugin = GdprPlugin(GdprSettings(), office.services)

    async def kernel_guard(connection: Any, _: BaseRouteHandler) -> None:
        if caller is not None:
            connection.state["leadexec_caller"] = caller

    router = Router(
        "/plugins/gdpr", route_handlers=list(plugin.register_routes()), guards=[kernel_guard]
    )
    problems: Any = {LeadexecError: problem}
    return Litestar([router, token], exception_handlers=problems, logging_config=None)


@contextmanager
def a_client(office: Any, caller: Caller | None = EVERYTHING) -> Iterator[TestClient[Any]]:
    with TestClient(an_app(office, caller)) as client:
        yield client


async def test_a_person_is_found_exported_and_erased(an_office: AnOffice) -> None:
    office = await an_office(KeptLead(uid="a", email=ADA), KeptPost(uid="p", email=ADA))
    with a_client(office) as client:
        found = client.post("/plugins/gdpr/find", json={"email": ADA}).json()
        assert [lead["uid"] for lead in found["leads"]] == ["a"]
        assert ADA not in json.dumps(found)
        export = client.post("/plugins/gdpr/export", json={"email": ADA}).json()
        assert export["leads"][0]["fields"]["Email"] == ADA
        dry = client.post("/plugins/gdpr/erase", json={"email": ADA, "dry_run": True}).json()
        assert (dry["leads"], office.left()) == (["a"], ["a"])
        told = client.post("/plugins/gdpr/erase", json={"email": ADA}).json()
        assert (told["leads"], office.left()) == (["a"], [])
        (record,) = client.get("/plugins/gdpr/erasures").json()["items"]
        assert (record["by"], record["why"], record["leads"]) == ("credential:7", "request", 1)
        assert client.get("/plugins/gdpr/erasures", params={"before": 1}).json()["items"] == []


async def test_a_sweep_is_asked_for_by_whoever_calls(an_office: AnOffice) -> None:
    office = await an_office(policies=[{"retention_days": 30}])
    with a_client(office) as client:
        swept = client.post("/plugins/gdpr/sweep", json={})
        assert swept.status_code == 200
        assert swept.json()["complete"] is True
    assert [record.by for record in await office.record()] == ["credential:7"]


@pytest.mark.parametrize(
    ("verb", "permission"),
    [("find", "find"), ("export", "export"), ("erase", "erase"), ("sweep", "sweep")],
)
async def test_each_act_needs_its_permission_and_the_scope(
    an_office: AnOffice, verb: str, permission: str
) -> None:
    office = await an_office(KeptLead(uid="a", email=ADA))
    body = {} if verb == "sweep" else {"email": ADA}
    for caller in (
        None,
        Caller(scopes=frozenset({"account_api"})),
        Caller(permissions=ALL - {f"gdpr.{permission}"}),
    ):
        with a_client(office, caller) as client:
            assert client.post(f"/plugins/gdpr/{verb}", json=body).status_code == 403
    with a_client(office, Caller(permissions=frozenset({f"gdpr.{permission}"}))) as client:
        assert client.post(f"/plugins/gdpr/{verb}", json=body).status_code == 200


async def test_no_route_is_public(an_office: AnOffice) -> None:
    plugin = GdprPlugin(GdprSettings(), (await an_office()).services)
    assert all("public" not in route.opt for route in plugin.register_routes())


@pytest.mark.parametrize(
    "body",
    [
        {"mail": ADA},
        {"email": 7},
        {"leads": "a"},
        {"leads": [""]},
        {"leads": ["a"] * 1001},
        {"email": "x" * 321},
        {"email": ADA, "dry_run": "perhaps"},
        [],
    ],
)
async def test_a_body_that_is_no_question_erases_nobody(an_office: AnOffice, body: Any) -> None:
    office = await an_office(KeptLead(uid="a", email=ADA))
    with a_client(office) as client:
        assert client.post("/plugins/gdpr/erase", json=body).status_code == 400
    assert office.left() == ["a"]


# --- the command line


class Serving(uvicorn.Server):
    """A server in a thread of this process."""

    def install_signal_handlers(self) -> None:
        """Leave signals alone."""


@contextmanager
def a_server(office: Any) -> Iterator[str]:
    listening = socket.create_server(("127.0.0.1", 0))
    config = uvicorn.Config(an_app(office, Caller()), log_config=None, lifespan="off")
    server = Serving(config)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
    thread.start()
    try:
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join()
        listening.close()


class Line:
    """A command line that leads to a server."""

    def __init__(self, capsys: pytest.CaptureFixture[str]) -> None:
        self._capsys = capsys

    def run(self, *words: str) -> tuple[Any, str]:
        """Return the exit status and what was printed."""
        status: Any = gdpr_command()(list(words), result_action="return_value")
        return status, self._capsys.readouterr().out


@pytest.fixture
def line(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Line:
    monkeypatch.setenv("GDPR_CLIENT_ID", "me")
    monkeypatch.setenv("GDPR_CLIENT_SECRET", "secret")
    monkeypatch.delenv("GDPR_URL", raising=False)
    return Line(capsys)


async def test_the_commands_do_what_the_routes_do(
    an_office: AnOffice, line: Line, tmp_path: Path
) -> None:
    office = await an_office(
        KeptLead(uid="a", email=ADA),
        KeptLead(uid="b", phone="2125550123", on_its_way=True),
        KeptPost(uid="p", email=ADA),
    )
    with a_server(office) as url:
        assert "lead a" in line.run("find", "--email", ADA, "--url", url)[1]
        assert "1 leads, 1 posts" in line.run("find", "--email", ADA, "--url", url)[1]
        out = tmp_path / "ada.json"
        line.run("export", "--email", ADA, "--out", str(out), "--url", url)
        assert json.loads(out.read_text())["leads"][0]["uid"] == "a"
        assert out.stat().st_mode & 0o077 == 0
        with pytest.raises(LeadexecError, match="cannot be written"):
            line.run("export", "--email", ADA, "--out", str(out), "--url", url)
        dry = line.run("erase", "--email", ADA, "--dry-run", "--url", url)
        assert dry == (0, "1 leads and 1 posts would be erased.\n")
        status, told = line.run("erase", "--lead", "a", "--lead", "b", "--url", url)
        assert (status, office.left()) == (1, ["b"])
        assert "ask again when they have arrived: b" in told
        assert line.run("sweep", "--url", url)[1] == "0 leads and 0 posts erased.\n"
        (sweep, erased) = json.loads(line.run("log", "--url", url)[1])["items"]
        assert (sweep["why"], erased["why"]) == ("retention", "request")
        assert json.loads(line.run("find", "--lead", "a", "--json", "--url", url)[1])["complete"]


async def test_what_cannot_be_done_is_told(
    an_office: AnOffice, line: Line, monkeypatch: pytest.MonkeyPatch
) -> None:
    office = await an_office()
    with a_server(office) as url:
        with pytest.raises(LeadexecError) as nobody:
            line.run("erase", "--url", url)
        assert nobody.value.code == "nobody_named"
        monkeypatch.setenv("GDPR_CLIENT_SECRET", "wrong")
        with pytest.raises(DeniedError) as denied:
            line.run("find", "--email", ADA, "--url", url)
        assert denied.value.code == "no_token"
    with pytest.raises(UnavailableError) as away:
        line.run("find", "--email", ADA, "--url", url)
    assert away.value.code == "unreachable"
    monkeypatch.delenv("GDPR_CLIENT_SECRET")
    monkeypatch.setattr("sys.stdin.isatty", lambda: False)
    with pytest.raises(DeniedError, match="leadexec credential new"):
        line.run("sweep")
