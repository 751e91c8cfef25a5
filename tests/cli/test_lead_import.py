"""``leadexec lead import``: leads from files of every kind, each row once."""

import csv
import json
import os
from pathlib import Path
from select import select as select_io

import pytest
from sqlalchemy import select

from leadexec.cli import lead_import_posting as posting
from leadexec.cli import lead_import_rows as reading
from leadexec.cli import lead_import_workbook as workbook
from leadexec.cli.lead_import_report import errors_file
from leadexec.storage.tables import jobs, leads
from tests.cli.commands import PATIENCE, Installation
from tests.cli.import_desk import Desk, an_xlsx


@pytest.fixture
def desk(leadexec: Installation, tmp_path: Path) -> Desk:
    return Desk(leadexec, tmp_path)


# --- what becomes of rows


def test_rows_become_leads_and_what_is_not_accepted_is_listed(desk: Desk) -> None:
    file = desk.file(
        "First name,STATE,Shoe size\nAnn,TX,5\nBob,Nowhere,6\n\n,,\n=1+1,CA,7\nEve,,8\n"
    )
    errors = desk.folder / "errors.csv"

    ended = desk.imports(file, "--json", "--errors", str(errors))

    summary = ended.json()
    assert (summary["rows"], summary["accepted"]) == (4, 2)
    assert summary["rejected"] == {"not_a_state": 1, "required_field_missing": 1}
    assert summary["unmapped"] == ["Shoe size"]
    assert "Shoe size" in ended.err
    assert "100%" in ended.err
    assert [lead.get("FirstName") for lead in desk.stored()] == ["Ann", "Bob", "=1+1", "Eve"]
    with errors.open(newline="") as lines:
        listed = list(csv.DictReader(lines))
    assert [(line["row"], line["status"], line["code"], line["field"]) for line in listed] == [
        ("3", "rejected", "not_a_state", "State"),
        ("7", "rejected", "required_field_missing", "State"),
    ]
    assert all(line["lead"] for line in listed)
    waiting = desk.rows(select(jobs.c.kind, jobs.c.owner).where(jobs.c.kind == "distribute"))
    assert [job.owner for job in waiting] == ["", ""], "any server may take them"


def test_the_summary_is_for_people_too(desk: Desk) -> None:
    told = desk.imports(desk.file("FirstName,State\nAnn,TX\nBob,Nowhere\n")).out

    assert [line.split() for line in told.splitlines()] == [
        ["rows", "2"],
        ["accepted", "1"],
        ["rejected", "1", "not_a_state"],
    ]


def test_test_leads_are_marked(desk: Desk) -> None:
    desk.summary(desk.file("State\nTX\n"), "--test")

    assert desk.rows(select(leads.c.is_test)) == [(True,)]


# --- columns


def test_columns_are_mapped_by_hand(desk: Desk) -> None:
    mapping = desk.file('{"Region": "state", "state": null}', "mapping.json")
    file = desk.file("a=b,Region,State\nAnn,TX,Wrong\n")

    desk.summary(file, "--map", "A=B=First Name", "--map-file", str(mapping))

    assert desk.stored() == [{"FirstName": "Ann", "State": "TX"}]


@pytest.mark.parametrize(
    ("header", "words", "told"),
    [
        ("State,FirstName", ("--map=Zip=State",), ["Zip: The file has no such column."]),
        ("Region,FirstName", ("--map=Region=Land",), ["no field 'Land'", "FirstName, State"]),
        (
            "Region,State",
            ("--map=Region=State",),
            ["Several columns are this field: Region, State"],
        ),
        ("Region,Name", (), ["None of the columns is a field: Region, Name."]),
        ("State", ("--map=State",), ["not of the form"]),
        ("State", ("--map-file=nowhere.json",), ["Code: unreadable"]),
        (",".join(["State"] * 1001), (), ["at most 1,000 columns"]),
        ("State", ("--sheet=Leads",), ["is not a workbook"]),
        ("State", ("--encoding=klingon",), ["It is one of: utf-8"]),
        ("State", ("--delimiter=ab",), ["The delimiter is one character."]),
        ('"State', (), ["Row 1 is to name the columns", "Code: malformed_row"]),
        ("", (), ["Code: no_header"]),
    ],
)
def test_what_cannot_be_mapped_or_read_is_told_and_nothing_is_stored(
    desk: Desk, header: str, words: tuple[str, ...], told: list[str]
) -> None:
    ended = desk.imports(desk.file(f"{header}\nTX,Ann\n" if header else "\n \n"), *words)

    assert ended.status == 1
    for text in told:
        assert text in ended.err
    assert desk.stored() == []


