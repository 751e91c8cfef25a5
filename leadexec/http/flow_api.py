"""The flow of a campaign's leads, for the Data API (``LS21``)."""

from typing import Annotated, Any

from litestar import Request, Response, get
from litestar.handlers import HTTPRouteHandler
from litestar.params import PathParameter

from leadexec.catalog.catalog import Catalog
from leadexec.errors import NotFoundError
from leadexec.http.guards import require
from leadexec.http.queries import only
from leadexec.http.rate_limit import headers_for
from leadexec.intake.flow import LeadFlow, lead_flow


def flow_route(catalog: Catalog) -> HTTPRouteHandler:
    """Return the route that tells the steps of a campaign's leads."""

    @get(
        "/data/v1/campaigns/{campaign_id:int}/flow",
        guards=[require("campaign.read")],
        summary="Tell the steps that a campaign's leads pass",
        tags=["Campaigns"],
    )
    async def flow(
        request: Request[Any, Any, Any],
        campaign_id: Annotated[int, PathParameter(ge=1, le=2**63 - 1)],
    ) -> Response[LeadFlow]:
        only(request)
        found = catalog.campaigns.get(campaign_id)
        if found is None:
            raise NotFoundError("unknown_campaign", f"There is no campaign {campaign_id}.")
        return Response(lead_flow(found), headers=headers_for(request.scope))

    return flow
