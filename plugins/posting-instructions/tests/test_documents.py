"""The three files: complete, safe, readable by machines and people."""

import base64
import hashlib
import io
import re
import zipfile
import zlib
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import openpyxl
import pytest
from leadexec_posting_instructions.document import document_of
from leadexec_posting_instructions.files import FileFormat, render
from leadexec_posting_instructions.page import content_security_policy
from lxml import html

from leadexec import CampaignInfo

Info = Callable[..., CampaignInfo]
BASE = "https://leads.example.com"
NOW = datetime(2026, 3, 2, 15, 30, tzinfo=UTC)
NASTY = ["=1+1", "+1", "-1", "@SUM(A1)", "=cmd|' /C calc'!A0", "\t=1", "<script>alert(1)</script>"]


def rendered(info: CampaignInfo, form: FileFormat, base_url: str = BASE) -> bytes:
    return render(info, form, base_url=base_url, now=NOW).content


def page_of(info: CampaignInfo) -> Any:
    return html.document_fromstring(rendered(info, FileFormat.HTML).decode())


def book_of(info: CampaignInfo) -> Any:
    return openpyxl.load_workbook(io.BytesIO(rendered(info, FileFormat.XLSX)))


def cells_of(info: CampaignInfo) -> list[Any]:
    return [
        cell
        for sheet in book_of(info)
        for row in sheet.iter_rows()
        for cell in row
        if cell.value is not None
    ]


def pdf_text(content: bytes) -> str:
    """Return the texts that the pages of a PDF of ours draw, in order."""
    drawn = []
    for stream in re.findall(rb"stream\r?\n(.*?)endstream", content, re.DOTALL):
        packed = base64.a85decode(stream.strip(), adobe=False) if b"~>" not in stream else b""
        packed = packed or base64.a85decode(b"<~" + stream.strip(), adobe=True)
        drawn += re.findall(rb"\((.*?)(?<!\\)\)", zlib.decompress(packed), re.DOTALL)
    return re.sub(r"\\([()\\])", r"\1", b" ".join(drawn).decode("cp1252"))


def test_a_field_is_shown_with_all_that_a_sender_needs(
    a_campaign_info: Info, a_field: Callable[..., Any]
) -> None:
    field = a_field("Zip", description="Zip code", type_title="Postal code", required=True)
    page = page_of(a_campaign_info(fields=(field,)))

    (row,) = page.xpath("//section[@aria-labelledby='fields']//tbody/tr")
    assert [cell.text_content() for cell in row] == [
        "Zip", "Zip code", "Postal code", "Yes", "", "", "Example",
    ]  # fmt: skip


def test_a_required_field_with_a_default_need_not_be_posted(
    a_campaign_info: Info, a_field: Callable[..., Any]
) -> None:
    field = a_field("Country", required=True, default="US")
    page = page_of(a_campaign_info(fields=(field,)))

    cells = [cell.text_content() for cell in page.xpath("//section[3]//tbody/tr/*")]
    assert cells[3:5] == ["No, the default is taken", "US"]


def test_short_lists_stand_in_the_row_and_long_ones_in_a_table_of_their_own(
    a_campaign_info: Info,
) -> None:
    page = page_of(a_campaign_info())
    captions = [caption.text for caption in page.xpath("//caption")]

    assert "Yes; No" in page.text_content()
    assert "Allowed values of State" in captions
    assert "Allowed values of Owner" not in captions
    assert "State number 49" in page.text_content()


def test_a_computed_field_is_said_not_to_be_posted(a_campaign_info: Info) -> None:
    (row,) = page_of(a_campaign_info()).xpath("//tbody/tr[th='Total']")

    assert "Not posted" in row.text_content()


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({}, "need neither a token nor a password"),
        ({"require_authentication": True}, "need an access token"),
        ({"has_password": True}, "need the campaign's password"),
    ],
)
def test_it_says_how_to_authenticate(
    a_campaign_info: Info, changes: dict[str, bool], words: str
) -> None:
    info = a_campaign_info(**changes)
    text = page_of(info).text_content()

    assert words in text
    assert (f"curl -X POST {BASE}/oauth2/token" in text) is info.require_authentication


def test_a_closed_campaign_says_so_first(a_campaign_info: Info) -> None:
    (notice,) = document_of(a_campaign_info(active=False), BASE).notices

    assert "takes no leads" in notice
    assert notice in page_of(a_campaign_info(active=False)).text_content()


def test_only_a_ping_post_campaign_has_a_section_about_pings(a_campaign_info: Info) -> None:
    def keys(channel: str) -> list[str]:
        return [
            section.key for section in document_of(a_campaign_info(channel=channel), BASE).sections
        ]

    assert "ping" in keys("ping_post")
    assert "ping" not in keys("web")


def test_every_request_is_shown_as_it_is_sent_and_as_a_curl_command(a_campaign_info: Info) -> None:
    codes = [code.text for code in page_of(a_campaign_info()).xpath("//pre/code")]

    assert sum(code.startswith("POST /receiver/leads\n") for code in codes) == 3
    assert sum(code.startswith(f"curl -X POST {BASE}/receiver/leads ") for code in codes) == 3


def test_a_curl_command_survives_quotes_in_samples(
    a_campaign_info: Info, a_field: Callable[..., Any]
) -> None:
    import shlex

    info = a_campaign_info(fields=(a_field("Name", sample="O'Hara $HOME `id`"),))
    codes = [code.text for code in page_of(info).xpath("//pre/code")]

    (command,) = [c for c in codes if c.startswith("curl") and "application/json" in c]
    assert '"Name": "O\'Hara $HOME `id`"' in shlex.split(command.replace("\\\n", ""))[-1]


