"""The plugin: the ping receiver, the settings of campaigns, and the route that shows them."""

from collections.abc import Sequence

from litestar.handlers import BaseRouteHandler

from leadexec import Entity, EntityEvent, Plugin, Services, hookimpl
from leadexec_channel_ping_post.memory import PingSettings
from leadexec_channel_ping_post.receiver import PingReceiver
from leadexec_channel_ping_post.routes import receivers, routes
from leadexec_channel_ping_post.setting import PingSetting
from leadexec_channel_ping_post.settings import ChannelPingPostSettings


class ChannelPingPostPlugin(Plugin[ChannelPingPostSettings]):
    """Contributes ``POST /ping/leads``, the entity ``ping_setting`` and a route that shows it."""

    def __init__(self, settings: ChannelPingPostSettings, services: Services) -> None:
        """Make the memory of settings that all pings of this app share; it is read later."""
        super().__init__(settings, services)
        self._memory = PingSettings(services)

    @hookimpl
    def register_entities(self) -> Sequence[type[Entity]]:
        """Contribute ``ping_setting``."""
        return (PingSetting,)

    @hookimpl
    def register_receivers(self) -> Sequence[BaseRouteHandler]:
        """Contribute ``/ping/leads``."""
        limit = self.settings.body_limit
        return receivers(PingReceiver(self.services, self._memory, limit), limit)

    @hookimpl
    def register_routes(self) -> Sequence[BaseRouteHandler]:
        """Contribute ``/plugins/channel-ping-post/campaigns/{id}``."""
        return routes(self.services)

    @hookimpl
    async def entity_changed(self, event: EntityEvent) -> None:
        """Read the settings again before the next ping, when one of them has changed."""
        if event.entity == "ping_setting":
            self._memory.forget()
