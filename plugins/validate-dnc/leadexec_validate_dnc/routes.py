"""The list by HTTP, below ``/plugins/validate-dnc/``."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from datetime import datetime
from typing import Annotated, Any, Final, TypeAlias

from litestar import Request, Response, delete, get, post
from litestar.handlers import BaseRouteHandler
from litestar.params import FromPath, FromQuery, JSONBody, QueryParameter
from msgspec import Meta, Struct

from leadexec import ConfigurationError, Fault, LeadexecError
from leadexec_validate_dnc.desk import ListDesk
from leadexec_validate_dnc.entries import LONGEST_NOTE
from leadexec_validate_dnc.guards import READ, WRITE, account_guard
from leadexec_validate_dnc.importing import ImportReport
from leadexec_validate_dnc.listing import Listed, ListedNumber, Sort, Wanted

LARGEST_FILE: Final = 2**33
"""Bytes of an import: more than half a billion numbers. They are not held, only read."""
STALLED: Final = 60.0
"""Seconds without a byte after which an import is given up."""
STORABLE: Final = r"^[^\u0000]*$"
"""Texts that PostgreSQL can hold, too."""
_TYPES: Final = ("text/csv", "text/plain", "application/octet-stream", "")
HttpRequest: TypeAlias = Request[Any, Any, Any]
Moment: TypeAlias = Annotated[
    datetime | None, QueryParameter(description="ISO 8601 with an offset")
]
Text: TypeAlias = Annotated[str, QueryParameter(max_length=LONGEST_NOTE, pattern=STORABLE)]
Limit: TypeAlias = Annotated[int, QueryParameter(ge=1, le=1000, description="Items on a page")]


class NewNumber(Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """A number for the list."""

    number: Annotated[str, Meta(description="In any usual spelling; + before other countries'")]
    note: Annotated[
        str, Meta(description="Why, or where from", max_length=LONGEST_NOTE, pattern=STORABLE)
    ] = ""


class Count(Struct, kw_only=True, frozen=True):
    """How long the list is."""

    numbers: int


def routes(desk: ListDesk) -> Sequence[BaseRouteHandler]:
    """Return the routes; all ask for a token of the Account API."""
    return (*_reading(desk), *_writing(desk), _import(desk))


def _reading(desk: ListDesk) -> Sequence[BaseRouteHandler]:
    guards = [account_guard(READ)]

    @get("/numbers", guards=guards, summary="List the numbers that must not be contacted")
    async def numbers(
        request: HttpRequest,
        *,
        search: Text = "",
        hit: FromQuery[bool | None] = None,
        last_hit_from: Moment = None,
        last_hit_until: Moment = None,
        added_from: Moment = None,
        added_until: Moment = None,
        sort: FromQuery[Sort | None] = None,
        after: Text = "",
        limit: Limit = 100,
    ) -> Listed:
        """Return a page; ``search`` is what a number begins with, or the whole of it."""
        _refuse_strange(request, *Wanted.__struct_fields__)
        moments = {
            "last_hit_from": last_hit_from,
            "last_hit_until": last_hit_until,
            "added_from": added_from,
            "added_until": added_until,
        }
        _refuse_local(moments)
        wanted = Wanted(search=search, hit=hit, sort=sort, after=after, limit=limit, **moments)
        return await desk.page(wanted)

    @get("/numbers/{number:str}", guards=guards, summary="Is a number on the list?")
    async def number_read(request: HttpRequest, number: FromPath[str]) -> ListedNumber:
        """Return its entry; 404 ``not_listed`` where there is none."""
        _refuse_strange(request)
        return await desk.entry(number)

    @get("/count", guards=guards, summary="How many numbers are on the list?")
    async def count(request: HttpRequest) -> Count:
        """Return their number."""
        _refuse_strange(request)
        return Count(numbers=await desk.count())

    return (numbers, number_read, count)


def _writing(desk: ListDesk) -> Sequence[BaseRouteHandler]:
    guards = [account_guard(WRITE)]

    @post("/numbers", guards=guards, summary="Put a number on the list")
    async def number_added(
        request: HttpRequest, data: JSONBody[NewNumber]
    ) -> Response[ListedNumber]:
        """Return its entry: 201 when it is new, 200 when it was there and stays as it is."""
        _refuse_strange(request)
        entry, is_new = await desk.add(data.number, data.note)
        return Response(entry, status_code=201 if is_new else 200)

    @delete("/numbers/{number:str}", guards=guards, summary="Take a number off the list")
    async def number_removed(request: HttpRequest, number: FromPath[str]) -> None:
        """Remove it with its hits; 404 ``not_listed`` where there is none."""
        _refuse_strange(request)
        await desk.remove(number)

    return (number_added, number_removed)


def _import(desk: ListDesk) -> BaseRouteHandler:
    @post(
        "/import",
        guards=[account_guard(WRITE)],
        status_code=200,
        request_max_body_size=LARGEST_FILE,
        summary="Put the numbers of a file on the list",
    )
    async def file_imported(
        request: HttpRequest, *, column: Text = "", note: Text = ""
    ) -> ImportReport:
        """Read the body as it comes: one number a line, or the ``column`` of a CSV."""
        _refuse_strange(request, "column", "note")
        kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
        if kind not in _TYPES:
            raise LeadexecError("wrong_content_type", "Send the file itself, as text/csv.")
        return await desk.load(_without_stalls(request.stream()), column=column, note=note)

    return file_imported


async def _without_stalls(blocks: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    while True:
        try:
            async with asyncio.timeout(STALLED):
                block = await anext(blocks, None)
        except TimeoutError:
            message = f"Nothing came for {STALLED:.0f} seconds."
            hint = "What was read before is on the list; send the file again."
            raise LeadexecError("upload_stalled", message, hint) from None
        if block is None:
            return
        yield block


def _refuse_strange(request: HttpRequest, *known: str) -> None:
    listed = ", ".join(known) or "none"
    faults = [
        Fault(code="unknown_parameter", path=name[:100], message=f"There are: {listed}.")
        for name in request.query_params
        if name not in known
    ]
    if faults:
        raise ConfigurationError(faults, "The query string cannot be understood.")


def _refuse_local(moments: dict[str, datetime | None]) -> None:
    faults = [
        Fault(code="no_offset", path=name, message="Say in which zone: 2026-01-05T15:00:00Z.")
        for name, moment in moments.items()
        if moment is not None and moment.tzinfo is None
    ]
    if faults:
        raise ConfigurationError(faults, "The query string cannot be understood.")