def test_files_and_campaigns_that_are_not_there_are_told(desk: Desk) -> None:
    file = desk.file("State\nTX\n")

    nowhere = desk.imports(desk.folder / "nowhere.csv")
    campaign = desk.leadexec("lead", "import", str(file), "--campaign=99")
    over = desk.imports(file, "--errors", str(file))

    assert "Code: unreadable" in nowhere.err
    assert "Code: unknown_campaign" in campaign.err
    assert "That is the file that is imported" in over.err
    assert file.read_text() == "State\nTX\n"


# --- texts


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"FirstName;State\r\nZo\xc3\xab;TX\r\n", ()),
        (b"\xef\xbb\xbfFirstName\tState\nZo\xc3\xab\tTX", ()),
        ("FirstName|State\nZoë|TX\n".encode("utf-16"), ()),
        (b"FirstName,State\rZo\xeb,TX\r", ("--encoding=windows-1252",)),
        ("FirstName~State\nZoë~TX\n".encode(), ("--delimiter=~",)),
        (b'"First; name",State\n' + "Zoë,TX\n".encode(), ("--map=First; name=FirstName",)),
        ("\n\nFirstName,State,,\nZoë,TX,,,,,\n,,\n\n".encode(), ()),
    ],
)
def test_texts_are_read_as_they_come(desk: Desk, content: bytes, words: tuple[str, ...]) -> None:
    desk.summary(desk.file(content), *words)

    assert desk.stored() == [{"FirstName": "Zoë", "State": "TX"}]


def test_rows_that_cannot_be_read_are_told_with_their_lines_and_the_others_go_on(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, "LINE", 100)
    rows = [
        b'"A ""quoted""\nname",TX',
        b'"Bob"x,TX',
        b"Zo\xeb,TX",
        b"Ann,TX,more",
        b"x" * 250 + b",TX",
        b"Eve,CA",
        b'"never closed,NY',
    ]
    file = desk.file(b"\n".join([b"FirstName,State", *rows, b""]))
    errors = desk.folder / "errors.csv"

    summary = desk.summary(file, "--errors", str(errors))

    assert [lead["FirstName"] for lead in desk.stored()] == ['A "quoted" name', "Eve"]
    assert summary["unreadable"] == {"malformed_row": 3, "too_many_cells": 1, "wrong_encoding": 1}
    with errors.open(newline="") as lines:
        told = {line["row"]: line["code"] for line in csv.DictReader(lines)}
    assert told == {
        "4": "malformed_row",
        "5": "wrong_encoding",
        "6": "too_many_cells",
        "7": "malformed_row",
        "9": "malformed_row",
    }


def test_a_text_that_is_not_utf_16_is_told(desk: Desk) -> None:
    ended = desk.imports(desk.file("FirstName,State\nAnn,TX\n".encode("utf-16") + b"\x00"))

    assert ended.status == 1
    assert "Code: wrong_encoding" in ended.err


def test_messages_do_not_become_formulas(desk: Desk) -> None:
    errors = desk.folder / "errors.csv"
    imported = posting.Imported(
        2, "rejected", "bad", [posting.Reason(code="bad", message="=HYPERLINK(1)")], "uid"
    )
    with errors_file(errors) as write:
        write([imported])

    assert "'=HYPERLINK(1)" in errors.read_text()


# --- workbooks


def test_workbooks_are_read_with_their_dates_and_numbers_as_text(desk: Desk) -> None:
    file = an_xlsx(
        desk.folder / "leads.xlsx",
        [
            ["FirstName", "State", "Number", "Date"],
            ["=1+1", "TX", "<c><v>2135550001</v></c>", '<c s="1"><v>45293</v></c>'],
            ['<c t="b"><v>1</v></c>', "CA", "<c><v>0.1</v></c>", "<c><v>1e-7</v></c>"],
        ],
    )

    desk.summary(file, "--map=Number=FirstName", "--map-file", _leave_out(desk, "FirstName"))
    desk.summary(
        file, "--map=Date=FirstName", "--map-file", _leave_out(desk, "FirstName"), "--label=b"
    )
    desk.summary(file, "--sheet=Leads", "--label=c")

    assert [lead["FirstName"] for lead in desk.stored()] == [
        *("2135550001", "0.1"),
        *("2024-01-02", "0.0000001"),
        *("=1+1", "true"),
    ]


def _leave_out(desk: Desk, heading: str) -> str:
    return str(desk.file(json.dumps({heading: None}), "mapping.json"))


def test_a_million_empty_cells_cost_nothing(desk: Desk) -> None:
    empty = "".join(f'<row r="{row}"><c r="A{row}" s="1"/></row>' for row in range(3, 1_000_003))
    file = an_xlsx(desk.folder / "leads.xlsx", [["State"], ["TX"]], extra=empty)

    summary = desk.summary(file)

    assert (summary["rows"], desk.stored()) == (1, [{"State": "TX"}])


