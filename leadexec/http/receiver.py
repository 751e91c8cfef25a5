"""The lead receiver in our own form: ``/receiver/leads`` (``RC1``, ``RC2``).

A bare ASGI handler: it costs a third of a framework's handler, and this is the busiest path.
Whatever is posted is kept word for word, also what is refused.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from typing import Any, Final, TypeAlias

import structlog

from leadexec.catalog.catalog import Catalog
from leadexec.contracts.post import Post, RefusedPostError
from leadexec.errors import Fault, UnavailableError
from leadexec.http.formats.answers import WrittenAnswer, write_answers, write_problem
from leadexec.http.formats.errors import FormatError
from leadexec.http.formats.media import post_form
from leadexec.http.formats.negotiation import AnswerForm, answer_form
from leadexec.http.formats.reading import PostParts, decode_post, wanted_format
from leadexec.http.posted_json import DecodedPost, PostFaultsError, read_post
from leadexec.http.problems import problem
from leadexec.http.receiver_body import SenderGoneError, read_body
from leadexec.http.strict_json import JsonError, decode_json
from leadexec.intake.desk import IntakeDesk

Message: TypeAlias = MutableMapping[str, Any]
Receive: TypeAlias = Callable[[], Awaitable[Message]]
Send: TypeAlias = Callable[[Message], Awaitable[None]]
Headers: TypeAlias = Mapping[bytes, bytes]
_Response: TypeAlias = tuple[int, WrittenAnswer, tuple[tuple[bytes, bytes], ...]]
"""Status, body and type, further headers."""

STATUS: Final = {"accepted": 201, "held": 202, "rejected": 422}
"""The answer's status for one lead; a list of leads is always answered with 200."""
METHODS: Final = ("POST", "GET")
_KEPT_OF_OVERSIZE: Final = 65_536
_QUICK: Final = 65_536
"""Bytes of a body that is read on the event loop, whatever its form; JSON always is."""
_WRONG_TYPE: Final = frozenset({"unsupported_charset", "wrong_content_type"})
_JSON: Final = "application/json"
log = structlog.get_logger(__name__)


