"""``leadexec config``: what is in effect, where it comes from, and everything that is wrong."""

import re
import tomllib
from pathlib import Path
from types import SimpleNamespace

import msgspec
import pytest
from msgspec.structs import replace

from leadexec import NoSettings, Plugin, Secret
from leadexec.cli.config import _shown
from leadexec.cli.toml_text import toml_lines
from leadexec.plugins import FaultLog, Plugins
from leadexec.process import run
from leadexec.settings import Settings, load_settings
from leadexec.storage.database import open_database
from tests.cli.commands import Buyer, Installation


class Keys(msgspec.Struct, kw_only=True, frozen=True):
    """Settings with a secret."""

    url: str = "https://keys.example"
    token: Secret = Secret("hidden-token")


class Keeper(Plugin[Keys]):
    """A plugin with a secret in its settings."""


def test_what_is_shown_is_toml_that_gives_the_same_settings_again(
    leadexec: Installation, tmp_path: Path
) -> None:
    leadexec.write('log = "error"\n[http]\nport = 9\n[jobs]\npoll_seconds = 0.25')

    shown = leadexec("config", "show")

    again = tmp_path / "again.toml"
    again.write_text(shown.out)
    first, second = load_settings(leadexec.file, {}), load_settings(again, {})
    assert replace(second, plugin_settings={}) == replace(first, plugin_settings={})
    leadexec.file.write_text(shown.out)  # now the plugins' defaults are written, and stay so
    assert tomllib.loads(leadexec("config", "show").out) == tomllib.loads(shown.out)


