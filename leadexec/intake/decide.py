"""Deciding about one posted lead, in memory: fields, criteria, validators by stage."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from time import perf_counter_ns
from typing import Any, NamedTuple

import msgspec

from leadexec.asking.cancelling import ends_the_work
from leadexec.asking.within import within
from leadexec.catalog.compiled import CompiledCampaign, CompiledValidator
from leadexec.contracts.eligibility import Limit
from leadexec.contracts.lead import Lead
from leadexec.contracts.post import PostedLead, Reason
from leadexec.contracts.services import Services
from leadexec.contracts.validator import Claim, Hold, JobRequest, Pass, Reject, Verdict
from leadexec.intake.fields import MISSING, ReadFields, read_fields
from leadexec.intake.verdicts import (
    sound_claims,
    sound_facts,
    sound_fields,
    sound_verdict,
    tidy,
)
from leadexec.model.lead import LeadStatus, LogEntry
from leadexec.model.source import CampaignStatus, RejectOption, SourceStatus
from leadexec.plugins import FaultLog
from leadexec.storage.columns import from_json

QUALITY_CONTROL = "quality_control"
"""Why a lead is held that nothing speaks against (``LS9``)."""
CHECK_DEADLINE = 5.0
"""Seconds a validator may take for one lead."""


class WantedClaim(NamedTuple):
    """A key that a lead wants to hold alone."""

    used: CompiledValidator
    claim: Claim
    key: str
    """The one text that names the claim: ``claim_key``."""


def claim_key(claim: Claim) -> str:
    """Return the one text that names a claim: its scope and its key."""
    return f"{claim.scope}|{claim.key}"


@dataclass(slots=True)
class Decided:
    """A lead as decided in memory; the transaction of intake has the last word."""

    lead: Lead
    campaign: CompiledCampaign
    status: LeadStatus = LeadStatus.QUEUED
    code: str = "accepted"
    reasons: list[Reason] = field(default_factory=list)
    log: list[LogEntry] = field(default_factory=list)
    jobs: list[JobRequest] = field(default_factory=list)
    claims: list[WantedClaim] = field(default_factory=list)
    limits: Sequence[Limit] = ()
    facts: str = ""
    """The lead's facts as JSON, as the last check left them; empty: none."""
    order_id: str = ""
    """What its ping was answered with (``PP2``)."""
    vouched: bool = False
    """Somebody answers for its sender: it needs no Order ID."""
    deliver_at: datetime | None = None
    """When its distribution begins; None: at once."""
    _mark: tuple[LeadStatus, str, list[Reason], int, int] | None = None

    def begin(self) -> None:
        """Go back to what was decided in memory: a batch that failed is run again."""
        if self._mark is None:
            mark = (self.status, self.code, list(self.reasons), len(self.log), len(self.jobs))
            self._mark = mark
            return
        self.status, self.code, self.reasons, steps, jobs = self._mark
        del self.log[steps:], self.jobs[jobs:]

    @property
    def refused(self) -> bool:
        """Whether the lead will not be accepted now."""
        return self.status in (LeadStatus.REJECTED, LeadStatus.HELD)

    def reject(self, reasons: Sequence[Reason], *, final: bool = False) -> str:
        """Do what the campaign does with a lead that a check rejects (``LS9``).

        Args:
            reasons: At least one.
            final: The lead goes back to its source, whatever the campaign says.

        Returns:
            What became of it, for the process log: ``reject``, ``hold`` or ``overruled``.
        """
        option = self.campaign.entity.default_reject
        tidied = [tidy(reason) for reason in reasons]
        if not final and option is RejectOption.DELIVER:
            return "overruled"
        self.reasons = tidied
        self.code = tidied[0].code
        if final or option is RejectOption.BACK_TO_SOURCE:
            self.status = LeadStatus.REJECTED
            return "reject"
        self.status = LeadStatus.HELD
        return "hold"

    def hold(self, code: str, message: str) -> None:
        """Make the lead wait for a person."""
        self.status = LeadStatus.HELD
        self.reasons = [tidy(Reason(code=code, message=message))]
        self.code = self.reasons[0].code

    def note(
        self,
        step: str,
        verdict: str,
        since_ns: int,
        *,
        code: str = "",
        message: str = "",
        plugin: str = "",
    ) -> None:
        """Add a step that began at ``since_ns`` to the process log."""
        us = (perf_counter_ns() - since_ns) // 1000
        self.log.append(
            LogEntry(step=step, verdict=verdict, us=us, code=code, message=message, plugin=plugin)
        )

    def heed(self, verdict: Verdict) -> str:
        """Take over a validator's verdict; return what became of the lead, as ``reject`` does."""
        match verdict:
            case Reject(code=code, message=message, jobs=jobs):
                self.jobs.extend(jobs)
                return self.reject([Reason(code=code, message=message)])
            case Hold(code=code, message=message):
                self.hold(code, message)
                return "hold"
            case Pass(jobs=jobs, only_accounts=only):
                self.jobs.extend(jobs)
                if only is not None:
                    self._route(only)
        return "pass"

    def _route(self, only: tuple[int, ...]) -> None:
        """Keep to the delivery accounts that every check that names some has named."""
        before = self.lead.only_accounts
        self.lead.only_accounts = only if before is None else tuple(i for i in only if i in before)

    def review(self) -> None:
        """Let a lead that was accepted wait in quality control, where its campaign says so."""
        if self.campaign.entity.quality_control and not self.refused:
            self.hold(QUALITY_CONTROL, "Leads of this campaign are validated by a person.")