class Receiver:
    """Receives leads, one or a list, as JSON, XML, a form or a query string."""

    def __init__(
        self, desk: IntakeDesk, catalog: Catalog, *, body_limit: int, list_limit: int
    ) -> None:
        """Receive for ``desk``; bodies over ``body_limit`` bytes are refused with 413."""
        self._desk = desk
        self._catalog = catalog
        self._body_limit = body_limit
        self._list_limit = list_limit

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Answer one request."""
        headers: Headers = dict(scope["headers"])
        try:
            body, oversize = await read_body(receive, headers, self._body_limit)
        except SenderGoneError:
            return
        post = self._post(scope, headers, body[:_KEPT_OF_OVERSIZE] if oversize else body)
        try:
            status, answer, extra = await self._respond(scope, post, headers, oversize=oversize)
        except UnavailableError as error:
            status, extra = 503, ((b"retry-after", b"1"),)
            answer = _problem(scope, post, headers, problem(503, error.code, str(error)))
        await _send(send, status, answer, extra)

    async def _respond(
        self, scope: Message, post: Post, headers: Headers, *, oversize: bool
    ) -> _Response:
        """Return the answer to a post, which is stored by then, whatever it is."""
        try:
            if oversize:
                text = f"The body is larger than {self._body_limit:,} bytes; split it."
                raise RefusedPostError(413, "body_too_large", text)
            return await self._answer(scope, post, headers)
        except RefusedPostError as refused:
            return await self._refused(scope, post, headers, refused)
        except UnavailableError:
            raise
        except Exception as error:  # a fault of ours loses no post: it is kept
            log.error("post failed", exc_info=error)
            text = "Something went wrong here; the post was kept under the id in 'instance'."
            failure = RefusedPostError(500, "internal_error", text)
            return await self._refused(scope, post, headers, failure)

    def _post(self, scope: Message, headers: Headers, body: bytes) -> Post:
        client = scope.get("client")
        query = scope.get("query_string", b"")
        authorization = headers.get(b"authorization", b"")
        return Post(
            method=scope["method"],
            path=f"{scope['path']}?{query.decode('latin-1')}" if query else scope["path"],
            content_type=headers.get(b"content-type", b"").decode("latin-1")[:200],
            remote_ip=self._desk.sender_ip(client[0], scope["headers"]) if client else "",
            body=body,
            token=_bearer(authorization) if authorization else "",
            idempotency_key=headers.get(b"idempotency-key", b"").decode("latin-1"),
        )

    async def _answer(self, scope: Message, post: Post, headers: Headers) -> _Response:
        if post.method not in METHODS:
            raise RefusedPostError(405, "method_not_allowed", "Leads are posted with POST or GET.")
        if headers.get(b"authorization") and not post.token:
            raise RefusedPostError(401, "token_invalid", "Send 'Authorization: Bearer <token>'.")
        try:
            form = _form_of_answer(scope, post, headers)
        except FormatError as error:
            raise RefusedPostError(400, error.code, str(error)) from None
        decoded = await self._read(scope, post)
        if decoded.idempotency_key or decoded.password:
            post = _completed(post, decoded)
        receipt = await self._desk.receive(post, decoded.leads)
        answers = receipt.answers
        status = STATUS[answers[0].status] if decoded.single else 200
        return status, write_answers(form, answers, single=decoded.single), ()

    async def _read(self, scope: Message, post: Post) -> DecodedPost:
        """Return the leads of a post.

        Raises:
            RefusedPostError: It holds none that can be read; with every fault.
        """
        try:
            decoded = await self._decoded(scope, post)
            return read_post(decoded, self._catalog, self._list_limit)
        except JsonError as error:
            raise RefusedPostError(400, error.code, str(error)) from None
        except FormatError as error:
            status = 415 if error.code in _WRONG_TYPE else 400
            faults = [Fault(code=error.code, path=error.path, message=error.message)]
            known = faults if error.path else []
            raise RefusedPostError(status, error.code, str(error), faults=known) from None
        except PostFaultsError as error:
            raise RefusedPostError(422, "invalid_post", str(error), faults=error.faults) from None

    async def _decoded(self, scope: Message, post: Post) -> Any:
        query = scope.get("query_string", b"")
        if post.content_type == _JSON and not query and post.method == "POST":
            return decode_json(post.body)
        parts = PostParts(
            method=post.method, content_type=post.content_type, query=query, body=post.body
        )
        if len(post.body) > _QUICK:
            return await asyncio.to_thread(decode_post, parts, self._list_limit)
        return decode_post(parts, self._list_limit)

    async def _refused(
        self, scope: Message, post: Post, headers: Headers, refused: RefusedPostError
    ) -> _Response:
        """Keep the post, unless it is kept already, and say why it brings no lead."""
        kept = refused.post or await self._desk.refuse(
            post, refused.status, refused.code, refused.message
        )
        found = problem(
            refused.status,
            refused.code,
            refused.message,
            errors=list(refused.faults),
            instance=kept,
        )
        return refused.status, _problem(scope, post, headers, found), _extra(refused)


def _bearer(authorization: bytes) -> str:
    kind, _, token = authorization.decode("latin-1").partition(" ")
    return token.strip() if kind.lower() == "bearer" else ""


def _completed(post: Post, decoded: DecodedPost) -> Post:
    return Post(
        method=post.method,
        path=post.path,
        content_type=post.content_type,
        remote_ip=post.remote_ip,
        body=post.body,
        token=post.token,
        password=decoded.password,
        idempotency_key=post.idempotency_key or decoded.idempotency_key,
    )


def _form_of_answer(scope: Message, post: Post, headers: Headers) -> AnswerForm:
    accept, query = headers.get(b"accept", b""), scope.get("query_string", b"")
    if post.content_type == _JSON and not query and accept in (b"", b"*/*", b"application/json"):
        return AnswerForm.JSON
    posted = post_form(post.method, post.content_type, has_body=bool(post.body))
    return answer_form(posted, wanted_format(query), accept.decode("latin-1"))


def _problem(scope: Message, post: Post, headers: Headers, found: Any) -> WrittenAnswer:
    try:
        form = _form_of_answer(scope, post, headers)
    except FormatError:  # it asks for an answer in a form that we do not have
        form = AnswerForm.JSON
    return write_problem(form, found)


def _extra(refused: RefusedPostError) -> tuple[tuple[bytes, bytes], ...]:
    if refused.status == 401:
        return ((b"www-authenticate", b"Bearer"),)
    return ((b"allow", b"POST, GET"),) if refused.status == 405 else ()


async def _send(
    send: Send, status: int, answer: WrittenAnswer, extra: tuple[tuple[bytes, bytes], ...]
) -> None:
    await send(
        {
            "type": "http.response.start",
            "status": status,
            "headers": [
                (b"content-type", answer.content_type.encode()),
                (b"content-length", b"%d" % len(answer.body)),
                *extra,
            ],
        }
    )
    await send({"type": "http.response.body", "body": answer.body})
