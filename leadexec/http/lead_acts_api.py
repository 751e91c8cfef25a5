"""What people do with leads over the Data API: add one by hand, decide about held ones."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import blake2b
from typing import Annotated, Any, Final, TypeVar

import msgspec
from litestar import Response, post
from litestar.handlers import HTTPRouteHandler
from litestar.openapi.spec import (
    OpenAPIFormat,
    OpenAPIMediaType,
    OpenAPIType,
    Operation,
    RequestBody,
    Schema,
)
from msgspec import Meta
from sqlalchemy import Connection, select

from leadexec.catalog.catalog import Catalog
from leadexec.contracts.post import LeadAnswer, Post, PostedLead, RefusedPostError
from leadexec.distribution.quality import INVALIDATED, QualityControl
from leadexec.errors import ConfigurationError, Fault, NotFoundError
from leadexec.http import data_questions as ask
from leadexec.http.bodies import JSON, read_object
from leadexec.http.data_api import HttpRequest, Uid
from leadexec.http.data_shapes import LeadDetail
from leadexec.http.guards import caller_of, require
from leadexec.http.idempotency import idempotency_key
from leadexec.http.parts import HttpParts
from leadexec.http.posted_json import PostFaultsError, read_post
from leadexec.http.problems import RequestError
from leadexec.http.queries import only
from leadexec.http.rate_limit import headers_for
from leadexec.http.receiver import STATUS
from leadexec.intake.desk import IntakeDesk
from leadexec.model.findings import Reading
from leadexec.model.reading import read_struct
from leadexec.storage.audit import record_change
from leadexec.storage.configuration_tables import audit
from leadexec.storage.tables import leads

S = TypeVar("S", bound=msgspec.Struct)
PATH: Final = "/data/v1/leads"
LATEST: Final = timedelta(days=366)
"""How far ahead a lead's distribution may be put off."""
_KNOWN: Final = frozenset({"campaign", "fields", "test", "deliver_at"})