def test_the_page_escapes_everything_and_runs_nothing(
    a_campaign_info: Info, a_field: Callable[..., Any]
) -> None:
    bad = "<script>alert(1)</script>"
    field = a_field(
        "Name", description=bad, default=bad, sample=bad, choices=((bad, bad),), type_title=bad
    )
    info = a_campaign_info(name=bad, source_name=bad, lead_type_name=bad, fields=(field,))
    page = page_of(info)

    assert page.xpath("//script | //*[@onclick or @onload or @style] | //img | //link") == []
    assert page.xpath("//h1")[0].text == f"Posting instructions: {bad}"


def test_the_page_works_under_its_own_policy(a_campaign_info: Info) -> None:
    (style,) = page_of(a_campaign_info()).xpath("//style/text()")
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()

    assert f"style-src 'sha256-{digest}'" in content_security_policy()
    assert "default-src 'none'" in content_security_policy()


def test_the_page_can_be_read_with_a_screen_reader(a_campaign_info: Info) -> None:
    page = page_of(a_campaign_info())
    ids = page.xpath("//@id")

    assert page.get("lang") == "en"
    assert len(ids) == len(set(ids))
    assert {link.removeprefix("#") for link in page.xpath("//a/@href")} <= set(ids)
    assert [h.tag for h in page.xpath("//h1|//h2|//h3")][:2] == ["h1", "h2"]
    assert page.xpath("//th[not(@scope)] | //table[not(caption)]") == []
    assert page.xpath("//pre[not(@tabindex)]") == []  # what scrolls can be reached by keyboard
    assert page.xpath("//main")
    assert page.xpath("//title/text()")


@pytest.mark.parametrize("text", NASTY)
def test_no_cell_of_the_workbook_is_a_formula(
    a_campaign_info: Info, a_field: Callable[..., Any], text: str
) -> None:
    field = a_field("Name", description=text, default=text, sample=text, choices=((text, text),))
    cells = cells_of(a_campaign_info(name=text, fields=(field,)))

    assert {cell.data_type for cell in cells} == {"s"}
    shown = [cell for cell in cells if cell.value == text]
    assert len(shown) >= 2
    if text[0] != "<":
        assert all(cell.quotePrefix for cell in shown)


def test_the_workbook_holds_no_formula_even_for_who_reads_its_xml(
    a_campaign_info: Info, a_field: Callable[..., Any]
) -> None:
    info = a_campaign_info(fields=[a_field(f"F{i}", default=bad) for i, bad in enumerate(NASTY)])
    archive = zipfile.ZipFile(io.BytesIO(rendered(info, FileFormat.XLSX)))

    sheets = [archive.read(name) for name in archive.namelist() if "worksheets" in name]
    assert sheets
    assert not any(re.search(rb"<f[ >/]", sheet) for sheet in sheets)


def test_the_workbook_has_a_sheet_for_each_section_and_the_time_of_the_clock(
    a_campaign_info: Info,
) -> None:
    info = a_campaign_info(channel="ping_post")
    book = book_of(info)

    assert book.sheetnames == [section.title for section in document_of(info, BASE).sections]
    assert book.properties.created == NOW.replace(tzinfo=None)


def test_characters_that_a_workbook_cannot_hold_are_replaced(
    a_campaign_info: Info, a_field: Callable[..., Any]
) -> None:
    info = a_campaign_info(fields=(a_field("Name", default="a\x00b\ud800c", sample=""),))

    assert "a\ufffdb\ufffdc" in [cell.value for cell in cells_of(info)]


def test_the_pdf_holds_the_same_as_the_page(a_campaign_info: Info) -> None:
    content = rendered(a_campaign_info(), FileFormat.PDF)
    text = pdf_text(content)

    assert content.startswith(b"%PDF-")
    for words in ("Posting instructions: Solar North", "First name", "State number 49", "curl -X"):
        assert words in text


def test_the_same_campaign_gives_the_same_pdf(a_campaign_info: Info) -> None:
    first = rendered(a_campaign_info(), FileFormat.PDF)

    assert first == rendered(a_campaign_info(), FileFormat.PDF)


def test_a_pdf_says_that_it_cannot_show_every_character(a_campaign_info: Info) -> None:
    plain = pdf_text(rendered(a_campaign_info(name="Müller – süß"), FileFormat.PDF))
    cut = pdf_text(rendered(a_campaign_info(name="東京"), FileFormat.PDF))

    assert "cannot be shown" not in plain
    assert "Posting instructions: ??" in cut
    assert "cannot be shown" in cut


@pytest.mark.parametrize("form", FileFormat)
def test_huge_and_odd_lead_types_are_rendered_all_the_same(
    a_campaign_info: Info, a_field: Callable[..., Any], form: FileFormat
) -> None:
    long = "W" * 3_000
    fields = [
        a_field("N" * 64, description="D" * 200, default=long, sample=long),
        a_field("Choice", choices=[(f"{i}" + "v" * 190, "c" * 200) for i in range(40)]),
        a_field("Markup", description="<b>a & b</i> &amp; <br/>", sample="</code>]]>"),
        *(a_field(f"F{i}") for i in range(60)),
    ]

    assert rendered(a_campaign_info(name="x" * 200, fields=fields), form)


def test_a_lead_type_without_fields_says_so(a_campaign_info: Info) -> None:
    assert "has no fields yet" in page_of(a_campaign_info(fields=())).text_content()
