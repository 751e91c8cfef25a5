"""``leadexec serve``: the receivers, the APIs and the jobs, until a signal."""

import asyncio
import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path
from typing import Annotated, Final

import msgspec
import structlog
import uvicorn
from cyclopts import App, Parameter, validators
from sqlalchemy import select

from leadexec.app import App as RunningApp
from leadexec.app import running_app
from leadexec.cli.missing import missing
from leadexec.errors import UnavailableError
from leadexec.http.front import RECEIVER
from leadexec.http.serve import server_config
from leadexec.model.access import ApiCredential
from leadexec.process import configure_logging, on_signals, run, settle_memory
from leadexec.settings import Settings, load_settings

app = App(name="serve", help="Serve the receivers and APIs and run the jobs, until a signal.")

log = structlog.get_logger("leadexec.serve")
Port = Annotated[int | None, Parameter(validator=validators.Number(gte=0, lte=65_535))]
_NO_CREDENTIAL: Final = (
    "There is no API credential yet; make the first one with\n"
    "  leadexec credential new NAME --scope account_api --scope data_api --scope lead_receiver"
)


@app.default
def serve(
    *,
    config: Path | None = None,
    host: str | None = None,
    port: Port = None,
    safe_mode: Annotated[bool, Parameter(negative="")] = False,
    no_jobs: Annotated[bool, Parameter(negative="")] = False,
) -> None:
    """Serve the receivers and APIs and run the jobs, until a signal.

    SIGINT or SIGTERM ends it in order: open requests are answered, running jobs end, what was not
    begun is given back. To kill it loses nothing either; what it was delivering is then taken up
    at the next start, or when its lease has run out.

    Args:
        config: The settings file; by default $LEADEXEC_CONFIG, else leadexec.toml here.
        host: The address to listen at, instead of the settings'.
        port: The port to listen at, instead of the settings'; 0 lets the system choose.
        safe_mode: Start without the plugins that cannot load; what needs them holds its leads.
        no_jobs: Leave all jobs to 'leadexec worker' processes.
    """
    settings = _with_address(load_settings(config), host, port)
    configure_logging(settings.log)
    run(_serve(settings, safe_mode=safe_mode, run_jobs=False if no_jobs else None))


def _with_address(settings: Settings, host: str | None, port: int | None) -> Settings:
    given = {"host": host, "port": port}
    chosen = {name: value for name, value in given.items() if value is not None}
    http = msgspec.structs.replace(settings.http, **chosen)
    return msgspec.structs.replace(settings, http=http)


async def _serve(settings: Settings, *, safe_mode: bool, run_jobs: bool | None) -> None:
    stop = asyncio.Event()
    # The port is taken first: a start that must fail for it has then changed nothing.
    with _listening(settings) as listening, on_signals(stop.set):
        async with running_app(settings, safe_mode=safe_mode, run_jobs=run_jobs) as running:
            settle_memory()
            introduction = await _introduction(running, listening, run_jobs=run_jobs)
            server = _Server(server_config(running.asgi, settings.http), introduction)
            await _until(stop, server, listening)
    log.info("stopped")


async def _until(stop: asyncio.Event, server: "_Server", listening: socket.socket) -> None:
    serving = asyncio.create_task(server.serve(sockets=[listening]))
    stopping = asyncio.create_task(stop.wait())
    await asyncio.wait((serving, stopping), return_when=asyncio.FIRST_COMPLETED)
    stopping.cancel()
    if stop.is_set():
        log.info("stopping: open requests and running jobs end first")
        server.should_exit = True
    await serving
    if not server.started:
        raise UnavailableError(
            "did_not_start", "The application did not start.", "The log above says why."
        )


class _Server(uvicorn.Server):
    """Uvicorn's server, which says where it is and leaves signals to who started it."""

    def __init__(self, config: uvicorn.Config, introduction: str) -> None:
        super().__init__(config)
        self._introduction = introduction

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started:
            sys.stdout.write(self._introduction)
            sys.stdout.flush()

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        # Uvicorn's own handling ends the process before the jobs have given back their leases.
        yield


@contextmanager
def _listening(settings: Settings) -> Iterator[socket.socket]:
    host, port = settings.http.host, settings.http.port
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        listening = socket.create_server((host, port), family=family, backlog=settings.http.backlog)
    except OSError as error:
        raise UnavailableError(
            "cannot_listen",
            f"{host}, port {port}, cannot be listened at: {error.strerror or error}.",
            "Choose another with --host and --port; port 0 lets the system choose.",
        ) from None
    with listening:
        yield listening


async def _introduction(
    running: RunningApp, listening: socket.socket, *, run_jobs: bool | None
) -> str:
    kernel = running.kernel
    here = kernel.settings.jobs.run if run_jobs is None else run_jobs
    plugins = [state.name for state in kernel.plugins.states if state.state == "loaded"]
    url = _url(listening)
    rows = (
        ("Post leads", f"{url}{RECEIVER}"),
        ("API description", f"{url}/openapi.json"),
        ("Database", kernel.store.database.shown_url),
        ("Jobs", "run here" if here else "left to 'leadexec worker'"),
        ("Plugins", ", ".join(plugins) or "none"),
    )
    lines = [f"LeadExec {version('leadexec')} serves {url}"]
    lines += [f"  {name:17}{value}" for name, value in rows]
    lines += missing(kernel.plugins)
    if await _no_credential(running):
        lines.append(_NO_CREDENTIAL)
    return "\n".join(lines) + "\n"


def _url(listening: socket.socket) -> str:
    host, port = listening.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


async def _no_credential(running: RunningApp) -> bool:
    table = running.kernel.tables.of(ApiCredential).table
    first = select(table.c.id).limit(1)
    return await running.kernel.store.read(lambda c: c.execute(first).first() is None)
