"""What can be done with the list, in one transaction each; routes and plugin go through it."""

from collections.abc import AsyncIterator, Callable
from typing import TypeVar

from sqlalchemy import Connection

from leadexec import ConfigurationError, InvalidValueError, Services
from leadexec_validate_dnc.entries import Tables, tables_of
from leadexec_validate_dnc.importing import ImportReport, import_numbers
from leadexec_validate_dnc.known import KnownNumbers
from leadexec_validate_dnc.listing import (
    Listed,
    ListedNumber,
    Wanted,
    count_numbers,
    number_on_list,
    page_of_numbers,
)
from leadexec_validate_dnc.numbers import read_number
from leadexec_validate_dnc.writing import add_number, remove_number

T = TypeVar("T")


class ListDesk:
    """Adds to the list, takes off, finds and counts. Numbers may be written in any usual way."""

    def __init__(self, services: Services, known: KnownNumbers) -> None:
        """Keep ``known`` in step with what is written."""
        self._services = services
        self._known = known

    async def add(self, text: str, note: str = "") -> tuple[ListedNumber, bool]:
        """Put a number on the list; return its entry and whether it is new there.

        Of a number that is listed already nothing changes.

        Raises:
            ConfigurationError: It is no number.
        """
        number, services = _number(text), self._services
        self._known.admit([number])

        def act(connection: Connection) -> tuple[ListedNumber, bool]:
            _, is_new = add_number(connection, services, number, note)
            return number_on_list(connection, tables_of(services.storage), number), is_new

        return await services.storage.change(act)

    async def remove(self, text: str) -> None:
        """Take a number off the list, with its hits.

        Raises:
            ConfigurationError: It is no number.
            NotFoundError: ``not_listed``.
        """
        number, services = _number(text), self._services
        await services.storage.change(lambda c: remove_number(c, services, number))

    async def entry(self, text: str) -> ListedNumber:
        """Return the entry of a number; raises as ``remove``."""
        number = _number(text)
        return await self._ask(lambda c, tables: number_on_list(c, tables, number))

    async def page(self, wanted: Wanted) -> Listed:
        """Return a page of the list; raises ``ConfigurationError`` for what cannot be asked."""
        return await self._ask(lambda c, tables: page_of_numbers(c, tables, wanted))

    async def count(self) -> int:
        """Return how many numbers are on the list."""
        return await self._ask(count_numbers)

    async def load(
        self, blocks: AsyncIterator[bytes], *, column: str = "", note: str = ""
    ) -> ImportReport:
        """Put the numbers of a file on the list; raises as ``import_numbers``."""
        return await import_numbers(self._services, self._known, blocks, column=column, note=note)

    async def _ask(self, question: Callable[[Connection, Tables], T]) -> T:
        storage = self._services.storage
        tables = tables_of(storage)
        return await storage.read(lambda connection: question(connection, tables))


def _number(text: str) -> int:
    try:
        return read_number(text)
    except InvalidValueError as error:
        raise ConfigurationError.single(error.code, "number", error.message) from None
