"""What goes out: a lead's fields as text, and the system tags."""

from leadexec.catalog.compiled import CompiledAccount, CompiledLeadType
from leadexec.contracts.delivery import Outgoing, Sale
from leadexec.contracts.lead import Lead


class UnformattedError(Exception):
    """A field's type could not format its value: whose type it is, and what it raised."""

    def __init__(self, plugin: str, field: str, error: Exception) -> None:
        """Name the plugin and the field."""
        super().__init__(f"The field '{field}' could not be formatted ({error!r:.200}).")
        self.plugin = plugin
        self.field = field
        self.error = error


def field_texts(lead_type: CompiledLeadType, lead: Lead) -> dict[str, str]:
    """Return lead field name → text, as its type formats the value.

    Raises:
        UnformattedError: A type raised, or returned something else.
    """
    texts: dict[str, str] = {}
    for name, value in lead.fields.items():
        try:
            texts[name] = "".join((lead_type.text(name, value),))  # a TypeError unless it is text
        except Exception as error:
            found = lead_type.by_posted_name.get(name.lower())
            raise UnformattedError(found.plugin if found else "", name, error) from error
    return texts


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
