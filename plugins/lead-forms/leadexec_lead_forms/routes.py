"""The forms over HTTP: pages for anybody, pages for agents, scripts, embed codes."""

from collections.abc import Mapping, Sequence
from functools import cache
from importlib.resources import files
from typing import Any, Final, TypeAlias

import msgspec
from litestar import Request, Response, get, post
from litestar.handlers import BaseRouteHandler
from litestar.params import FromPath

from leadexec import NotFoundError, Post, Services, UnavailableError
from leadexec_lead_forms.answering import Outcome, Redirected, Shown
from leadexec_lead_forms.capture import Visit, web_address
from leadexec_lead_forms.codes import EmbedCode, embed_code
from leadexec_lead_forms.desk import FormDesk
from leadexec_lead_forms.entities import Audience, LeadForm
from leadexec_lead_forms.pages import Around, message_page, page_headers
from leadexec_lead_forms.posted import BODY_LIMIT
from leadexec_lead_forms.store import Forms
from leadexec_lead_forms.wording import GO_BACK, GONE

HttpRequest: TypeAlias = Request[Any, Any, Any]
_SCRIPT: Final = "text/javascript"
_ASSETS: Final = {"form.css": "text/css", "form.js": _SCRIPT}
_OPEN: Final[Mapping[str, Any]] = {"opt": {"public": True}, "include_in_schema": False}


class FormRoutes:
    """Finds the form of a request and answers with a page."""

    def __init__(self, services: Services, forms: Forms, desk: FormDesk) -> None:
        """Answer with the pages of ``desk``."""
        self._services = services
        self._forms = forms
        self._desk = desk

    async def show(self, request: HttpRequest, slug: str) -> Response[str]:
        """Answer with the form for visitors."""
        around = _around(request, slug)
        try:
            form = await self._public(slug)
            return _response(form, await self._desk.show(form, _visit(request), around))
        except (NotFoundError, UnavailableError) as error:
            return _apology(error, around)

    async def take(self, request: HttpRequest, slug: str) -> Response[str]:
        """Answer a visitor who has sent the form; what no form takes is kept, too."""
        around = _around(request, slug)
        posted = await self._post(request)
        try:
            form = await self._public(slug)
            return await self._taken(form, posted, around)
        except NotFoundError as error:
            await self._services.intake.refuse(posted, 404, error.code, error.message)
            return _apology(error, around)
        except UnavailableError as error:
            return _apology(error, around)

    async def show_agent(self, form_id: int) -> Response[str]:
        """Answer with the form for agents; raises ``NotFoundError``."""
        form = await self._for_agents(form_id)
        around = Around(action=str(form.id), root="../")
        return _response(form, await self._desk.show(form, Visit(), around))

    async def take_agent(self, request: HttpRequest, form_id: int) -> Response[str]:
        """Answer an agent who has sent the form; raises ``NotFoundError``."""
        form = await self._for_agents(form_id)
        around = Around(action=str(form.id), root="../")
        return await self._taken(form, await self._post(request), around)

    async def _taken(self, form: LeadForm, posted: Post, around: Around) -> Response[str]:
        return _response(form, await self._desk.take(form, _vouched(posted, form), around))

    async def _public(self, slug: str) -> LeadForm:
        form = await self._forms.by_slug(slug)
        if not form.enabled or form.audience is not Audience.VISITORS:
            raise NotFoundError("unknown_form", GONE)
        return form

    async def _for_agents(self, form_id: int) -> LeadForm:
        form = await self._forms.by_id(form_id)
        if not form.enabled or form.audience is not Audience.AGENTS:
            raise NotFoundError("unknown_form", GONE)
        return form

    async def _post(self, request: HttpRequest) -> Post:
        peer = request.client.host if request.client else ""
        query = request.scope["query_string"].decode("latin-1")
        path = request.scope["path"]
        return Post(
            method=request.method,
            path=f"{path}?{query}" if query else path,
            content_type=request.headers.get("content-type", ""),
            remote_ip=self._services.intake.sender_ip(peer, request.scope["headers"]),
            body=await request.body(),
        )


