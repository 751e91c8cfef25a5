"""The first rows of a file as an import would read them; nothing is stored."""

import sys
from collections.abc import Iterator, Sequence
from itertools import islice

import msgspec
from rich.console import Console
from rich.table import Table
from rich.text import Text

from leadexec.cli.lead_import_columns import Columns
from leadexec.cli.lead_import_rows import SourceRow
from leadexec.contracts.post import Reason
from leadexec.intake.fields import read_fields
from leadexec.kernel import Kernel


class PreviewRow(msgspec.Struct, kw_only=True, frozen=True):
    """One row as its field types read it."""

    row: int
    fields: dict[str, str]
    """Field → value as it is shown; defaults and computed fields included."""
    reasons: list[Reason]
    """Why it would be rejected by its fields alone; other checks come on top."""


class Preview(msgspec.Struct, kw_only=True, frozen=True):
    """What an import would read."""

    columns: dict[str, str]
    """Heading → field."""
    unmapped: tuple[str, ...]
    missing: tuple[str, ...]
    """Required fields without a column."""
    rows: list[PreviewRow]


def first_rows(rows: Iterator[SourceRow], columns: Columns, most: int) -> list[SourceRow]:
    """Return the first ``most`` rows that are not blank."""
    return list(islice((columns.checked(row) for row in rows if not row.blank), most))


def preview_of(
    kernel: Kernel,
    campaign_id: int,
    columns: Columns,
    header: SourceRow,
    rows: Sequence[SourceRow],
) -> Preview:
    """Return ``rows`` as the campaign's field types read them."""
    return Preview(
        columns={header.cells[index].strip(): name for index, name in columns.mapped},
        unmapped=columns.unmapped,
        missing=columns.missing,
        rows=[_read(kernel, campaign_id, columns, row) for row in rows],
    )


def _read(kernel: Kernel, campaign_id: int, columns: Columns, row: SourceRow) -> PreviewRow:
    if row.code:
        reason = Reason(code=row.code, message=row.message)
        return PreviewRow(row=row.number, fields={}, reasons=[reason])
    lead_type = kernel.catalog.campaigns[campaign_id].lead_type
    now = kernel.services.clock.now()
    read = read_fields(lead_type, columns.fields(row), now, kernel.faults)
    faulty = [
        Reason(code="field_type_raised", message="Its type could not run.", field=name)
        for name in read.faulty
    ]
    return PreviewRow(
        row=row.number,
        fields={name: lead_type.text(name, value) for name, value in read.values.items()},
        reasons=[*read.reasons, *faulty],
    )


def preview_tables(preview: Preview) -> None:
    """Print the preview for a person."""
    # Piped output is read by programs and by grep: it is not folded to a screen's width.
    width = None if sys.stdout.isatty() else 10_000
    console = Console(width=width, highlight=False, markup=False)
    columns = Table("column", "field", box=None, header_style="bold")
    for heading, name in preview.columns.items():
        columns.add_row(heading, name)
    for heading in preview.unmapped:
        columns.add_row(heading, Text("(left out)", style="yellow"))
    for name in preview.missing:
        columns.add_row(Text("(missing)", style="red"), f"{name} is required")
    rows = Table("row", "verdict", "fields", box=None, header_style="bold")
    for row in preview.rows:
        verdict = "; ".join(reason.message for reason in row.reasons)
        fields = ", ".join(f"{name}={value}" for name, value in row.fields.items())
        told = Text(verdict, style="red") if verdict else Text("ok", style="green")
        rows.add_row(str(row.row), told, fields)
    console.print(columns, "", rows, sep="\n")
