"""``leadexec openapi``: the description of the API without a server or a database."""

from pathlib import Path

from tests.cli.commands import Installation


def test_the_description_is_written_without_touching_the_database(leadexec: Installation) -> None:
    document = leadexec("openapi").json()

    assert document["openapi"] == "3.1.0"
    assert "/account/v1/clients" in document["paths"]
    assert "/oauth2/token" in document["paths"]
    assert not leadexec.data.exists()


def test_it_can_be_written_to_a_file(leadexec: Installation, tmp_path: Path) -> None:
    ended = leadexec("openapi", "--out", str(tmp_path / "api.json"))

    assert ended.out == ""
    assert (tmp_path / "api.json").read_text() == leadexec("openapi").out


def test_a_file_that_cannot_be_written_is_told(leadexec: Installation, tmp_path: Path) -> None:
    ended = leadexec("openapi", "--out", str(tmp_path / "missing" / "api.json"))

    assert ended.status == 1
    assert "Code: cannot_write" in ended.err
