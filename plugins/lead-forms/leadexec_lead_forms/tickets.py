"""Tickets: what a shown form carries to say when it was shown, signed so that nobody makes one.

A ticket also tells one visit from another: the same ticket with the same body is the same post.
Cross-site request forgery is no issue here: a form for visitors is anonymous, so a forged post does
nothing that its forger could not do directly; one for agents is sent with an access token, which
browsers do not add by themselves.
"""

import base64
import binascii
import hmac
from datetime import UTC, datetime, timedelta
from typing import Final

import msgspec
from sqlalchemy import Connection

from leadexec import ConflictError, Secret, Services
from leadexec_lead_forms.entities import LeadFormKey

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_TIME: Final = 8
_NONCE: Final = 10
_MAC: Final = 18
_KEY_BYTES: Final = 32


class Ticket(msgspec.Struct, kw_only=True, frozen=True):
    """A ticket that we made."""

    issued: datetime
    nonce: str
    """20 hexadecimal digits, different for every ticket."""


class Tickets:
    """Issues tickets and reads them back."""

    def __init__(self, services: Services, key: Secret | None) -> None:
        """Sign with ``key``; without one, with a key kept in the database."""
        self._services = services
        self._key = None if key is None else key.reveal().encode()

    async def issue(self, form_id: int) -> str:
        """Return a new ticket for a form, 48 characters."""
        age = self._services.clock.now() - _EPOCH
        stamp = (age // timedelta(milliseconds=1)).to_bytes(_TIME, "big")
        told = stamp + self._services.randomness.bytes(_NONCE)
        return base64.urlsafe_b64encode(told + await self._mac(form_id, told)).decode()

    async def read(self, form_id: int, text: str) -> Ticket | None:
        """Return the ticket, or None if it is none of ours for this form."""
        try:
            raw = base64.b64decode(text.encode("ascii", "replace"), altchars=b"-_", validate=True)
        except (binascii.Error, ValueError):
            return None
        if len(raw) != _TIME + _NONCE + _MAC:
            return None
        told, mac = raw[:-_MAC], raw[-_MAC:]
        if not hmac.compare_digest(mac, await self._mac(form_id, told)):
            return None
        milliseconds = int.from_bytes(told[:_TIME], "big")
        issued = _EPOCH + timedelta(milliseconds=milliseconds)
        return Ticket(issued=issued, nonce=told[_TIME:].hex())

    async def _mac(self, form_id: int, told: bytes) -> bytes:
        if self._key is None:
            self._key = await self._kept()
        return hmac.digest(self._key, b"lead-form|%d|%s" % (form_id, told), "sha256")[:_MAC]

    async def _kept(self) -> bytes:
        """Return the key of the database, making it if nobody has."""
        storage = self._services.storage
        keys = storage.entities(LeadFormKey)

        def take(connection: Connection) -> Secret:
            kept = keys.get(connection, 1)
            if kept.key is not None:
                return kept.key
            made = Secret(self._services.randomness.bytes(_KEY_BYTES).hex())
            keys.update(connection, msgspec.structs.replace(kept, key=made))
            return made

        try:
            return (await storage.change(take)).reveal().encode()
        except ConflictError:  # another process made it at the same time
            return (await storage.change(take)).reveal().encode()
