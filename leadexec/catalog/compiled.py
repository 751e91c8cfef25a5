"""What the catalog holds: entities compiled into what a lead needs, and nothing else."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from leadexec.contracts.automation import AutomationStrategy, Candidate
from leadexec.contracts.delivery import DeliveryMethod, PingingDeliveryMethod
from leadexec.contracts.eligibility import AccountRule, AccountSetup, Excluded, Limit
from leadexec.contracts.field_type import FieldType
from leadexec.contracts.lead import LeadTypeInfo
from leadexec.contracts.script import DistributionScript
from leadexec.contracts.validator import Hold, Validator
from leadexec.contracts.values import FieldKind, Value
from leadexec.criteria import CompiledCriteria
from leadexec.ip_access import AccessList
from leadexec.model.client import Client
from leadexec.model.delivery_account import DeliveryAccount
from leadexec.model.delivery_method import ConfiguredDeliveryMethod
from leadexec.model.lead_type import LeadType
from leadexec.model.source import Campaign, LeadSource, OnScriptError

Limits = Callable[[datetime], Sequence[Limit]]
"""The limits that one lead takes up at an instant."""


@dataclass(slots=True)
class CompiledField:
    """One live field of a lead type."""

    name: str
    description: str
    required: bool
    default: str
    kind: FieldKind
    type: FieldType[Any] | None
    """None: the plugin of its type is not there."""
    plugin: str
    invalid: frozenset[str] = frozenset()
    """Characters that may not occur (``LT6``)."""
    error_message: str = ""
    """Said instead of the type's own message (``LT6``)."""
    read: dict[str, Value] = field(default_factory=dict)
    """Short texts already parsed → their values: leads repeat states, amounts, dates, and a type
    is pure. Emptied when it is full."""


@dataclass(slots=True)
class CompiledLeadType:
    """A lead type: its fields by name, and by lower-case name as senders post them."""

    entity: LeadType
    info: LeadTypeInfo
    schema: Mapping[str, FieldKind]
    fields: Sequence[CompiledField]
    by_posted_name: Mapping[str, CompiledField]
    plain: Sequence[CompiledField]
    """Those whose values are posted."""
    computed: Sequence[CompiledField]
    """Those whose values are computed, each after those it reads."""
    test_flag: str
    """The name of the field that marks test leads, or empty."""
    problem: Hold | None
    """Why its leads are held: a field type that is not there (fail closed)."""

    def text(self, name: str, value: Value) -> str:
        """Return a field's value as it is shown and sent; what has no type is plain text."""
        found = self.by_posted_name.get(name.lower())
        if found is None or found.type is None:
            return str(value)
        return found.type.format(value)


@dataclass(slots=True)
class Named:
    """A plugin's component in use, with the names faults are recorded under."""

    component: Any
    key: str
    plugin: str


@dataclass(slots=True)
class CompiledValidator:
    """A validator as one campaign uses it; what it does not override is not called."""

    key: str
    plugin: str
    validator: Validator[Any]
    checks: bool
    claims: bool


@dataclass(slots=True)
class CompiledScript:
    """A distribution script as one campaign uses it."""

    key: str
    plugin: str
    script: DistributionScript[Any]
    on_error: OnScriptError


@dataclass(slots=True)
class CompiledAutomation:
    """A strategy with its settings."""

    key: str
    plugin: str
    strategy: AutomationStrategy[Any]


@dataclass(slots=True)
class CompiledCampaign:
    """A campaign: everything intake and distribution ask of it."""

    entity: Campaign
    source: LeadSource
    lead_type: CompiledLeadType
    access: AccessList | None
    """Which addresses may post; None: all."""
    criteria: CompiledCriteria | None
    validators: Sequence[CompiledValidator]
    limits: Limits | None
    automation: CompiledAutomation | None
    scripts: Sequence[CompiledScript]
    problem: Hold | None
    """Why its leads are held, or None: something it needs is not there (fail closed)."""


@dataclass(slots=True)
class CompiledMethod:
    """A configured delivery method: its instance and its mappings."""

    entity: ConfiguredDeliveryMethod
    method: DeliveryMethod[Any]
    plugin: str
    map_fields: Callable[[Mapping[str, str], Mapping[str, str]], Mapping[str, str]]
    """(lead field texts, system tags) → outgoing name → text."""
    problem: Excluded | None = None


@dataclass(slots=True)
class RuleInUse:
    """An eligibility rule compiled for one account."""

    key: str
    plugin: str
    rule: AccountRule


@dataclass(slots=True)
class CompiledAccount:
    """A delivery account: as a candidate, with the rules that concern it."""

    entity: DeliveryAccount
    client: Client
    method: CompiledMethod
    setup: AccountSetup
    candidate: Candidate
    rules: Sequence[RuleInUse] = field(default_factory=tuple)


@dataclass(slots=True)
class InactiveAccount:
    """A delivery account that can get no lead at all now, and why."""

    entity: DeliveryAccount
    why: Excluded


def does_ping(method: DeliveryMethod[Any]) -> bool:
    """Return whether a configured method asks its buyer for bids (``PP4``)."""
    return isinstance(method, PingingDeliveryMethod) and method.pings
