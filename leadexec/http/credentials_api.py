"""The routes of API credentials: the secret is shown once, when it is made (``RC3``)."""

from datetime import datetime
from typing import Annotated, Any, Final, TypeAlias

import msgspec
from litestar import Request, Response, Router, delete, get, patch, post
from litestar.params import PathParameter
from msgspec import Meta
from sqlalchemy import Connection

from leadexec.errors import ConfigurationError
from leadexec.http.account_api import PREFIX
from leadexec.http.bodies import MERGE_PATCH, json_response, read_object
from leadexec.http.guards import caller_of, require
from leadexec.http.parts import HttpParts
from leadexec.http.problems import RequestError
from leadexec.http.queries import listing, only
from leadexec.http.rate_limit import headers_for
from leadexec.model.access import ApiCredential, Role, Scope
from leadexec.model.findings import Reading
from leadexec.model.reading import read_struct
from leadexec.security.callers import Caller
from leadexec.security.passwords import new_client_id, new_secret
from leadexec.storage.entities import create_entity, delete_entity, entity_by_id, update_entity
from leadexec.storage.entity_lists import list_entities

CREDENTIALS: Final = f"{PREFIX}/credentials"
EntityId: TypeAlias = Annotated[int, PathParameter(ge=1, le=2**63 - 1)]
HttpRequest: TypeAlias = Request[Any, Any, Any]
Name = Annotated[str, Meta(title="Name", min_length=1, max_length=200)]


