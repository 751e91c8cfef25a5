"""Slugs, embed codes, what may be configured, the command."""

import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import msgspec
import pytest
from leadexec_lead_forms.capture import Visit, search_term
from leadexec_lead_forms.entities import Audience, FormField, LeadForm
from leadexec_lead_forms.plugin import LeadFormsPlugin
from leadexec_lead_forms.settings import LeadFormsSettings
from lxml import html

from leadexec import (
    ConfigurationError,
    DeniedError,
    EntityEvent,
    LeadexecError,
    NotFoundError,
    Secret,
    UnavailableError,
)
from leadexec.testing import fake_services

House = Callable[..., Any]
CODES = "/plugins/lead-forms/codes/1"


def a_change(**changes: Any) -> EntityEvent:
    usual = {
        "entity": "lead_form",
        "entity_id": 1,
        "act": "created",
        "by": "ann",
        "at": datetime(2026, 3, 2, tzinfo=UTC),
        "revision": 0,
    }
    return EntityEvent(**{**usual, **changes})


def tell(house: Any, **changes: Any) -> None:
    import asyncio

    asyncio.run(house.plugin.entity_changed(a_change(**changes)))


def test_a_new_form_gets_a_slug_that_nobody_guesses_and_keeps_it(a_house: House) -> None:
    house = a_house(slug=None)
    tell(house)
    slug = house.stored().slug
    tell(house, act="updated")

    assert slug is not None
    assert len(slug) == 22
    assert house.stored().slug == slug
    assert house.client.get(f"/plugins/lead-forms/{slug}").status_code == 200


def test_a_chosen_slug_stays(a_house: House) -> None:
    house = a_house(slug="spring-sale")
    tell(house)

    assert house.stored().slug == "spring-sale"


@pytest.mark.parametrize("change", [{"entity": "campaign"}, {"act": "deleted"}, {"entity_id": 99}])
def test_other_changes_are_none_of_its_business(a_house: House, change: dict[str, Any]) -> None:
    house = a_house(slug=None)
    tell(house, **change)

    assert house.stored().slug is None


def test_asking_for_the_code_gives_a_slug_at_once(a_house: House) -> None:
    house = a_house(slug=None)
    url = house.client.get(CODES).json()["url"]

    assert url.endswith(house.stored().slug)


def test_the_embed_code_is_a_script_and_a_link_for_who_runs_none(a_house: House) -> None:
    house = a_house(title='Get "it" <now>', origins=("https://example.com",))
    found = house.client.get(CODES).json()
    made = html.fragments_fromstring(found["code"])

    assert found["url"] == "http://testserver.local/plugins/lead-forms/get-a-quote"
    assert made[0].get("src") == f"{found['url']}/embed.js"
    assert made[0].get("data-title") == 'Get "it" <now>'
    assert made[1].xpath(".//a/@href") == [found["url"]]
    assert found["problems"] == []


def test_the_embed_code_names_the_public_address(a_house: House) -> None:
    house = a_house(settings={"public_url": "https://leads.example.com"})

    assert house.client.get(CODES).json()["url"].startswith("https://leads.example.com/plugins/")


def test_what_keeps_a_form_from_bringing_leads_is_said(a_house: House) -> None:
    house = a_house(
        enabled=False,
        campaign={"active": False},
        fields=(
            FormField(field="Gone"),
            FormField(field="Total"),
            FormField(field="Phone", hidden_value="none"),
        ),
    )
    problems = " ".join(house.client.get(CODES).json()["problems"])

    for words in (
        "not enabled",
        "not active",
        "name its origins",
        "no field Gone",
        "Total is calculated",
        "required field FirstName",
        "hidden value of Phone",
    ):
        assert words in problems


def test_a_form_for_agents_has_an_address_and_no_code(a_house: House) -> None:
    found = a_house(audience=Audience.AGENTS).client.get(CODES).json()

    assert found["url"].endswith("/plugins/lead-forms/agents/1")
    assert (found["code"], found["problems"]) == ("", [])


