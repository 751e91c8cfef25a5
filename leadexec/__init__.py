"""The open lead distribution platform: the public names that plugins are written with."""

from leadexec.contracts.automation import AutomationStrategy, Candidate, SortContext, Statistic
from leadexec.contracts.component import Component, NoSettings
from leadexec.contracts.delivery import (
    Accepted,
    Attempt,
    DeliveryMethod,
    DeliverySetup,
    Exchange,
    Failed,
    Outcome,
    Outgoing,
    Prepared,
    Rejected,
    Sale,
)
from leadexec.contracts.eligibility import (
    AccountRule,
    AccountSetup,
    Consideration,
    EligibilityRule,
    Excluded,
    Limit,
)
from leadexec.contracts.events import DeliveryEvent, EntityEvent, LeadEvent
from leadexec.contracts.field_type import FieldSetup, FieldType
from leadexec.contracts.function import Function
from leadexec.contracts.job import JobHandler
from leadexec.contracts.lead import Lead, LeadFieldInfo, LeadTypeInfo, SystemField
from leadexec.contracts.script import DistributionScript, ScriptSetup, Selection, Stop
from leadexec.contracts.services import (
    Campaigns,
    Clock,
    HttpAnswer,
    LeadActs,
    OutboundHttp,
    Randomness,
    Services,
    Storage,
)
from leadexec.contracts.validator import (
    Claim,
    Conflict,
    Hold,
    JobRequest,
    Pass,
    Reject,
    Stage,
    Validator,
    ValidatorSetup,
    Verdict,
)
from leadexec.contracts.values import FieldKind, RawValue, Value
from leadexec.criteria import Formula, Pattern, compile_pattern
from leadexec.errors import (
    ConfigurationError,
    ConflictError,
    DeniedError,
    Fault,
    InvalidValueError,
    LeadexecError,
    NotFoundError,
    UnavailableError,
)
from leadexec.hookspecs import hookimpl
from leadexec.model.entity import Amount, Entity, Fixed, Money, Ref, entity
from leadexec.model.secret import Secret
from leadexec.plugins import Plugin
from leadexec.template import Escape, Template

__all__ = [
    "Accepted",
    "AccountRule",
    "AccountSetup",
    "Amount",
    "Attempt",
    "AutomationStrategy",
    "Campaigns",
    "Candidate",
    "Claim",
    "Clock",
    "Component",
    "ConfigurationError",
    "Conflict",
    "ConflictError",
    "Consideration",
    "DeliveryEvent",
    "DeliveryMethod",
    "DeliverySetup",
    "DeniedError",
    "DistributionScript",
    "EligibilityRule",
    "Entity",
    "EntityEvent",
    "Escape",
    "Exchange",
    "Excluded",
    "Failed",
    "Fault",
    "FieldKind",
    "FieldSetup",
    "FieldType",
    "Fixed",
    "Formula",
    "Function",
    "Hold",
    "HttpAnswer",
    "InvalidValueError",
    "JobHandler",
    "JobRequest",
    "Lead",
    "LeadActs",
    "LeadEvent",
    "LeadFieldInfo",
    "LeadTypeInfo",
    "LeadexecError",
    "Limit",
    "Money",
    "NoSettings",
    "NotFoundError",
    "OutboundHttp",
    "Outcome",
    "Outgoing",
    "Pass",
    "Pattern",
    "Plugin",
    "Prepared",
    "Randomness",
    "RawValue",
    "Ref",
    "Reject",
    "Rejected",
    "Sale",
    "ScriptSetup",
    "Secret",
    "Selection",
    "Services",
    "SortContext",
    "Stage",
    "Statistic",
    "Stop",
    "Storage",
    "SystemField",
    "Template",
    "UnavailableError",
    "Validator",
    "ValidatorSetup",
    "Value",
    "Verdict",
    "compile_pattern",
    "entity",
    "hookimpl",
]
