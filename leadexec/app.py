"""The one composition root: the kernel with its faces."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from leadexec.delivery.breaker import CIRCUIT_OPEN
from leadexec.distribution.explain import Explainer
from leadexec.distribution.quality import QualityControl
from leadexec.errors import Fault
from leadexec.http.api_access import ApiAccess
from leadexec.http.app import create_http
from leadexec.http.credential_loader import CredentialLoader
from leadexec.http.credentials_api import CredentialDesk, NewCredential, ShownCredential
from leadexec.http.data_api import data_routes
from leadexec.http.flow_api import flow_route
from leadexec.http.front import Front
from leadexec.http.jobs_api import job_routes
from leadexec.http.lead_acts_api import ActParts, lead_act_routes
from leadexec.http.parts import HttpParts, Readiness
from leadexec.http.pings_api import ping_routes
from leadexec.http.receiver import Receiver
from leadexec.kernel import Kernel, running_kernel
from leadexec.model.access import Scope
from leadexec.settings import Settings


@dataclass(slots=True, kw_only=True)
class App:
    """A running system that answers requests."""

    kernel: Kernel
    parts: HttpParts
    asgi: Any
    """The ASGI application, to be served."""

    async def new_credential(self, name: str, scopes: Sequence[Scope]) -> ShownCredential:
        """Make an API credential; its secret is in the answer and nowhere else (``RC3``)."""
        desk = CredentialDesk(self.parts)
        return await desk.create(NewCredential(name=name, scopes=tuple(scopes)), "command line")


@asynccontextmanager
async def running_app(settings: Settings, **options: Any) -> AsyncIterator[App]:
    """Start the kernel and put its HTTP application together; serving it is the caller's.

    Args:
        settings: What the settings file says.
        options: As ``running_kernel`` takes them.

    Raises:
        ConfigurationError: All faults of plugins, entities or settings at once.
        UnavailableError: The database does not answer.
    """
    async with running_kernel(settings, **options) as kernel:
        parts = _http_parts(kernel)
        await parts.credentials.reload()
        routes = [
            *data_routes(parts, Explainer(kernel.parts).explain),
            *lead_act_routes(parts, _acts(kernel)),
            *job_routes(parts),
            *ping_routes(parts),
            flow_route(kernel.catalog),
        ]
        http = create_http(parts, data_routes=routes)
        keeping = asyncio.create_task(
            parts.credentials.keep_fresh(kernel.services.clock, settings.jobs.poll_seconds),
            name="credentials: keep fresh",
        )
        try:
            yield App(kernel=kernel, parts=parts, asgi=Front(http, _receiver(kernel)))
        finally:
            keeping.cancel()
            await asyncio.gather(keeping, return_exceptions=True)


def _http_parts(kernel: Kernel) -> HttpParts:
    services = kernel.services

    async def refresh() -> None:
        await kernel.loader.refresh()

    async def catalog_ready() -> Readiness:
        held = [
            Fault(code=c.problem.code, path=f"campaigns.{c.entity.id}", message=c.problem.message)
            for c in kernel.catalog.campaigns.values()
            if c.problem is not None
        ]
        alone = [
            Fault(
                code=CIRCUIT_OPEN,
                path=f"delivery_methods.{c.method_id}",
                message=f"It failed {c.failures} times in a row and is left alone "
                f"until {c.until:%H:%M:%S} UTC.",
            )
            for c in kernel.parts.deliverer.circuits.states()
        ]
        return Readiness(ready=True, faults=[*held, *alone])

    return HttpParts(
        store=kernel.store,
        registry=kernel.registry,
        tables=kernel.tables,
        plugins=kernel.plugins,
        services=services,
        cipher=kernel.cipher,
        credentials=CredentialLoader(
            kernel.store, kernel.tables, kernel.cipher, kernel.access.credentials
        ),
        tokens=kernel.access.tokens,
        verifier=kernel.access.verifier,
        passwords=kernel.access.passwords,
        faults=kernel.faults,
        settings=kernel.settings.http,
        refresh=refresh,
        admit=ApiAccess(kernel.catalog),
        catalog_ready=catalog_ready,
    )


def _acts(kernel: Kernel) -> ActParts:
    quality = QualityControl(kernel.parts, kernel.plugins, wake=kernel.runner.wake)
    return ActParts(quality=quality, desk=kernel.desk, catalog=kernel.catalog)


def _receiver(kernel: Kernel) -> Receiver:
    return Receiver(
        kernel.desk,
        kernel.catalog,
        body_limit=kernel.settings.intake.body_limit,
        list_limit=kernel.settings.intake.list_limit,
    )
