"""The document as PDF, with bookmarks and page numbers."""

import html
from collections.abc import Iterator
from io import BytesIO
from typing import Any, Final

from reportlab.lib import colors  # type: ignore[import-untyped]
from reportlab.lib.pagesizes import LETTER  # type: ignore[import-untyped]
from reportlab.lib.styles import ParagraphStyle  # type: ignore[import-untyped]
from reportlab.lib.units import mm  # type: ignore[import-untyped]
from reportlab.platypus import (  # type: ignore[import-untyped]
    CondPageBreak,
    LongTable,
    Preformatted,
    SimpleDocTemplate,
    Spacer,
    TableStyle,
)
from reportlab.platypus import Paragraph as Flowing

from leadexec_posting_instructions.document import Document, Paragraph, Section, Table

MEDIA_TYPE: Final = "application/pdf"
_CHARSET: Final = "cp1252"
"""What the fonts that every PDF reader brings can show."""
_LINE: Final = 98
"""Characters of code in a line."""
_WIDTH: Final = LETTER[0] - 36 * mm - 12
"""In points: the page without its margins and the padding of its frame."""
_STAY: Final = 28 * mm
"""A caption with less room than this below it goes to the next page."""
_MISSING: Final = (
    "Some characters of this document cannot be shown in PDF and stand as ?; the HTML page and the "
    "Excel workbook have them."
)
_INK: Final = colors.HexColor("#1c2333")
_QUIET: Final = colors.HexColor("#586174")
_HAIRLINE: Final = colors.HexColor("#d5d9e2")


def _style(name: str, **looks: Any) -> Any:
    usual = {"fontName": "Helvetica", "fontSize": 9.5, "leading": 13.5, "textColor": _INK}
    return ParagraphStyle(name, **{**usual, **looks})


_TITLE: Final = _style("title", fontName="Helvetica-Bold", fontSize=18, leading=22, spaceAfter=4)
_SUBTITLE: Final = _style("subtitle", textColor=_QUIET, spaceAfter=8)
_HEADING: Final = _style(
    "heading", fontName="Helvetica-Bold", fontSize=13, leading=17, spaceBefore=16, spaceAfter=6,
)  # fmt: skip
_CAPTION: Final = _style("caption", fontName="Helvetica-Bold", spaceBefore=8, spaceAfter=4)
_BODY: Final = _style("body", spaceAfter=6)
_NOTICE: Final = _style(
    "notice", backColor=colors.HexColor("#fdf3d8"), borderPadding=5, spaceBefore=6, spaceAfter=12
)
_CELL: Final = _style("cell", fontSize=8, leading=10.5)
_HEAD: Final = _style("head", fontName="Helvetica-Bold", fontSize=8, leading=10.5, textColor=_QUIET)
_CODE: Final = _style(
    "code", fontName="Courier", fontSize=7.8, leading=10.2, leftIndent=8, spaceBefore=2,
    spaceAfter=12,
)  # fmt: skip


def render_pdf(document: Document) -> bytes:
    """Return the PDF. The same document gives the same bytes: it holds no time."""
    written = BytesIO()
    template = _Template(
        written,
        pagesize=LETTER,
        leftMargin=18 * mm,
        rightMargin=18 * mm,
        topMargin=18 * mm,
        bottomMargin=20 * mm,
        title=document.title,
        author="LeadExec",
        lang="en",
        invariant=1,
    )
    template.build(list(_story(document)), onFirstPage=_footer, onLaterPages=_footer)
    return written.getvalue()


class _Template(SimpleDocTemplate):  # type: ignore[misc]
    """Makes a bookmark of every heading."""

    def afterFlowable(self, flowable: Any) -> None:
        style = getattr(flowable, "style", None)
        if style is _HEADING:
            text = flowable.getPlainText()
            self.canv.bookmarkPage(text)
            self.canv.addOutlineEntry(text, text, 0)


def _footer(canvas: Any, template: Any) -> None:
    canvas.saveState()
    canvas.setFont("Helvetica", 8)
    canvas.setFillColor(_QUIET)
    canvas.drawString(template.leftMargin, 11 * mm, _shown(template.title)[:100])
    canvas.drawRightString(LETTER[0] - template.rightMargin, 11 * mm, f"Page {template.page}")
    canvas.restoreState()


def _story(document: Document) -> Iterator[Any]:
    yield Flowing(_markup(document.title), _TITLE)
    yield Flowing(_markup(document.subtitle), _SUBTITLE)
    missing = (_MISSING,) if _is_cut(document) else ()
    for notice in (*document.notices, *missing):
        yield Flowing(_markup(notice), _NOTICE)
    for section in document.sections:
        yield from _section(section)


def _section(section: Section) -> Iterator[Any]:
    # Not keepWithNext: a long table would leave the rest of the page empty.
    yield CondPageBreak(_STAY)
    yield Flowing(_markup(section.title), _HEADING)
    for block in section.blocks:
        match block:
            case Paragraph(text=text):
                yield Flowing(_markup(text), _BODY)
            case Table():
                yield from _caption(block.caption)
                yield _table(block)
                yield Spacer(1, 8)
            case _:
                yield from _caption(block.caption)
                yield Preformatted(_shown(block.text), _CODE, maxLineLength=_LINE, newLineChars="")


def _caption(text: str) -> Iterator[Any]:
    yield CondPageBreak(_STAY)
    yield Flowing(_markup(text), _CAPTION)


def _table(table: Table) -> Any:
    rows = [[Flowing(_markup(cell), _HEAD) for cell in table.head]]
    rows += [[Flowing(_markup(cell), _CELL) for cell in row] for row in table.rows]
    share = _WIDTH / sum(table.widths)
    look = TableStyle(
        [
            ("VALIGN", (0, 0), (-1, -1), "TOP"),
            ("LINEBELOW", (0, 0), (-1, -1), 0.5, _HAIRLINE),
            ("LEFTPADDING", (0, 0), (-1, -1), 0),
            ("TOPPADDING", (0, 0), (-1, -1), 3),
            ("BOTTOMPADDING", (0, 0), (-1, -1), 4),
        ]
    )
    return LongTable(
        rows, colWidths=[share * width for width in table.widths], repeatRows=1, style=look
    )


def _markup(text: str) -> str:
    """Return ``text`` for the library, which reads paragraphs as a kind of XML."""
    return html.escape(_shown(text), quote=False).replace("\n", "<br/>")


def _shown(text: str) -> str:
    return text.encode(_CHARSET, "replace").decode(_CHARSET)


def _is_cut(document: Document) -> bool:
    """Tell whether anything in the document cannot be shown."""
    texts = [document.title, document.subtitle, *document.notices]
    for section in document.sections:
        for block in section.blocks:
            match block:
                case Paragraph(text=text):
                    texts.append(text)
                case Table(caption=caption, rows=rows):
                    texts += [caption, *(cell for row in rows for cell in row)]
                case _:
                    texts += [block.caption, block.text]
    return any(_shown(text) != text for text in texts)