def routes(
    made: FormRoutes, services: Services, forms: Forms, public_url: str
) -> Sequence[BaseRouteHandler]:
    """Return the routes; those for agents and the embed codes ask for a token."""

    @get("/{slug:str}", **_OPEN)
    async def show(request: HttpRequest, slug: FromPath[str]) -> Response[str]:
        return await made.show(request, slug)

    @post("/{slug:str}", request_max_body_size=BODY_LIMIT, **_OPEN)
    async def take(request: HttpRequest, slug: FromPath[str]) -> Response[str]:
        return await made.take(request, slug)

    @get("/{slug:str}/embed.js", **_OPEN)
    async def embed(slug: FromPath[str]) -> Response[bytes]:
        return _asset("embed.js", _SCRIPT)

    @get("/assets/{name:str}", **_OPEN)
    async def asset(name: FromPath[str]) -> Response[bytes]:
        if name not in _ASSETS:
            raise NotFoundError("unknown_asset", "There is nothing here.")
        return _asset(name, _ASSETS[name])

    @get("/agents/{form_id:int}", summary="A form for agents, as a page")
    async def show_agent(form_id: FromPath[int]) -> Response[str]:
        """Answer with the page."""
        return await made.show_agent(form_id)

    @post(
        "/agents/{form_id:int}",
        status_code=200,
        request_max_body_size=BODY_LIMIT,
        summary="Send a form for agents",
    )
    async def take_agent(request: HttpRequest, form_id: FromPath[int]) -> Response[str]:
        """Answer with the page that follows."""
        return await made.take_agent(request, form_id)

    @get("/codes/{form_id:int}", summary="A form's address, embed code, and what is wrong with it")
    async def code(request: HttpRequest, form_id: FromPath[int]) -> EmbedCode:
        """Answer with what the customer puts into its page."""
        form = await forms.with_slug(form_id)
        return embed_code(form, public_url or str(request.base_url), services.campaigns)

    return (show, take, embed, asset, show_agent, take_agent, code)


def _vouched(posted: Post, form: LeadForm) -> Post:
    return msgspec.structs.replace(posted, vouched=f"form:{form.id}")


def _around(request: HttpRequest, slug: str) -> Around:
    embedded = request.query_params.get("embed", "") == "1"
    return Around(action=f"{slug}?embed=1" if embedded else slug, embedded=embedded)


def _visit(request: HttpRequest) -> Visit:
    """Return how a visitor came: in the customer's page, as its script says; else to ours."""
    if request.query_params.get("embed", "") == "1":
        page = request.query_params.get("page", "")
        referrer = request.query_params.get("referrer", "")
    else:
        page, referrer = str(request.url), request.headers.get("referer", "")
    return Visit(page=web_address(page), referrer=web_address(referrer))


def _response(form: LeadForm | None, outcome: Outcome) -> Response[str]:
    headers = dict(page_headers(form))
    match outcome:
        case Redirected(to=to):
            return Response("", status_code=303, headers={**headers, "Location": to})
        case Shown(status=status, html=html):
            return Response(html, status_code=status, media_type="text/html", headers=headers)


def _apology(error: NotFoundError | UnavailableError, around: Around) -> Response[str]:
    if isinstance(error, NotFoundError):
        html = message_page("Not found", GONE, around)
        return _response(None, Shown(status=404, html=html))
    html = message_page("Please try again", GO_BACK, around)
    return _response(None, Shown(status=503, html=html))


@cache
def _content(name: str) -> bytes:
    return files(__package__).joinpath("static", name).read_bytes()


def _asset(name: str, media_type: str) -> Response[bytes]:
    return Response(
        _content(name),
        media_type=media_type,
        headers={
            "Cache-Control": "public, max-age=3600",
            "Cross-Origin-Resource-Policy": "cross-origin",
            "X-Content-Type-Options": "nosniff",
        },
    )
