"""The routes, the links and the command."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import msgspec
import pytest
from cyclopts import App
from leadexec_posting_instructions.plugin import PostingInstructionsPlugin
from leadexec_posting_instructions.settings import PostingInstructionsSettings
from litestar import Request, Response, Router
from litestar.testing import TestClient, create_test_client

from leadexec import (
    CampaignInfo,
    ConfigurationError,
    DeniedError,
    LeadexecError,
    NotFoundError,
    Secret,
    UnavailableError,
)
from leadexec.testing import FakeCampaigns, fake_services

Info = Callable[..., CampaignInfo]
Client = TestClient[Any]
HERE = "/plugins/posting-instructions"
TYPES = {
    "html": "text/html; charset=utf-8",
    "pdf": "application/pdf",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
KEY = Secret("correct horse battery staple")


def problem(_: Request[Any, Any, Any], error: LeadexecError) -> Response[dict[str, str]]:
    assert isinstance(error, NotFoundError)
    return Response({"code": error.code}, status_code=404)


def a_plugin(info: CampaignInfo, **settings: Any) -> PostingInstructionsPlugin:
    campaigns = FakeCampaigns()
    campaigns.tell(info)
    chosen = PostingInstructionsSettings(**settings)
    return PostingInstructionsPlugin(chosen, fake_services(campaigns=campaigns))


@contextmanager
def serving(info: CampaignInfo, **settings: Any) -> Iterator[Client]:
    plugin = a_plugin(info, **settings)
    router = Router(HERE, route_handlers=list(plugin.register_routes()))
    handlers: Any = {LeadexecError: problem}
    with create_test_client([router], exception_handlers=handlers) as client:
        yield client


@pytest.mark.parametrize("form", TYPES)
def test_a_campaigns_document_is_served_in_each_format(a_campaign_info: Info, form: str) -> None:
    with serving(a_campaign_info()) as client:
        answer = client.get(f"{HERE}/12.{form}")

    assert answer.status_code == 200
    assert answer.headers["content-type"] == TYPES[form]
    assert f'filename="posting-instructions-12.{form}"' in answer.headers["content-disposition"]
    assert answer.headers["cache-control"] == "private, no-store"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert "frame-ancestors 'none'" in answer.headers["content-security-policy"]


@pytest.mark.parametrize(
    "name",
    ["99.html", "12.doc", "12", "012.html", "-1.html", "12.html.pdf", "9" * 30 + ".pdf", "٣.html"],
)
def test_what_does_not_exist_is_not_found(a_campaign_info: Info, name: str) -> None:
    with serving(a_campaign_info()) as client:
        assert client.get(f"{HERE}/{name}").status_code == 404


def test_only_the_route_behind_a_key_is_public(a_campaign_info: Info) -> None:
    routes = a_plugin(a_campaign_info(), link_key=KEY).register_routes()

    public = [path for route in routes for path in route.paths if route.opt.get("public")]
    assert public == ["/public/{document:str}"]


def test_the_samples_name_the_address_that_was_asked_or_the_one_of_the_settings(
    a_campaign_info: Info,
) -> None:
    with serving(a_campaign_info()) as client:
        asked = client.get(f"{HERE}/12.html").text
    with serving(a_campaign_info(), public_url="https://leads.example.com") as client:
        named = client.get(f"{HERE}/12.html").text

    assert "http://testserver.local/receiver/leads" in asked
    assert "https://leads.example.com/receiver/leads" in named
    assert "testserver" not in named


def test_a_strange_host_header_breaks_nothing(a_campaign_info: Info) -> None:
    with serving(a_campaign_info()) as client:
        answer = client.get(f"{HERE}/12.html", headers={"host": '"><script>x</script>'})

    assert b"<script" not in answer.content


@pytest.mark.parametrize("form", TYPES)
def test_who_has_the_link_needs_no_token(a_campaign_info: Info, form: str) -> None:
    with serving(a_campaign_info(), link_key=KEY) as client:
        link = client.get(f"{HERE}/links/12").json()[form]
        answer = client.get(link)

    assert answer.status_code == 200
    assert answer.headers["content-type"] == TYPES[form]
    assert f"{HERE}/public/12.{form}?key=" in link


@pytest.mark.parametrize("key", ["", "?key=", "?key=x", "?key=%C3%A9", "?key=a&key=b"])
def test_a_wrong_key_is_answered_like_a_document_that_does_not_exist(
    a_campaign_info: Info, key: str
) -> None:
    with serving(a_campaign_info(), link_key=KEY) as client:
        wrong = client.get(f"{HERE}/public/12.html{key}")
        absent = client.get(f"{HERE}/public/99.html{key}")

    assert (wrong.status_code, wrong.json()) == (404, {"code": "unknown_document"})
    assert absent.json() == wrong.json()


def test_a_link_is_for_its_own_campaign_and_its_own_key(a_campaign_info: Info) -> None:
    with serving(a_campaign_info(), link_key=KEY) as client:
        key = client.get(f"{HERE}/links/12").json()["html"].partition("key=")[2]
    with serving(a_campaign_info(id=13), link_key=KEY) as client:
        assert client.get(f"{HERE}/public/13.html", params={"key": key}).status_code == 404
    with serving(a_campaign_info(), link_key=Secret("another long enough key")) as client:
        assert client.get(f"{HERE}/public/12.html", params={"key": key}).status_code == 404
    assert len(key) == 43


def test_without_a_key_in_the_settings_there_are_no_links(a_campaign_info: Info) -> None:
    with serving(a_campaign_info()) as client:
        assert client.get(f"{HERE}/links/12").json() == {"code": "no_public_links"}
        assert client.get(f"{HERE}/public/12.html?key=").status_code == 404


def test_a_key_that_could_be_guessed_is_refused(a_campaign_info: Info) -> None:
    with pytest.raises(ConfigurationError) as caught:
        a_plugin(a_campaign_info(), link_key=Secret("short"))

    (fault,) = caught.value.faults
    assert (fault.code, fault.path) == ("key_too_short", "plugins.posting-instructions.link_key")


@pytest.mark.parametrize(
    "url", ["leads.example.com", "javascript:alert(1)", "https://a/b", "https://a\n", "https://a@b"]
)
def test_a_public_address_is_scheme_and_host(url: str) -> None:
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert({"public_url": url}, PostingInstructionsSettings)


class _Served(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        known = self.path == f"{HERE}/12.pdf"
        allowed = self.headers["authorization"] == "Bearer abc"
        status = (200 if allowed else 401) if known else 404
        if self.path.endswith("13.pdf"):
            status = 500
        self.send_response(status)
        self.end_headers()
        self.wfile.write(b"%PDF-fake")

    def log_message(self, *args: Any) -> None:
        pass


@pytest.fixture
def server() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), _Served) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


@pytest.fixture
def command(a_campaign_info: Info) -> App:
    (app,) = a_plugin(a_campaign_info()).register_commands()
    return app


def run(command: App, *words: str) -> None:
    command(list(words), result_action="return_value")


def test_the_command_writes_what_the_server_renders(
    command: App, server: str, tmp_path: Path
) -> None:
    out = tmp_path / "12.pdf"
    run(command, "12", "--format", "pdf", "--out", str(out), "--url", server, "--token", "abc")

    assert out.read_bytes() == b"%PDF-fake"


def test_the_command_takes_the_token_from_the_environment_and_writes_to_standard_output(
    command: App, server: str, monkeypatch: pytest.MonkeyPatch, capfdbinary: Any
) -> None:
    monkeypatch.setenv("LEADEXEC_TOKEN", "abc")
    run(command, "12", "--format", "pdf", "--url", server)

    assert capfdbinary.readouterr().out == b"%PDF-fake"


@pytest.mark.parametrize(
    ("words", "error", "code"),
    [
        (("12",), DeniedError, "token_invalid"),
        (("12", "--token", "wrong"), DeniedError, "token_invalid"),
        (("99", "--token", "abc"), NotFoundError, "unknown_campaign"),
        (("13", "--token", "abc"), LeadexecError, "unexpected_answer"),
    ],
)
def test_the_command_says_what_is_wrong(
    command: App, server: str, words: tuple[str, ...], error: type[LeadexecError], code: str
) -> None:
    with pytest.raises(error) as caught:
        run(command, *words, "--format", "pdf", "--url", server)

    assert caught.value.code == code


def test_a_server_that_is_not_there_is_named(command: App) -> None:
    with pytest.raises(UnavailableError, match="cannot be asked"):
        run(command, "12", "--url", "http://127.0.0.1:1")


def test_a_file_that_cannot_be_written_is_named(command: App, server: str, tmp_path: Path) -> None:
    out = tmp_path / "nowhere" / "12.pdf"
    with pytest.raises(LeadexecError, match="cannot be written"):
        run(command, "12", "--format", "pdf", "--out", str(out), "--url", server, "--token", "abc")
