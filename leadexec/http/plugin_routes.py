"""Routes that plugins contribute: below their own path, or at paths that senders already know."""

from collections.abc import Sequence
from typing import Final

from litestar import Router
from litestar.handlers import BaseRouteHandler, HTTPRouteHandler

from leadexec.errors import ConfigurationError, Fault
from leadexec.http.guards import token_guard
from leadexec.http.parts import HttpParts
from leadexec.http.rate_limit import RateLimit

OURS: Final = ("account", "data", "health", "oauth2", "openapi.json", "plugins", "receiver")
"""First steps of paths that are the kernel's."""


def plugin_routers(parts: HttpParts, limit: RateLimit | None) -> list[Router]:
    """Return each plugin's routes below its own path, guarded unless a handler opens itself."""
    routes: dict[str, list[BaseRouteHandler]] = {}
    for name, handler in parts.plugins.contributions("register_routes"):
        routes.setdefault(name, []).append(handler)
    return [
        Router(
            f"/plugins/{name}",
            route_handlers=handlers,
            guards=[token_guard(parts.verifier, limit)],
            tags=[name],
        )
        for name, handlers in routes.items()
    ]


def plugin_receivers(parts: HttpParts) -> list[BaseRouteHandler]:
    """Return the routes that plugins have at paths of their own, without guards.

    Raises:
        ConfigurationError: ``route_clash`` for each path that is the kernel's, or another's too.
    """
    taken: dict[tuple[str, str], str] = {}
    faults: list[Fault] = []
    handlers: list[BaseRouteHandler] = []
    for plugin, handler in parts.plugins.contributions("register_receivers"):
        handlers.append(handler)
        for path in sorted(handler.paths):
            for method in _methods(handler):
                other = taken.setdefault((path, method), plugin)
                if path.strip("/").split("/")[0] in OURS:
                    other = "the kernel"
                if other != plugin:
                    text = f"{method} {path} is answered by {other}; disable one of the two."
                    fault = Fault(code="route_clash", path=f"plugins.{plugin}", message=text)
                    faults.append(fault)
    if faults:
        raise ConfigurationError(faults)
    return handlers


def _methods(handler: BaseRouteHandler) -> Sequence[str]:
    if isinstance(handler, HTTPRouteHandler):
        return sorted(str(method) for method in handler.http_methods)
    return ("*",)
