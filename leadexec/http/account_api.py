"""The Account API: every entity by the same routes, generated from its declaration (``RC4``)."""

from collections.abc import Sequence
from typing import Annotated, Any, Final, TypeAlias
from urllib.parse import urlencode

from litestar import Request, Response, Router, delete, get, patch, post, put
from litestar.handlers import BaseRouteHandler
from litestar.params import PathParameter

from leadexec.http.bodies import MERGE_PATCH, json_response, read_object
from leadexec.http.entity_desk import EntityDesk, show_entity
from leadexec.http.guards import caller_of, require
from leadexec.http.idempotency import Call, idempotency_key
from leadexec.http.parts import HttpParts
from leadexec.http.problems import RequestError
from leadexec.http.queries import listing, only, page_limit, whole_number
from leadexec.http.rate_limit import headers_for
from leadexec.model.entity import Entity, EntitySpec

PREFIX: Final = "/account/v1"
EntityId: TypeAlias = Annotated[int, PathParameter(ge=1, le=2**63 - 1)]
HttpRequest: TypeAlias = Request[Any, Any, Any]


def entity_path(spec: EntitySpec) -> str:
    """Return the path of an entity's routes: its plural with dashes."""
    return f"{PREFIX}/{spec.plural.replace('_', '-')}"


def account_routes(parts: HttpParts) -> list[Router]:
    """Return the routes of every entity that has no routes of its own."""
    desk = EntityDesk(parts)
    return [
        Router(
            entity_path(spec),
            route_handlers=[
                *_reading(spec, desk),
                *(_single(spec, desk) if spec.singleton else _many(spec, desk, parts)),
            ],
            include_in_schema=False,
        )
        for spec in parts.registry
        if not spec.hidden
    ]


def _reading(spec: EntitySpec, desk: EntityDesk) -> Sequence[BaseRouteHandler]:
    guards = [require(f"{spec.name}.read")]

    async def read(request: HttpRequest, entity_id: EntityId) -> Response[bytes]:
        only(request)
        return _shown(request, await desk.read(spec, entity_id))

    async def read_single(request: HttpRequest) -> Response[bytes]:
        return await read(request, 1)

    async def history(request: HttpRequest, entity_id: EntityId) -> Response[bytes]:
        only(request, "before", "limit")
        limit = page_limit(request)
        before = whole_number(request, "before")
        entries = await desk.history(spec, entity_id, before=before, limit=limit + 1)
        more = entries[limit - 1].id if len(entries) > limit else None
        return json_response(
            {"items": entries[:limit], "next": more}, headers=headers_for(request.scope)
        )

    async def history_single(request: HttpRequest) -> Response[bytes]:
        return await history(request, 1)

    if spec.singleton:
        return [
            get("/", guards=guards)(read_single),
            get("/history", guards=guards)(history_single),
        ]
    return [
        get("/{entity_id:int}", guards=guards)(read),
        get("/{entity_id:int}/history", guards=guards)(history),
    ]


def _single(spec: EntitySpec, desk: EntityDesk) -> Sequence[BaseRouteHandler]:
    guards = [require(f"{spec.name}.write")]

    @put("/", guards=guards)
    async def replace(request: HttpRequest) -> Response[bytes]:
        return await _change(request, spec, desk, 1, merge=False)

    @patch("/", guards=guards)
    async def update(request: HttpRequest) -> Response[bytes]:
        return await _change(request, spec, desk, 1, merge=True)

    return [replace, update]


def _many(spec: EntitySpec, desk: EntityDesk, parts: HttpParts) -> Sequence[BaseRouteHandler]:
    guards = [require(f"{spec.name}.write")]

    @get("/", guards=[require(f"{spec.name}.read")])
    async def page(request: HttpRequest) -> Response[bytes]:
        query = listing(request)
        found = await desk.page(spec, **query.arguments())
        headers = headers_for(request.scope)
        if found.next:
            following = urlencode({**query.given, "after": found.next}, doseq=True)
            headers["Link"] = f'<{entity_path(spec)}?{following}>; rel="next"'
        items = [show_entity(item) for item in found.items]
        return json_response({"items": items, "next": found.next or None}, headers=headers)

    @post("/", guards=guards)
    async def create(request: HttpRequest) -> Response[bytes]:
        return await _create(request, spec, desk, parts)

    @put("/{entity_id:int}", guards=guards)
    async def replace(request: HttpRequest, entity_id: EntityId) -> Response[bytes]:
        return await _change(request, spec, desk, entity_id, merge=False)

    @patch("/{entity_id:int}", guards=guards)
    async def update(request: HttpRequest, entity_id: EntityId) -> Response[bytes]:
        return await _change(request, spec, desk, entity_id, merge=True)

    @delete("/{entity_id:int}", guards=guards, status_code=204)
    async def remove(request: HttpRequest, entity_id: EntityId) -> Response[None]:
        only(request)
        revision = _expected_revision(request)
        await desk.delete(spec, entity_id, caller_of(request), revision=revision)
        return Response(None, status_code=204, headers=headers_for(request.scope))

    return [page, create, replace, update, remove]


async def _create(
    request: HttpRequest, spec: EntitySpec, desk: EntityDesk, parts: HttpParts
) -> Response[bytes]:
    only(request)
    raw, body = await read_object(request)
    caller = caller_of(request)
    call = Call(
        key=idempotency_key(request),
        credential_id=caller.credential_id,
        request=b"POST %s\n%s" % (entity_path(spec).encode(), body),
        now=parts.services.clock.now(),
    )
    made, repeated = await desk.create(spec, raw, caller, call)
    headers = {"Location": f"{entity_path(spec)}/{made.id}", "ETag": f'"{made.revision}"'}
    if repeated:
        headers["Idempotency-Replayed"] = "true"
    return json_response(show_entity(made), 201, {**headers, **headers_for(request.scope)})


async def _change(
    request: HttpRequest, spec: EntitySpec, desk: EntityDesk, entity_id: int, *, merge: bool
) -> Response[bytes]:
    only(request)
    raw, _ = await read_object(request, *((MERGE_PATCH,) if merge else ()))
    revision = _expected_revision(request)
    stored = await desk.replace(
        spec, entity_id, raw, caller_of(request), revision=revision, merge=merge
    )
    return _shown(request, stored)


def _shown(request: HttpRequest, entity: Entity) -> Response[bytes]:
    headers = {"ETag": f'"{entity.revision}"', **headers_for(request.scope)}
    return json_response(show_entity(entity), headers=headers)


def _expected_revision(request: HttpRequest) -> int | None:
    """Return the revision in ``If-Match``; None where there is no condition."""
    header = request.headers.get("if-match", "*").strip()
    if header == "*":
        return None
    number = header.removeprefix("W/").strip('"')
    if not (number.isascii() and number.isdigit() and len(number) < 19):
        raise RequestError(400, "invalid_if_match", 'If-Match is the ETag that was read: "7".')
    return int(number)