class LeadDecider:
    """Runs the checks of intake over posted leads."""

    def __init__(self, services: Services, faults: FaultLog) -> None:
        """Decide with the time of ``services``; record what plugins raise in ``faults``."""
        self._clock = services.clock
        self._faults = faults

    async def decide(
        self,
        campaign: CompiledCampaign,
        posted: PostedLead,
        *,
        uid: str,
        now: datetime,
        ip: str,
    ) -> Decided:
        """Return the decision on ``posted``; it writes nothing."""
        began = perf_counter_ns()
        read = read_fields(campaign.lead_type, posted.fields, now, self._faults)
        decided = _begin(campaign, posted, read, uid=uid, now=now, ip=ip)
        if not self._may_take(decided, began):
            return self._with_claims(decided)
        _note_fields(decided, posted, read, began)
        # Before the criteria, which would judge by the fields that are left.
        if not decided.refused and (read.faulty or campaign.problem):
            _hold_for_faults(decided, read)
        if not decided.refused and campaign.criteria is not None:
            self._check_criteria(decided, now)
        for validator in campaign.validators:
            if decided.refused:
                break
            if validator.checks:
                await self._check(decided, validator)
        if not decided.refused and campaign.limits:
            decided.limits = campaign.limits(now)
        return self._with_claims(decided)

    async def decide_ping(
        self,
        campaign: CompiledCampaign,
        posted: PostedLead,
        *,
        uid: str,
        now: datetime,
        ip: str,
        required: frozenset[str],
    ) -> Decided:
        """Return the decision on what a ping tells of a lead (``PP1``): its fields and criteria.

        Fields that are ``required`` must be there; those the lead itself needs come with the post,
        and so do the checks.
        """
        began = perf_counter_ns()
        read = read_fields(campaign.lead_type, posted.fields, now, self._faults)
        read.reasons = [*(r for r in read.reasons if r.code != MISSING), *_absent(read, required)]
        decided = _begin(campaign, posted, read, uid=uid, now=now, ip=ip)
        if not self._may_take(decided, began):
            return decided
        _note_fields(decided, posted, read, began)
        if not decided.refused and (read.faulty or campaign.problem):
            _hold_for_faults(decided, read)
        if not decided.refused and campaign.criteria is not None:
            self._check_criteria(decided, now)
        return decided if decided.refused else self._with_claims(decided)

    def _may_take(self, decided: Decided, began: int) -> bool:
        """Reject leads of a campaign or source that is not active (``LS1``, ``LS3``)."""
        campaign = decided.campaign.entity
        if campaign.status is not CampaignStatus.ACTIVE:
            message = f"The campaign is {campaign.status.value}; only an active one takes leads."
            decided.reject([Reason(code="campaign_not_active", message=message)], final=True)
        elif decided.campaign.source.status is not SourceStatus.ACTIVE:
            message = "The lead source is not active."
            decided.reject([Reason(code="source_not_active", message=message)], final=True)
        else:
            return True
        decided.note("access", "reject", began, code=decided.code)
        return False

    def _check_criteria(self, decided: Decided, now: datetime) -> None:
        began = perf_counter_ns()
        criteria = decided.campaign.criteria
        if criteria is None or criteria.matches(decided.lead.fields, now):
            decided.note("criteria", "pass", began)
            return
        verdict = criteria.explain(decided.lead.fields, now)
        became = decided.reject([Reason(code="outside_criteria", message=verdict.message)])
        decided.note("criteria", became, began, code="outside_criteria", message=verdict.message)

    async def _check(self, decided: Decided, used: CompiledValidator) -> None:
        began = perf_counter_ns()
        verdict = await self._isolated(used, decided)
        became = decided.heed(verdict)
        note_verdict(decided, used, verdict, became, began)

    async def _isolated(self, used: CompiledValidator, decided: Decided) -> Verdict:
        """Return the validator's verdict; one that raises or is late holds (fail closed)."""
        lead = decided.lead
        before = msgspec.structs.replace(lead, fields=dict(lead.fields))
        try:
            verdict = sound_verdict(await within(used.validator.check(lead), CHECK_DEADLINE))
            if lead.fields != before.fields:
                sound_fields(lead.fields)
            facts = sound_facts(lead.facts) if lead.facts != {} else ""
            _demand_sound_grade(lead)
            decided.facts = facts
            return verdict
        except (Exception, asyncio.CancelledError) as error:
            if ends_the_work(error):
                raise
            for name in lead.__struct_fields__:  # what it wrote is worth as much as its verdict
                setattr(lead, name, getattr(before, name))
            lead.facts = from_json(decided.facts) if decided.facts else {}
            return self._hold(used, "check", error)

    def _hold(self, used: CompiledValidator, act: str, error: BaseException) -> Hold:
        fault = self._faults.record(used.plugin, f"{act} of validator '{used.key}'", error)
        return Hold(
            code="check_could_not_run",
            message=f"The check '{used.key}' could not run ({fault.error}).",
        )

    def _with_claims(self, decided: Decided) -> Decided:
        """Add the keys the lead wants; for a rejected lead those that rejected leads take, too."""
        for used in decided.campaign.validators:
            if not used.claims:
                continue
            try:
                wanted = sound_claims(used.validator.claims(decided.lead))
            except Exception as error:  # noqa: BLE001  a plugin is isolated; its fault is recorded, the lead held
                hold = self._hold(used, "claims", error)
                if not decided.refused:
                    decided.heed(hold)
                continue
            rejected = decided.status is LeadStatus.REJECTED
            for claim in wanted:
                if claim.on_rejected or not rejected:
                    decided.claims.append(WantedClaim(used, claim, claim_key(claim)))
        return decided


