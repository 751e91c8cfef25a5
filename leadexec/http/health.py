"""``/health/live`` and ``/health/ready``: for whoever starts, stops and routes to us."""

from litestar import Response, get
from litestar.handlers import HTTPRouteHandler
from sqlalchemy import select

from leadexec.errors import Fault, UnavailableError
from leadexec.http.parts import HttpParts, Readiness
from leadexec.storage.configuration_tables import configuration


def health_routes(parts: HttpParts) -> list[HTTPRouteHandler]:
    """Return both routes; they need no token and tell nothing but the state."""

    @get("/health/live", opt={"public": True}, summary="Whether the process serves")
    async def live() -> dict[str, bool]:
        return {"live": True}

    @get("/health/ready", opt={"public": True}, summary="Whether it can do its work")
    async def ready() -> Response[Readiness]:
        state = await _readiness(parts)
        return Response(state, status_code=200 if state.ready else 503)

    return [live, ready]


async def _readiness(parts: HttpParts) -> Readiness:
    try:
        await parts.store.read(lambda c: c.execute(select(configuration.c.revision)).first())
    except UnavailableError as error:
        fault = Fault(code=error.code, path="database", message="The database does not answer.")
        return Readiness(ready=False, faults=[fault])
    return await parts.catalog_ready()