class Validation(msgspec.Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """A person accepts a held lead."""

    note: Annotated[str, Meta(title="Note", max_length=1000)] = ""


class Invalidation(msgspec.Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """A person rejects a held lead."""

    message: Annotated[str, Meta(title="Reason", min_length=1, max_length=1000)]
    code: Annotated[str, Meta(title="Reason code", pattern="^[a-z0-9_]{1,64}$")] = INVALIDATED


@dataclass(frozen=True, kw_only=True)
class ActParts:
    """What the routes use beside the parts of every application."""

    quality: QualityControl
    desk: IntakeDesk
    catalog: Catalog


def read_act(struct: type[S], raw: Mapping[str, Any]) -> S:
    """Return the Struct that ``raw`` says.

    Raises:
        ConfigurationError: Every fault.
    """
    reading = Reading()
    made = read_struct(struct, raw, "", reading)
    if not isinstance(made, struct):
        raise ConfigurationError(reading.faults)
    return made


def lead_act_routes(parts: HttpParts, acts: ActParts) -> list[HTTPRouteHandler]:
    """Return the routes, guarded by ``leads.write``."""
    return [_add_route(parts, acts), *_quality_routes(parts, acts.quality)]


# --- quality control (LD9)


def _quality_routes(parts: HttpParts, quality: QualityControl) -> list[HTTPRouteHandler]:
    writing = [require("leads.write")]

    @post(
        f"{PATH}/{{uid:str}}/validate",
        guards=writing,
        status_code=200,
        summary="Accept a held lead: its distribution begins",
        tags=["Leads"],
        operation_class=_taking({"note": _text("Why, for the process log", 1000)}, required=()),
    )
    async def validate(request: HttpRequest, uid: Uid) -> Response[LeadDetail]:
        only(request)
        given = read_act(Validation, await _object_or_nothing(request))
        await quality.validate(uid, caller_of(request).label, given.note)
        return await _shown(request, parts, uid)

    @post(
        f"{PATH}/{{uid:str}}/invalidate",
        guards=writing,
        status_code=200,
        summary="Reject a held lead: it goes back to its source, with the reason",
        tags=["Leads"],
        operation_class=_taking(
            {
                "message": _text("Why; the source is shown it", 1000, least=1),
                "code": _text("Machine code of the reason; by default 'invalidated'", 64),
            },
            required=("message",),
        ),
    )
    async def invalidate(request: HttpRequest, uid: Uid) -> Response[LeadDetail]:
        only(request)
        given = read_act(Invalidation, (await read_object(request))[0])
        by = caller_of(request).label
        await quality.invalidate(uid, by, given.message, given.code)
        return await _shown(request, parts, uid)

    return [validate, invalidate]


async def _object_or_nothing(request: HttpRequest) -> Mapping[str, Any]:
    return (await read_object(request))[0] if await request.body() else {}


async def _shown(request: HttpRequest, parts: HttpParts, uid: str) -> Response[LeadDetail]:
    found = await parts.store.read(lambda connection: ask.lead_detail(connection, uid))
    if found is None:  # deleted at once by somebody else
        raise NotFoundError("unknown_lead", f"There is no lead {uid}.")
    return Response(found, headers=headers_for(request.scope))


# --- adding by hand (LD3)


def _add_route(parts: HttpParts, acts: ActParts) -> HTTPRouteHandler:
    @post(
        PATH,
        guards=[require("leads.write")],
        status_code=201,
        summary="Add a lead by hand; 202: it is held, 422: it is rejected and kept",
        tags=["Leads"],
        operation_class=_taking(_ADDED, required=("campaign", "fields")),
    )
    async def add(request: HttpRequest) -> Response[LeadAnswer]:
        only(request)
        raw, body = await read_object(request)
        now = parts.services.clock.now()
        decoded = _lead_of(raw, acts.catalog, now)
        by = caller_of(request).label
        posted = _post_of(request, body, by, acts.desk)
        try:
            receipt = await acts.desk.receive(posted, [decoded])
        except RefusedPostError as refused:
            raise RequestError(refused.status, refused.code, str(refused)) from None
        (answer,) = receipt.answers
        await parts.store.change(lambda c: _note_author(c, answer, by, now))
        headers = {"Location": f"{PATH}/{answer.lead}", **headers_for(request.scope)}
        return Response(answer, status_code=STATUS[answer.status], headers=headers)

    return add


def _lead_of(raw: dict[str, Any], catalog: Catalog, now: datetime) -> PostedLead:
    """Return the posted lead.

    Raises:
        ConfigurationError: Every fault of the body.
    """
    faults = [
        Fault(code="unknown_field", path=name[:100], message="There is no such field here.")
        for name in raw.keys() - _KNOWN
    ]
    deliver_at = _moment(raw.get("deliver_at"), now, faults)
    posted = {name: raw[name] for name in ("campaign", "fields", "test") if name in raw}
    try:
        (lead,) = read_post(posted, catalog, 1).leads
    except PostFaultsError as error:
        raise ConfigurationError([*error.faults, *faults]) from None
    if faults:
        raise ConfigurationError(faults)
    return msgspec.structs.replace(lead, deliver_at=deliver_at)


def _moment(given: Any, now: datetime, faults: list[Fault]) -> datetime | None:
    if given is None:
        return None
    try:
        moment = msgspec.convert(given, datetime)
    except msgspec.ValidationError:
        moment = None
    if moment is None or moment.tzinfo is None:
        code, text = "wrong_type", "It must be a time in ISO 8601 with an offset, such as Z."
    elif not now < moment <= now + LATEST:
        code, text = "out_of_range", f"It must lie ahead, at most {LATEST.days} days."
    else:
        return moment
    faults.append(Fault(code=code, path="deliver_at", message=text))
    return None


def _post_of(request: HttpRequest, body: bytes, by: str, desk: IntakeDesk) -> Post:
    given = idempotency_key(request)
    scoped = blake2b(f"{by}:{given}".encode(), digest_size=32).hexdigest() if given else ""
    peer = request.client.host if request.client else ""
    return Post(
        method="POST",
        path=PATH,
        content_type=request.headers.get("content-type", "")[:200],
        remote_ip=desk.sender_ip(peer, request.scope["headers"]),
        body=body,
        # Whoever vouches has no token of the receiver's: the key would hold for the campaign.
        idempotency_key=f"by-hand:{scoped}" if scoped else "",
        vouched=by,
    )


def _note_author(connection: Connection, answer: LeadAnswer, by: str, now: datetime) -> None:
    """Say in the audit who added a lead, once however often the call is repeated."""
    lead_id = connection.scalar(select(leads.c.id).where(leads.c.uid == answer.lead))
    if lead_id is None:
        return
    noted = select(audit.c.id).where(audit.c.entity == "lead", audit.c.entity_id == lead_id)
    if connection.execute(noted.where(audit.c.act == "created")).first() is None:
        record_change(
            connection,
            at=now,
            by=by,
            entity="lead",
            entity_id=lead_id,
            act="created",
            old=None,
            new={"uid": answer.lead, "code": answer.code},
            revision=None,
        )


# --- bodies, described


def _taking(properties: dict[str, Schema], *, required: tuple[str, ...]) -> type[Operation]:
    """Return the class of operations whose JSON body has ``properties``."""
    schema = Schema(
        type=OpenAPIType.OBJECT,
        properties=dict(properties),
        required=list(required) or None,
        additional_properties=False,
    )

    @dataclass
    class Taking(Operation):
        def __post_init__(self) -> None:
            self.request_body = RequestBody(
                content={JSON: OpenAPIMediaType(schema=schema)}, required=bool(required)
            )

    return Taking


def _text(description: str, most: int, *, least: int | None = None) -> Schema:
    return Schema(
        type=OpenAPIType.STRING, description=description, max_length=most, min_length=least
    )


_ADDED: Final = {
    "campaign": Schema(type=OpenAPIType.INTEGER, minimum=1, description="The campaign's id"),
    "fields": Schema(type=OpenAPIType.OBJECT, description="Field name → value"),
    "test": Schema(type=OpenAPIType.BOOLEAN, description="Mark it as a test lead"),
    "deliver_at": Schema(
        type=[OpenAPIType.STRING, OpenAPIType.NULL],
        format=OpenAPIFormat.DATE_TIME,
        description="When its distribution begins: with an offset, at most a year ahead",
    ),
}
