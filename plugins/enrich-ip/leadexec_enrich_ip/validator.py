"""The check that locates a lead by its IP address."""

from decimal import Decimal
from typing import Any, ClassVar

import msgspec

from leadexec import (
    ConfigurationError,
    FieldKind,
    IpFacts,
    IpQuestion,
    Lead,
    Pass,
    Reject,
    Stage,
    SystemField,
    Validator,
    ValidatorSetup,
    Verdict,
)
from leadexec_enrich_ip.settings import LocateSettings, faults_of

_PLUGIN = "enrich-ip"


class LocateIp(Validator[LocateSettings]):
    """Notes where a lead's IP address is, and fills its latitude and longitude (``LS10``).

    A campaign may allow or reject countries. That is decided by what is known: a lead of which
    nobody knows where it comes from is taken.
    """

    key: ClassVar[str] = "locate-ip"
    title: ClassVar[str] = "Geolocate IP address"
    stage: ClassVar[Stage] = Stage.ENRICHMENT

    def __init__(self, settings: LocateSettings, setup: ValidatorSetup) -> None:
        """Find the fields; raise ``ConfigurationError`` with every fault."""
        super().__init__(settings, setup)
        faults = list(faults_of(settings, setup.lead_type))
        if faults:
            raise ConfigurationError(faults)
        named = setup.lead_type.named
        self._address = named(SystemField.IP_ADDRESS)
        self._latitude = named(SystemField.LATITUDE)
        self._longitude = named(SystemField.LONGITUDE)

    def reads(self) -> frozenset[str]:
        """Return the fields for the address and the position."""
        return frozenset(filter(None, (self._address, self._latitude, self._longitude)))

    async def check(self, lead: Lead) -> Verdict:
        """Return ``Pass``, or ``Reject`` for a country that the campaign does not take."""
        address, whose = self._asked(lead)
        if not address:
            return Pass(detail="The lead brings no IP address; it was not located.")
        question = IpQuestion(address=address)
        answer = await self.setup.services.lookups.ask(question, seconds=self.settings.seconds)
        if answer.problem:
            reason = f"The place of the {whose}'s IP address could not be asked: {answer.problem}"
            return Pass(detail=f"{reason}; the lead goes on.")
        facts = answer.facts
        if not isinstance(facts, IpFacts):
            reason = f"The place of the {whose}'s IP address is not known"
            return Pass(detail=f"{reason}; the lead goes on.")
        found = {k: v for k, v in msgspec.to_builtins(facts).items() if v is not None}
        known: dict[str, Any] = {"provider": answer.provider, "whose": whose, "found": found}
        self._fill(lead, facts, known)
        lead.facts[_PLUGIN] = known
        return self._verdict(facts, whose)

    def _asked(self, lead: Lead) -> tuple[str, str]:
        """Return the address to locate (empty: none) and whose it is."""
        posted = lead.fields.get(self._address) if self._address else None
        if isinstance(posted, str) and posted.strip():
            return posted.strip(), "lead"
        return (lead.remote_ip, "sender") if self.settings.use_sender else ("", "lead")

    def _fill(self, lead: Lead, facts: IpFacts, known: dict[str, Any]) -> None:
        """Fill latitude and longitude together, or neither: halves of two places are none."""
        fields = {self._latitude: facts.latitude, self._longitude: facts.longitude}
        wanted = {name: number for name, number in fields.items() if name is not None}
        if facts.latitude is None or facts.longitude is None:
            return
        if any(lead.fields.get(name) not in (None, "") for name in wanted):
            return
        for name, number in wanted.items():
            lead.fields[name] = self._value(name, number or Decimal(0))
            known.setdefault("filled", {})[name] = str(number)

    def _value(self, name: str, number: Decimal) -> Decimal | str:
        numeric = self.setup.lead_type.fields[name].kind is FieldKind.NUMBER
        return number if numeric else str(number)

    def _verdict(self, facts: IpFacts, whose: str) -> Verdict:
        place = ", ".join(filter(None, (facts.city, facts.state, facts.country)))
        country = facts.country
        if country is None:
            return Pass(detail=f"The country of the {whose}'s IP address is not known.")
        allowed = self.settings.allow_countries
        if country in self.settings.reject_countries or (allowed and country not in allowed):
            message = f"Leads from {country} are not accepted; the {whose}'s IP address is there."
            return Reject(code="ip_country", message=message)
        return Pass(detail=f"The {whose}'s IP address is in {place}.")
