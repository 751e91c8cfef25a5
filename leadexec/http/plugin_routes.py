"""Routes that plugins contribute: below their own path, or at paths that senders already know."""

import re
from collections.abc import Mapping, Sequence
from typing import Final

from litestar import Router
from litestar.handlers import BaseRouteHandler, HTTPRouteHandler

from leadexec.errors import ConfigurationError, Fault
from leadexec.http.guards import PUBLIC, token_guard
from leadexec.http.parts import HttpParts
from leadexec.http.rate_limit import RateLimit

OURS: Final = (
    "account",
    "data",
    "health",
    "oauth2",
    "openapi",
    "openapi.json",
    "plugins",
    "receiver",
)
"""First steps of paths that are the kernel's."""
_PARAMETER: Final = re.compile(r"\{[^{}]*\}")


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
    taken: dict[str, dict[str, str]] = {}
    faults: list[Fault] = []
    handlers: list[BaseRouteHandler] = []
    for plugin, handler in parts.plugins.contributions("register_receivers"):
        handlers.append(handler)
        handler.opt[PUBLIC] = True  # for the OpenAPI document, which says who needs a token
        for path in sorted(handler.paths):
            known = taken.setdefault(_PARAMETER.sub("{}", path), {})
            for method in _methods(handler):
                other = _answering(path, method, known)
                if other:
                    text = f"{method} {path} is answered by {other}; disable one of the two."
                    fault = Fault(code="route_clash", path=f"plugins.{plugin}", message=text)
                    faults.append(fault)
                known.setdefault(method, plugin)
    if faults:
        raise ConfigurationError(faults)
    return handlers


def _answering(path: str, method: str, known: Mapping[str, str]) -> str:
    """Return who answers a path by a method already, or empty; ``known`` has the plugins."""
    if path.strip("/").split("/")[0] in OURS:
        return "the kernel"
    every = next(iter(known.values()), "") if method == "*" else known.get("*", "")
    return known.get(method) or every


def _methods(handler: BaseRouteHandler) -> Sequence[str]:
    if isinstance(handler, HTTPRouteHandler):
        return sorted(str(method) for method in handler.http_methods)
    return ("*",)
