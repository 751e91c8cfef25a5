"""From a request to what its sender is told: read, identify, hand over, answer."""

import asyncio
from collections.abc import Sequence
from typing import Any, Final, NamedTuple

import msgspec

from leadexec import (
    CampaignInfo,
    LeadAnswer,
    Post,
    PostedLead,
    RefusedPostError,
    Services,
    UnavailableError,
)
from leadexec_receiver_leadexec.account import campaign_of
from leadexec_receiver_leadexec.flat import flat_posting, pairs_of_element
from leadexec_receiver_leadexec.incoming import Incoming
from leadexec_receiver_leadexec.nested import is_nested, nested_posting
from leadexec_receiver_leadexec.orders import demand_sellable
from leadexec_receiver_leadexec.post_response import (
    PostResponse,
    response_to,
    response_to_refused,
    response_to_unavailable,
)
from leadexec_receiver_leadexec.posting import Posting
from leadexec_receiver_leadexec.reading import BodyForm, Said, body_form, read_request
from leadexec_receiver_leadexec.returns import return_url_of
from leadexec_receiver_leadexec.settings import ReceiverSettings

_QUICK: Final = 65_536
"""Bytes of a body that is read on the event loop."""


class Told(msgspec.Struct, kw_only=True, frozen=True):
    """What the sender is told."""

    responses: Sequence[PostResponse]
    """One for each lead that was posted; at least one."""
    as_json: bool
    """The post was JSON."""
    unavailable: bool = False
    """Nothing could be stored: the sender is to try again."""
    return_url: str = ""
    """Where the same is to be sent later; empty for a post that was refused."""


class _Taken(NamedTuple):
    """A post whose sender and leads are known."""

    post: Post
    posting: Posting
    campaign: CampaignInfo
    return_url: str


class Receiver:
    """Receives posts at LeadExec's paths; everything is handed over to ``services.intake``."""

    def __init__(self, services: Services, settings: ReceiverSettings) -> None:
        """Receive with ``services``."""
        self._services = services
        self._settings = settings

    async def receive(self, incoming: Incoming, *, returns: bool) -> Told:
        """Return what the sender of a request is told; never raises for what was sent.

        Args:
            incoming: The request.
            returns: Whether a ``returnurl`` is heeded here; else it is listed as ignored.
        """
        form = body_form(incoming.method, incoming.header(b"content-type"), incoming.body)
        as_json = form is BodyForm.JSON
        post = incoming.post(self._services.intake)
        posted: Posting | None = None
        try:
            posted = await self._read(incoming)
            taken = self._identified(incoming, post, posted, returns=returns)
            post = taken.post
            return await self._handed_over(taken, as_json=as_json, returns=returns)
        except RefusedPostError as refused:
            told = response_to_refused(await self._kept(post, refused))
            count = len(posted.leads) if posted else 1
            return Told(responses=[told] * count, as_json=as_json)
        except UnavailableError as error:
            told = response_to_unavailable(f"{error} Post it again.")
            return Told(responses=[told], as_json=as_json, unavailable=True)

    async def _read(self, incoming: Incoming) -> Posting:
        if incoming.oversize:
            text = f"The body is larger than {self._settings.body_limit:,} bytes; split it."
            raise RefusedPostError(413, "body_too_large", text)
        if len(incoming.body) > _QUICK:
            return await asyncio.to_thread(self._posting, incoming)
        return self._posting(incoming)

    def _posting(self, incoming: Incoming) -> Posting:
        content_type = incoming.header(b"content-type")
        said = read_request(incoming.method, content_type, incoming.query, incoming.body)
        if said.form is BodyForm.JSON:
            return self._posting_of_json(said)
        inside = list(pairs_of_element(said.root)) if said.root is not None else said.pairs
        return flat_posting([*said.query, *inside])

    def _posting_of_json(self, said: Said) -> Posting:
        decoded: Any = said.decoded
        if not isinstance(decoded, dict):
            text = "Post a JSON object, with 'source' and 'leads' or with the parameters."
            raise RefusedPostError(422, "wrong_type", text)
        if is_nested(decoded):
            return nested_posting(decoded, said.query, self._settings.list_limit)
        return flat_posting([*said.query, *decoded.items()])

    def _identified(
        self, incoming: Incoming, post: Post, posting: Posting, *, returns: bool
    ) -> _Taken:
        """Return the post with its sender's password and its campaign.

        The ``api-key`` is a secret that stands for the sender and does not change, as a campaign's
        password does: where no password is posted, it is one.
        """
        password = posting.password or incoming.header(b"api-key").strip()
        campaign = campaign_of(posting, self._services.campaigns)
        demand_sellable(posting)
        return _Taken(
            post=msgspec.structs.replace(post, password=password),
            posting=posting,
            campaign=campaign,
            return_url=return_url_of(posting.return_url) if returns else "",
        )

    async def _handed_over(self, taken: _Taken, *, as_json: bool, returns: bool) -> Told:
        dropped = ("returnurl",) if taken.posting.return_url and not returns else ()
        leads = [
            PostedLead(
                campaign_id=taken.campaign.id,
                fields=part.fields,
                order_id=part.order_id or taken.posting.order_id,
                ignored=(*part.ignored, *dropped),
            )
            for part in taken.posting.leads
        ]
        receipt = await self._services.intake.receive(taken.post, leads)

        def told(answer: LeadAnswer) -> PostResponse:
            return response_to(answer, receipt.post, taken.campaign.id)

        responses = [told(answer) for answer in receipt.answers]
        return Told(responses=responses, as_json=as_json, return_url=taken.return_url)

    async def _kept(self, post: Post, refused: RefusedPostError) -> RefusedPostError:
        """Keep a post that was refused, unless it is kept already; its uid is in the error."""
        if not refused.post:
            try:
                refused.post = await self._services.intake.refuse(
                    post, refused.status, refused.code, str(refused)
                )
            except UnavailableError:
                # The refusal holds without it, and the sender is better off knowing why.
                refused.post = ""
        return refused
