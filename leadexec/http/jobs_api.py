"""Jobs in the Data API: what is still to be done, and what failed for the last time."""

from typing import Annotated

from litestar import Response, get, post
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromQuery, PathParameter, QueryParameter

from leadexec.http.data_api import HttpRequest, Id, Limit
from leadexec.http.guards import require
from leadexec.http.parts import HttpParts
from leadexec.http.queries import only
from leadexec.http.rate_limit import headers_for
from leadexec.storage.job_list import JobPage, StoredJob, job_page, replay_jobs


def job_routes(parts: HttpParts) -> list[HTTPRouteHandler]:
    """Return the routes of jobs, guarded by ``jobs.read`` and ``jobs.write``."""

    @get(
        "/data/v1/jobs",
        guards=[require("jobs.read")],
        summary="List jobs that are not done, oldest first; with dead=true the dead-letter list",
        tags=["Jobs"],
    )
    async def page(
        request: HttpRequest,
        *,
        dead: FromQuery[bool | None] = None,
        kind: Annotated[str | None, QueryParameter(pattern=r"^[a-z0-9_.-]{1,100}$")] = None,
        after: Id = None,
        limit: Limit = 100,
    ) -> Response[JobPage]:
        only(request, "dead", "kind", "after", "limit")
        found = await parts.store.read(
            lambda c: job_page(c, dead=dead, kind=kind, after=after, limit=limit)
        )
        return Response(found, headers=headers_for(request.scope))

    @post(
        "/data/v1/jobs/{job_id:int}/replay",
        guards=[require("jobs.write")],
        status_code=200,
        summary="Run a job of the dead-letter list again, with all its tries before it",
        tags=["Jobs"],
    )
    async def replay(
        request: HttpRequest, job_id: Annotated[int, PathParameter(ge=1, le=2**63 - 1)]
    ) -> Response[StoredJob]:
        only(request)
        now = parts.services.clock.now()
        (job,) = await parts.store.change(lambda c: replay_jobs(c, now, ids=[job_id]))
        return Response(job, headers=headers_for(request.scope))

    return [page, replay]