def _begin(
    campaign: CompiledCampaign,
    posted: PostedLead,
    read: ReadFields,
    *,
    uid: str,
    now: datetime,
    ip: str,
) -> Decided:
    lead = Lead(
        uid=uid,
        received_at=now,
        lead_type_id=campaign.entity.lead_type,
        source_id=campaign.entity.lead_source,
        campaign_id=campaign.entity.id,
        fields=read.values,
        price=campaign.entity.price,
        remote_ip=ip,
        is_test=posted.is_test or _flagged(campaign, read.values),
    )
    return Decided(
        lead=lead,
        campaign=campaign,
        deliver_at=posted.deliver_at,
        order_id=posted.order_id,
    )


def _absent(read: ReadFields, required: frozenset[str]) -> list[Reason]:
    return [
        Reason(code=MISSING, message=f"A ping must have the field {name}.", field=name)
        for name in sorted(required - read.values.keys())
        if not any(reason.field == name for reason in read.reasons)
    ]


def _demand_sound_grade(lead: Lead) -> None:
    """Do nothing if a lead's grade and score can be stored.

    Raises:
        TypeError: The grade is no text, or the score no whole number of 32 bits.
    """
    grade: Any = lead.grade
    score: Any = lead.score
    is_score = score is None or (type(score) is int and abs(score) < 2**31)
    if not isinstance(grade, str) or not is_score:
        message = f"{grade!r:.100} and {score!r:.100} are no grade and score"
        raise TypeError(message)


def _flagged(campaign: CompiledCampaign, values: dict[str, Any]) -> bool:
    name = campaign.lead_type.test_flag
    return bool(name) and values.get(name) is True


def _note_fields(decided: Decided, posted: PostedLead, read: ReadFields, began: int) -> None:
    strange = [*read.unknown, *posted.ignored]
    if strange:
        names = ", ".join(sorted(str(name)[:64] for name in strange)[:50])
        decided.note("fields", "note", began, code="unknown_fields", message=names)
    if not read.reasons:
        decided.note("fields", "pass", began)
        return
    became = decided.reject(read.reasons)
    message = "; ".join(reason.message for reason in read.reasons)[:2000]
    decided.note("fields", became, began, code=read.reasons[0].code, message=message)


def _hold_for_faults(decided: Decided, read: ReadFields) -> None:
    problem = decided.campaign.problem
    if problem:
        decided.hold(problem.code, problem.message)
    else:
        names = ", ".join(read.faulty)
        decided.hold("field_type_raised", f"The types of these fields could not run: {names}.")
    decided.note("fields", "hold", perf_counter_ns(), code=decided.code)


def note_verdict(
    decided: Decided, used: CompiledValidator, verdict: Verdict, became: str, began: int
) -> None:
    """Add a validator's verdict, and what became of the lead, to the process log."""
    step = f"validator:{used.key}"
    match verdict:
        case Pass(detail=detail):
            decided.note(step, became, began, message=detail, plugin=used.plugin)
        case Reject(code=code, message=message) | Hold(code=code, message=message):
            decided.note(step, became, began, code=code, message=message, plugin=used.plugin)
