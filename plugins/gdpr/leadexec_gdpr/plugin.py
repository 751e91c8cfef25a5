"""The plugin: retention policies, the record of erasures, and the acts on both."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from cyclopts import App
from litestar.handlers import BaseRouteHandler

from leadexec import Entity, JobHandler, Plugin, Schedule, hookimpl
from leadexec_gdpr.command import gdpr_command
from leadexec_gdpr.desk import GdprDesk
from leadexec_gdpr.jobs import SWEEP, Sweep, sweep_handler
from leadexec_gdpr.policies import RetentionPolicy
from leadexec_gdpr.record import ErasureRecord
from leadexec_gdpr.routes import routes
from leadexec_gdpr.settings import GdprSettings


class GdprPlugin(Plugin[GdprSettings]):
    """Contributes retention policies, ``/plugins/gdpr/…`` and ``leadexec gdpr``."""

    @hookimpl
    def register_entities(self) -> Sequence[type[Entity]]:
        """Contribute ``retention_policy`` and the record of erasures."""
        return (RetentionPolicy, ErasureRecord)

    @hookimpl
    def register_routes(self) -> Sequence[BaseRouteHandler]:
        """Contribute ``find``, ``export``, ``erase``, ``sweep`` and ``erasures``."""
        return routes(GdprDesk(self.services, self.settings), self.services)

    @hookimpl
    def register_jobs(self) -> Sequence[JobHandler[Any]]:
        """Contribute ``gdpr.sweep``."""
        return (sweep_handler(lambda services: GdprDesk(services, self.settings)),)

    @hookimpl
    def register_schedules(self) -> Sequence[Schedule]:
        """Contribute the sweep, as often as the settings say."""
        every = timedelta(hours=self.settings.sweep_hours)
        return (Schedule(kind=SWEEP, payload=Sweep(), every=every),)

    @hookimpl
    def register_commands(self) -> Sequence[App]:
        """Contribute ``leadexec gdpr``."""
        return (gdpr_command(),)
