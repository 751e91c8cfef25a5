"""The document as an Excel workbook: a sheet for each section, every cell plain text."""

import re
from collections.abc import Iterator, Sequence
from datetime import datetime
from io import BytesIO
from typing import Any, Final

from openpyxl import Workbook  # type: ignore[import-untyped]
from openpyxl.cell import WriteOnlyCell  # type: ignore[import-untyped]
from openpyxl.styles import Alignment, Font  # type: ignore[import-untyped]

from leadexec_posting_instructions.document import Document, Paragraph, Section, Table

MEDIA_TYPE: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_LONGEST: Final = 32_767
"""Characters that Excel takes in a cell."""
_NOT_XML: Final = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")
_TITLE: Final = Font(bold=True, size=14)
_BOLD: Final = Font(bold=True)
_CODE: Final = Font(name="Consolas")
_TOP: Final = Alignment(vertical="top", wrap_text=True)
_WIDTHS: Final = (26, 40, 24, 18, 18, 40, 26)
"""Of the columns, in characters."""


def render_xlsx(document: Document, now: datetime) -> bytes:
    """Return the workbook, made at ``now`` (aware)."""
    book = Workbook(write_only=True)
    book.properties.title = document.title
    book.properties.creator = "LeadExec"
    book.properties.created = book.properties.modified = now.replace(tzinfo=None)
    for position, section in enumerate(document.sections):
        sheet = book.create_sheet(section.title[:31])
        for letter, width in zip("ABCDEFG", _WIDTHS, strict=True):
            sheet.column_dimensions[letter].width = width
        if position == 0:
            for row in _opening(sheet, document):
                sheet.append(row)
        for row in _rows(sheet, section):
            sheet.append(row)
    written = BytesIO()
    book.save(written)
    return written.getvalue()


def _opening(sheet: Any, document: Document) -> Iterator[Sequence[Any]]:
    yield [text_cell(sheet, document.title, _TITLE, wrap=False)]
    for text in (document.subtitle, *document.notices):
        yield [text_cell(sheet, text, wrap=False)]
    yield []


def _rows(sheet: Any, section: Section) -> Iterator[Sequence[Any]]:
    yield [text_cell(sheet, section.title, _TITLE, wrap=False)]
    for block in section.blocks:
        yield []
        match block:
            case Paragraph(text=text):
                yield [text_cell(sheet, text, wrap=False)]
            case Table(caption=caption, head=head, rows=rows):
                yield [text_cell(sheet, caption, _BOLD, wrap=False)]
                yield [text_cell(sheet, cell, _BOLD) for cell in head]
                for row in rows:
                    yield [text_cell(sheet, cell) for cell in row]
            case _:
                yield [text_cell(sheet, block.caption, _BOLD, wrap=False)]
                for line in block.text.splitlines():
                    yield [text_cell(sheet, line, _CODE, wrap=False)]


def text_cell(sheet: Any, text: str, font: Any = None, *, wrap: bool = True) -> Any:
    """Return a cell that is text, whatever the text begins with.

    The library takes what begins with ``=`` for a formula, so the type is set after the value.
    What a spreadsheet might take for one when somebody edits it is marked as quoted, too.
    """
    cell = WriteOnlyCell(sheet)
    if text:
        cell.value = _NOT_XML.sub("\ufffd", text)[:_LONGEST]
        cell.data_type = "s"
    if text.startswith(_FORMULA):
        cell.quotePrefix = True
    if font is not None:
        cell.font = font
    if wrap:
        cell.alignment = _TOP
    return cell
