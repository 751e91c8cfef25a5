"""Rows become leads: posted in batches, each once, however often the import is run (``LD8``)."""

import asyncio
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from typing import Final, NamedTuple

import msgspec
from sqlalchemy import select

from leadexec.cli.lead_import_columns import Columns
from leadexec.cli.lead_import_rows import SourceRow
from leadexec.contracts.post import LeadAnswer, Post, PostedLead, Reason, RefusedPostError
from leadexec.errors import LeadexecError, UnavailableError
from leadexec.kernel import Kernel
from leadexec.storage.tables import idempotency

# Both decide where a batch ends, and a batch is known again by its number and its content:
# changed, they let an import that was broken off before find nothing of itself.
BATCH: Final = 200
"""Rows of a batch."""
BATCH_TEXT: Final = 1_048_576
"""Characters of a batch, its last row not counted."""
AT_ONCE: Final = 4
"""Batches under way at the same time."""
GAPS: Final = (0.5, 1.0, 2.0, 4.0, 8.0)
"""Seconds before a batch that could not be stored is tried again."""


class Imported(NamedTuple):
    """What became of one row."""

    row: int
    status: str
    """``accepted``, ``held``, ``rejected``, or ``unreadable``: it was not posted."""
    code: str
    reasons: Sequence[Reason] = ()
    lead: str = ""
    """The lead's uid."""


class Batch(NamedTuple):
    """Some rows, in order, also the unreadable ones."""

    number: int
    rows: Sequence[SourceRow]


def batches(rows: Iterator[SourceRow], columns: Columns) -> Iterator[Batch]:
    """Yield ``rows`` in batches, without the blank ones."""
    number, size = 1, 0
    gathered: list[SourceRow] = []
    for row in rows:
        if row.blank:
            continue
        gathered.append(columns.checked(row))
        size += sum(map(len, row.cells))
        if len(gathered) >= BATCH or size >= BATCH_TEXT:
            yield Batch(number, gathered)
            gathered, size, number = [], 0, number + 1
    if gathered:
        yield Batch(number, gathered)


class BatchPoster:
    """Posts the batches of one file to one campaign."""

    def __init__(
        self, kernel: Kernel, columns: Columns, *, campaign_id: int, key: str, is_test: bool
    ) -> None:
        """Post to ``campaign_id``; ``key`` tells this import from all others of the campaign."""
        self._kernel = kernel
        self._columns = columns
        self._campaign_id = campaign_id
        self._key = f"import:{key}"
        self._is_test = is_test

    async def was_begun(self) -> bool:
        """Return whether this very import has stored anything before."""
        stored = f"campaign:{self._campaign_id}:{self._key}:1"
        query = select(idempotency.c.at).where(idempotency.c.key == stored)
        return await self._kernel.store.read(lambda c: c.execute(query).first()) is not None

    async def post(self, batch: Batch) -> list[Imported]:
        """Return what became of each row; rows that were posted before are not posted again.

        Raises:
            UnavailableError: The database did not answer for long.
            LeadexecError: ``imported_before``; or why the desk refuses the batch.
        """
        readable = [row for row in batch.rows if not row.code]
        answers = await self._answers(batch.number, readable) if readable else []
        told = iter(answers)
        return [
            Imported(
                row.number, "unreadable", row.code, [Reason(code=row.code, message=row.message)]
            )
            if row.code
            else _imported(row, next(told))
            for row in batch.rows
        ]

    async def _answers(self, number: int, rows: Sequence[SourceRow]) -> Sequence[LeadAnswer]:
        fields = [self._columns.fields(row) for row in rows]
        marked = {"test": True} if self._is_test else {}
        body = msgspec.json.encode(
            [{"campaign": self._campaign_id, "fields": given, **marked} for given in fields]
        )
        post = Post(
            method="CLI",
            path="leadexec lead import",
            content_type="application/json",
            remote_ip="",
            body=body,
            idempotency_key=f"{self._key}:{number}",
            vouched="command line",
        )
        clock = self._kernel.services.clock
        for gap in (*GAPS, None):
            # Due now, but by the queue: nobody waits here until so many leads are delivered.
            now = clock.now()
            leads = [
                PostedLead(
                    campaign_id=self._campaign_id,
                    fields=given,
                    is_test=self._is_test,
                    deliver_at=now,
                )
                for given in fields
            ]
            try:
                return (await self._kernel.desk.receive(post, leads)).answers
            except UnavailableError:  # perhaps it was stored; its key tells when it comes again
                if gap is None:
                    raise
                await clock.sleep(gap)
            except RefusedPostError as refused:
                raise _refusal(refused) from None
        raise AssertionError  # the last try returns or raises


async def post_all(
    poster: BatchPoster, found: Iterator[Batch], tell: Callable[[Sequence[Imported]], None]
) -> None:
    """Post every batch, a few at a time, and tell what became of the rows, in their order.

    The file is read in a thread, no further ahead than what is under way.

    Raises:
        LeadexecError: As ``BatchPoster.post``; what is under way is finished before.
    """
    pending: deque[asyncio.Task[list[Imported]]] = deque()
    try:
        while (batch := await asyncio.to_thread(next, found, None)) is not None:
            if len(pending) >= AT_ONCE:
                tell(await pending.popleft())
            pending.append(asyncio.create_task(poster.post(batch)))
        while pending:
            tell(await pending.popleft())
    finally:
        await asyncio.gather(*pending, return_exceptions=True)


def _imported(row: SourceRow, answer: LeadAnswer) -> Imported:
    return Imported(row.number, answer.status, answer.code, answer.reasons, answer.lead)


def _refusal(refused: RefusedPostError) -> LeadexecError:
    if refused.code != "idempotency_mismatch":
        return LeadexecError(refused.code, refused.message)
    return LeadexecError(
        "imported_before",
        "This file was imported into the campaign before, with other columns or options.",
        "Repeat them to go on with that import, or give this one a --label of its own.",
    )
