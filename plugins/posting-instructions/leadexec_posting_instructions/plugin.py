"""The plugin: the documents' routes and the command."""

from collections.abc import Sequence

from cyclopts import App
from litestar.handlers import BaseRouteHandler

from leadexec import Plugin, Services, hookimpl
from leadexec_posting_instructions.command import instructions_command
from leadexec_posting_instructions.links import Links
from leadexec_posting_instructions.routes import InstructionsDesk, routes
from leadexec_posting_instructions.settings import PostingInstructionsSettings


class PostingInstructionsPlugin(Plugin[PostingInstructionsSettings]):
    """Tells senders how to post to a campaign, as HTML, PDF and Excel (``LS20``)."""

    def __init__(self, settings: PostingInstructionsSettings, services: Services) -> None:
        """Refuse a key of links that could be guessed (``key_too_short``)."""
        super().__init__(settings, services)
        self._desk = InstructionsDesk(services, Links(settings.link_key), settings.public_url)

    @hookimpl
    def register_routes(self) -> Sequence[BaseRouteHandler]:
        """Contribute the documents and their public links."""
        return routes(self._desk)

    @hookimpl
    def register_commands(self) -> Sequence[App]:
        """Contribute ``leadexec instructions``."""
        return (instructions_command(),)