def test_a_workbook_that_would_take_all_memory_is_refused(desk: Desk) -> None:
    corner = '<row r="1048576"><c r="XFD1048576"><v>1</v></c></row>'
    file = an_xlsx(desk.folder / "leads.xlsx", [["State"], ["TX"]], extra=corner)

    ended = desk.imports(file)

    assert ended.status == 1
    assert "Code: workbook_too_large" in ended.err
    assert desk.stored() == []


@pytest.mark.parametrize(
    ("content", "words", "code"),
    [
        (b"PK\x03\x04 and then nonsense", (), "not_a_workbook"),
        (b"\xd0\xcf\x11\xe0 and then nonsense", (), "not_a_workbook"),
        (None, ("--sheet=Others",), "unknown_sheet"),
    ],
)
def test_what_is_no_workbook_is_told(
    desk: Desk, content: bytes | None, words: tuple[str, ...], code: str
) -> None:
    file = desk.folder / "leads.xlsx"
    if content is None:
        an_xlsx(file, [["State"], ["TX"]])
    else:
        file.write_bytes(content)

    ended = desk.imports(file, *words)

    assert ended.status == 1
    assert f"Code: {code}" in ended.err


def test_without_its_reader_a_workbook_is_told(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "find_spec", lambda name: None)

    ended = desk.imports(an_xlsx(desk.folder / "leads.xlsx", [["State"], ["TX"]]))

    assert "Code: no_workbook_reader" in ended.err


def test_cells_are_text_of_one_kind() -> None:
    assert workbook.cell_text(1e20) == "100000000000000000000"
    assert workbook.cell_text(-0.5) == "-0.5"
    assert workbook.cell_text(False) == "false"


# --- preview


def test_a_preview_shows_what_would_be_read_and_stores_nothing(desk: Desk) -> None:
    file = desk.file('Name,State\nAnn,texas\nBob,Nowhere\n"x,y\nEve,CA\n')

    told = desk.imports(file, "--map=Name=FirstName", "--preview=2")
    read = desk.summary(file, "--map=Name=FirstName", "--preview=9")

    assert [line.split() for line in told.out.splitlines()[:3]] == [
        ["column", "field"],
        ["Name", "FirstName"],
        ["State", "State"],
    ]
    assert "FirstName=Ann" in told.out
    assert "Eve" not in told.out
    assert read["rows"][0]["fields"] == {"FirstName": "Ann", "State": "TX"}
    codes = [[reason["code"] for reason in row["reasons"]] for row in read["rows"]]
    assert codes == [[], ["not_a_state"], ["malformed_row"]]
    assert desk.stored() == []


# --- again, and broken off


def test_the_same_import_again_makes_no_second_lead(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(posting, "BATCH", 2)
    file = desk.file("FirstName,State\n" + "".join(f"Name {n},TX\n" for n in range(5)))

    first = desk.summary(file)
    again = desk.imports(file, "--json")
    otherwise = desk.imports(file, "--map=FirstName=State", "--map-file", _leave_out(desk, "State"))
    anew = desk.summary(file, "--label=second")

    assert (first["accepted"], first["begun_before"]) == (5, False)
    assert (again.json()["accepted"], again.json()["begun_before"]) == (5, True)
    assert "imported before" in again.err
    assert "Code: imported_before" in otherwise.err
    assert (anew["accepted"], len(desk.stored())) == (5, 10)


def test_an_import_that_was_killed_goes_on_and_every_row_is_one_lead(
    leadexec: Installation, database_url: str, tmp_path: Path
) -> None:
    desk = Desk(leadexec, tmp_path, f'database = "{database_url}"\n')
    rows = [f"Name {number},{'TX' if number % 2 else 'Nowhere'}" for number in range(4_000)]
    file = desk.file("\n".join(["FirstName,State", *rows]))
    errors = tmp_path / "errors"
    os.mkfifo(errors)  # nobody empties it: the import cannot get to its end
    reader = os.open(errors, os.O_RDWR)
    words = ("lead", "import", str(file), f"--campaign={desk.campaign}", f"--errors={errors}")
    process = leadexec.process(*words)
    begun, _, _ = select_io([reader], [], [], PATIENCE)
    process.kill()
    process.communicate(timeout=PATIENCE)
    os.close(reader)
    before = len(desk.stored())

    summary = desk.summary(file)

    assert begun
    assert 0 < before < 4_000
    assert (summary["accepted"], summary["rejected"]) == (2_000, {"not_a_state": 2_000})
    assert summary["begun_before"]
    names = [lead["FirstName"] for lead in desk.stored()]
    assert len(set(names)) == len(names) == 4_000
