"""Importing a list of any length: read block by block, written batch by batch."""

import asyncio
from collections.abc import AsyncIterator
from functools import partial
from itertools import islice
from typing import Annotated, Final

from msgspec import Meta, Struct
from pyroaring import BitMap64

from leadexec import Services
from leadexec_validate_dnc.entries import DncNumber
from leadexec_validate_dnc.known import KnownNumbers
from leadexec_validate_dnc.reading import NumberReader, RowFault
from leadexec_validate_dnc.writing import add_batch

BLOCK: Final = 262_144
"""Bytes that are read at once, in a thread."""
GATHERED: Final = 1_000_000
"""Numbers that are gathered and sorted before they are written: the more, the fewer pages of the
index are written again and again."""
BATCH: Final = 5_000
"""Numbers in one transaction; leads that arrive meanwhile wait for at most one."""


class ImportReport(Struct, kw_only=True, frozen=True):
    """What an import came to."""

    rows: Annotated[int, Meta(description="Rows with something in them")]
    added: int
    duplicates: Annotated[int, Meta(description="On the list already, or twice in the file")]
    invalid: Annotated[int, Meta(description="Rows without a number that could be read")]
    errors: Annotated[tuple[RowFault, ...], Meta(description="The first 1000 of them")] = ()


async def import_numbers(
    services: Services,
    known: KnownNumbers,
    blocks: AsyncIterator[bytes],
    *,
    column: str = "",
    note: str = "",
) -> ImportReport:
    """Put the numbers of a file on the list.

    Each batch is committed by itself: an import that breaks off has added what it had read, and to
    run it again adds the rest and nothing twice. Notes of numbers that are listed stay.

    Args:
        services: The kernel's.
        known: The list in memory.
        blocks: The file's bytes, in pieces of any size.
        column: The CSV's column; empty: one number a line.
        note: Kept with every number that is new.

    Raises:
        ConfigurationError: ``unknown_column``.
        UnavailableError: The database does not answer.
    """
    reader = NumberReader(column)
    added = 0
    async for block in _larger(blocks):
        await asyncio.to_thread(reader.feed, block)
        if len(reader.found) >= GATHERED:
            added += await _store(services, known, reader.take(), note)
    await asyncio.to_thread(reader.feed, b"", last=True)
    added += await _store(services, known, reader.take(), note)
    return ImportReport(
        rows=reader.rows,
        added=added,
        duplicates=reader.rows - reader.invalid - added,
        invalid=reader.invalid,
        errors=tuple(reader.faults),
    )


async def _larger(blocks: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    gathered = bytearray()
    async for block in blocks:
        gathered += block
        while len(gathered) >= BLOCK:
            yield bytes(gathered[:BLOCK])
            del gathered[:BLOCK]
    yield bytes(gathered)


async def _store(services: Services, known: KnownNumbers, numbers: BitMap64, note: str) -> int:
    storage, table = services.storage, services.storage.table(DncNumber)
    waiting, added = iter(numbers), 0
    while batch := list(islice(waiting, BATCH)):
        known.admit(batch)
        now = services.clock.now()
        added += await storage.change(
            partial(add_batch, table=table, numbers=batch, note=note, now=now)
        )
    return added
