"""The receivers' routes, at LeadExec's own paths.

Every ``PostResponse`` goes out with status 200, as LeadExec sends it: what became of a lead stands
in the body, and HTTP clients in use raise on any other status before they have read it. Only a post
that could not be stored is answered with 503, so that nobody takes it for received.
"""

from collections.abc import Sequence
from typing import Any, Final

import msgspec
from litestar import Request, Response, post, route
from litestar.enums import HttpMethod
from litestar.handlers import BaseRouteHandler

from leadexec import JobRequest, Services, UnavailableError
from leadexec_receiver_leadexec.incoming import SenderGoneError, read_incoming
from leadexec_receiver_leadexec.post_response import JSON_TYPE, XML_TYPE, json_of, noted, xml_of
from leadexec_receiver_leadexec.receiver import Receiver, Told
from leadexec_receiver_leadexec.returns import RETURN, Return
from leadexec_receiver_leadexec.settings import ReceiverSettings

GENERAL: Final = "/processor/insert/general"
REDIRECT: Final = ("/processor/insert/AutoRedirect", "/processor/insert/autoredirect")
V2: Final = "/v2/insert/general"
_METHODS: Final = (HttpMethod.GET, HttpMethod.POST)
# A GET brings a lead in: no cache may answer it.
_NO_STORE: Final = {"Cache-Control": "no-store"}
_NOT_RETURNED: Final = "The result cannot be sent to returnurl."


class Written(msgspec.Struct, kw_only=True, frozen=True):
    """A body and what it is."""

    body: bytes
    content_type: str


def receivers(services: Services, settings: ReceiverSettings) -> Sequence[BaseRouteHandler]:
    """Return the routes that take leads."""
    desk = _Desk(services, settings)

    @route(GENERAL, http_method=_METHODS, status_code=200, include_in_schema=False)
    async def general(request: Request[Any, Any, Any]) -> Response[bytes]:
        """Take a lead; answer with XML, a post in JSON with JSON."""
        return await desk.answered(request)

    @route(f"{GENERAL}/json/async", http_method=_METHODS, status_code=200, include_in_schema=False)
    async def general_json(request: Request[Any, Any, Any]) -> Response[bytes]:
        """Take a lead; answer with JSON, now and at the ``returnurl``."""
        return await desk.returned(request, as_json=True)

    @route(f"{GENERAL}/xml/async", http_method=_METHODS, status_code=200, include_in_schema=False)
    async def general_xml(request: Request[Any, Any, Any]) -> Response[bytes]:
        """Take a lead; answer with XML, now and at the ``returnurl``."""
        return await desk.returned(request, as_json=False)

    @route(list(REDIRECT), http_method=_METHODS, status_code=200, include_in_schema=False)
    async def auto_redirect(request: Request[Any, Any, Any]) -> Response[bytes]:
        """Take a lead and send its sender, a visitor's browser, to the buyer's page."""
        return await desk.redirected(request)

    @post(V2, status_code=200, include_in_schema=False)
    async def general_v2(request: Request[Any, Any, Any]) -> Response[bytes]:
        """Take leads as JSON; answer with JSON, one ``PostResponse`` for each."""
        return await desk.listed(request)

    return (general, general_json, general_xml, auto_redirect, general_v2)


class _Desk:
    """What the routes do, each with the answer its senders know."""

    def __init__(self, services: Services, settings: ReceiverSettings) -> None:
        self._services = services
        self._settings = settings
        self._receiver = Receiver(services, settings)

    async def answered(self, request: Request[Any, Any, Any]) -> Response[bytes]:
        told = await self._told(request, returns=False)
        return _response(told, _written(told, as_json=told.as_json))

    async def returned(self, request: Request[Any, Any, Any], *, as_json: bool) -> Response[bytes]:
        told = await self._told(request, returns=True)
        told = await self._to_return(told, _written(told, as_json=as_json))
        return _response(told, _written(told, as_json=as_json))

    async def redirected(self, request: Request[Any, Any, Any]) -> Response[bytes]:
        told = await self._told(request, returns=False)
        written = _written(told, as_json=told.as_json)
        found = (r.redirect_url for r in told.responses if r.redirect_url)
        url = next(found, self._settings.redirect_fallback)
        if told.unavailable or not url:
            return _response(told, written)
        # The body is for senders that do not follow redirects.
        return _answer(302, written, {"Location": url})

    async def listed(self, request: Request[Any, Any, Any]) -> Response[bytes]:
        told = await self._told(request, returns=True)
        told = await self._to_return(told, _list(told))
        return _response(told, _list(told))

    async def _told(self, request: Request[Any, Any, Any], *, returns: bool) -> Told:
        try:
            incoming = await read_incoming(request, self._settings.body_limit)
        except SenderGoneError:
            return Told(responses=(), as_json=False)
        return await self._receiver.receive(incoming, returns=returns)

    async def _to_return(self, told: Told, written: Written) -> Told:
        """Have the result sent to the ``returnurl``; the answer says so when that cannot be.

        The leads are stored by then, and their sender learns here what became of them.
        """
        if not told.return_url or await self._queued(told, written):
            return told
        responses = [noted(response, _NOT_RETURNED) for response in told.responses]
        return msgspec.structs.replace(told, responses=responses)

    async def _queued(self, told: Told, written: Written) -> bool:
        job = Return(
            url=told.return_url, content_type=written.content_type, body=written.body.decode()
        )
        request = JobRequest(kind=RETURN, payload=msgspec.structs.asdict(job))
        try:
            await self._services.jobs.add(request, subject=told.responses[0].post)
        except UnavailableError:
            return False
        return True


def _written(told: Told, *, as_json: bool) -> Written:
    if not told.responses:
        return Written(body=b"", content_type=XML_TYPE)
    if as_json:
        several = len(told.responses) > 1
        return Written(body=json_of(told.responses, listed=several), content_type=JSON_TYPE)
    return Written(body=xml_of(told.responses), content_type=XML_TYPE)


def _list(told: Told) -> Written:
    return Written(body=json_of(told.responses, listed=True), content_type=JSON_TYPE)


def _response(told: Told, written: Written) -> Response[bytes]:
    if told.unavailable:
        return _answer(503, written, {"Retry-After": "1"})
    return _answer(200, written, {})


def _answer(status: int, written: Written, headers: dict[str, str]) -> Response[bytes]:
    return Response(
        written.body,
        status_code=status,
        media_type=written.content_type,
        headers={**_NO_STORE, **headers},
    )
