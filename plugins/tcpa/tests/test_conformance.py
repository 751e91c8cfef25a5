from typing import Any

from leadexec_tcpa.plugin import TcpaAccountSettings, TcpaPlugin
from leadexec_tcpa.validator import TcpaConsent

from leadexec import FieldKind, SystemField
from leadexec.testing import ValidatorContract, a_field_info, a_lead_type_info, fake_services

EMAIL = "compliance@example.test"


class TestTcpaConformance(ValidatorContract):
    component = TcpaConsent
    lead_type = a_lead_type_info(
        a_field_info("Phone", system=SystemField.PRIMARY_PHONE),
        a_field_info("Consent", system=SystemField.CONSENT, kind=FieldKind.BOOLEAN),
        a_field_info("Ip", system=SystemField.IP_ADDRESS),
        a_field_info("Token", system=SystemField.CONSENT_TOKEN),
        a_field_info("Page", system=SystemField.LANDING_PAGE),
        a_field_info("Agent"),
        a_field_info("Shown"),
        a_field_info("Sellers", kind=FieldKind.LIST),
    )
    examples = (
        {"notification_email": EMAIL},
        {
            "notification_email": EMAIL,
            "consent_text_field": "Shown",
            "text_must_match": True,
            "token_required": True,
            "on_missing": "hold",
        },
        {
            "notification_email": EMAIL,
            "on_missing": "note",
            "mobile_check": True,
            "locate_ip": True,
            "user_agent_field": "Agent",
            "counts_as_consent": ["url", "text"],
        },
        {
            "notification_email": EMAIL,
            "consent_form": "one_to_one",
            "sellers": [{"name": "Acme, Inc."}, {"name": "Best Loans", "delivery_accounts": [4]}],
            "sellers_field": "Sellers",
        },
    )
    bad_settings = (
        {},
        {"notification_email": ""},
        {"notification_email": "nobody"},
        {"notification_email": EMAIL, "consent_field": "Nowhere"},
        {"notification_email": EMAIL, "counts_as_consent": []},
        {"notification_email": EMAIL, "counts_as_consent": ["silence"]},
        {"notification_email": EMAIL, "on_missing": "sell"},
        {"notification_email": EMAIL, "counts_as_consent": ["yes"], "text_must_match": True},
        {"notification_email": EMAIL, "sellers": [{"name": "Acme"}]},
        {"notification_email": EMAIL, "consent_form": "one_to_one"},
        {
            "notification_email": EMAIL,
            "consent_form": "one_to_one",
            "consent_text": "I agree to be called by Acme.",
            "sellers": [{"name": "Acme"}, {"name": "Best"}],
        },
    )


def test_the_account_has_it_switched_on_unless_it_says_otherwise() -> None:
    for settings, expected in ((TcpaAccountSettings(), True), (_off(), False)):
        (check,) = TcpaPlugin(settings, fake_services()).register_validators()
        found: Any = check
        assert (found.key, found.enabled, found.title) == ("tcpa", expected, TcpaConsent.title)
    assert TcpaConsent.enabled


def _off() -> TcpaAccountSettings:
    return TcpaAccountSettings(enabled=False)
