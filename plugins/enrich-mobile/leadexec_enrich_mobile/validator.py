"""The check that says whether a lead's phone number is a mobile one."""

from typing import ClassVar

import msgspec

from leadexec import (
    ConfigurationError,
    FieldKind,
    Lead,
    Pass,
    PhoneFacts,
    PhoneQuestion,
    Reject,
    Stage,
    SystemField,
    Validator,
    ValidatorSetup,
    Verdict,
)
from leadexec_enrich_mobile.numbers import asked_number
from leadexec_enrich_mobile.settings import Accept, MobileSettings, faults_of

_PLUGIN = "enrich-mobile"


class MobileCheck(Validator[MobileSettings]):
    """Writes whether the primary phone is a mobile number into the IsMobile field (``LS10``).

    Only where it is known: else the field stays as it was posted and the process log says so. A
    campaign may take leads with, or without, a mobile number only; a lead whose line is not known
    is taken, since that nobody could tell is not its sender's fault.
    """

    key: ClassVar[str] = "mobile-check"
    title: ClassVar[str] = "Mobile check"
    stage: ClassVar[Stage] = Stage.ENRICHMENT

    def __init__(self, settings: MobileSettings, setup: ValidatorSetup) -> None:
        """Find the fields; raise ``ConfigurationError`` with every fault."""
        super().__init__(settings, setup)
        faults = list(faults_of(setup.lead_type))
        if faults:
            raise ConfigurationError(faults)
        self._phone = setup.lead_type.named(SystemField.PRIMARY_PHONE) or ""
        self._is_mobile = setup.lead_type.named(SystemField.IS_MOBILE)
        self._shown = setup.lead_type.fields[self._phone].description

    def reads(self) -> frozenset[str]:
        """Return the phone's field, and the one that is written."""
        return frozenset({self._phone, self._is_mobile or self._phone})

    async def check(self, lead: Lead) -> Verdict:
        """Return ``Pass``, or ``Reject`` where the campaign wants the other kind of number."""
        number = asked_number(lead.fields.get(self._phone))
        if not number:
            return Pass(detail=f"{self._shown} holds no phone number; nothing was checked.")
        question = PhoneQuestion(number=number)
        answer = await self.setup.services.lookups.ask(question, seconds=self.settings.seconds)
        if answer.problem:
            reason = f"Whether {self._shown} is a mobile number could not be asked"
            return Pass(detail=f"{reason}: {answer.problem}; the lead goes on.")
        facts = answer.facts if isinstance(answer.facts, PhoneFacts) else PhoneFacts()
        found = {k: v for k, v in msgspec.to_builtins(facts).items() if v is not None}
        lead.facts[_PLUGIN] = {"provider": answer.provider, "found": found}
        if facts.mobile is None:
            return Pass(detail=self._not_known(facts))
        self._write(lead, mobile=facts.mobile)
        return self._verdict(mobile=facts.mobile)

    def _not_known(self, facts: PhoneFacts) -> str:
        if facts.possible is False:
            return f"{self._shown} is a number that cannot exist; the lead goes on."
        return f"Whether {self._shown} is a mobile number is not known; the lead goes on."

    def _write(self, lead: Lead, *, mobile: bool) -> None:
        name = self._is_mobile
        if name is None:
            return
        posted = lead.fields.get(name)
        boolean = self.setup.lead_type.fields[name].kind is FieldKind.BOOLEAN
        lead.fields[name] = mobile if boolean else ("Yes" if mobile else "No")
        if posted not in (None, "", lead.fields[name]):
            lead.facts[_PLUGIN]["posted"] = str(posted)

    def _verdict(self, *, mobile: bool) -> Verdict:
        message = f"{self._shown} is {'a' if mobile else 'not a'} mobile number."
        match self.settings.accept:
            case Accept.MOBILE if not mobile:
                return Reject(code="phone_not_mobile", message=message)
            case Accept.NOT_MOBILE if mobile:
                return Reject(code="phone_is_mobile", message=message)
        return Pass(detail=message)
