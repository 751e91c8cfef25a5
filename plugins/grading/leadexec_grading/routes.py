"""The scales by HTTP, below ``/plugins/grading/``: to look at; they are changed as entities."""

from collections.abc import Sequence
from typing import Any, Final

from litestar import get, post
from litestar.connection import ASGIConnection
from litestar.handlers import BaseRouteHandler
from litestar.params import FromPath, JSONBody
from msgspec import Struct

from leadexec import DeniedError, NotFoundError, Services
from leadexec_grading.built_in import BUILT_IN
from leadexec_grading.grades import highest_score
from leadexec_grading.rules import scale_faults
from leadexec_grading.scales import Shelf, read_shelf
from leadexec_grading.shown import JudgedScale, ScaleDraft, ShownScale, shown_found, shown_scale

READ: Final = "grading_scale.read"
_SCOPE: Final = "account_api"
_CALLER: Final = "leadexec_caller"
"""Where the kernel's guard of plugin routes, which runs first, leaves who is calling."""


class KnownCheck(Struct, kw_only=True, frozen=True):
    """A grading check that can be put into a scale."""

    key: str
    title: str


async def account_guard(
    connection: ASGIConnection[Any, Any, Any, Any], _handler: BaseRouteHandler
) -> None:
    """Let callers pass that may read grading scales in the Account API.

    Raises:
        DeniedError: ``insufficient_scope``, ``permission_missing``.
    """
    caller = connection.state.get(_CALLER)
    if caller is None or not caller.has(_SCOPE):
        raise DeniedError("insufficient_scope", f"The token is not good for {_SCOPE}.")
    caller.demand(READ)


def routes(services: Services) -> Sequence[BaseRouteHandler]:
    """Return the routes; all ask for a token of the Account API."""
    guards = [account_guard]

    @get("/checks", guards=guards, summary="List the grading checks there are")
    async def checks() -> list[KnownCheck]:
        """Return key and title of each, in the order in which they are shown."""
        titles = services.grading.titles()
        return [KnownCheck(key=key, title=title) for key, title in titles.items()]

    @get("/scales", guards=guards, summary="List the grading scales with their highest scores")
    async def scales() -> list[ShownScale]:
        """Return all, by id, and last the built-in one."""
        shelf = await read_shelf(services.storage)
        return [*(_shown(services, shelf, scale_id) for scale_id in shelf.scales), _built_in(shelf)]

    @get("/scales/{scale_id:int}", guards=guards, summary="Show a grading scale")
    async def scale(scale_id: FromPath[int]) -> ShownScale:
        """Return it with its highest possible score; 404 ``unknown_grading_scale``."""
        shelf = await read_shelf(services.storage)
        if scale_id not in shelf.scales:
            raise NotFoundError("unknown_grading_scale", f"There is no grading scale {scale_id}.")
        return _shown(services, shelf, scale_id)

    @post("/scales/check", guards=guards, status_code=200, summary="Judge a grading scale")
    async def scale_checked(data: JSONBody[ScaleDraft]) -> JudgedScale:
        """Return the highest possible score and all faults of a scale that is being written."""
        faults = scale_faults(data.checks, data.grades) if data.grades is not None else ()
        return JudgedScale(highest=highest_score(data.checks), faults=tuple(faults))

    def _built_in(shelf: Shelf) -> ShownScale:
        return shown_scale(BUILT_IN, services.grading.titles(), default=not shelf.defaults)

    return (checks, scales, scale, scale_checked)


def _shown(services: Services, shelf: Shelf, scale_id: int) -> ShownScale:
    titles = services.grading.titles()
    is_default = scale_id in shelf.defaults
    return shown_found(scale_id, shelf.scales[scale_id], titles, default=is_default)