def test_each_setting_says_where_it_comes_from(
    leadexec: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    leadexec.write("[http]\nport = 9")
    monkeypatch.setenv("LEADEXEC_HTTP__HOST", "0.0.0.0")

    lines = leadexec("config", "show").out.splitlines()

    assert 'host = "0.0.0.0"  # $LEADEXEC_HTTP__HOST' in lines
    assert f"port = 9  # {leadexec.file}" in lines
    assert "backlog = 2048  # default" in lines
    assert "# rate_limit is not set  # default" in lines


def test_passwords_and_keys_are_masked(leadexec: Installation) -> None:
    leadexec.write(
        'database = "postgresql://me:pass@word@host/db"\nsecret_keys = "hidden-key"\n'
        '[plugins.not-installed]\ntoken = "hidden-token"\nnested = { list = ["hidden-too"] }'
    )

    shown = leadexec("config", "show").out

    assert "postgresql://me:***@host/db" in shown
    assert 'secret_keys = "***"' in shown
    assert "pass@word" not in shown
    assert "hidden" not in shown
    assert tomllib.loads(shown)["plugins"]["not-installed"]["nested"] == {"list": ["***"]}


def test_a_loaded_plugins_settings_are_shown_with_their_defaults_but_not_its_secrets() -> None:
    plugins = Plugins(FaultLog())
    plugins.add("keeper", "1.0", Keeper(Keys(), SimpleNamespace()))

    shown = _shown(Settings(), plugins)

    assert shown["plugins"]["keeper"] == {"url": "https://keys.example", "token": "***"}


def test_any_text_survives_being_written_as_toml() -> None:
    table = {
        "text": 'a "quoted" \\ \n\x7f\u00e9 \U0001f600',
        "t": {"odd key": [1, True, 0.5, {"a": "b"}]},
    }

    assert tomllib.loads("\n".join(toml_lines(table, {}))) == table


def test_a_fresh_installation_passes_and_nothing_is_made(leadexec: Installation) -> None:
    checked = leadexec("config", "check")

    assert checked.status == 0
    assert "the first start makes" in checked.out
    assert not leadexec.data.exists()


def test_every_fault_of_the_file_is_listed(leadexec: Installation) -> None:
    leadexec.write(
        'databse = "x"\nlog = "loud"\n[http]\nport = "8000"\nhots = "x"\n'
        "[jobs]\nat_once = 0\n[plugins]\nfields = 3"
    )

    checked = leadexec("config", "check")

    assert checked.status == 1
    faults = [line for line in checked.out.splitlines() if line.startswith("FAULT")]
    places = {line.split(": ")[1] for line in faults}
    assert places == {
        "databse",
        "log",
        "http.port",
        "http.hots",
        "jobs.at_once",
        "plugins.fields",
    }


def test_faults_of_plugins_keys_and_database_are_listed_together(leadexec: Installation) -> None:
    leadexec.write(
        'secret_keys = "no key"\ndatabase = "mysql://host/db"\n'
        '[plugins]\nonly = ["fields", "nobody"]\n[plugins.fields]\nstrange = 1'
    )

    checked = leadexec("config", "check")

    assert checked.status == 1
    assert re.search(r"FAULT  plugins: .*fields.*strange", checked.out)
    assert "FAULT  plugins: plugins.only: nobody is not installed. (not_installed)" in checked.out
    assert re.search(r"FAULT  keys: .*\(invalid_secret_key\)", checked.out)
    assert re.search(r"FAULT  database: .*\(invalid_database_url\)", checked.out)


def test_a_database_that_does_not_answer_is_a_fault(leadexec: Installation) -> None:
    leadexec.data.mkdir()
    (leadexec.data / "leadexec.sqlite3").write_bytes(b"This is no database at all." * 100)

    checked = leadexec("config", "check")

    assert checked.status == 1
    assert re.search(r"FAULT  database: .*\(database_unavailable\)", checked.out)


def test_tables_that_are_older_are_told_and_left_alone(leadexec: Installation) -> None:
    leadexec.data.mkdir()
    url = load_settings(leadexec.file, {}).database_url
    run(_touch(url))

    checked = leadexec("config", "check")

    assert checked.status == 0
    assert "note   database: The tables of kernel" in checked.out
    assert "are older" in checked.out
    assert leadexec("db", "status").status == 1


async def _touch(url: str) -> None:
    database = open_database(url)
    await database.maintain(lambda connection: None)
    await database.aclose()


def test_stored_configuration_that_needs_a_missing_plugin_is_a_fault(
    leadexec: Installation, buyer: Buyer
) -> None:
    leadexec.sell_to(buyer.url)
    assert leadexec("config", "check").status == 0

    leadexec.write('[plugins]\ndisable = ["delivery-webhook", "automation-price"]')
    checked = leadexec("config", "check")

    assert checked.status == 1
    assert re.search(r"FAULT  configuration: campaign 1 'Web leads': .*'price'", checked.out)
    assert re.search(r"FAULT  configuration: delivery method 1: .*'webhook'", checked.out)


def test_a_check_without_any_plugin_says_what_is_missing(leadexec: Installation) -> None:
    leadexec.write("[plugins]\nonly = []")

    checked = leadexec("config", "check")

    assert checked.status == 0
    for contract in ("field types", "automations", "delivery methods"):
        assert f"note   plugins: No plugin adds {contract}" in checked.out
    assert 'pip install "leadexec[standard]"' in checked.out


def test_a_plugins_setting_can_come_from_the_environment(tmp_path: Path) -> None:
    given = {"LEADEXEC_PLUGINS__DELIVERY_WEBHOOK__TIMEOUT": "7", "LEADEXEC_PLUGINS__ONLY": "[]"}
    file = tmp_path / "empty.toml"
    file.write_text("")

    settings = load_settings(file, given)

    assert settings.plugin_settings == {"delivery-webhook": {"timeout": 7}}
    assert settings.plugins.only == ()


def test_a_plugin_without_settings_is_not_shown() -> None:
    class Bare(Plugin[NoSettings]):
        pass

    plugins = Plugins(FaultLog())
    plugins.add("bare", "1.0", Bare(NoSettings(), SimpleNamespace()))

    assert "bare" not in _shown(Settings(), plugins)["plugins"]
