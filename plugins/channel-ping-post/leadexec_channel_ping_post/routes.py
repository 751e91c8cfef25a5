"""The paths: one that takes pings, and one that shows what a campaign asks of them."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any, Final

from litestar import Request, Response, get, route
from litestar.background_tasks import BackgroundTask
from litestar.connection import ASGIConnection
from litestar.enums import HttpMethod
from litestar.handlers import BaseRouteHandler
from litestar.params import FromPath
from msgspec import Struct

from leadexec import DeniedError, Fault, Services
from leadexec_channel_ping_post.incoming import SenderGoneError, read_incoming
from leadexec_channel_ping_post.instructions import PATH
from leadexec_channel_ping_post.memory import stored_setting
from leadexec_channel_ping_post.receiver import PingReceiver
from leadexec_channel_ping_post.setting import PingField, PingSetting, problems

READ: Final = "ping_setting.read"
_SCOPE: Final = "account_api"
_CALLER: Final = "leadexec_caller"
"""Where the kernel's guard of plugin routes, which runs first, leaves who is calling."""


class EffectiveTerms(Struct, kw_only=True, frozen=True):
    """What a campaign asks of its pings, the defaults filled in."""

    campaign: int
    campaign_name: str
    path: str
    """Where its pings are posted."""
    ping_setting: int | None
    """The id of its setting; null: it has none, and these are the defaults."""
    fields: tuple[PingField, ...]
    revenue: Decimal
    profit: Decimal | None
    profit_percentage: Decimal | None
    deliveries: int
    seconds: float
    hold_seconds: int
    tell_price: bool
    tell_reason: bool
    problems: tuple[Fault, ...]
    """Why its pings are refused, whatever they bring."""


async def account_guard(
    connection: ASGIConnection[Any, Any, Any, Any], _handler: BaseRouteHandler
) -> None:
    """Let callers pass that may read ping settings in the Account API.

    Raises:
        DeniedError: ``insufficient_scope``, ``permission_missing``.
    """
    caller = connection.state.get(_CALLER)
    if caller is None or not caller.has(_SCOPE):
        raise DeniedError("insufficient_scope", f"The token is not good for {_SCOPE}.")
    caller.demand(READ)


def receivers(receiver: PingReceiver, body_limit: int) -> Sequence[BaseRouteHandler]:
    """Return the route that takes pings; it reads, checks and answers itself."""

    # GET is answered here, too: with 405, and kept as everything that senders try.
    @route(
        PATH,
        http_method=(HttpMethod.GET, HttpMethod.POST),
        status_code=200,
        include_in_schema=False,
    )
    async def ping(request: Request[Any, Any, Any]) -> Response[bytes]:
        """Take a ping."""
        try:
            told = await receiver.answer(await read_incoming(request, body_limit))
        except SenderGoneError:
            return Response(b"", status_code=400)
        return Response(
            told.written.body,
            status_code=told.status,
            media_type=told.written.content_type,
            headers={"Cache-Control": "no-store", **told.headers},
            background=BackgroundTask(receiver.keep_late, told.late) if told.late else None,
        )

    return (ping,)


def routes(services: Services) -> Sequence[BaseRouteHandler]:
    """Return the routes below ``/plugins/channel-ping-post``; they ask for an Account API token."""

    @get(
        "/campaigns/{campaign_id:int}",
        guards=[account_guard],
        summary="Show what a campaign asks of its pings",
    )
    async def terms(campaign_id: FromPath[int]) -> EffectiveTerms:
        """Return it, the defaults filled in; 404 ``unknown_campaign``."""
        info = services.campaigns.info(campaign_id)
        setting = await stored_setting(services.storage, campaign_id)
        return _effective(setting, info.name, tuple(problems(setting, info)))

    return (terms,)


def _effective(setting: PingSetting, name: str, faults: tuple[Fault, ...]) -> EffectiveTerms:
    return EffectiveTerms(
        campaign=setting.campaign,
        campaign_name=name,
        path=PATH,
        ping_setting=setting.id or None,
        fields=setting.fields,
        revenue=setting.revenue,
        profit=setting.profit,
        profit_percentage=setting.profit_percentage,
        deliveries=setting.deliveries,
        seconds=setting.seconds,
        hold_seconds=setting.hold_seconds,
        tell_price=setting.tell_price,
        tell_reason=setting.tell_reason,
        problems=faults,
    )
