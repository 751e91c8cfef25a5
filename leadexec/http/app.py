"""The HTTP application: all routes behind their guards, in one envelope (architecture §10)."""

from collections.abc import Callable, Sequence
from typing import Any, Final, cast

from litestar import Litestar, Request, Response, Router, get
from litestar.handlers import ASGIRouteHandler, BaseRouteHandler
from litestar.openapi.config import OpenAPIConfig
from litestar.openapi.plugins import JsonRenderPlugin
from litestar.types import ControllerRouterHandler

from leadexec.http.account_api import account_routes
from leadexec.http.bodies import json_response
from leadexec.http.credentials_api import credential_routes
from leadexec.http.envelope import AsgiApp, Envelope
from leadexec.http.guards import Connection, token_guard
from leadexec.http.health import health_routes
from leadexec.http.openapi import component_settings, openapi_document
from leadexec.http.parts import HttpParts
from leadexec.http.plugin_routes import plugin_receivers, plugin_routers
from leadexec.http.problems import EXCEPTION_HANDLERS
from leadexec.http.queries import only
from leadexec.http.rate_limit import RateLimit, headers_for
from leadexec.http.token_route import token_route
from leadexec.model.access import Scope

VERSION: Final = "0.1.0"


def create_http(
    parts: HttpParts,
    *,
    receivers: Sequence[ASGIRouteHandler] = (),
    data_routes: Sequence[ControllerRouterHandler] = (),
    extra_routes: Sequence[ControllerRouterHandler] = (),
) -> Envelope:
    """Return the ASGI application.

    Args:
        parts: What it is made from.
        receivers: Handlers that read and answer themselves and check their own callers; they get
            no envelope and no guard.
        data_routes: Routes of the Data API, guarded by its scope.
        extra_routes: Further routes, as they are.
    """
    limit = None
    if parts.settings.rate_limit is not None:
        limit = RateLimit(parts.services.clock, parts.settings.rate_limit)
    admit = _by_address(parts)
    guarded = Router(
        "/",
        route_handlers=[*account_routes(parts), credential_routes(parts), _components(parts)],
        guards=[token_guard(parts.verifier, limit, Scope.ACCOUNT_API, admit)],
    )
    data = Router(
        "/",
        route_handlers=list(data_routes),
        guards=[token_guard(parts.verifier, limit, Scope.DATA_API, admit)],
    )
    app = Litestar(
        route_handlers=[
            *receivers,
            token_route(parts),
            *health_routes(parts),
            guarded,
            data,
            *plugin_receivers(parts),
            *plugin_routers(parts, limit),
            *extra_routes,
            _document(parts),
        ],
        exception_handlers=EXCEPTION_HANDLERS,
        request_max_body_size=parts.settings.body_limit,
        openapi_config=OpenAPIConfig(
            title="LeadExec",
            version=VERSION,
            path="/openapi",
            # The usual pages load scripts from elsewhere; ours is /openapi.json.
            render_plugins=[JsonRenderPlugin()],
        ),
        logging_config=None,
        debug=False,
    )
    return Envelope(
        cast("AsgiApp", app),
        clock=parts.services.clock,
        randomness=parts.services.randomness,
        access_log=parts.settings.access_log,
    )


def _by_address(parts: HttpParts) -> Callable[[Connection], None]:
    """Return what judges a caller's address, behind the proxies that are trusted (``RC5``)."""

    def admit(connection: Connection) -> None:
        peer = connection.client.host if connection.client else ""
        parts.admit(parts.services.intake.sender_ip(peer, connection.scope["headers"]))

    return admit


def _components(parts: HttpParts) -> BaseRouteHandler:
    listed: list[dict[str, list[dict[str, Any]]]] = []

    @get("/account/v1/components", summary="List every component with the schema of its settings")
    async def components(
        request: Request[Any, Any, Any],
    ) -> Response[dict[str, list[dict[str, Any]]]]:
        only(request)
        if not listed:
            listed.append(component_settings(parts))
        return Response(listed[0], headers=headers_for(request.scope))

    return components


def _document(parts: HttpParts) -> BaseRouteHandler:
    made: list[dict[str, Any]] = []

    @get("/openapi.json", opt={"public": True}, include_in_schema=False)
    async def document(request: Request[Any, Any, Any]) -> Response[bytes]:
        if not made:
            made.append(openapi_document(request.app, parts))
        return json_response(made[0])

    return document