def test_a_form_that_does_not_exist_has_no_code(a_house: House) -> None:
    assert a_house().client.get("/plugins/lead-forms/codes/9").status_code == 404


FORM = {"campaign": 1, "name": "Quote", "title": "Get a quote"}


@pytest.mark.parametrize(
    "bad",
    [
        {"slug": "short"},
        {"slug": "with space"},
        {"slug": "newline-\n"},
        {"origins": ["example.com"]},
        {"origins": ["https://a.test; script-src *"]},
        {"origins": ["https://a.test\n"]},
        {"origins": ["*"]},
        {"origins": ["https://a.test/path"]},
        {"redirect_url": "javascript:alert(1)"},
        {"redirect_url": "https://a b"},
        {"title": ""},
        {"minimum_seconds": -1},
        {"maximum_hours": 0},
        {"fields": [{"field": "First Name"}]},
        {"fields": [{"field": "A", "hiden_value": "typo"}]},
    ],
)
def test_what_could_not_work_is_refused_when_it_is_saved(bad: dict[str, Any]) -> None:
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert({**FORM, **bad}, LeadForm)


@pytest.mark.parametrize(
    "good",
    [
        {"origins": ["https://www.example.com", "http://localhost:3000", "https://*.example.org"]},
        {"redirect_url": "https://example.com/thanks?a=b#c"},
        {"slug": "Get_a-quote1"},
    ],
)
def test_what_works_is_taken(good: dict[str, Any]) -> None:
    assert msgspec.convert({**FORM, **good}, LeadForm)


def test_a_signing_key_that_could_be_guessed_is_refused() -> None:
    with pytest.raises(ConfigurationError) as caught:
        LeadFormsPlugin(LeadFormsSettings(signing_key=Secret("short")), fake_services())

    assert [fault.code for fault in caught.value.faults] == ["key_too_short"]


@pytest.mark.parametrize(
    ("page", "referrer", "term"),
    [
        ("https://a.test/?q=one&utm_term=two", "https://s.test/?q=three", "two"),
        ("https://a.test/?Keyword=one", "", "one"),
        ("https://a.test/", "https://s.test/?q=a+b", "a b"),
        ("https://a.test/?q=", "", ""),
        ("https://a.test/?" + "&".join(f"a{i}=1" for i in range(200)), "", ""),
        ("", "", ""),
    ],
)
def test_what_was_searched_for_is_read_from_addresses(page: str, referrer: str, term: str) -> None:
    assert search_term(Visit(page=page, referrer=referrer)) == term


class _Served(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        allowed = self.headers["authorization"] == "Bearer abc"
        status = {"/plugins/lead-forms/codes/1": 200 if allowed else 403}.get(self.path, 404)
        status = 500 if self.path.endswith("/13") else status
        self.send_response(status)
        self.end_headers()
        self.wfile.write(b'{"url": "https://a.test/x", "code": "<script>", "problems": ["Odd."]}')

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


def run(*words: str) -> None:
    (app,) = LeadFormsPlugin(LeadFormsSettings(), fake_services()).register_commands()
    app(["code", *words], result_action="return_value")


def test_the_command_prints_the_code_and_says_what_is_wrong(
    server: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LEADEXEC_TOKEN", "abc")
    run("1", "--url", server)
    printed = capsys.readouterr()

    assert printed.out == "<script>\n"
    assert "https://a.test/x" in printed.err
    assert "Problem: Odd." in printed.err


@pytest.mark.parametrize(
    ("words", "error"),
    [
        (("1",), DeniedError),
        (("9", "--token", "abc"), NotFoundError),
        (("13", "--token", "abc"), LeadexecError),
    ],
)
def test_the_command_says_what_the_server_said(
    server: str, words: tuple[str, ...], error: type[LeadexecError]
) -> None:
    with pytest.raises(error):
        run(*words, "--url", server)


def test_a_server_that_is_not_there_is_named() -> None:
    with pytest.raises(UnavailableError, match="cannot be asked"):
        run("1", "--url", "http://127.0.0.1:1")
