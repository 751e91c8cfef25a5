"""What plugins are tested with: fakes of the kernel's services, builders, conformance kits.

A kit is a class of standard tests for one contract. A plugin's test file subclasses it:

    class TestPrice(AutomationStrategyContract):
        component = Price
        examples = ({}, {"optimize": False})

Kits need pytest, anyio and hypothesis; they are imported when they are first asked for, so that
the fakes and builders serve without them.
"""

import importlib
from typing import TYPE_CHECKING, Any

from leadexec.testing.asking import (
    FakeGrading,
    FakeIntake,
    FakeJobs,
    FakeLookups,
    FakeQuotes,
    FakeTokens,
)
from leadexec.testing.builders import (
    a_campaign,
    a_candidate,
    a_client,
    a_delivery_account,
    a_delivery_method,
    a_field_info,
    a_lead,
    a_lead_field,
    a_lead_source,
    a_lead_type,
    a_lead_type_info,
    a_sale,
    an_outgoing,
)
from leadexec.testing.clock import FakeClock, FakeRandomness
from leadexec.testing.erasure import FakeErasure, KeptLead, KeptPost
from leadexec.testing.fakes import (
    FakeAttempt,
    FakeCampaigns,
    FakeLeadActs,
    FakeStorage,
    fake_services,
)
from leadexec.testing.outbound import FakeAnswer, FakeHttp, FakeRequest

if TYPE_CHECKING:
    from leadexec.testing.automation import AutomationStrategyContract
    from leadexec.testing.contract import ComponentContract
    from leadexec.testing.delivery_method import DeliveryMethodContract
    from leadexec.testing.field_type import FieldTypeContract
    from leadexec.testing.grading import GradingCheckContract
    from leadexec.testing.lookup import LookupContract
    from leadexec.testing.pinging import PingingDeliveryMethodContract
    from leadexec.testing.validator import ValidatorContract

__all__ = [
    "AutomationStrategyContract",
    "ComponentContract",
    "DeliveryMethodContract",
    "FakeAnswer",
    "FakeAttempt",
    "FakeCampaigns",
    "FakeClock",
    "FakeErasure",
    "FakeGrading",
    "FakeHttp",
    "FakeIntake",
    "FakeJobs",
    "FakeLeadActs",
    "FakeLookups",
    "FakeQuotes",
    "FakeRandomness",
    "FakeRequest",
    "FakeStorage",
    "FakeTokens",
    "FieldTypeContract",
    "GradingCheckContract",
    "KeptLead",
    "KeptPost",
    "LookupContract",
    "PingingDeliveryMethodContract",
    "ValidatorContract",
    "a_campaign",
    "a_candidate",
    "a_client",
    "a_delivery_account",
    "a_delivery_method",
    "a_field_info",
    "a_lead",
    "a_lead_field",
    "a_lead_source",
    "a_lead_type",
    "a_lead_type_info",
    "a_sale",
    "an_outgoing",
    "fake_services",
]

_KITS = {
    "AutomationStrategyContract": "leadexec.testing.automation",
    "ComponentContract": "leadexec.testing.contract",
    "DeliveryMethodContract": "leadexec.testing.delivery_method",
    "FieldTypeContract": "leadexec.testing.field_type",
    "GradingCheckContract": "leadexec.testing.grading",
    "LookupContract": "leadexec.testing.lookup",
    "PingingDeliveryMethodContract": "leadexec.testing.pinging",
    "ValidatorContract": "leadexec.testing.validator",
}


def __getattr__(name: str) -> Any:
    """Import a kit when it is first asked for, with pytest's explanations of failed asserts."""
    if name not in _KITS:
        message = f"module {__name__!r} has no attribute {name!r}"
        raise AttributeError(message)
    kit = _import_rewritten(_KITS[name])
    globals()[name] = getattr(kit, name)
    return globals()[name]


def _import_rewritten(module: str) -> Any:
    import sys  # noqa: PLC0415  only kits need it

    import pytest  # noqa: PLC0415  only kits need it

    for name in (_KITS["ComponentContract"], module):
        if name not in sys.modules:
            pytest.register_assert_rewrite(name)
            importlib.import_module(name)
    return sys.modules[module]
