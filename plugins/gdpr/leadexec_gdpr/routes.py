"""Persons and sweeps by HTTP, below ``/plugins/gdpr/``."""

from collections.abc import Sequence
from typing import Annotated, Any, TypeAlias

from litestar import Request, get, post
from litestar.handlers import BaseRouteHandler
from litestar.params import FromQuery, JSONBody, QueryParameter
from msgspec import Meta, Struct

from leadexec import Person, PersonExport, PersonFound, Services
from leadexec_gdpr.desk import GdprDesk, PersonErased, Swept
from leadexec_gdpr.guards import ERASE, EXPORT, FIND, SWEEP, caller_label, data_guard
from leadexec_gdpr.record import ShownErasure, latest

HttpRequest: TypeAlias = Request[Any, Any, Any]
Uid: TypeAlias = Annotated[str, Meta(min_length=1, max_length=36)]


class Whom(Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """Whom it is about: whatever agrees with any of these."""

    email: Annotated[str, Meta(title="Email", max_length=320)] = ""
    phone: Annotated[
        str, Meta(title="Phone", description="In any usual spelling", max_length=60)
    ] = ""
    leads: Annotated[
        tuple[Uid, ...], Meta(title="Leads", description="Uids of their leads", max_length=1000)
    ] = ()

    def person(self) -> Person:
        """Return whom to look for."""
        return Person(email=self.email, phone=self.phone, leads=self.leads)


class ToErase(Whom, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """Whom to erase."""

    dry_run: Annotated[bool, Meta(title="Dry run", description="Only say what would be erased")] = (
        False
    )


class SweepOrder(Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """How to sweep."""

    dry_run: Annotated[
        bool, Meta(title="Dry run", description="Only say how much would be erased")
    ] = False


class ErasureList(Struct, kw_only=True, frozen=True):
    """Some erasures, newest first."""

    items: Sequence[ShownErasure]


def routes(desk: GdprDesk, services: Services) -> Sequence[BaseRouteHandler]:
    """Return the routes; all ask for a token of the Data API."""

    @post("/find", guards=[data_guard(FIND)], status_code=200, summary="Find a person's leads")
    async def find(data: JSONBody[Whom]) -> PersonFound:
        """Return which leads and stray posts hold the person, not what they say."""
        return await desk.find(data.person())

    @post("/export", guards=[data_guard(EXPORT)], status_code=200, summary="Export a person's data")
    async def export(data: JSONBody[Whom]) -> PersonExport:
        """Return everything that is stored about the person, to be handed to them."""
        return await desk.export(data.person())

    @post("/erase", guards=[data_guard(ERASE)], status_code=200, summary="Erase a person's data")
    async def erase(request: HttpRequest, data: JSONBody[ToErase]) -> PersonErased:
        """Erase everything about the person; the records of money stay without them."""
        by = caller_label(request)
        return await desk.erase(data.person(), by=by, dry_run=data.dry_run)

    @post(
        "/sweep",
        guards=[data_guard(SWEEP)],
        status_code=200,
        summary="Erase what was kept long enough",
    )
    async def sweep(request: HttpRequest, data: JSONBody[SweepOrder]) -> Swept:
        """Erase leads past the time that retention policies give them."""
        return await desk.sweep(by=caller_label(request), dry_run=data.dry_run)

    @get("/erasures", guards=[data_guard(FIND)], summary="List what was erased when")
    async def erasures(
        *,
        before: FromQuery[int | None] = None,
        limit: Annotated[int, QueryParameter(ge=1, le=1000)] = 100,
    ) -> ErasureList:
        """Return who asked for erasures, when, and how much went; newest first."""
        return ErasureList(items=await latest(services, before=before, most=limit))

    return (find, export, erase, sweep, erasures)
