"""Who was asked for a bid, and what pings were promised, for the Data API (``PP2``, ``PP4``)."""

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any, TypeVar

import msgspec
from litestar import Request, Response, get
from litestar.handlers import HTTPRouteHandler
from litestar.params import PathParameter
from sqlalchemy import Connection, or_, select

from leadexec.contracts.delivery import Exchange
from leadexec.errors import NotFoundError
from leadexec.http.guards import require
from leadexec.http.parts import HttpParts
from leadexec.http.queries import only
from leadexec.http.rate_limit import headers_for
from leadexec.storage.tables import pings, quotes

T = TypeVar("T", bound=msgspec.Struct)
_UID = Annotated[str, PathParameter(pattern=r"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$")]


class ShownPing(msgspec.Struct, kw_only=True, frozen=True):
    """One buyer that was asked for a bid."""

    account_id: int
    at: datetime
    elapsed_us: int
    verdict: str
    """``bid``, ``no_bid`` or ``failed``."""
    code: str
    reason: str
    price: Decimal
    reference: str
    expires_at: datetime | None
    exchanges: list[Exchange]
    """Requests and answers, word for word, secrets masked (``DM11``)."""


class PingList(msgspec.Struct, kw_only=True, frozen=True):
    """The pings for one lead, in order."""

    items: list[ShownPing]


class ShownQuote(msgspec.Struct, kw_only=True, frozen=True):
    """What a ping was promised."""

    order_id: str
    campaign_id: int
    request_uid: str
    at: datetime
    expires_at: datetime
    state: str
    """``open``, ``used`` or ``expired``."""
    price: Decimal
    revenue: Decimal
    lead_uid: str | None
    plan: list[dict[str, Any]]
    """The deliveries that are held for it: account, price, reference, limits."""


def ping_routes(parts: HttpParts) -> list[HTTPRouteHandler]:
    """Return the routes about pings and quotes."""
    reading = [require("leads.read")]

    @get(
        "/data/v1/leads/{uid:str}/pings",
        guards=reading,
        summary="List the buyers that were asked for bids on a lead, or for its quote",
        tags=["Leads"],
    )
    async def lead_pings(request: Request[Any, Any, Any], uid: _UID) -> Response[PingList]:
        only(request)
        items = await parts.store.read(lambda connection: _pings(connection, uid))
        return Response(PingList(items=items), headers=headers_for(request.scope))

    @get(
        "/data/v1/quotes/{order_id:str}",
        guards=reading,
        summary="Read what a ping was promised",
        tags=["Leads"],
    )
    async def quote(request: Request[Any, Any, Any], order_id: _UID) -> Response[ShownQuote]:
        only(request)
        found = await parts.store.read(lambda connection: _quote(connection, order_id))
        if found is None:
            raise NotFoundError("unknown_quote", f"There is no Order ID {order_id}.")
        return Response(found, headers=headers_for(request.scope))

    return [lead_pings, quote]


def _pings(connection: Connection, uid: str) -> list[ShownPing]:
    order = select(quotes.c.order_id).where(quotes.c.lead_uid == uid)
    rows = connection.execute(
        select(pings)
        .where(or_(pings.c.lead_uid == uid, pings.c.lead_uid.in_(order)))
        .order_by(pings.c.id)
    ).mappings()
    return [_shown(row, ShownPing) for row in rows]


def _quote(connection: Connection, order_id: str) -> ShownQuote | None:
    query = select(quotes).where(quotes.c.order_id == order_id)
    row = connection.execute(query).mappings().first()
    return None if row is None else _shown(row, ShownQuote)


def _shown(row: Mapping[Any, Any], struct: type[T]) -> T:
    return msgspec.convert({name: row[name] for name in struct.__struct_fields__}, struct)
