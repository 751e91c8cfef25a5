"""The check itself."""

from typing import Any, ClassVar, Final

from leadexec import (
    ConfigurationError,
    Hold,
    Lead,
    Pass,
    Reject,
    Stage,
    SystemField,
    Validator,
    ValidatorSetup,
    Verdict,
)
from leadexec_tcpa.consent import LONGEST, ConsentJudge, Judged
from leadexec_tcpa.evidence import Evidence, as_fact
from leadexec_tcpa.lookups import Finder, Found
from leadexec_tcpa.settings import OnMissing, TcpaSettings, faults_of
from leadexec_tcpa.texts import digest

FACT: Final = "tcpa"
"""Where the evidence stands in ``lead.facts``."""
_SWITCHED_OFF: Final = Pass(detail="switched off for the account")


class TcpaConsent(Validator[TcpaSettings]):
    """Looks for the consent to be contacted that a campaign asks for (``TC1``, ``LS11``).

    A lead without it is rejected, held or noted, with the code ``no_consent``,
    ``consent_text_differs`` or ``no_consent_token``. Consent may be general or given to sellers by
    name; the law is not judged, only what the campaign asks for. Whether the phone is a mobile
    number and where the IP is are noted; a lookup that fails never counts against a lead. What was
    found stands in ``lead.facts["tcpa"]`` (``Evidence``), also when the lead passes.
    """

    key: ClassVar[str] = "tcpa"
    title: ClassVar[str] = "TCPA consent"
    stage: ClassVar[Stage] = Stage.COMPLIANCE
    enabled: ClassVar[bool] = True
    """The account's switch; the plugin ties it to a class of its own."""

    def __init__(self, settings: TcpaSettings, setup: ValidatorSetup) -> None:
        """Find the fields; raise ``ConfigurationError`` with every fault."""
        super().__init__(settings, setup)
        faults = list(faults_of(settings, setup.lead_type))
        if faults:
            raise ConfigurationError(faults)
        self._judge = ConsentJudge(settings, setup.lead_type)
        self._finder = Finder(settings, setup.lead_type, setup.services)
        self._landing_page = setup.lead_type.named(SystemField.LANDING_PAGE) or ""

    @classmethod
    def switched(cls, enabled: bool) -> "type[TcpaConsent]":
        """Return the check of an account that has it switched on or off."""
        told = {"enabled": enabled, "__doc__": cls.__doc__, "__module__": cls.__module__}
        return type(cls.__name__, (cls,), told)

    def reads(self) -> frozenset[str]:
        """Return the fields with consent, its text and token, the phone, the IP and the page."""
        other = {self._landing_page, self.settings.user_agent_field} - {""}
        return self._judge.reads | self._finder.reads | other

    async def check(self, lead: Lead) -> Verdict:
        """Judge the consent, find out what else is wanted, keep both with the lead."""
        if not self.enabled:
            return _SWITCHED_OFF
        judged = self._judge.judge(lead)
        found = await self._finder.find(lead)
        lead.facts[FACT] = as_fact(self._evidence(lead, judged, found))
        return self._verdict(judged, found)

    def _evidence(self, lead: Lead, judged: Judged, found: Found) -> Evidence:
        return Evidence(
            compliant=not judged.missing,
            missing=tuple(missing.code for missing in judged.missing),
            given=judged.given,
            value=judged.value,
            form=self.settings.consent_form.value,
            sellers=judged.sellers,
            text=judged.text,
            text_sha256=digest(judged.text),
            shown=judged.shown,
            shown_sha256=digest(judged.shown),
            text_matches=judged.text_matches,
            received_at=lead.received_at,
            ip=found.ip,
            ip_from=found.ip_from,
            located=found.located,
            user_agent=_text(lead.fields.get(self.settings.user_agent_field)),
            landing_page=_text(lead.fields.get(self._landing_page)),
            mobile=found.mobile,
            mobile_provider=found.mobile_provider,
            token=judged.token,
            notes=found.notes,
        )

    def _verdict(self, judged: Judged, found: Found) -> Verdict:
        told = " ".join(missing.message for missing in judged.missing)
        if not judged.missing or self.settings.on_missing is OnMissing.NOTE:
            detail = told or "Consent was given."
            notes = " ".join([detail, *found.notes])
            return Pass(detail=notes, only_accounts=judged.accounts if judged.given else None)
        code = judged.missing[0].code
        if self.settings.on_missing is OnMissing.HOLD:
            return Hold(code=code, message=told)
        return Reject(code=code, message=told)


def _text(value: Any) -> str:
    return value.strip()[:LONGEST] if isinstance(value, str) else ""
