"""The conformance kit of validators."""
# ruff: noqa: S101  kits are made of asserts

import asyncio
import copy
import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, ClassVar, TypeAlias

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from leadexec.contracts.lead import Lead, LeadTypeInfo
from leadexec.contracts.services import Services
from leadexec.contracts.validator import (
    Claim,
    Conflict,
    Hold,
    Pass,
    Reject,
    Stage,
    Validator,
    ValidatorSetup,
    Verdict,
)
from leadexec.contracts.values import FieldKind, Value
from leadexec.testing.builders import a_lead, a_lead_type_info
from leadexec.testing.clock import START
from leadexec.testing.contract import ComponentContract, decoded
from leadexec.testing.fakes import fake_services

Check: TypeAlias = Validator[Any]
_EARLIER = "0193f29f-0000-7000-8000-000000000009"
_CODE = re.compile(r"[a-z][a-z0-9_]{0,63}")
_KIND = re.compile(r"[a-z][a-z0-9-]*\.[a-z][a-z0-9_-]*")
_TEXT = st.text(max_size=20) | st.sampled_from(["", " ", "ada@example.test", "2125550123", "CA"])
_BY_KIND: Mapping[FieldKind, st.SearchStrategy[Any]] = {
    FieldKind.TEXT: _TEXT,
    FieldKind.NUMBER: st.integers() | st.decimals(allow_nan=False, allow_infinity=False),
    FieldKind.DATETIME: st.datetimes(timezones=st.just(UTC)),
    FieldKind.BOOLEAN: st.booleans(),
    FieldKind.LIST: st.lists(_TEXT | st.dictionaries(_TEXT, _TEXT, max_size=2), max_size=3),
}
_PERSONAL: Mapping[FieldKind, Value] = {
    FieldKind.TEXT: "Wilhelmina Quuxley",
    FieldKind.NUMBER: Decimal("98765432123456789"),
    FieldKind.DATETIME: datetime(1976, 12, 30, 23, 59, 58, tzinfo=UTC),
    FieldKind.BOOLEAN: True,
    FieldKind.LIST: ["Wilhelmina Quuxley"],
}


