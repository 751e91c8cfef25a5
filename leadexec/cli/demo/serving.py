"""Serving an ASGI application with uvicorn inside this process, next to other work."""

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator, Iterator
from typing import Any

import uvicorn

from leadexec.errors import UnavailableError
from leadexec.http.parts import HttpSettings
from leadexec.http.serve import server_config


@contextlib.asynccontextmanager
async def served(asgi: Any, *, host: str, port: int) -> AsyncIterator[str]:
    """Serve ``asgi`` within the context, which gives the base URL.

    Args:
        asgi: An ASGI 3 application.
        host: The address to listen at.
        port: The port; 0 lets the system choose.

    Raises:
        UnavailableError: ``port_in_use``, ``did_not_start``.
    """
    listening = _listen(host, port)
    server = _EmbeddedServer(server_config(asgi, HttpSettings(host=host, port=port)))
    serving = asyncio.create_task(server.serve(sockets=[listening]))
    try:
        await server.until_ready(serving)
        yield f"http://{host}:{listening.getsockname()[1]}"
    finally:
        server.should_exit = True
        await serving


class _EmbeddedServer(uvicorn.Server):
    """A server that tells when it is ready and leaves signals to who started it."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self._ready = asyncio.Event()

    async def until_ready(self, serving: asyncio.Task[None]) -> None:
        """Return when requests are answered; raise if the task ``serving`` ends before."""
        ready = asyncio.create_task(self._ready.wait())
        await asyncio.wait((serving, ready), return_when=asyncio.FIRST_COMPLETED)
        if not self._ready.is_set():
            ready.cancel()
            raise UnavailableError("did_not_start", "The application did not start.")

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started:
            self._ready.set()

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


def _listen(host: str, port: int) -> socket.socket:
    listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((host, port))
    except OSError as error:
        listening.close()
        raise UnavailableError(
            "port_in_use",
            f"{host}:{port} cannot be listened at: {error.strerror}.",
            "Choose another port with --port; 0 lets the system choose.",
        ) from None
    return listening
