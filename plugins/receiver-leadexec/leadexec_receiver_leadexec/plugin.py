"""The plugin: LeadExec's receivers, its token call, and the job that sends results later."""

from collections.abc import Sequence
from typing import Any

from litestar.handlers import BaseRouteHandler

from leadexec import JobHandler, Plugin, hookimpl
from leadexec_receiver_leadexec.returns import HANDLERS
from leadexec_receiver_leadexec.routes import receivers
from leadexec_receiver_leadexec.settings import ReceiverSettings
from leadexec_receiver_leadexec.tokens import token_routes


class ReceiverLeadexecPlugin(Plugin[ReceiverSettings]):
    """Contributes the paths below ``/processor/insert``, ``/v2/insert`` and ``/v1``."""

    @hookimpl
    def register_receivers(self) -> Sequence[BaseRouteHandler]:
        """Contribute the receivers and the token call."""
        return (*receivers(self.services, self.settings), *token_routes(self.services))

    @hookimpl
    def register_jobs(self) -> Sequence[JobHandler[Any]]:
        """Contribute ``receiver-leadexec.return``."""
        return HANDLERS
