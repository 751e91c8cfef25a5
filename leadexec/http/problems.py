"""Every error as problem details (RFC 9457), with all faults at once and nothing of our insides."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, Final, cast

import msgspec
import structlog
from litestar import Request, Response
from litestar.exceptions import HTTPException
from litestar.types import ExceptionHandlersMap

from leadexec.contracts.post import RefusedPostError
from leadexec.errors import (
    ConfigurationError,
    ConflictError,
    DeniedError,
    Fault,
    InvalidValueError,
    LeadexecError,
    NotFoundError,
    UnavailableError,
)
from leadexec.http.request_id import request_id
from leadexec.http.strict_json import JsonError
from leadexec.security.callers import UnauthenticatedError

PROBLEM_TYPE: Final = "application/problem+json"
log = structlog.get_logger(__name__)


class Problem(msgspec.Struct, kw_only=True, frozen=True, omit_defaults=True):
    """What went wrong (RFC 9457). ``code`` is for programs, ``detail`` for people."""

    type: str
    """``urn:leadexec:problem:<code>``."""
    title: str
    """The status in words."""
    status: int
    code: str
    """Machine code, snake case."""
    detail: str
    """What is wrong, as a sentence."""
    instance: str = ""
    """``urn:uuid:`` and the request's id, to be found again in the log."""
    errors: list[Fault] = []
    """Every single fault with its place."""


class RequestError(LeadexecError):
    """The request itself, not what it asks for, is wrong: ``status`` says how."""

    def __init__(
        self, status: int, code: str, message: str, headers: Mapping[str, str] | None = None
    ) -> None:
        """Build the error that is answered with ``status`` and ``headers``."""
        super().__init__(code, message)
        self.status = status
        self.headers = dict(headers or {})


STATUS_OF: Final[tuple[tuple[type[LeadexecError], int], ...]] = (
    (JsonError, 400),
    (UnauthenticatedError, 401),
    (DeniedError, 403),
    (NotFoundError, 404),
    (ConflictError, 409),
    (ConfigurationError, 422),
    (InvalidValueError, 422),
    (UnavailableError, 503),
    (LeadexecError, 400),
)
"""The first class that fits decides."""

STATUS_OF_CODE: Final = {"idempotency_mismatch": 422}
"""Where a code asks for another status than its class."""

_CODES: Final = {
    400: "bad_request",
    401: "unauthenticated",
    403: "denied",
    404: "not_found",
    405: "method_not_allowed",
    413: "body_too_large",
    415: "wrong_content_type",
    429: "too_many_requests",
}


def status_of(error: LeadexecError) -> int:
    """Return the HTTP status that ``error`` is answered with."""
    if isinstance(error, RefusedPostError):
        return error.status
    of_class = next(status for kind, status in STATUS_OF if isinstance(error, kind))
    return STATUS_OF_CODE.get(error.code, of_class)


def problem(
    status: int, code: str, detail: str, *, errors: list[Fault] | None = None, instance: str = ""
) -> Problem:
    """Return the problem with its title and type filled in."""
    return Problem(
        type=f"urn:leadexec:problem:{code}",
        title=HTTPStatus(status).phrase,
        status=status,
        code=code,
        detail=detail,
        instance=f"urn:uuid:{instance}" if instance else "",
        errors=errors or [],
    )


def problem_response(found: Problem, headers: Mapping[str, str] | None = None) -> Response[bytes]:
    """Return the answer that carries the problem."""
    return Response(
        msgspec.json.encode(found),
        status_code=found.status,
        media_type=PROBLEM_TYPE,
        headers=dict(headers or {}),
    )


def on_leadexec_error(request: Request[Any, Any, Any], error: Exception) -> Response[bytes]:
    """Answer what was raised on purpose."""
    raised = cast("LeadexecError", error)
    if isinstance(raised, RequestError):
        status, headers = raised.status, raised.headers
    else:
        status = status_of(raised)
        headers = _headers_of(status, raised)
    faults = list(raised.faults) if isinstance(raised, ConfigurationError) else []
    if isinstance(raised, JsonError) and raised.position is not None:
        faults = [Fault(code=raised.code, path=f"byte {raised.position}", message=raised.message)]
    found = problem(status, raised.code, str(raised), errors=faults, instance=_id(request))
    return problem_response(found, headers)


def on_http_exception(request: Request[Any, Any, Any], error: Exception) -> Response[bytes]:
    """Answer what Litestar refuses: no such route, wrong method, bad parameters, too large."""
    raised = cast("HTTPException", error)
    status = raised.status_code
    if status >= 500:
        return on_any_error(request, error)
    code = _CODES.get(status, "bad_request")
    faults = _parameter_faults(raised.extra)
    if faults:
        code = "invalid_parameters"
    headers = {k: v for k, v in (raised.headers or {}).items() if k.lower() == "allow"}
    detail = "Some parameters are not valid." if faults else _sentence(status, raised.detail)
    found = problem(status, code, detail, errors=faults, instance=_id(request))
    return problem_response(found, headers)


def on_any_error(request: Request[Any, Any, Any], error: Exception) -> Response[bytes]:
    """Answer a fault of ours: it is logged under the request's id, and only the id is told."""
    log.error("request failed", request_id=_id(request), path=request.url.path, exc_info=error)
    detail = "Something went wrong here; it was recorded under the id in 'instance'."
    return problem_response(problem(500, "internal_error", detail, instance=_id(request)))


EXCEPTION_HANDLERS: Final[ExceptionHandlersMap] = {
    LeadexecError: on_leadexec_error,
    HTTPException: on_http_exception,
    Exception: on_any_error,
}


def _headers_of(status: int, error: LeadexecError) -> dict[str, str]:
    if status == 401:
        return {"WWW-Authenticate": f'Bearer realm="leadexec", error="{_bearer_error(error)}"'}
    if error.code == "insufficient_scope":
        return {"WWW-Authenticate": 'Bearer realm="leadexec", error="insufficient_scope"'}
    return {"Retry-After": "1"} if status == 503 else {}


def _bearer_error(error: LeadexecError) -> str:
    return "invalid_request" if error.code == "token_missing" else "invalid_token"


def _parameter_faults(extra: Any) -> list[Fault]:
    """Return what Litestar found wrong with query, path and header parameters."""
    if not isinstance(extra, list):
        return []
    return [
        Fault(
            code="invalid_parameter",
            path=str(item.get("key", "")),
            message=f"{item.get('message', 'It is not valid')}.",
        )
        for item in extra
        if isinstance(item, dict)
    ]


def _sentence(status: int, detail: str) -> str:
    match status:
        case 404:
            return "There is nothing here."
        case 405:
            return "This method is not allowed here."
        case 413:
            return "The body is larger than allowed."
        case _:
            return detail if detail.endswith(".") else f"{detail}."


def _id(request: Request[Any, Any, Any]) -> str:
    return request_id(request.scope)
