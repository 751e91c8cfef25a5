"""The check that brings a lead's address into standard form."""

from collections.abc import Mapping
from typing import Any, ClassVar

import msgspec

from leadexec import (
    AddressFacts,
    AddressQuestion,
    ConfigurationError,
    Lead,
    Pass,
    Stage,
    SystemField,
    Validator,
    ValidatorSetup,
    Verdict,
)
from leadexec_enrich_address.countries import may_be_zip_code
from leadexec_enrich_address.settings import WRITTEN, AddressSettings, faults_of

_PLUGIN = "enrich-address"
_US = "US"


class StandardizeAddress(Validator[AddressSettings]):
    """Writes the standard form of a lead's address into its fields (``LS10``).

    What was posted is kept in the lead's facts. An address that is not understood stays as it is,
    and the process log says so; no lead is rejected or held.
    """

    key: ClassVar[str] = "standardize-address"
    title: ClassVar[str] = "Standardize address"
    stage: ClassVar[Stage] = Stage.ENRICHMENT

    def __init__(self, settings: AddressSettings, setup: ValidatorSetup) -> None:
        """Find the fields; raise ``ConfigurationError`` with every fault."""
        super().__init__(settings, setup)
        faults = list(faults_of(setup.lead_type))
        if faults:
            raise ConfigurationError(faults)
        self._names = {meaning: setup.lead_type.named(meaning) for meaning in WRITTEN}
        self._country = setup.lead_type.named(SystemField.COUNTRY)

    def reads(self) -> frozenset[str]:
        """Return the fields of the address, and that of its country."""
        return frozenset(filter(None, (*self._names.values(), self._country)))

    async def check(self, lead: Lead) -> Verdict:
        """Return ``Pass``; its detail says what was done."""
        question = self._question(lead)
        if not question.address:
            return Pass(detail="The lead has no address.")
        if not question.country:
            return Pass(detail="The postal code is none of the US; the address stays as posted.")
        answer = await self.setup.services.lookups.ask(question, seconds=self.settings.seconds)
        if answer.problem:
            reason = f"The standard form of the address could not be asked: {answer.problem}"
            return Pass(detail=f"{reason}; the lead goes on.")
        facts = answer.facts
        if not isinstance(facts, AddressFacts) or not facts.address:
            return Pass(detail="No standard form of the address is known; it stays as posted.")
        original = self._write(lead, self._standard(facts))
        found = {k: v for k, v in msgspec.to_builtins(facts).items() if v is not None}
        lead.facts[_PLUGIN] = {"provider": answer.provider, "found": found, "original": original}
        if not original:
            return Pass(detail="The address is in standard form.")
        shown = [self.setup.lead_type.fields[name].description for name in original]
        return Pass(detail=f"Brought into standard form: {', '.join(shown)}.")

    def _question(self, lead: Lead) -> AddressQuestion:
        zip_code, country = _text(lead, self._names[SystemField.ZIP]), _text(lead, self._country)
        return AddressQuestion(
            address=_text(lead, self._names[SystemField.ADDRESS]),
            address_2=_text(lead, self._names[SystemField.ADDRESS_2]),
            city=_text(lead, self._names[SystemField.CITY]),
            state=_text(lead, self._names[SystemField.STATE]),
            zip=zip_code,
            country=country or (_US if may_be_zip_code(zip_code) else ""),
        )

    def _standard(self, facts: AddressFacts) -> Mapping[SystemField, str | None]:
        """Return the values to write, by the fields' meanings."""
        address = facts.address
        if facts.address_2 and self._names[SystemField.ADDRESS_2] is None:
            address = f"{address} {facts.address_2}"  # the lead type has one line only
        return {
            SystemField.ADDRESS: address,
            SystemField.ADDRESS_2: facts.address_2,
            SystemField.CITY: facts.city,
            SystemField.STATE: facts.state,
            SystemField.ZIP: facts.zip,
        }

    def _write(self, lead: Lead, standard: Mapping[SystemField, str | None]) -> dict[str, Any]:
        """Amend the lead; return what the changed fields held before."""
        original: dict[str, Any] = {}
        for meaning, value in standard.items():
            name = self._names[meaning]
            if name is not None and value and lead.fields.get(name) != value:
                original[name] = _text(lead, name)
                lead.fields[name] = value
        return original


def _text(lead: Lead, name: str | None) -> str:
    value = lead.fields.get(name) if name else None
    return "" if value is None else str(value).strip()
