"""What the HTTP application is put together from."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from leadexec.contracts.services import Services
from leadexec.errors import Fault
from leadexec.http.api_access import Admit, anybody
from leadexec.http.credential_loader import CredentialLoader
from leadexec.model.registry import EntityRegistry
from leadexec.plugins import FaultLog, Plugins
from leadexec.security.passwords import Passwords
from leadexec.security.secrets import Cipher
from leadexec.security.token_desk import TokenDesk
from leadexec.security.tokens import TokenVerifier
from leadexec.storage.entity_tables import EntityTables
from leadexec.storage.store import Store


class HttpSettings(msgspec.Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """How we are reached by HTTP."""

    host: Annotated[str, Meta(title="Address to listen on")] = "127.0.0.1"
    port: Annotated[int, Meta(title="Port", ge=0, le=65535)] = 8000
    body_limit: Annotated[
        int, Meta(title="Largest body", ge=1024, description="In bytes; more is answered with 413")
    ] = 2_097_152
    trusted_proxies: Annotated[
        tuple[str, ...],
        Meta(
            title="Trusted proxies",
            description="Addresses, ranges or networks whose word about the sender's address "
            "counts (LS2)",
            examples=[["10.0.0.0/8"]],
        ),
    ] = ()
    proxy_header: Annotated[
        Literal["x-forwarded-for", "forwarded"],
        Meta(
            title="Header of the proxies",
            description="The one that they write; the other is not believed",
        ),
    ] = "x-forwarded-for"
    access_log: Annotated[bool, Meta(title="Log every request")] = False
    rate_limit: Annotated[
        int | None,
        Meta(
            title="Requests per minute",
            ge=1,
            description="Per credential and process, on the Account and Data API; none: unlimited",
        ),
    ] = None
    shutdown_seconds: Annotated[
        int, Meta(title="Time to finish", ge=0, description="For open requests when we stop")
    ] = 30
    backlog: Annotated[int, Meta(title="Connections that may wait", ge=1)] = 2048
    connection_limit: Annotated[
        int | None, Meta(title="Connections at once", ge=1, description="More get 503")
    ] = None


class Readiness(msgspec.Struct, kw_only=True, frozen=True):
    """Whether everything a request needs is there."""

    ready: bool
    faults: list[Fault] = []


async def nothing_to_refresh() -> None:
    """Do nothing: for an application without a catalog."""


async def always_ready() -> Readiness:
    """Report ready: for an application without a catalog."""
    return Readiness(ready=True)


@dataclass(frozen=True, kw_only=True)
class HttpParts:
    """Everything the HTTP application uses; the composition root fills it."""

    store: Store
    registry: EntityRegistry
    tables: EntityTables
    plugins: Plugins
    services: Services
    cipher: Cipher
    credentials: CredentialLoader
    tokens: TokenDesk
    verifier: TokenVerifier
    passwords: Passwords
    faults: FaultLog
    settings: HttpSettings = field(default_factory=HttpSettings)
    refresh: Callable[[], Awaitable[None]] = nothing_to_refresh
    """Called after a change of the configuration was committed and before it is answered, so that
    who changes something meets it changed."""
    admit: Admit = anybody
    """Judges the addresses that call the Account and Data API (``RC5``)."""
    catalog_ready: Callable[[], Awaitable[Readiness]] = always_ready
    """Asked by ``/health/ready`` after the database."""
