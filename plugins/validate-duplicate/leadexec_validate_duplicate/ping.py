"""The ping duplicate check: would this lead be a duplicate, asked before it is sent."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any

import msgspec
from litestar import Request, get, post
from litestar.handlers import BaseRouteHandler
from litestar.params import FromQuery, JSONBody

from leadexec import DeniedError, Services
from leadexec_validate_duplicate.validator import Duplicate


class Question(msgspec.Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """Ask whether a lead of a campaign would be a duplicate."""

    campaign_id: Annotated[int, msgspec.Meta(title="Campaign", description="Its AID.")]
    fields: Annotated[
        dict[str, Any],
        msgspec.Meta(
            title="Fields",
            description="The lead's fields as they would be posted; those compared suffice.",
        ),
    ]


class Answer(msgspec.Struct, kw_only=True, frozen=True):
    """Whether it would be; nothing is said about the earlier lead."""

    duplicate: bool
    fields: tuple[str, ...] = ()
    """Names of the fields that agree with an earlier lead."""


async def ask(services: Services, campaign_id: int, fields: Mapping[str, Any]) -> Answer:
    """Return whether a lead with ``fields`` would be a duplicate now; nothing is stored.

    Raises:
        NotFoundError: ``unknown_campaign``.
        DeniedError: ``ping_check_off``: the campaign does not allow the question.
    """
    lead = services.campaigns.draft(campaign_id, fields)
    check = services.campaigns.validator(campaign_id, Duplicate.key)
    if not isinstance(check, Duplicate) or not check.settings.allow_ping_check:
        raise DeniedError(
            "ping_check_off",
            f"Campaign {campaign_id} does not allow the duplicate check.",
            "Switch on 'Allow ping duplicate API check' in its duplicate check.",
        )
    agreeing: dict[str, None] = {}
    for claim in check.claims(lead):
        if await services.leads.claimed(claim):
            agreeing.update(dict.fromkeys(check.agreeing(lead, claim)))
    return Answer(duplicate=bool(agreeing), fields=tuple(agreeing))


def routes(services: Services) -> Sequence[BaseRouteHandler]:
    """Return ``GET`` and ``POST /check``; both ask for a token, as every route does by default."""

    @post("/check", status_code=200, summary="Would this lead be a duplicate?")
    async def check_posted(data: JSONBody[Question]) -> Answer:
        """Answer for a JSON body with ``campaign_id`` and ``fields``."""
        return await ask(services, data.campaign_id, data.fields)

    @get("/check", summary="Would this lead be a duplicate?")
    async def check_query(request: Request[Any, Any, Any], campaign_id: FromQuery[int]) -> Answer:
        """Answer for a query with ``campaign_id``; all other parameters are lead fields."""
        fields = {k: v for k, v in request.query_params.items() if k != "campaign_id"}
        return await ask(services, campaign_id, fields)

    return (check_posted, check_query)
