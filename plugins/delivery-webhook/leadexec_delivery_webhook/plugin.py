"""The plugin: contributes the webhook."""

from collections.abc import Sequence
from typing import Any

from leadexec import DeliveryMethod, NoSettings, Plugin, hookimpl
from leadexec_delivery_webhook.method import Webhook


class DeliveryWebhookPlugin(Plugin[NoSettings]):
    """Contributes the delivery method ``webhook`` (``DM1``)."""

    @hookimpl
    def register_delivery_methods(self) -> Sequence[type[DeliveryMethod[Any]]]:
        """Return the webhook."""
        return (Webhook,)
