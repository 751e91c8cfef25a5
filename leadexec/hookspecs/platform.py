"""Hooks that contribute entities, routes, commands and jobs."""

from collections.abc import Sequence
from typing import Any

from cyclopts import App
from litestar.handlers import BaseRouteHandler

from leadexec.contracts.job import JobHandler, Schedule
from leadexec.hookspecs.markers import hookspec
from leadexec.model.entity import Entity


class PlatformHooks:
    """Called once at start; what they return is frozen."""

    @hookspec
    def register_entities(self) -> Sequence[type[Entity]]:
        """Contribute entities; each gets its table, API, schema, audit and optimistic lock.

        Returns:
            Structs declared with ``@entity``; tables are named ``<plugin>__<plural>``.

        If it raises, the start stops (in safe mode the plugin is left out). Since 0.1.
        """
        return ()

    @hookspec
    def register_routes(self) -> Sequence[BaseRouteHandler]:
        """Contribute HTTP routes below ``/plugins/<name>/``.

        Returns:
            Litestar route handlers. They ask for a token unless a handler says
            ``opt={"public": True}``.

        If it raises, the start stops (in safe mode the plugin is left out). Since 0.1.
        """
        return ()

    @hookspec
    def register_receivers(self) -> Sequence[BaseRouteHandler]:
        """Contribute routes at paths of their own, for senders that already speak another form.

        Returns:
            Litestar route handlers with absolute paths (``/processor/insert/general``), that no
            other plugin and not the kernel has. They have no guard: what they take they hand to
            ``services.intake``, which checks the sender.

        If it raises, the start stops (in safe mode the plugin is left out). Since 0.1.
        """
        return ()

    @hookspec
    def register_commands(self) -> Sequence[App]:
        """Contribute commands to the ``leadexec`` command line.

        Returns:
            Named cyclopts apps; each becomes ``leadexec <app name>``.

        If it raises, the command line works without it and says so. Since 0.1.
        """
        return ()

    @hookspec
    def register_jobs(self) -> Sequence[JobHandler[Any]]:
        """Contribute handlers of durable jobs.

        Returns:
            ``JobHandler`` objects whose kinds read ``<plugin>.<verb>``.

        If it raises, the start stops (in safe mode the plugin is left out). Since 0.1.
        """
        return ()

    @hookspec
    def register_schedules(self) -> Sequence[Schedule]:
        """Contribute jobs that come again and again.

        Returns:
            ``Schedule`` objects of kinds that the plugin registers with ``register_jobs``; at most
            one of each kind.

        If it raises, the start stops (in safe mode the plugin is left out). Since 0.1.
        """
        return ()
