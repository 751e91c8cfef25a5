"""The lead receiver in our own form: ``POST /receiver/leads`` (``RC1``, ``RC2``).

A bare ASGI handler: it costs a third of a framework's handler, and this is the busiest path.
Whatever is posted is kept word for word, also what is refused.
"""

from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any, NamedTuple, TypeAlias

import msgspec
import structlog

from leadexec.catalog.catalog import Catalog
from leadexec.contracts.services import Clock
from leadexec.errors import DeniedError, Fault, UnavailableError
from leadexec.http.posted_json import PostFaultsError, read_post
from leadexec.http.problems import PROBLEM_TYPE, Problem, problem
from leadexec.http.receiver_body import SenderGoneError, read_body
from leadexec.http.strict_json import JsonError, decode_json
from leadexec.intake.answers import LeadAnswer
from leadexec.intake.intake import Intake, Receipt
from leadexec.intake.post import PostedLead, PostedRequest
from leadexec.model.access import Scope
from leadexec.security.callers import Caller, UnauthenticatedError
from leadexec.security.tokens import TokenVerifier

Message: TypeAlias = MutableMapping[str, Any]
Receive: TypeAlias = Callable[[], Awaitable[Message]]
Send: TypeAlias = Callable[[Message], Awaitable[None]]

STATUS = {"accepted": 201, "held": 202, "rejected": 422}
"""The answer's status for one lead; a list of leads is always answered with 200."""
KEY_LIMIT = 100
_KEPT_OF_OVERSIZE = 65_536
log = structlog.get_logger(__name__)
_encode = msgspec.json.Encoder().encode


class RefusedError(Exception):
    """The post is no lead: why, as it is answered and kept."""

    def __init__(
        self, status: int, code: str, detail: str, errors: list[Fault] | None = None
    ) -> None:
        """Take what the problem details say."""
        super().__init__(detail)
        self.status = status
        self.code = code
        self.detail = detail
        self.errors = errors or []


