"""Field mappings compiled: lead fields and system tags → what the buyer is sent (``DM``)."""

from collections.abc import Callable, Mapping

from leadexec.model.delivery_method import ConfiguredDeliveryMethod, FieldMapping

Texts = Mapping[str, str]
SYSTEM_TAGS = (
    "lead_uid",
    "received_at",
    "price",
    "client_id",
    "client_name",
    "account_id",
    "account_name",
    "delivery_uid",
    "campaign_id",
    "source_id",
    "lead_type",
    "ping_reference",
    "is_test",
)
"""The tags a mapping may name in brackets and a template in double braces."""


def compile_mapping(entity: ConfiguredDeliveryMethod) -> Callable[[Texts, Texts], dict[str, str]]:
    """Return the function from (lead field texts, system tags) to outgoing name → text.

    With ``import_all`` every lead field goes out under its own name; a mapping of the same
    outgoing name overrides it. A source without a value sends its ``static`` text.
    """
    steps = [_step(mapping) for mapping in entity.mappings]
    import_all = entity.import_all

    def apply(fields: Texts, tags: Texts) -> dict[str, str]:
        out = dict(fields) if import_all else {}
        for name, take in steps:
            out[name] = take(fields, tags)
        return out

    return apply


def _step(mapping: FieldMapping) -> tuple[str, Callable[[Texts, Texts], str]]:
    source, static, values = mapping.source, mapping.static, mapping.values
    is_tag = source.startswith("[") and source.endswith("]")
    name = source[1:-1] if is_tag else source

    def take(fields: Texts, tags: Texts) -> str:
        text = (tags if is_tag else fields).get(name) or static
        return values.get(text, text) if values else text

    return mapping.to, take