class NewCredential(msgspec.Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """What to make."""

    name: Name
    scopes: Annotated[tuple[Scope, ...], Meta(title="Scopes", min_length=1, max_length=3)]
    role: Annotated[int, Meta(title="Role", ge=1)] | None = None


class CredentialChange(msgspec.Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """What may be changed afterwards: not the scopes, not the secret."""

    name: Name | None = None
    role: Annotated[int, Meta(title="Role", ge=1)] | None = None
    enabled: bool | None = None


class ShownCredential(msgspec.Struct, kw_only=True, frozen=True, omit_defaults=True):
    """A credential as it is shown."""

    id: int
    name: str
    client_id: str
    scopes: tuple[Scope, ...]
    enabled: Annotated[bool, Meta(title="Enabled")]
    revision: int
    created: datetime | None
    role: int | None = None
    client_secret: Annotated[
        str, Meta(description="Only in the answer that made it; it cannot be read again")
    ] = ""


class CredentialDesk:
    """Makes, shows, changes and deletes credentials."""

    def __init__(self, parts: HttpParts) -> None:
        """Serve the application made of ``parts``."""
        self.parts = parts

    async def create(self, wanted: NewCredential, caller: Caller | str) -> ShownCredential:
        """Make a credential and return it with its secret.

        ``caller`` is who does it; a text for the command line, which may do anything.

        Raises:
            DeniedError: ``permission_missing``: the role allows more than the caller's own.
        """
        secret = new_secret(self.parts.services.randomness)
        hashed = await self.parts.passwords.hash(secret)
        made = ApiCredential(
            name=wanted.name,
            client_id=new_client_id(self.parts.services.randomness),
            secret_hash=hashed,
            scopes=tuple(dict.fromkeys(wanted.scopes)),
            role=wanted.role,
        )

        def act(connection: Connection) -> ApiCredential:
            self._refuse_to_outgrow(connection, made, caller)
            return create_entity(connection, self.parts.tables, made, **self._doer(caller))

        stored = await self.parts.store.change(act)
        await self.parts.credentials.reload()
        return shown(stored, secret)

    async def change(
        self, credential_id: int, raw: dict[str, Any], caller: Caller
    ) -> ShownCredential:
        """Change name, role or state; disabling it takes effect at once."""
        changes: dict[str, Any] = _read(CredentialChange, raw)
        for name in ("name", "enabled"):
            if name in changes and changes[name] is None:
                raise ConfigurationError.single("missing", name, "This field cannot be null.")

        def act(connection: Connection) -> ApiCredential:
            existing = self._find(connection, credential_id)
            # Who could not have made it may not rename, disable or take it over, either.
            self._refuse_to_outgrow(connection, existing, caller)
            made = msgspec.structs.replace(existing, **changes)
            self._refuse_to_outgrow(connection, made, caller)
            return update_entity(connection, self.parts.tables, made, **self._doer(caller))

        stored = await self.parts.store.change(act)
        await self.parts.credentials.reload()
        return shown(stored)

    async def delete(self, credential_id: int, caller: Caller) -> None:
        """Delete a credential; its tokens stop to work at once."""
        by, now = caller.label, self.parts.services.clock.now()

        def act(connection: Connection) -> None:
            self._refuse_to_outgrow(connection, self._find(connection, credential_id), caller)
            delete_entity(
                connection, self.parts.tables, ApiCredential, credential_id, by=by, now=now
            )

        await self.parts.store.change(act)
        await self.parts.credentials.reload()

    async def find(self, credential_id: int) -> ShownCredential:
        """Return one credential."""
        return shown(await self.parts.store.read(lambda c: self._find(c, credential_id)))

    def _find(self, connection: Connection, credential_id: int) -> ApiCredential:
        tables, cipher = self.parts.tables, self.parts.cipher
        return entity_by_id(connection, tables, ApiCredential, credential_id, cipher)

    def _doer(self, caller: Caller | str) -> dict[str, Any]:
        by = caller if isinstance(caller, str) else caller.label
        return {"by": by, "now": self.parts.services.clock.now(), "cipher": self.parts.cipher}

    def _refuse_to_outgrow(
        self, connection: Connection, credential: ApiCredential, caller: Caller | str
    ) -> None:
        if isinstance(caller, str) or caller.permissions is None:
            return
        if credential.role is None:
            caller.demand("*")
            return
        tables, cipher = self.parts.tables, self.parts.cipher
        for permission in entity_by_id(
            connection, tables, Role, credential.role, cipher
        ).permissions:
            caller.demand(permission)


def shown(credential: ApiCredential, secret: str = "") -> ShownCredential:
    """Return a credential as it is shown, with its secret the one time that it is known."""
    return ShownCredential(
        id=credential.id,
        name=credential.name,
        client_id=credential.client_id,
        scopes=credential.scopes,
        enabled=credential.enabled,
        revision=credential.revision,
        created=credential.created,
        role=credential.role,
        client_secret=secret,
    )


def credential_routes(parts: HttpParts) -> Router:
    """Return the routes of API credentials."""
    desk = CredentialDesk(parts)
    reading, writing = [require("api_credential.read")], [require("api_credential.write")]

    @get("/", guards=reading)
    async def page(request: HttpRequest) -> Response[bytes]:
        # Filters, search and sorting would let a patient caller guess the secret's hash.
        only(request, "after", "limit")
        query = listing(request)
        found = await parts.store.read(
            lambda c: list_entities(
                c, parts.tables, ApiCredential, parts.cipher, **query.arguments()
            )
        )
        items = [shown(item) for item in found.items]
        content = {"items": items, "next": found.next or None}
        return json_response(content, headers=headers_for(request.scope))

    @post("/", guards=writing)
    async def create(request: HttpRequest) -> Response[bytes]:
        only(request)
        if "idempotency-key" in request.headers:
            message = "The answer holds a secret and is not kept: send no Idempotency-Key."
            raise RequestError(400, "idempotency_unsupported", message)
        raw, _ = await read_object(request)
        made = await desk.create(NewCredential(**_read(NewCredential, raw)), caller_of(request))
        headers = {"Location": f"{CREDENTIALS}/{made.id}", "Cache-Control": "no-store"}
        return json_response(made, 201, {**headers, **headers_for(request.scope)})

    @get("/{credential_id:int}", guards=reading)
    async def read(request: HttpRequest, credential_id: EntityId) -> Response[bytes]:
        only(request)
        found = await desk.find(credential_id)
        return json_response(found, headers=headers_for(request.scope))

    @patch("/{credential_id:int}", guards=writing)
    async def update(request: HttpRequest, credential_id: EntityId) -> Response[bytes]:
        only(request)
        raw, _ = await read_object(request, MERGE_PATCH)
        changed = await desk.change(credential_id, raw, caller_of(request))
        return json_response(changed, headers=headers_for(request.scope))

    @delete("/{credential_id:int}", guards=writing, status_code=204)
    async def remove(request: HttpRequest, credential_id: EntityId) -> Response[None]:
        only(request)
        await desk.delete(credential_id, caller_of(request))
        return Response(None, status_code=204, headers=headers_for(request.scope))

    return Router(
        CREDENTIALS, route_handlers=[page, create, read, update, remove], include_in_schema=False
    )


def _read(struct: type[msgspec.Struct], raw: dict[str, Any]) -> dict[str, Any]:
    """Return the fields that were sent, read and checked; every fault is listed."""
    reading = Reading()
    made = read_struct(struct, raw, "", reading)
    if not isinstance(made, msgspec.Struct):
        raise ConfigurationError(reading.faults)
    return {name: getattr(made, name) for name in raw}
