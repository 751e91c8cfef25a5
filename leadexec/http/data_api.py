"""The Data API: leads, their deliveries, and every post that came (``RC4``)."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Annotated, Any, TypeAlias

from litestar import Request, Response, get
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromQuery, PathParameter, QueryParameter

from leadexec.distribution.explain import LeadExplained
from leadexec.errors import ConfigurationError, NotFoundError
from leadexec.http import data_questions as ask
from leadexec.http.data_shapes import (
    DeliveryList,
    LeadDetail,
    LeadPage,
    RequestDetail,
    RequestPage,
)
from leadexec.http.guards import require
from leadexec.http.parts import HttpParts
from leadexec.http.queries import only
from leadexec.http.rate_limit import headers_for
from leadexec.model.lead import LeadStatus

Explain: TypeAlias = Callable[[str], Awaitable[LeadExplained]]
"""Takes a lead's uid; raises ``NotFoundError``."""
HttpRequest: TypeAlias = Request[Any, Any, Any]
Uid: TypeAlias = Annotated[
    str, PathParameter(pattern=r"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$")
]
Limit: TypeAlias = Annotated[int, QueryParameter(ge=1, le=1000, description="Items on a page")]
Id: TypeAlias = Annotated[int | None, QueryParameter(ge=1, le=2**63 - 1)]
Word: TypeAlias = Annotated[str | None, QueryParameter(pattern=r"^[a-z0-9_]{1,64}$")]
Moment: TypeAlias = Annotated[
    datetime | None, QueryParameter(description="ISO 8601 with an offset")
]


def data_routes(parts: HttpParts, explain: Explain | None = None) -> list[HTTPRouteHandler]:
    """Return the routes of the Data API.

    Args:
        parts: What the application is made from.
        explain: Says why a lead went where it went; without it there is no such route.
    """
    routes = [*_lead_routes(parts), *_lead_parts_routes(parts), *_request_routes(parts)]
    return [*routes, _explain_route(explain)] if explain else routes


def _lead_routes(parts: HttpParts) -> list[HTTPRouteHandler]:
    reading = [require("leads.read")]

    @get("/data/v1/leads", guards=reading, summary="List leads, newest first", tags=["Leads"])
    async def leads(
        request: HttpRequest,
        *,
        status: FromQuery[LeadStatus | None] = None,
        code: Word = None,
        campaign: Id = None,
        source: Id = None,
        lead_type: Id = None,
        test: FromQuery[bool | None] = None,
        received_from: Moment = None,
        received_until: Moment = None,
        after: Id = None,
        limit: Limit = 100,
    ) -> Response[LeadPage]:
        only(request, *_LEAD_PARAMETERS)
        wanted = ask.LeadFilter(
            status=status,
            code=code,
            campaign_id=campaign,
            source_id=source,
            lead_type_id=lead_type,
            is_test=test,
            received_from=_aware("received_from", received_from),
            received_until=_aware("received_until", received_until),
        )
        page = await parts.store.read(lambda c: ask.lead_page(c, wanted, after=after, limit=limit))
        return Response(page, headers=headers_for(request.scope))

    @get("/data/v1/leads/{uid:str}", guards=reading, summary="Read a lead", tags=["Leads"])
    async def lead(request: HttpRequest, uid: Uid) -> Response[LeadDetail]:
        only(request)
        found = await parts.store.read(lambda c: ask.lead_detail(c, uid))
        return Response(_there(found, "lead", uid), headers=headers_for(request.scope))

    return [leads, lead]


def _lead_parts_routes(parts: HttpParts) -> list[HTTPRouteHandler]:
    reading = [require("leads.read")]

    @get(
        "/data/v1/leads/{uid:str}/request",
        guards=reading,
        summary="Read the post that brought a lead, word for word",
        tags=["Leads"],
    )
    async def lead_request(request: HttpRequest, uid: Uid) -> Response[RequestDetail]:
        only(request)
        found = await parts.store.read(lambda c: ask.request_of_lead(c, uid))
        return Response(_there(found, "lead", uid), headers=headers_for(request.scope))

    @get(
        "/data/v1/leads/{uid:str}/deliveries",
        guards=reading,
        summary="List a lead's deliveries with every attempt",
        tags=["Leads"],
    )
    async def lead_deliveries(request: HttpRequest, uid: Uid) -> Response[DeliveryList]:
        only(request)
        found = await parts.store.read(
            lambda c: ask.deliveries_of(c, uid) if ask.lead_exists(c, uid) else None
        )
        content = DeliveryList(items=_there(found, "lead", uid))
        return Response(content, headers=headers_for(request.scope))

    return [lead_request, lead_deliveries]


def _request_routes(parts: HttpParts) -> list[HTTPRouteHandler]:
    reading = [require("requests.read")]

    @get(
        "/data/v1/requests",
        guards=reading,
        summary="List every post, also the refused ones, newest first",
        tags=["Posts"],
    )
    async def posts(
        request: HttpRequest,
        *,
        code: Word = None,
        status: Annotated[int | None, QueryParameter(ge=100, le=599)] = None,
        credential: Id = None,
        after: Annotated[str | None, QueryParameter(pattern="^[0-9a-f-]{36}$")] = None,
        limit: Limit = 100,
    ) -> Response[RequestPage]:
        only(request, "code", "status", "credential", "after", "limit")
        page = await parts.store.read(
            lambda c: ask.request_page(
                c, code=code, status=status, credential_id=credential, after=after, limit=limit
            )
        )
        return Response(page, headers=headers_for(request.scope))

    @get(
        "/data/v1/requests/{uid:str}",
        guards=reading,
        summary="Read a post, word for word",
        tags=["Posts"],
    )
    async def posted(request: HttpRequest, uid: Uid) -> Response[RequestDetail]:
        only(request)
        found = await parts.store.read(lambda c: ask.request_by_uid(c, uid))
        return Response(_there(found, "request", uid), headers=headers_for(request.scope))

    return [posts, posted]


def _explain_route(explain: Explain) -> HTTPRouteHandler:
    @get(
        "/data/v1/leads/{uid:str}/explain",
        guards=[require("leads.read")],
        summary="Say of every delivery account why the lead went there or not",
        tags=["Leads"],
    )
    async def explained(request: HttpRequest, uid: Uid) -> Response[LeadExplained]:
        only(request)
        return Response(await explain(uid), headers=headers_for(request.scope))

    return explained


_LEAD_PARAMETERS = (
    "status",
    "code",
    "campaign",
    "source",
    "lead_type",
    "test",
    "received_from",
    "received_until",
    "after",
    "limit",
)


def _there(found: Any, what: str, uid: str) -> Any:
    if found is None:
        raise NotFoundError(f"unknown_{what}", f"There is no {what} {uid}.")
    return found


def _aware(name: str, moment: datetime | None) -> datetime | None:
    if moment is not None and moment.tzinfo is None:
        raise ConfigurationError.single(
            "invalid_parameter", name, "The time needs an offset, such as Z or -05:00."
        )
    return moment
