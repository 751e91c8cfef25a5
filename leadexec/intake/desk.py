"""Where every post arrives, whoever received it; implements ``leadexec.LeadIntake``."""

from collections.abc import Callable, Iterable, Sequence

from leadexec.contracts.post import Post, PostedLead, Receipt, RefusedPostError
from leadexec.contracts.services import Clock
from leadexec.intake.gate import Gate
from leadexec.intake.intake import Intake
from leadexec.intake.post import PostedRequest
from leadexec.ip_access import AddressSet, client_address
from leadexec.security.callers import Caller

KEY_LIMIT = 100
"""Characters of an idempotency key."""


class IntakeDesk:
    """Takes posts: gives each a uid and a time, checks its sender, keeps what is refused."""

    def __init__(
        self,
        intake: Intake,
        gate: Gate,
        clock: Clock,
        new_uid: Callable[[], str],
        *,
        trusted_proxies: AddressSet,
        proxy_header: bytes,
    ) -> None:
        """Take posts for ``intake``.

        Args:
            intake: Decides and stores.
            gate: Says who may post.
            clock: Tells when a post came.
            new_uid: Makes uids.
            trusted_proxies: Whose word about a sender's address counts.
            proxy_header: The header they write, in lower case.
        """
        self._intake = intake
        self._gate = gate
        self._clock = clock
        self._new_uid = new_uid
        self._proxies = trusted_proxies
        self._header = proxy_header

    async def receive(self, post: Post, leads: Sequence[PostedLead]) -> Receipt:
        """Decide about the leads of a post, store all, and answer; ``post`` is kept word for word.

        Raises:
            RefusedPostError: Nothing is stored but the post itself, with the reason.
            UnavailableError: Nothing was stored (or, ``outcome_unknown``, perhaps all of it).
        """
        request = await self.admit(post, leads)
        try:
            return await self._intake.receive(request, leads)
        except RefusedPostError as refused:
            await self._refuse(request, refused)
            raise

    async def admit(self, post: Post, leads: Sequence[PostedLead]) -> PostedRequest:
        """Return the post with its uid, time and sender; it is not kept yet.

        Raises:
            RefusedPostError: The sender may not; the post is kept.
            UnavailableError: It could not be stored.
        """
        request = self._open(post)
        try:
            if not leads:
                raise RefusedPostError(422, "empty_list", "The post holds no lead.")
            caller = self._gate.admit(post, leads)
            if caller is not None:
                request.credential_id = caller.credential_id
            if post.idempotency_key:
                request.idempotency_key = _scoped(post, caller, leads[0].campaign_id)
        except RefusedPostError as refused:
            await self._refuse(request, refused)
            raise
        return request

    async def _refuse(self, request: PostedRequest, refused: RefusedPostError) -> None:
        await self._intake.refuse(request, refused.status, refused.code, refused.message)
        refused.post = request.uid

    async def keep(self, request: PostedRequest, status: int, code: str, detail: str) -> None:
        """Keep a post that was admitted and brings no lead."""
        await self._intake.refuse(request, status, code, detail)

    async def refuse(self, post: Post, status: int, code: str, detail: str) -> str:
        """Keep a post that is no lead, with why; return the uid it is kept under.

        Raises:
            UnavailableError: It could not be stored.
        """
        request = self._open(post)
        await self._intake.refuse(request, status, code, detail)
        return request.uid

    def sender_ip(self, peer: str, headers: Iterable[tuple[bytes, bytes]]) -> str:
        """Return the address of who sent a request, behind the proxies that are trusted.

        Args:
            peer: Who is connected to us.
            headers: The request's, names in lower case, as ASGI has them.
        """
        if not self._proxies or peer not in self._proxies:
            return peer
        lines = [value.decode("latin-1") for name, value in headers if name == self._header]
        told = ", ".join(lines)
        is_standard = self._header == b"forwarded"
        return client_address(
            peer,
            forwarded_for="" if is_standard else told,
            forwarded=told if is_standard else "",
            trusted_proxies=self._proxies,
        )

    def _open(self, post: Post) -> PostedRequest:
        return PostedRequest(uid=self._new_uid(), received_at=self._clock.now(), post=post)


def _scoped(post: Post, caller: Caller | None, campaign_id: int) -> str:
    """Return the idempotency key with its scope: it holds per credential, else per campaign."""
    key = post.idempotency_key
    if len(key) > KEY_LIMIT:
        text = f"An idempotency key has at most {KEY_LIMIT} characters."
        raise RefusedPostError(422, "idempotency_key_too_long", text)
    if "\x00" in key:
        raise RefusedPostError(422, "nul_in_text", "An idempotency key holds no NUL.")
    scope = f"credential:{caller.credential_id}" if caller else f"campaign:{campaign_id}"
    return f"{scope}:{key}"
