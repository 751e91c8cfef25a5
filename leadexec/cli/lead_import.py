"""``leadexec lead import``: leads from a CSV file or a workbook (``LD8``)."""

import asyncio
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from hashlib import blake2b
from pathlib import Path
from typing import Annotated

import msgspec
from cyclopts import Parameter
from cyclopts.validators import Number

from leadexec.cli.database_file import demand_database
from leadexec.cli.lead_import_columns import Columns, columns_of, wanted_mapping
from leadexec.cli.lead_import_posting import BatchPoster, Imported, batches, post_all
from leadexec.cli.lead_import_preview import (
    Preview,
    first_rows,
    preview_of,
    preview_tables,
)
from leadexec.cli.lead_import_report import Summary, Tally, errors_file, lines_of, progress
from leadexec.cli.lead_import_rows import Source, SourceRow, digest_of, open_source
from leadexec.errors import ConfigurationError, LeadexecError, UnavailableError
from leadexec.kernel import Kernel, running_kernel
from leadexec.process import configure_logging, run
from leadexec.settings import Settings, load_settings

Flag = Annotated[bool, Parameter(negative="")]


class ImportOrder(msgspec.Struct, kw_only=True, frozen=True):
    """What is to be imported, and how."""

    file: Path
    campaign: int
    mapping: dict[str, str | None]
    preview: int | None
    test: bool
    errors: Path | None
    sheet: str
    encoding: str
    delimiter: str
    label: str


def import_leads(
    file: Path,
    *,
    campaign: int,
    mapping: Annotated[tuple[str, ...], Parameter(name="--map")] = (),
    map_file: Path | None = None,
    preview: Annotated[int | None, Parameter(validator=Number(gte=1, lte=1000))] = None,
    test: Flag = False,
    errors: Path | None = None,
    sheet: str = "",
    encoding: str = "",
    delimiter: str = "",
    label: str = "",
    config: Path | None = None,
    as_json: Annotated[bool, Parameter(name="--json", negative="")] = False,
) -> None:
    """Import leads from a CSV file or a workbook (XLSX, XLS, ODS).

    The first row names the columns; each further row is a lead, checked as every posted lead is.
    A running server or worker distributes what is accepted. Broken off, the same command goes on
    where it stopped: no row becomes a lead twice.

    Args:
        file: The file.
        campaign: The id of the campaign that the leads come in by.
        mapping: 'Their column=FieldName', for each column whose heading is neither the name nor
            the description of its field.
        map_file: A JSON file {"Their column": "FieldName"}; null leaves a column out.
        preview: Show so many rows as they would be read, and store nothing.
        test: Mark them as test leads.
        errors: Write every row that was not accepted to this CSV file, with the reasons.
        sheet: The sheet of a workbook; by default the first.
        encoding: Of a text: utf-8 (default), utf-16, windows-1252 or iso-8859-1.
        delimiter: Between the cells of a text; by default it is found out.
        label: Makes it another import: a file that was imported before is imported once more.
        config: The settings file; by default $LEADEXEC_CONFIG, else leadexec.toml here.
        as_json: Print JSON, for programs.
    """
    order = ImportOrder(
        file=file,
        campaign=campaign,
        mapping=wanted_mapping(mapping, map_file),
        preview=preview,
        test=test,
        errors=errors,
        sheet=sheet,
        encoding=encoding,
        delimiter=delimiter,
        label=label,
    )
    _refuse_to_write_over(order)
    settings = load_settings(config)
    configure_logging("warning")
    found = run(_carry_out(settings, order))
    if as_json:
        sys.stdout.write(msgspec.json.format(msgspec.json.encode(found)).decode() + "\n")
    elif isinstance(found, Preview):
        preview_tables(found)
    else:
        sys.stdout.write("\n".join([*lines_of(found), ""]))


def _refuse_to_write_over(order: ImportOrder) -> None:
    written, read = order.errors, order.file
    if written is not None and written.exists() and read.exists() and written.samefile(read):
        text = "That is the file that is imported."
        raise ConfigurationError.single("same_file", "--errors", text)


async def _carry_out(settings: Settings, order: ImportOrder) -> Summary | Preview:
    await demand_database(settings)
    async with running_kernel(settings, run_jobs=False, migrate=False) as kernel:
        campaign = kernel.services.campaigns.info(order.campaign)
        if not campaign.active:
            raise LeadexecError(
                "campaign_not_active",
                f"Campaign {campaign.id} or its source is not active: every lead is rejected.",
                "Activate it first.",
            )
        with ExitStack() as stack:
            opening = open_source(
                order.file, sheet=order.sheet, encoding=order.encoding, delimiter=order.delimiter
            )
            source: Source = await asyncio.to_thread(stack.enter_context, opening)
            rows = source.rows()
            header = await asyncio.to_thread(_header, rows)
            columns = columns_of(header.cells, campaign.fields, order.mapping)
            if order.preview is not None:
                first = await asyncio.to_thread(first_rows, rows, columns, order.preview)
                return preview_of(kernel, order.campaign, columns, header, first)
            _warn(columns)
            return await _import(kernel, order, source, columns, rows)


def _header(rows: Iterator[SourceRow]) -> SourceRow:
    """Return the first row that is not blank.

    Raises:
        LeadexecError: ``no_header``, or why it cannot be read.
    """
    for row in rows:
        if row.code:
            raise LeadexecError(row.code, f"Row {row.number} is to name the columns. {row.message}")
        if not row.blank:
            return row
    raise LeadexecError("no_header", "The file holds nothing.")


def _warn(columns: Columns) -> None:
    if columns.unmapped:
        sys.stderr.write(f"Columns that are left out: {', '.join(columns.unmapped)}\n")
    if columns.missing:
        sys.stderr.write(f"Required fields without a column: {', '.join(columns.missing)}\n")


async def _import(
    kernel: Kernel,
    order: ImportOrder,
    source: Source,
    columns: Columns,
    rows: Iterator[SourceRow],
) -> Summary:
    digest = await asyncio.to_thread(digest_of, order.file)
    told = "\0".join((digest, source.sheet, order.label)).encode()
    poster = BatchPoster(
        kernel,
        columns,
        campaign_id=order.campaign,
        key=blake2b(told, digest_size=16).hexdigest(),
        is_test=order.test,
    )
    begun_before = await poster.was_begun()
    if begun_before:
        sys.stderr.write("This file was imported before; what was stored is not stored again.\n")
    tally = Tally()
    with errors_file(order.errors) as write, progress(order.file.name) as show:

        def tell(imported: Sequence[Imported]) -> None:
            tally.add(imported)
            write(imported)
            show(source.done(), tally.rows)

        try:
            await post_all(poster, batches(rows, columns), tell)
        except UnavailableError as error:
            hint = "Run the same command again: it goes on where it stopped."
            raise UnavailableError(error.code, error.message, hint) from error
    return tally.summary(unmapped=columns.unmapped, begun_before=begun_before)
