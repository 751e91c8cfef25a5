"""``leadexec db`` and ``leadexec credential``: bootstrapping an installation, and its tables."""

import pytest

from leadexec.process import run
from leadexec.settings import load_settings
from leadexec.storage.database import open_database
from tests.cli.commands import Installation


async def _make_orphans(leadexec: Installation) -> None:
    database = open_database(load_settings(leadexec.file, {}).database_url)
    try:
        for name in ("old_plugin__notes", "old_plugin__marks"):
            statement = f"CREATE TABLE {name} (id INTEGER PRIMARY KEY)"
            await database.maintain(lambda c, s=statement: c.exec_driver_sql(s))  # type: ignore[misc]
    finally:
        await database.aclose()


def test_status_of_a_database_that_is_not_there_says_so_and_makes_none(
    leadexec: Installation,
) -> None:
    ended = leadexec("db", "status")

    assert ended.status == 1
    assert "Code: no_database" in ended.err
    assert not leadexec.data.exists()


def test_an_upgrade_makes_the_tables_and_a_second_one_has_nothing_to_do(
    leadexec: Installation,
) -> None:
    first = leadexec("db", "upgrade")
    second = leadexec("db", "upgrade")

    assert (first.status, second.status) == (0, 0)
    assert "kernel: 0001" in first.out
    assert "kernel: up to date already" in second.out
    status = leadexec("db", "status", "--json")
    assert status.status == 0
    (kernel, *_) = status.json()
    assert kernel["owner"] == "kernel"
    assert kernel["pending"] == []
    assert "leads" in kernel["tables"]


def test_tables_of_a_plugin_that_is_gone_are_listed_and_dropped_only_when_confirmed(
    leadexec: Installation,
) -> None:
    leadexec("db", "upgrade")
    run(_make_orphans(leadexec))
    assert "old_plugin" in leadexec("db", "status").out

    refused = leadexec("db", "purge", "old-plugin")
    dropped = leadexec("db", "purge", "old-plugin", "--yes")
    again = leadexec("db", "purge", "old-plugin", "--yes")

    assert (refused.status, dropped.status, again.status) == (1, 0, 1)
    assert "old_plugin__marks, old_plugin__notes" in refused.err
    assert "--yes" in refused.err
    assert "old_plugin__notes" in dropped.out
    assert "Code: no_tables" in again.err
    assert "old_plugin" not in leadexec("db", "status").out


@pytest.mark.parametrize(
    ("plugin", "code"), [("fields", "plugin_in_use"), ("kernel", "invalid_configuration")]
)
def test_tables_in_use_are_never_dropped(leadexec: Installation, plugin: str, code: str) -> None:
    leadexec("db", "upgrade")

    ended = leadexec("db", "purge", plugin, "--yes")

    assert ended.status == 1
    assert f"Code: {code}" in ended.err
    assert leadexec("db", "status").status == 0


def test_the_first_credential_of_a_fresh_installation_opens_the_api(
    leadexec: Installation,
) -> None:
    made = leadexec(
        "credential", "new", "First", "--scope", "account_api", "--scope", "data_api", "--json"
    ).json()

    listed = leadexec("credential", "list")

    assert made["scopes"] == ["account_api", "data_api"]
    assert len(made["client_secret"]) >= 32
    assert made["client_id"] in listed.out
    assert made["client_secret"] not in listed.out
    assert "enabled" in listed.out


def test_a_secret_is_printed_once_for_people_too(leadexec: Installation) -> None:
    printed = leadexec("credential", "new", "[red]Mine", "--scope", "lead_receiver").out

    assert "Client secret:" in printed
    assert "[red]Mine" in leadexec("credential", "list").out


def test_a_disabled_credential_is_shown_as_such(leadexec: Installation) -> None:
    leadexec("credential", "new", "Mine", "--scope", "data_api")

    done = leadexec("credential", "disable", "1")
    unknown = leadexec("credential", "disable", "2")

    assert (done.status, unknown.status) == (0, 1)
    assert "unknown_api_credential" in unknown.err
    (one,) = leadexec("credential", "list", "--json").json()
    assert one["enabled"] is False


@pytest.mark.parametrize(
    "words",
    [("new", "Mine"), ("new", "Mine", "--scope", "everything"), ("new", "", "--scope", "data_api")],
)
def test_a_credential_without_a_name_or_a_known_scope_is_refused(
    leadexec: Installation, words: tuple[str, ...]
) -> None:
    assert leadexec("credential", *words).status != 0
    assert not leadexec.data.exists()
