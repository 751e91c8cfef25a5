"""``leadexec openapi``: the description of the HTTP API, without a running server."""

import sys
from pathlib import Path
from tempfile import TemporaryDirectory

import httpx
import msgspec
from cyclopts import App

from leadexec.app import running_app
from leadexec.errors import LeadexecError
from leadexec.process import run
from leadexec.settings import Settings, load_settings

app = App(name="openapi", help="Write the OpenAPI description of the HTTP API.")


@app.default
def openapi(*, out: Path | None = None, config: Path | None = None) -> None:
    """Write the OpenAPI 3.1 description of everything this installation serves, as JSON.

    Nothing else is touched: the description comes from the installed plugins, not from a database.

    Args:
        out: Where to write it; by default to standard output.
        config: The settings file; by default $LEADEXEC_CONFIG, else leadexec.toml here.
    """
    text = run(_description(load_settings(config)))
    if out is None:
        sys.stdout.write(text)
        return
    try:
        out.write_text(text, encoding="utf-8")
    except OSError as error:
        raise LeadexecError("cannot_write", f"{out} cannot be written: {error}.") from error


async def _description(settings: Settings) -> str:
    with TemporaryDirectory(prefix="leadexec-") as folder:
        alone = msgspec.structs.replace(settings, data=folder, database="")
        async with running_app(alone, run_jobs=False) as running:
            transport = httpx.ASGITransport(running.asgi)
            async with httpx.AsyncClient(transport=transport, base_url="http://here") as client:
                answer = await client.get("/openapi.json")
                answer.raise_for_status()
    return msgspec.json.format(answer.text, indent=2) + "\n"
