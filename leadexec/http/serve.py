"""Serving the application by uvicorn, on uvloop and httptools."""

from typing import Any, Final

import uvicorn

from leadexec.http.envelope import Envelope
from leadexec.http.parts import HttpSettings

MOST_HEADERS: Final = 65_536
KEEP_ALIVE: Final = 75
"""Seconds: longer than the usual proxy keeps its connections, so that it never meets a closed
one."""


def server_config(app: Envelope | Any, settings: HttpSettings) -> uvicorn.Config:
    """Return how uvicorn serves ``app``: fast parsers, bounded, no header that names us."""
    return uvicorn.Config(
        app,
        host=settings.host,
        port=settings.port,
        loop="uvloop",
        http="httptools",
        ws="none",
        lifespan="on",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,  # ours to judge: see HttpSettings.trusted_proxies
        date_header=True,
        backlog=settings.backlog,
        limit_concurrency=settings.connection_limit,
        timeout_keep_alive=KEEP_ALIVE,
        timeout_graceful_shutdown=settings.shutdown_seconds,
        h11_max_incomplete_event_size=MOST_HEADERS,
    )


async def serve(app: Envelope | Any, settings: HttpSettings) -> None:
    """Serve until a signal asks to stop; open requests get time to finish."""
    await uvicorn.Server(server_config(app, settings)).serve()
