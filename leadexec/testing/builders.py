"""Builders: complete things with sensible values, of which a test names only what matters.

Every builder takes the fields of what it builds as keyword arguments.
"""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, TypeVar

import msgspec

from leadexec.contracts.automation import Candidate
from leadexec.contracts.delivery import Outgoing, Sale
from leadexec.contracts.lead import Lead, LeadFieldInfo, LeadTypeInfo, SystemField
from leadexec.contracts.values import FieldKind
from leadexec.model.client import Client, ClientStatus
from leadexec.model.delivery_account import DeliveryAccount
from leadexec.model.delivery_method import ConfiguredDeliveryMethod
from leadexec.model.lead_type import LeadField, LeadType
from leadexec.model.source import Campaign, LeadSource
from leadexec.testing.clock import START

LEAD_UID = "0193f2a0-0000-7000-8000-000000000001"
DELIVERY_UID = "0193f2a0-0000-7000-8000-00000000d001"
T = TypeVar("T", bound=msgspec.Struct)


def a_field_info(name: str, **changes: Any) -> LeadFieldInfo:
    """Return a text field; its description is its name with spaces."""
    spaced = "".join(f" {c}" if c.isupper() else c for c in name).strip().replace("_", " ")
    values = {"name": name, "description": spaced, "kind": FieldKind.TEXT}
    return _built(LeadFieldInfo, values, changes)


def a_lead_type_info(*fields: LeadFieldInfo, **changes: Any) -> LeadTypeInfo:
    """Return a lead type of ``fields``; without any, of a small mortgage lead.

    Those are ``FirstName``, ``LastName``, ``Email`` and ``Phone`` (both marked for duplicate
    checks), ``State``, ``LoanAmount`` (a number), ``Homeowner`` (true or false) and ``ClosingDate``
    (a time).
    """
    found = fields or (
        a_field_info("FirstName", system=SystemField.FIRST_NAME),
        a_field_info("LastName", system=SystemField.LAST_NAME),
        a_field_info("Email", system=SystemField.EMAIL, duplicate_check=True),
        a_field_info("Phone", system=SystemField.PRIMARY_PHONE, duplicate_check=True),
        a_field_info("State", system=SystemField.STATE),
        a_field_info("LoanAmount", kind=FieldKind.NUMBER),
        a_field_info("Homeowner", kind=FieldKind.BOOLEAN),
        a_field_info("ClosingDate", kind=FieldKind.DATETIME),
    )
    values = {"id": 1, "name": "Mortgage", "fields": {field.name: field for field in found}}
    return _built(LeadTypeInfo, values, changes)


def a_lead(**changes: Any) -> Lead:
    """Return a lead of the type that ``a_lead_type_info`` builds; ``fields`` replaces all."""
    fields = {
        "FirstName": "Ada",
        "LastName": "Byron",
        "Email": "ada@example.test",
        "Phone": "2125550123",
        "State": "CA",
        "LoanAmount": Decimal(250_000),
        "Homeowner": True,
    }
    values = {
        "uid": LEAD_UID,
        "received_at": START,
        "lead_type_id": 1,
        "source_id": 1,
        "campaign_id": 1,
        "fields": fields,
        "remote_ip": "203.0.113.7",
    }
    return _built(Lead, values, changes)


def a_candidate(account_id: int = 1, **changes: Any) -> Candidate:
    """Return a delivery account that qualifies, of the client with the same number, for 10."""
    values = {"account_id": account_id, "client_id": account_id, "price": Decimal(10)}
    return _built(Candidate, values, changes)


def a_sale(**changes: Any) -> Sale:
    """Return a delivery to account 1 of client 1 for 10."""
    values = {
        "delivery_uid": DELIVERY_UID,
        "client_id": 1,
        "client_name": "Acme Lending",
        "account_id": 1,
        "account_name": "California",
        "price": Decimal(10),
    }
    return _built(Sale, values, changes)


def an_outgoing(**changes: Any) -> Outgoing:
    """Return what ``a_lead`` looks like on its way out; ``lead`` and ``sale`` shape the rest."""
    lead: Lead = changes.get("lead") or a_lead()
    sale: Sale = changes.get("sale") or a_sale()
    fields = {name: str(value) for name, value in lead.fields.items()}
    system = {
        "lead_uid": lead.uid,
        "delivery_uid": sale.delivery_uid,
        "client_name": sale.client_name,
        "account_name": sale.account_name,
        "price": str(sale.price),
        "reference": sale.reference,
    }
    values = {"lead": lead, "sale": sale, "fields": fields, "tags": fields | system}
    return _built(Outgoing, values, changes)


def a_lead_field(name: str, **changes: Any) -> LeadField:
    """Return a text field of a lead type as it is configured."""
    return _built(LeadField, {"name": name, "description": name, "type": "text"}, changes)


def a_lead_type(**changes: Any) -> LeadType:
    """Return a lead type with a name, an email, a phone and a state, all text."""
    fields = (
        a_lead_field("FirstName", system=SystemField.FIRST_NAME),
        a_lead_field("LastName", system=SystemField.LAST_NAME),
        a_lead_field("Email", system=SystemField.EMAIL, duplicate_check=True),
        a_lead_field("Phone", system=SystemField.PRIMARY_PHONE, duplicate_check=True),
        a_lead_field("State", system=SystemField.STATE),
    )
    return _built(LeadType, {"name": "Mortgage", "fields": fields}, changes)


def a_lead_source(**changes: Any) -> LeadSource:
    """Return an active lead source."""
    return _built(LeadSource, {"name": "Lead House"}, changes)


def a_campaign(**changes: Any) -> Campaign:
    """Return an active campaign of lead source 1 and lead type 1 that asks for no token."""
    values = {
        "name": "Search",
        "lead_source": 1,
        "lead_type": 1,
        "require_authentication": False,
    }
    return _built(Campaign, values, changes)


def a_client(**changes: Any) -> Client:
    """Return an active client."""
    return _built(Client, {"company": "Acme Lending", "status": ClientStatus.ACTIVE}, changes)


def a_delivery_method(**changes: Any) -> ConfiguredDeliveryMethod:
    """Return an enabled delivery method of client 1: the lead portal, which needs no settings."""
    values = {"name": "Portal", "client": 1, "lead_type": 1, "type": "portal"}
    return _built(ConfiguredDeliveryMethod, values, changes)


def a_delivery_account(**changes: Any) -> DeliveryAccount:
    """Return an open, automated delivery account of client 1 for 10, without criteria."""
    values = {
        "name": "California",
        "client": 1,
        "lead_type": 1,
        "delivery_method": 1,
        "price": Decimal(10),
    }
    return _built(DeliveryAccount, values, changes)


def _built(struct: type[T], defaults: Mapping[str, Any], changes: Mapping[str, Any]) -> T:
    return struct(**{**defaults, **changes})
