"""The plugin: contributes ping-post."""

from collections.abc import Sequence
from typing import Any

from leadexec import DeliveryMethod, NoSettings, Plugin, hookimpl
from leadexec_delivery_pingpost.method import PingPost


class DeliveryPingpostPlugin(Plugin[NoSettings]):
    """Contributes the delivery method ``ping-post`` (``DM2``)."""

    @hookimpl
    def register_delivery_methods(self) -> Sequence[type[DeliveryMethod[Any]]]:
        """Return ping-post."""
        return (PingPost,)
