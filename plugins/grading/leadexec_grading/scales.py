"""The scales in memory, and how they stay the present ones."""

import asyncio
from collections.abc import Mapping
from typing import Final, TypeAlias

from msgspec import Struct
from sqlalchemy import Connection, select

from leadexec import LeadexecError, NotFoundError, Services, Storage
from leadexec_grading.built_in import BUILT_IN
from leadexec_grading.scale import GradingScale

FRESH: Final = 5.0
"""Seconds for which what was read counts as present: the longest time until a change that another
process made is honoured here."""
Found: TypeAlias = GradingScale | LeadexecError
"""A scale, or why what is stored is none."""


class Shelf(Struct, kw_only=True, frozen=True):
    """All scales as they were at one instant."""

    scales: Mapping[int, Found]
    """By id, in their order."""
    defaults: tuple[int, ...] = ()
    """Ids of those that are marked default."""

    def named(self, scale_id: int) -> GradingScale:
        """Return a scale.

        Raises:
            NotFoundError: ``unknown_grading_scale``.
            LeadexecError: ``faulty_grading_scale``.
        """
        found = self.scales.get(scale_id)
        if found is None:
            raise NotFoundError(
                "unknown_grading_scale",
                f"There is no grading scale {scale_id}.",
                "Name another one in the campaign's grading check.",
            )
        if isinstance(found, LeadexecError):
            message = f"The grading scale {scale_id} cannot be used: {found.message}"
            raise LeadexecError("faulty_grading_scale", message) from found
        return found

    def default(self) -> GradingScale:
        """Return the scale that is marked default; the built-in one where none is.

        Raises:
            LeadexecError: ``several_default_scales``, ``faulty_grading_scale``.
        """
        if len(self.defaults) > 1:
            listed = ", ".join(map(str, self.defaults))
            raise LeadexecError(
                "several_default_scales",
                f"More than one grading scale is marked default: {listed}.",
                "Leave the mark to one of them.",
            )
        return self.named(self.defaults[0]) if self.defaults else BUILT_IN


class Scales:
    """Finds the scale of a campaign without asking the database for every lead; one per app.

    Scales are read again by the first lead that comes when they are older than ``FRESH`` seconds,
    and when this process hears of a change. If they cannot be read, it raises: what was known
    before may not hold any more.
    """

    def __init__(self, services: Services) -> None:
        """Use the storage and the clock of ``services``, later."""
        self._services = services
        self._lock = asyncio.Lock()
        self._shelf = Shelf(scales={})
        self._read_at = float("-inf")
        self._changes = 0

    async def chosen(self, scale_id: int | None) -> GradingScale:
        """Return the scale with that id; of None, the default one.

        Raises:
            LeadexecError: There is none, it is faulty, or it cannot be read.
        """
        shelf = await self._present()
        return shelf.default() if scale_id is None else shelf.named(scale_id)

    def forget(self) -> None:
        """Read again before the next lead: a scale has changed."""
        self._changes += 1
        self._read_at = float("-inf")

    async def _present(self) -> Shelf:
        if self._is_fresh():
            return self._shelf
        async with self._lock:  # one reads, the others wait for it
            if self._is_fresh():
                return self._shelf
            began, changes = self._services.clock.monotonic(), self._changes
            shelf = await read_shelf(self._services.storage)
            if changes == self._changes:  # else it may have been read before the change
                self._shelf, self._read_at = shelf, began
            return shelf

    def _is_fresh(self) -> bool:
        return self._services.clock.monotonic() - self._read_at < FRESH


async def read_shelf(storage: Storage) -> Shelf:
    """Return all scales as they are stored now."""
    entities, table = storage.entities(GradingScale), storage.table(GradingScale)

    def one(connection: Connection, scale_id: int) -> Found:
        try:
            return entities.get(connection, scale_id)
        except LeadexecError as error:
            return error

    def question(connection: Connection) -> Shelf:
        query = select(table.c.id, table.c.is_default).order_by(table.c.id)
        marks = {row.id: row.is_default for row in connection.execute(query)}
        scales: dict[int, Found]
        try:
            scales = {scale.id: scale for scale in entities.all(connection)}
        except LeadexecError:  # rare: one at a time, so that one faulty scale stops only its own
            scales = {scale_id: one(connection, scale_id) for scale_id in marks}
        return Shelf(scales=scales, defaults=tuple(i for i, marked in marks.items() if marked))

    return await storage.read(question)
