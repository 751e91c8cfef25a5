"""Running the jobs of plugins: what they observe, and what they registered."""

from collections.abc import Iterator
from typing import Any

import msgspec

from leadexec.contracts.job import JobHandler
from leadexec.contracts.services import Services
from leadexec.errors import ConfigurationError, Fault, LeadexecError
from leadexec.jobs.events import EVENTS
from leadexec.jobs.runner import Handling
from leadexec.plugins import Plugins
from leadexec.storage.job_rows import JobRow


class _Observation(msgspec.Struct, kw_only=True, frozen=True):
    """The payload of an ``observe`` job."""

    plugin: str
    hook: str
    event: dict[str, Any]


class ObserverJobs:
    """Tells one plugin about one event; each plugin has a job of its own."""

    def __init__(self, plugins: Plugins) -> None:
        """Tell the plugins that are loaded."""
        self._plugins = plugins

    async def run_job(self, row: JobRow) -> None:
        """Run one ``observe`` job; what the plugin raises makes it run again.

        Raises:
            LeadexecError: ``plugin_missing``: it is not installed any more.
        """
        told = msgspec.convert(row.payload, _Observation)
        plugin = next(
            (p for p in self._plugins.observers(told.hook) if p.name == told.plugin), None
        )
        if plugin is None:
            message = f"The plugin {told.plugin} observes {told.hook} no more, or is not loaded."
            raise LeadexecError("plugin_missing", message)
        event = msgspec.convert(told.event, EVENTS[told.hook])
        try:
            await getattr(plugin, told.hook)(event)
        except Exception as error:
            self._plugins.faults.record(plugin.name, told.hook, error)
            raise


class PluginJobs:
    """The job handlers that plugins registered."""

    def __init__(self, plugins: Plugins, services: Services) -> None:
        """Lend ``services`` to the handlers."""
        self._plugins = plugins
        self._services = services

    def handlings(self) -> Iterator[tuple[str, Handling]]:
        """Yield (kind, handling) of every registered handler.

        Raises:
            ConfigurationError: A kind does not begin with its plugin's name.
        """
        for name, handler in self._plugins.contributions("register_jobs"):
            if not handler.kind.startswith(f"{name}."):
                message = f"The kind of a job of {name} must read '{name}.<verb>'."
                fault = Fault(code="bad_job_kind", path=f"plugins.{name}", message=message)
                raise ConfigurationError([fault])
            yield handler.kind, Handling(run=self._run(name, handler), attempts=handler.attempts)

    def _run(self, name: str, handler: JobHandler[Any]) -> Any:
        async def run(row: JobRow) -> None:
            payload = msgspec.convert(row.payload, handler.payload)
            try:
                await handler.run(payload, self._services)
            except Exception as error:
                self._plugins.faults.record(name, f"job {row.kind}", error)
                raise

        return run
