"""The commands against a running server, on both kinds of database."""

import json
from pathlib import Path
from typing import Any

import pytest
from leadexec_validate_dnc.command import dnc_command

from leadexec import DeniedError, LeadexecError, UnavailableError


class Line:
    """A command line that leads to ``server``."""

    def __init__(
        self,
        server: dict[str, str],
        monkeypatch: pytest.MonkeyPatch,
        capsys: pytest.CaptureFixture[str],
    ) -> None:
        for name, value in server.items():
            monkeypatch.setenv(name, value)
        self._capsys = capsys

    def run(self, *words: str) -> tuple[int | None, str]:
        """Return the exit status and what was printed."""
        status: Any = dnc_command()(list(words), result_action="return_value")
        return status, self._capsys.readouterr().out


@pytest.fixture
def line(
    server: dict[str, str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Line:
    return Line(server, monkeypatch, capsys)


def test_a_number_is_added_found_and_removed(line: Line) -> None:
    assert line.run("add", "(212) 555-0123", "--note", "asked")[1] == (
        "2125550123 is on the list now.\n"
    )
    assert "was on the list already" in line.run("add", "+1 212 555 0123")[1]
    (found,) = json.loads(line.run("find", "212 555", "--json")[1])["items"]
    assert (found["number"], found["times_hit"], found["note"]) == ("2125550123", 0, "asked")
    assert "2125550123" in line.run("find", "212")[1]
    assert "2125550123" not in line.run("find", "--hit")[1]
    assert line.run("remove", "212-555-0123", "2125550199")[0] == 1
    assert line.run("count")[1] == "0\n"


def test_a_file_is_imported_and_again_without_harm(line: Line, tmp_path: Path) -> None:
    file = tmp_path / "list.csv"
    rows = "".join(f"{row},303555{row}\n" for row in range(2_000, 8_000))
    file.write_text(f"id,Phone\n{rows}1,12\n2,+4512345678\n")
    status, told = line.run("import", str(file), "--column", "phone", "--note", "registry")
    assert status == 1
    assert told.startswith("6002 rows: 6001 added, 0 duplicates, 1 that could not be read.\n")
    assert "row 6002: It has 2 digits" in told
    again = json.loads(line.run("import", str(file), "--column", "phone", "--json")[1])
    assert (again["added"], again["duplicates"], again["invalid"]) == (0, 6001, 1)
    assert line.run("count")[1] == "6001\n"
    assert len(json.loads(line.run("find", "303", "--limit", "7", "--json")[1])["items"]) == 7
    assert "+4512345678" in line.run("find", "+45")[1]


@pytest.mark.parametrize(
    ("words", "error", "code"),
    [
        (("add", "12"), LeadexecError, "invalid_configuration"),
        (("find", "abc"), LeadexecError, "invalid_configuration"),
        (("import", "/no/such/file"), LeadexecError, "unreadable"),
        (("count", "--url", "http://127.0.0.1:9"), UnavailableError, "unreachable"),
        (("count", "--client-id", "nobody"), DeniedError, "no_token"),
    ],
)
def test_what_cannot_be_done_is_told(
    line: Line, words: tuple[str, ...], error: type[LeadexecError], code: str
) -> None:
    with pytest.raises(error) as caught:
        line.run(*words)
    assert caught.value.code == code


def test_without_a_credential_it_is_said_how_to_get_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DNC_CLIENT_ID", raising=False)
    with pytest.raises(DeniedError, match="leadexec credential new"):
        dnc_command()(["count"], result_action="return_value")


def test_a_bad_file_says_what_is_wrong_with_it(line: Line, tmp_path: Path) -> None:
    file = tmp_path / "list.csv"
    file.write_text("id,number\n1,2125550101\n")
    with pytest.raises(LeadexecError, match="it has 'id', 'number'"):
        line.run("import", str(file), "--column", "phone")
