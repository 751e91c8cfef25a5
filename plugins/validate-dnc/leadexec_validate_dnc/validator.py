"""The check itself."""

from collections.abc import Sequence
from typing import ClassVar, Final

from leadexec import (
    ConfigurationError,
    Hold,
    JobRequest,
    Lead,
    Pass,
    Reject,
    Stage,
    Validator,
    ValidatorSetup,
    Verdict,
)
from leadexec_validate_dnc.hits import CODE, HIT, with_entries
from leadexec_validate_dnc.known import KnownNumbers
from leadexec_validate_dnc.numbers import number_in
from leadexec_validate_dnc.settings import DncSettings, OnHit, faults_of, watched_fields

_PASSED: Final = Pass()


class DoNotContact(Validator[DncSettings]):
    """Finds leads whose phone is on the do not contact list (``TC5``, ``LS11``).

    Such a lead is rejected, or held where the campaign says so, with the code ``do_not_contact``;
    the message names the field and the list's entry, not the number. The hit is counted after the
    decision is committed. A lead without a phone number passes. If the list cannot be read, the
    lead is held and goes on when it can.
    """

    key: ClassVar[str] = "dnc"
    title: ClassVar[str] = "Do not contact list"
    stage: ClassVar[Stage] = Stage.COMPLIANCE
    known: ClassVar[KnownNumbers | None] = None
    """The list that all campaigns of an app share; the plugin ties it to a class of its own."""

    def __init__(self, settings: DncSettings, setup: ValidatorSetup) -> None:
        """Find the fields; raise ``ConfigurationError`` with every fault."""
        super().__init__(settings, setup)
        faults = list(faults_of(settings, setup.lead_type))
        if faults:
            raise ConfigurationError(faults)
        self._fields = watched_fields(settings, setup.lead_type)
        self._known = KnownNumbers(setup.services) if self.known is None else self.known

    @classmethod
    def over(cls, known: KnownNumbers) -> "type[DoNotContact]":
        """Return the check over the list ``known``."""
        told = {"known": known, "__doc__": cls.__doc__, "__module__": cls.__module__}
        return type(cls.__name__, (cls,), told)

    def reads(self) -> frozenset[str]:
        """Return the fields with phone numbers."""
        return frozenset(self._fields)

    async def check(self, lead: Lead) -> Verdict:
        """Reject or hold a lead with a listed number.

        Raises:
            UnavailableError: The list cannot be read; the kernel then holds the lead.
        """
        numbers = {
            name: number
            for name in self._fields
            if (number := number_in(lead.fields.get(name))) is not None
        }
        if not numbers:
            return _PASSED
        listed = await self._known.entries(list(numbers.values()))
        if not listed:
            return _PASSED
        names = [name for name, number in numbers.items() if number in listed]
        return self._verdict(lead, names, sorted(listed.values()))

    def _verdict(self, lead: Lead, names: Sequence[str], entries: Sequence[int]) -> Verdict:
        message = with_entries(self._sentence(names), entries)
        if self.settings.on_hit is OnHit.HOLD:
            # A Hold carries no job: the plugin counts it when it hears of the held lead.
            return Hold(code=CODE, message=message)
        payload = {
            "lead_uid": lead.uid,
            "entries": list(entries),
            "at": lead.received_at.isoformat(),
        }
        return Reject(code=CODE, message=message, jobs=(JobRequest(kind=HIT, payload=payload),))

    def _sentence(self, names: Sequence[str]) -> str:
        known = self.setup.lead_type.fields
        told = [known[name].description or name for name in names]
        fields = " and ".join([", ".join(told[:-1]), told[-1]] if told[1:] else told)
        return f"{fields} {'are' if told[1:] else 'is'} on the do not contact list"
