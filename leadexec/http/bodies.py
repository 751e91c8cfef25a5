"""Reading a request's body strictly: its type, its size, its JSON; and answering in JSON."""

from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import parse_qsl

import msgspec
from litestar import Request, Response

from leadexec.http.problems import RequestError
from leadexec.http.strict_json import decode_json
from leadexec.model.entity import enc_hook

JSON: Final = "application/json"
FORM: Final = "application/x-www-form-urlencoded"
MERGE_PATCH: Final = "application/merge-patch+json"
MOST_FORM_FIELDS: Final = 100

_encoder: Final = msgspec.json.Encoder(enc_hook=enc_hook)


def media_type(request: Request[Any, Any, Any]) -> str:
    """Return the body's media type in lower case, without parameters."""
    return request.headers.get("content-type", "").partition(";")[0].strip().lower()


async def read_object(
    request: Request[Any, Any, Any], *accepted: str
) -> tuple[dict[str, Any], bytes]:
    """Return the JSON object in the body, and the body's bytes.

    Args:
        request: Its size is bounded by the application's limit (413).
        accepted: Media types beside ``application/json``.

    Raises:
        RequestError: 415 ``wrong_content_type``; 400 ``not_an_object``.
        JsonError: As ``decode_json``.
    """
    kind = media_type(request)
    if kind != JSON and kind not in accepted:
        wanted = " or ".join((JSON, *accepted))
        raise RequestError(415, "wrong_content_type", f"Send {wanted}, not {kind[:100] or 'none'}.")
    body = await request.body()
    decoded = decode_json(body)
    if not isinstance(decoded, dict):
        raise RequestError(400, "not_an_object", "The body must be a JSON object.")
    return decoded, body


async def read_form_or_object(request: Request[Any, Any, Any]) -> Mapping[str, Any]:
    """Return the fields of a form or JSON body.

    Raises:
        RequestError: 415 for other types; 400 for a field that comes twice or is no UTF-8.
    """
    if media_type(request) != FORM:
        return (await read_object(request, FORM))[0]
    body = await request.body()
    try:
        pairs = parse_qsl(
            body.decode("ascii"),
            keep_blank_values=True,
            errors="strict",
            max_num_fields=MOST_FORM_FIELDS,
        )
    except ValueError:
        raise RequestError(400, "malformed_form", "The body is not a form.") from None
    fields = dict(pairs)
    if len(fields) != len(pairs):
        raise RequestError(400, "duplicate_key", "A field occurs twice in the form.")
    return fields


def json_response(
    content: Any, status: int = 200, headers: Mapping[str, str] | None = None
) -> Response[bytes]:
    """Return ``content`` as JSON, with Decimals as text and secrets masked."""
    return Response(
        _encoder.encode(content), status_code=status, media_type=JSON, headers=dict(headers or {})
    )
