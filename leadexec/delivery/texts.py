"""What goes out: a lead's fields as text, and the system tags."""

from leadexec.catalog.compiled import CompiledAccount, CompiledLeadType
from leadexec.contracts.delivery import Outgoing, Sale
from leadexec.contracts.lead import Lead


def field_texts(lead_type: CompiledLeadType, lead: Lead) -> dict[str, str]:
    """Return lead field name → text, as its type formats the value."""
    return {name: lead_type.text(name, value) for name, value in lead.fields.items()}


def system_tags(lead_type: CompiledLeadType, lead: Lead, sale: Sale) -> dict[str, str]:
    """Return system tag → text for one delivery."""
    return {
        "lead_uid": lead.uid,
        "received_at": lead.received_at.isoformat().replace("+00:00", "Z"),
        "price": f"{sale.price:f}",
        "client_id": str(sale.client_id),
        "client_name": sale.client_name,
        "account_id": str(sale.account_id),
        "account_name": sale.account_name,
        "delivery_uid": sale.delivery_uid,
        "campaign_id": str(lead.campaign_id),
        "source_id": str(lead.source_id),
        "lead_type": lead_type.entity.name,
        "ping_reference": sale.reference,
        "is_test": "true" if lead.is_test else "false",
    }


def outgoing(
    account: CompiledAccount,
    lead_type: CompiledLeadType,
    lead: Lead,
    sale: Sale,
    texts: dict[str, str],
) -> Outgoing:
    """Return what the account's method is to send; ``texts`` are the lead's ``field_texts``."""
    tags = system_tags(lead_type, lead, sale)
    fields = account.method.map_fields(texts, tags)
    return Outgoing(lead=lead, sale=sale, fields=fields, tags=texts | tags)