class ValidatorContract(ComponentContract):
    """The standard tests of a ``Validator``, over random leads.

    Give ``component`` and ``examples``; also ``lead_type`` where the check needs certain fields,
    and override ``services`` where it needs certain fakes.
    """

    component: ClassVar[type[Check]]
    lead_type: ClassVar[LeadTypeInfo] = a_lead_type_info()
    """The lead type of the campaign that the check is made for."""

    def services(self) -> Services:
        """Return what the kernel would lend to the instance."""
        return fake_services()

    def make(self, settings: Mapping[str, Any]) -> Check:
        """Return the check with the posted ``settings``, for campaign 1."""
        setup = ValidatorSetup(campaign_id=1, lead_type=self.lead_type, services=self.services())
        return self.component(decoded(self.component.Settings, settings), setup)

    def test_the_stage_is_one_of_the_pipeline(self) -> None:
        """It decides when the check runs."""
        assert isinstance(self.component.stage, Stage)

    def test_it_reads_fields_of_the_lead_type_only(self) -> None:
        """What it reads is shown to whoever edits the lead type."""
        for check in self.instances():
            assert check.reads() <= set(self.lead_type.fields)

    def test_any_lead_gets_a_well_formed_verdict(self) -> None:
        """Also one with missing fields and odd values: raising would hold it."""

        def law(check: Check, lead: Lead, other: Lead, run: Callable[..., Any]) -> None:
            _well_formed(run(check.check(copy.deepcopy(lead))))
            for claim in check.claims(lead):
                assert isinstance(claim, Claim)

        self._for_all(law)

    def test_it_reads_every_field_that_matters_to_it(self) -> None:
        """Two leads that agree in ``reads()`` get the same verdict and want the same keys."""

        def law(check: Check, lead: Lead, other: Lead, run: Callable[..., Any]) -> None:
            twin = copy.deepcopy(other)
            for name in check.reads():
                twin.fields.pop(name, None)
                if name in lead.fields:
                    twin.fields[name] = copy.deepcopy(lead.fields[name])
            assert list(check.claims(lead)) == list(check.claims(twin))
            assert run(check.check(copy.deepcopy(lead))) == run(check.check(twin))

        self._for_all(law)

    def test_claims_are_pure_and_short(self) -> None:
        """The kernel may ask twice, and also for rejected leads."""

        def law(check: Check, lead: Lead, other: Lead, run: Callable[..., Any]) -> None:
            before = copy.deepcopy(lead)
            claims = list(check.claims(lead))
            assert list(check.claims(lead)) == claims
            assert lead == before
            assert len({(c.scope, c.key) for c in claims}) == len(claims), "a key is claimed once"
            for claim in claims:
                assert 0 < len(claim.scope) <= 64
                assert 0 < len(claim.key) <= 64

        self._for_all(law)

    def test_claims_hold_no_personal_data_in_clear(self) -> None:
        """Keys outlive the lead; whoever reads them must not learn who it was."""
        fields = {name: _PERSONAL[info.kind] for name, info in self.lead_type.fields.items()}
        lead = a_lead(fields=fields)
        for check in self.instances():
            for claim in check.claims(lead):
                shown = f"{claim.scope} {claim.key}".casefold()
                for telltale in ("wilhelmina", "quuxley", "98765432", "1976"):
                    assert telltale not in shown

    def test_a_conflict_is_decided_purely(self) -> None:
        """``on_conflict`` runs in the transaction and may run again."""

        def law(check: Check, lead: Lead, other: Lead, run: Callable[..., Any]) -> None:
            before = copy.deepcopy(lead)
            for claim in check.claims(lead):
                for rejected in (False, True):
                    conflict = _conflict(claim, rejected=rejected)
                    verdict = check.on_conflict(lead, conflict)
                    _well_formed(verdict)
                    assert check.on_conflict(lead, conflict) == verdict
            assert lead == before

        self._for_all(law)

    def _for_all(self, law: Callable[[Check, Lead, Lead, Callable[..., Any]], None]) -> None:
        for check in self.instances():
            with asyncio.Runner() as runner:
                self._check(law, check, runner)

    def _check(
        self,
        law: Callable[[Check, Lead, Lead, Callable[..., Any]], None],
        check: Check,
        runner: asyncio.Runner,
    ) -> None:
        leads = _leads(self.lead_type)

        @settings(max_examples=50, deadline=None)
        @given(lead=leads, other=leads)
        def holds(lead: Lead, other: Lead) -> None:
            law(check, lead, other, runner.run)

        holds()


def _leads(lead_type: LeadTypeInfo) -> st.SearchStrategy[Lead]:
    # Any field may be missing, None, or hold a value of another kind than its own.
    whatever = st.one_of(*_BY_KIND.values(), st.none())
    fields = {name: _BY_KIND[info.kind] | whatever for name, info in lead_type.fields.items()}
    drawn = st.fixed_dictionaries({}, optional=fields)
    return drawn.map(lambda found: a_lead(fields=found, lead_type_id=lead_type.id))


def _conflict(claim: Claim, *, rejected: bool) -> Conflict:
    return Conflict(claim=claim, lead_uid=_EARLIER, claimed_at=START, rejected=rejected)


def _well_formed(verdict: Verdict) -> None:
    assert isinstance(verdict, Pass | Reject | Hold)
    if isinstance(verdict, Reject | Hold):
        assert _CODE.fullmatch(verdict.code)
        assert verdict.message.strip()
    if isinstance(verdict, Pass | Reject):
        for job in verdict.jobs:
            assert _KIND.fullmatch(job.kind)
            decoded_back = msgspec.json.decode(msgspec.json.encode(job.payload))
            assert decoded_back == dict(job.payload), "a job's payload is plain JSON"
