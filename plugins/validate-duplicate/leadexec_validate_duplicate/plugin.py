"""The plugin: the check, its jobs, and the question a sender may ask before it sends."""

from collections.abc import Sequence
from typing import Any

from litestar.handlers import BaseRouteHandler

from leadexec import JobHandler, NoSettings, Plugin, Validator, hookimpl
from leadexec_validate_duplicate.jobs import HANDLERS
from leadexec_validate_duplicate.ping import routes
from leadexec_validate_duplicate.validator import Duplicate


class ValidateDuplicatePlugin(Plugin[NoSettings]):
    """Contributes the check ``duplicate``, its jobs and ``/plugins/validate-duplicate/check``."""

    @hookimpl
    def register_validators(self) -> Sequence[type[Validator[Any]]]:
        """Contribute ``duplicate``."""
        return (Duplicate,)

    @hookimpl
    def register_jobs(self) -> Sequence[JobHandler[Any]]:
        """Contribute ``validate-duplicate.append`` and ``validate-duplicate.resend``."""
        return HANDLERS

    @hookimpl
    def register_routes(self) -> Sequence[BaseRouteHandler]:
        """Contribute the ping duplicate check."""
        return routes(self.services)
