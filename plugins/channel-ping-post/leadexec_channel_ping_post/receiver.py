"""From a request to what its sender is told, within the time that it waits (``PP1``, ``PP2``)."""

import asyncio
from collections.abc import Mapping
from contextlib import suppress
from typing import Final

import msgspec

from leadexec import (
    LeadexecError,
    Post,
    Quote,
    Reason,
    RefusedPostError,
    Services,
    UnavailableError,
)
from leadexec_channel_ping_post.answering import (
    AnswerForm,
    Said,
    Written,
    answer_form,
    answer_of,
    problem,
    problem_of,
    written,
)
from leadexec_channel_ping_post.budget import Budget
from leadexec_channel_ping_post.incoming import Incoming
from leadexec_channel_ping_post.memory import PingSettings
from leadexec_channel_ping_post.posted import Ping, ping_of
from leadexec_channel_ping_post.reading import read_request, wanted_format
from leadexec_channel_ping_post.setting import PingSetting, quote_terms

KEEP_SECONDS: Final = 5.0
"""Keeping a ping that could not be answered in time may take so long; its sender is gone."""
_QUICK: Final = 65_536
"""Bytes of a body that is read on the event loop."""
_AGAIN: Final = {"Retry-After": "1"}


class Told(msgspec.Struct, kw_only=True, frozen=True):
    """What the sender is told."""

    status: int
    written: Written
    headers: Mapping[str, str] = {}
    late: Post | None = None
    """A ping whose time was up before anything about it was stored: to be kept afterwards."""


class PingReceiver:
    """Receives pings; everything is handed over to ``services.quotes``."""

    def __init__(self, services: Services, settings: PingSettings, body_limit: int) -> None:
        """Answer by ``settings``; what was larger than ``body_limit`` bytes is refused."""
        self._services = services
        self._settings = settings
        self._body_limit = body_limit

    async def answer(self, incoming: Incoming) -> Told:
        """Return what the sender of a request is told, when its time is up at the latest.

        Raises:
            Exception: A fault of ours; the ping was kept.
        """
        post = incoming.post(self._services.intake)
        try:
            async with Budget(self._services.clock) as budget:
                return await self._told(incoming, post, budget)
        except TimeoutError:
            # Whatever ran for this ping was cancelled, its pings to buyers too. Only a hold that
            # was already on its way to the database is still made there: nobody learns its Order
            # ID, so it expires by itself and gives back what it held.
            text = "The ping could not be answered in time and gets no Order ID. Ping again."
            said = problem(503, "ping_timed_out", text)
            return self._written(503, said, incoming, _AGAIN, late=post)
        except UnavailableError as error:
            said = problem(503, error.code, f"{error} Ping again.")
            return self._written(503, said, incoming, _AGAIN)
        except Exception:  # a fault of ours loses no ping: it is kept, and the kernel answers
            await self._keep(post, 500, "internal_error", "Something went wrong here.")
            raise

    async def keep_late(self, post: Post) -> None:
        """Keep a ping that was answered with 503, once its answer is out; never raises."""
        await self._keep(post, 503, "ping_timed_out", "The ping was not answered in time.")

    async def _told(self, incoming: Incoming, post: Post, budget: Budget) -> Told:
        try:
            ping = await self._read(incoming, post)
            post = msgspec.structs.replace(post, password=ping.password)
            said = await self._asked(ping, post, budget)
        except RefusedPostError as refused:
            if not refused.post:
                refused.post = await self._services.intake.refuse(
                    post, refused.status, refused.code, refused.message
                )
            headers = _headers_of(refused.status)
            return self._written(refused.status, problem_of(refused), incoming, headers)
        return self._written(200, said, incoming)

    async def _read(self, incoming: Incoming, post: Post) -> Ping:
        if incoming.method != "POST":
            raise RefusedPostError(405, "method_not_allowed", "A ping is sent with POST.")
        if incoming.header(b"authorization") and not post.token:
            raise RefusedPostError(401, "token_invalid", "Send 'Authorization: Bearer <token>'.")
        if incoming.oversize:
            text = f"The body is larger than {self._body_limit:,} bytes."
            raise RefusedPostError(413, "body_too_large", text)
        answer_form(wanted_format(incoming.query))
        parts = (incoming.content_type, incoming.query, incoming.body)
        if len(incoming.body) > _QUICK:
            decoded = await asyncio.to_thread(read_request, *parts)
        else:
            decoded = read_request(*parts)
        return ping_of(decoded, self._services.campaigns)

    async def _asked(self, ping: Ping, post: Post, budget: Budget) -> Said:
        """Ask the kernel within what is left of the sender's time."""
        number = ping.campaign.id
        # First by what was last known: reading the setting takes of the time, too.
        budget.set(self._settings.remembered(number).seconds)
        try:
            setting = await self._settings.of(number)
        except UnavailableError:
            raise
        except LeadexecError as error:
            return await self._faulty(ping, post, error)
        budget.set(setting.seconds)
        terms = quote_terms(setting, ping.campaign, budget.left())
        return answer_of(await self._services.quotes.ask(post, ping.lead, terms), setting)

    async def _faulty(self, ping: Ping, post: Post, error: LeadexecError) -> Said:
        """Refuse a ping whose campaign's setting cannot be used: no guess is as good."""
        kept = await self._services.intake.refuse(post, 200, error.code, str(error))
        reason = Reason(code=error.code, message="The campaign cannot take pings now.")
        quote = Quote(accepted=False, post=kept, code=error.code, reasons=[reason])
        return answer_of(quote, PingSetting(campaign=ping.campaign.id))

    async def _keep(self, post: Post, status: int, code: str, detail: str) -> None:
        # With the database away nothing can be kept; the access log has the answer.
        with suppress(UnavailableError, TimeoutError):
            async with asyncio.timeout(KEEP_SECONDS):
                await self._services.intake.refuse(post, status, code, detail)

    def _written(
        self,
        status: int,
        said: Said,
        incoming: Incoming,
        headers: Mapping[str, str] | None = None,
        late: Post | None = None,
    ) -> Told:
        try:
            form = answer_form(wanted_format(incoming.query))
        except RefusedPostError:  # it asks for an answer in a form that we do not have
            form = AnswerForm.JSON
        return Told(status=status, written=written(said, form), headers=headers or {}, late=late)


def _headers_of(status: int) -> Mapping[str, str]:
    return {401: {"WWW-Authenticate": "Bearer"}, 405: {"Allow": "POST"}}.get(status, {})
