"""Finding forms, and giving them slugs."""

import base64
from typing import Final

import msgspec
from sqlalchemy import Connection, select

from leadexec import NotFoundError, Services
from leadexec_lead_forms.entities import LeadForm

_SLUG_BYTES: Final = 16
"""128 bits: nobody guesses that."""


class Forms:
    """The forms of one installation."""

    def __init__(self, services: Services) -> None:
        """Find them in the storage of ``services``."""
        self._services = services

    async def by_slug(self, slug: str) -> LeadForm:
        """Return the form with that slug.

        Raises:
            NotFoundError: ``unknown_form``.
        """
        storage = self._services.storage
        table, forms = storage.table(LeadForm), storage.entities(LeadForm)

        def find(connection: Connection) -> LeadForm | None:
            found = connection.execute(select(table.c.id).where(table.c.slug == slug)).first()
            return None if found is None else forms.get(connection, found.id)

        form = await storage.read(find)
        if form is None:
            raise NotFoundError("unknown_form", "There is no such form.")
        return form

    async def by_id(self, form_id: int) -> LeadForm:
        """Return a form.

        Raises:
            NotFoundError: ``unknown_lead_form``.
        """
        forms = self._services.storage.entities(LeadForm)
        return await self._services.storage.read(lambda c: forms.get(c, form_id))

    async def with_slug(self, form_id: int) -> LeadForm:
        """Return a form that has a slug: one that has none is given one that cannot be guessed.

        Raises:
            NotFoundError: ``unknown_lead_form``.
        """
        forms = self._services.storage.entities(LeadForm)

        def give(connection: Connection) -> LeadForm:
            form = forms.get(connection, form_id)
            if form.slug is not None:
                return form
            return forms.update(connection, msgspec.structs.replace(form, slug=self._new_slug()))

        return await self._services.storage.change(give)

    def _new_slug(self) -> str:
        drawn = self._services.randomness.bytes(_SLUG_BYTES)
        return base64.urlsafe_b64encode(drawn).decode().rstrip("=")
