"""The documents over HTTP, for who has a token or the link."""

import asyncio
import re
from collections.abc import Mapping, Sequence
from typing import Any, Final, TypeAlias
from urllib.parse import quote

from litestar import Request, Response, get
from litestar.handlers import BaseRouteHandler
from litestar.params import FromPath

from leadexec import NotFoundError, Services
from leadexec_posting_instructions.files import FileFormat, InstructionsFile, render
from leadexec_posting_instructions.links import Links
from leadexec_posting_instructions.page import content_security_policy

HttpRequest: TypeAlias = Request[Any, Any, Any]

PATH: Final = "/plugins/posting-instructions"
_DOCUMENT: Final = re.compile(r"([1-9][0-9]{0,17})\.(html|pdf|xlsx)", re.ASCII)


class InstructionsDesk:
    """Finds campaigns and renders their documents."""

    def __init__(self, services: Services, links: Links, public_url: str) -> None:
        """Name ``public_url`` in the documents; empty: the address that was asked."""
        self._services = services
        self._links = links
        self._public_url = public_url

    async def file(self, document: str, asked_at: str) -> InstructionsFile:
        """Return the document ``<campaign>.<format>``.

        Raises:
            NotFoundError: ``unknown_document``; ``unknown_campaign``.
        """
        campaign_id, form = _parts(document)
        info = self._services.campaigns.info(campaign_id)
        base_url, now = self._public_url or asked_at, self._services.clock.now()
        return await asyncio.to_thread(render, info, form, base_url=base_url, now=now)

    async def public_file(self, document: str, key: str, asked_at: str) -> InstructionsFile:
        """Return the document if ``key`` is that of its link.

        Raises:
            NotFoundError: ``unknown_document``, whatever is wrong: the link is not to be guessed.
        """
        campaign_id, _ = _parts(document)
        if not self._links.fits(campaign_id, key):
            raise _unknown()
        return await self.file(document, asked_at)

    def links(self, campaign_id: int, asked_at: str) -> Mapping[str, str]:
        """Return format → public link of a campaign's documents.

        Raises:
            NotFoundError: ``no_public_links``; ``unknown_campaign``.
        """
        info = self._services.campaigns.info(campaign_id)
        key = self._links.key_of(info.id)
        if key is None:
            raise NotFoundError(
                "no_public_links",
                "There are no public links.",
                "Set link_key in the settings of the plugin posting-instructions.",
            )
        base = (self._public_url or asked_at).rstrip("/")
        return {
            form.value: f"{base}{PATH}/public/{info.id}.{form}?key={quote(key)}"
            for form in FileFormat
        }


def routes(desk: InstructionsDesk) -> Sequence[BaseRouteHandler]:
    """Return the routes; all but the one below ``/public`` ask for a token."""

    @get("/{document:str}", summary="Posting instructions, as <campaign>.html, .pdf or .xlsx")
    async def read(request: HttpRequest, document: FromPath[str]) -> Response[bytes]:
        """Answer with the document."""
        return _response(await desk.file(document, str(request.base_url)))

    @get("/public/{document:str}", opt={"public": True}, include_in_schema=False)
    async def read_by_link(request: HttpRequest, document: FromPath[str]) -> Response[bytes]:
        """Answer with the document for who has its link."""
        key = request.query_params.get("key", "")
        return _response(await desk.public_file(document, key, str(request.base_url)))

    @get("/links/{campaign_id:int}", summary="The public links of a campaign's documents")
    async def links(request: HttpRequest, campaign_id: FromPath[int]) -> Mapping[str, str]:
        """Answer with format → link."""
        return desk.links(campaign_id, str(request.base_url))

    return (read, read_by_link, links)


def _parts(document: str) -> tuple[int, FileFormat]:
    found = _DOCUMENT.fullmatch(document)
    if found is None:
        raise _unknown()
    return int(found[1]), FileFormat(found[2])


def _unknown() -> NotFoundError:
    return NotFoundError("unknown_document", "There is no such document, or the link is wrong.")


def _response(file: InstructionsFile) -> Response[bytes]:
    shown = "attachment" if file.name.endswith(".xlsx") else "inline"
    return Response(
        file.content,
        media_type=file.media_type,
        headers={
            "Cache-Control": "private, no-store",
            "Content-Disposition": f'{shown}; filename="{file.name}"',
            "Content-Security-Policy": content_security_policy(),
            # The link's key must not travel on to whoever is linked to.
            "Referrer-Policy": "no-referrer",
            "X-Content-Type-Options": "nosniff",
            "X-Robots-Tag": "noindex",
        },
    )
