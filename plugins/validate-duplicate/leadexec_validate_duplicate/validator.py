"""The check itself."""

from collections.abc import Sequence
from datetime import timedelta
from typing import ClassVar

from leadexec import (
    Claim,
    ConfigurationError,
    Conflict,
    JobRequest,
    Lead,
    Pass,
    Reject,
    Stage,
    Validator,
    ValidatorSetup,
    Verdict,
)
from leadexec_validate_duplicate.keys import is_empty, key_of, plain_json
from leadexec_validate_duplicate.settings import DuplicateSettings, Scope, faults_of, groups_of

APPEND = "validate-duplicate.append"
RESEND = "validate-duplicate.resend"


class Duplicate(Validator[DuplicateSettings]):
    """Tells a lead that was received before, and says what becomes of it (``LS8``, ``CS6``).

    For each group of fields the lead claims a key made of their values. Of two leads with the same
    key that arrive at the same instant, in any process, exactly one is the original. A lead with
    an empty field of a group claims nothing for that group. Test leads are compared with test
    leads only, so that a test never stands in the way of a person.
    """

    key: ClassVar[str] = "duplicate"
    title: ClassVar[str] = "Duplicate check"
    stage: ClassVar[Stage] = Stage.DUPLICATE

    def __init__(self, settings: DuplicateSettings, setup: ValidatorSetup) -> None:
        """Find the groups of fields; raise ``ConfigurationError`` with every fault."""
        super().__init__(settings, setup)
        faults = list(faults_of(settings, setup.lead_type))
        if faults:
            raise ConfigurationError(faults)
        self._groups = groups_of(settings, setup.lead_type)
        days = settings.look_back_days
        self._look_back = None if days is None else timedelta(days=days)

    def reads(self) -> frozenset[str]:
        """Return the fields of all groups."""
        return frozenset(name for group in self._groups for name in group)

    def claims(self, lead: Lead) -> Sequence[Claim]:
        """Return one key per group whose fields are all filled."""
        scope = self._scope(lead)
        return [claim for group in self._groups if (claim := self._claim(group, lead, scope))]

    def on_conflict(self, lead: Lead, conflict: Conflict) -> Verdict:
        """Reject the duplicate, or let it pass when duplicates are routed."""
        what = self._sentence(lead, conflict)
        jobs = self._jobs(lead, conflict)
        if self.settings.route:
            return Pass(detail=f"{what} Routed: it is delivered all the same.", jobs=jobs)
        return Reject(code="duplicate_lead", message=f"Duplicate lead: {what}", jobs=jobs)

    def agreeing(self, lead: Lead, claim: Claim) -> tuple[str, ...]:
        """Return the names of the fields that ``claim`` of ``lead`` is made of."""
        return next((g for g in self._groups if key_of(g, lead.fields) == claim.key), ())

    def _claim(self, group: tuple[str, ...], lead: Lead, scope: str) -> Claim | None:
        key = key_of(group, lead.fields)
        if key is None:
            return None
        return Claim(
            scope=scope,
            key=key,
            lookback=self._look_back,
            on_rejected=self.settings.check_rejected,
        )

    def _scope(self, lead: Lead) -> str:
        ids = {
            Scope.LEAD_TYPE: lead.lead_type_id,
            Scope.LEAD_SOURCE: lead.source_id,
            Scope.CAMPAIGN: lead.campaign_id,
        }
        scope = self.settings.scope
        return f"duplicate:{'test:' if lead.is_test else ''}{scope}:{ids[scope]}"

    def _sentence(self, lead: Lead, conflict: Conflict) -> str:
        known = self.setup.lead_type.fields
        names = [known[name].description for name in self.agreeing(lead, conflict.claim)]
        fields = " and ".join([", ".join(names[:-1]), names[-1]] if names[1:] else names)
        earlier = f"{'rejected ' if conflict.rejected else ''}lead {conflict.lead_uid}"
        return f"{fields} as in {earlier} of {conflict.claimed_at:%Y-%m-%d %H:%M} UTC."

    def _jobs(self, lead: Lead, conflict: Conflict) -> tuple[JobRequest, ...]:
        uids = {"lead_uid": conflict.lead_uid, "duplicate_uid": lead.uid}
        # A rejected lead has no deliveries to send again.
        resend = self.settings.resend_deliveries and not conflict.rejected
        agreed = self.agreeing(lead, conflict.claim)
        news = {
            name: plain_json(value)
            for name, value in lead.fields.items()
            if name not in agreed and not is_empty(value)
        }
        if self.settings.append_data and news:
            # One job for both: what is sent again must carry what was appended.
            payload = {**uids, "fields": news, "resend": resend}
            return (JobRequest(kind=APPEND, payload=payload),)
        return (JobRequest(kind=RESEND, payload=uids),) if resend else ()
