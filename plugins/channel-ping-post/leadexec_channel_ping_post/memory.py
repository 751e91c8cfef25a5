"""The settings in memory, and how they stay the present ones."""

import asyncio
from collections.abc import Mapping
from typing import Final, TypeAlias

from sqlalchemy import Connection, select

from leadexec import ConfigurationError, LeadexecError, Services, Storage
from leadexec_channel_ping_post.setting import PingSetting

FRESH: Final = 5.0
"""Seconds for which what was read counts as present: the longest time until a change that another
process made is honoured here."""
Found: TypeAlias = PingSetting | LeadexecError
"""A setting, or why what is stored is none."""


class PingSettings:
    """Finds a campaign's setting without asking the database for every ping; one per app.

    They are read again by the first ping that comes when they are older than ``FRESH`` seconds,
    and when this process hears of a change.
    """

    def __init__(self, services: Services) -> None:
        """Use the storage and the clock of ``services``, later."""
        self._services = services
        self._lock = asyncio.Lock()
        self._found: Mapping[int, Found] = {}
        self._read_at = float("-inf")
        self._changes = 0

    def remembered(self, campaign_id: int) -> PingSetting:
        """Return what was last known of a campaign's setting: how long its senders wait."""
        found = self._found.get(campaign_id)
        return found if isinstance(found, PingSetting) else PingSetting(campaign=campaign_id)

    async def of(self, campaign_id: int) -> PingSetting:
        """Return a campaign's setting; the defaults where it has none.

        Raises:
            LeadexecError: ``faulty_ping_setting``; or it cannot be read.
        """
        await self._refresh()
        found = self._found.get(campaign_id)
        if isinstance(found, LeadexecError):
            raise _faulty(campaign_id, found) from found
        return found or PingSetting(campaign=campaign_id)

    def forget(self) -> None:
        """Read again before the next ping: a setting has changed."""
        self._changes += 1
        self._read_at = float("-inf")

    async def _refresh(self) -> None:
        if self._is_fresh():
            return
        async with self._lock:  # one reads, the others wait for it
            while not self._is_fresh():
                began, changes = self._services.clock.monotonic(), self._changes
                found = await _read(self._services.storage)
                if changes == self._changes:  # else it may have been read before the change
                    self._found, self._read_at = found, began

    def _is_fresh(self) -> bool:
        return self._services.clock.monotonic() - self._read_at < FRESH


async def stored_setting(storage: Storage, campaign_id: int) -> PingSetting:
    """Return a campaign's setting as it is stored now; the defaults where it has none.

    Raises:
        LeadexecError: ``faulty_ping_setting``; or it cannot be read.
    """
    entities, table = storage.entities(PingSetting), storage.table(PingSetting)

    def question(connection: Connection) -> PingSetting:
        found = connection.scalar(select(table.c.id).where(table.c.campaign == campaign_id))
        return (
            PingSetting(campaign=campaign_id) if found is None else entities.get(connection, found)
        )

    try:
        return await storage.read(question)
    except ConfigurationError as error:
        raise _faulty(campaign_id, error) from error


async def _read(storage: Storage) -> Mapping[int, Found]:
    entities, table = storage.entities(PingSetting), storage.table(PingSetting)

    def one(connection: Connection, setting_id: int) -> Found:
        try:
            return entities.get(connection, setting_id)
        except LeadexecError as error:
            return error

    def question(connection: Connection) -> Mapping[int, Found]:
        try:
            return {setting.campaign: setting for setting in entities.all(connection)}
        except LeadexecError:  # rare: one at a time, so that one faulty setting stops only its own
            rows = connection.execute(select(table.c.id, table.c.campaign))
            return {row.campaign: one(connection, row.id) for row in rows.all()}

    return await storage.read(question)


def _faulty(campaign_id: int, error: LeadexecError) -> LeadexecError:
    return LeadexecError(
        "faulty_ping_setting",
        f"The ping setting of campaign {campaign_id} cannot be used: {error.message}",
        "Save it again.",
    )