class Receiver:
    """Receives leads as JSON, one or a list."""

    def __init__(
        self,
        intake: Intake,
        catalog: Catalog,
        verifier: TokenVerifier,
        clock: Clock,
        new_uid: Callable[[], str],
        *,
        body_limit: int,
        list_limit: int,
    ) -> None:
        """Receive for ``intake``; bodies over ``body_limit`` bytes are refused with 413."""
        self._intake = intake
        self._catalog = catalog
        self._verifier = verifier
        self._clock = clock
        self._new_uid = new_uid
        self._body_limit = body_limit
        self._list_limit = list_limit

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Answer one request."""
        headers = _headers(scope)
        try:
            body, oversize = await read_body(receive, headers, self._body_limit)
        except SenderGoneError:
            return
        request = self._request(scope, headers, body[:_KEPT_OF_OVERSIZE] if oversize else body)
        try:
            await _send(send, await self._respond(scope, request, headers, oversize=oversize))
        except UnavailableError as error:
            found = problem(503, error.code, str(error), instance=request.uid)
            await _send(send, _of_problem(found, ((b"retry-after", b"1"),)))

    async def _respond(
        self,
        scope: Message,
        request: PostedRequest,
        headers: MutableMapping[bytes, bytes],
        *,
        oversize: bool,
    ) -> "_Answer":
        """Return the answer to a request, which is stored by then."""
        try:
            status, body = await self._answer(scope, request, headers, oversize=oversize)
        except RefusedError as refused:
            return await self._refuse(request, refused)
        except UnavailableError:
            raise
        except Exception as error:  # a fault of ours loses no post: it is kept
            log.error("post failed", request=request.uid, exc_info=error)
            text = "Something went wrong here; the post was kept under the id in 'instance'."
            return await self._refuse(request, RefusedError(500, "internal_error", text))
        return _Answer(status, body, "application/json")

    def _request(
        self, scope: Message, headers: MutableMapping[bytes, bytes], body: bytes
    ) -> PostedRequest:
        client = scope.get("client")
        query = scope.get("query_string", b"")
        return PostedRequest(
            uid=self._new_uid(),
            received_at=self._clock.now(),
            method=scope["method"],
            path=f"{scope['path']}?{query.decode('latin-1')}" if query else scope["path"],
            content_type=headers.get(b"content-type", b"").decode("latin-1")[:200],
            remote_ip=client[0] if client else "",
            body=body,
        )

    async def _answer(
        self,
        scope: Message,
        request: PostedRequest,
        headers: MutableMapping[bytes, bytes],
        *,
        oversize: bool,
    ) -> tuple[int, bytes]:
        if scope["method"] != "POST":
            raise RefusedError(405, "method_not_allowed", "Leads are posted with POST.")
        if oversize:
            text = f"The body is larger than {self._body_limit:,} bytes; split it."
            raise RefusedError(413, "body_too_large", text)
        _demand_json(request.content_type)
        caller = self._caller(headers)
        try:
            decoded = decode_json(request.body)
            post = read_post(decoded, self._catalog.campaigns, self._list_limit)
        except JsonError as error:
            raise RefusedError(400, error.code, str(error)) from None
        except PostFaultsError as error:
            raise RefusedError(422, "invalid_post", str(error), error.faults) from None
        self._demand_token(post.leads, caller)
        key = headers.get(b"idempotency-key", b"").decode("latin-1") or post.idempotency_key
        receipt = await self._intake.receive(_signed(request, caller, key, post.leads), post.leads)
        return _result(receipt, single=post.single)

    def _caller(self, headers: MutableMapping[bytes, bytes]) -> Caller | None:
        authorization = headers.get(b"authorization", b"").decode("latin-1")
        if not authorization:
            return None
        kind, _, token = authorization.partition(" ")
        try:
            if kind.lower() != "bearer":
                raise UnauthenticatedError("token_invalid", "Send 'Authorization: Bearer <token>'.")
            return self._verifier.verify(token.strip(), Scope.LEAD_RECEIVER)
        except DeniedError as error:
            status = 401 if isinstance(error, UnauthenticatedError) else 403
            raise RefusedError(status, error.code, str(error)) from None

    def _demand_token(self, leads: list[PostedLead], caller: Caller | None) -> None:
        """Refuse a post without a token to a campaign that requires one (``LS4``)."""
        if caller is not None:
            return
        for lead in leads:
            if self._catalog.campaigns[lead.campaign_id].entity.require_authentication:
                text = (
                    f"Campaign {lead.campaign_id} takes leads only with a Lead Receiver token; "
                    "get one from /oauth2/token."
                )
                raise RefusedError(401, "token_required", text)

    async def _refuse(self, request: PostedRequest, refused: RefusedError) -> "_Answer":
        await self._intake.refuse(request, refused.status, refused.code, refused.detail)
        found = problem(
            refused.status,
            refused.code,
            refused.detail,
            errors=refused.errors,
            instance=request.uid,
        )
        return _of_problem(found, _extra(refused))


class _Answer(NamedTuple):
    status: int
    body: bytes
    content_type: str
    extra: tuple[tuple[bytes, bytes], ...] = ()


def _of_problem(found: Problem, extra: tuple[tuple[bytes, bytes], ...]) -> _Answer:
    return _Answer(found.status, _encode(found), PROBLEM_TYPE, extra)


def _headers(scope: Message) -> dict[bytes, bytes]:
    return dict(scope["headers"])


def _demand_json(content_type: str) -> None:
    if content_type == "application/json":
        return
    kind = content_type.partition(";")[0].strip().lower()
    if kind == "application/json" or kind.endswith("+json"):
        return
    shown = f"'{kind}'" if kind else "no content type"
    raise RefusedError(415, "wrong_content_type", f"Send application/json, not {shown}.")


def _signed(
    request: PostedRequest, caller: Caller | None, key: str, leads: list[PostedLead]
) -> PostedRequest:
    """Note on ``request`` its caller and its idempotency key, which holds per caller."""
    if caller:
        request.credential_id = caller.credential_id
    if not key:
        return request
    if len(key) > KEY_LIMIT:
        text = f"An idempotency key has at most {KEY_LIMIT} characters."
        raise RefusedError(422, "idempotency_key_too_long", text)
    if "\x00" in key:
        raise RefusedError(422, "nul_in_text", "An idempotency key holds no NUL.")
    scope = f"credential:{caller.credential_id}" if caller else f"campaign:{leads[0].campaign_id}"
    request.idempotency_key = f"{scope}:{key}"
    return request


def _result(receipt: Receipt, *, single: bool) -> tuple[int, bytes]:
    if receipt.mismatch:
        text = "This idempotency key was used before, with another body."
        raise RefusedError(422, "idempotency_mismatch", text)
    if not single:
        return 200, _encode({"leads": receipt.answers})
    answer: LeadAnswer = receipt.answers[0]
    return STATUS[answer.status], _encode(answer)


def _extra(refused: RefusedError) -> tuple[tuple[bytes, bytes], ...]:
    if refused.status == 401:
        return ((b"www-authenticate", b"Bearer"),)
    return ((b"allow", b"POST"),) if refused.status == 405 else ()


async def _send(send: Send, answer: _Answer) -> None:
    await send(
        {
            "type": "http.response.start",
            "status": answer.status,
            "headers": [
                (b"content-type", answer.content_type.encode()),
                (b"content-length", str(len(answer.body)).encode()),
                *answer.extra,
            ],
        }
    )
    await send({"type": "http.response.body", "body": answer.body})
