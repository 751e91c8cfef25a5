"""A request, in whichever form, as the decoded post that ``read_post`` takes (``RC1``)."""

from typing import Any, Final

from msgspec import Struct
from multipart import parse_options_header  # type: ignore[import-untyped]

from leadexec.http.formats.errors import FormatError, shortened
from leadexec.http.formats.form import read_form
from leadexec.http.formats.media import PostForm, media_type, post_form
from leadexec.http.formats.multipart import read_multipart
from leadexec.http.formats.post_shape import add_parameters, post_of_element, post_of_pairs
from leadexec.http.formats.xml import read_xml
from leadexec.http.strict_json import JsonError, decode_json

FORMAT_PARAMETER: Final = "format"
"""Of the query string only, in any case: the form of the answer. In a body it is a field."""
CONTENT_TYPE_LIMIT: Final = 500


class PostParts(Struct, kw_only=True, frozen=True):
    """What of a request a post is read from."""

    method: str
    content_type: str = ""
    """The whole header."""
    query: bytes = b""
    """Without the ``?``."""
    body: bytes = b""


def decode_post(parts: PostParts, list_limit: int) -> Any:
    """Return what the request posts, for ``read_post``.

    A form's fields may stand in the body, in the query string or in both. Beside a body of JSON or
    XML, the query string may give the reserved names (``?campaign=12``) and nothing else.

    Args:
        parts: The request's.
        list_limit: Leads per post at most.

    Raises:
        FormatError: With one of its ``CODES``, or one of ``decode_json``.
    """
    if len(parts.content_type) > CONTENT_TYPE_LIMIT:
        raise FormatError("wrong_content_type", "The content type is too long to be one.")
    form = post_form(parts.method, parts.content_type, has_body=bool(parts.body))
    query = _without_format(read_form(parts.query)) if parts.query else []
    match form:
        case PostForm.QUERY:
            return post_of_pairs(query)
        case PostForm.FORM:
            return post_of_pairs(query + read_form(parts.body, _charset(parts)))
        case PostForm.MULTIPART:
            return post_of_pairs(query + read_multipart(parts.body, parts.content_type))
        case PostForm.XML:
            decoded: Any = post_of_element(read_xml(parts.body, list_limit, _charset(parts)))
        case PostForm.JSON:
            decoded = _json(parts.body)
        case None:
            raise _wrong_type(parts.content_type)
    if query:
        add_parameters(decoded, query)
    return decoded


def wanted_format(query: bytes) -> str:
    """Return what the query string asks the answer to be; empty when it does not, or is broken.

    Whoever answers a post that could not be read asks here, so this never raises.
    """
    if FORMAT_PARAMETER.encode() not in query.lower():
        return ""
    try:
        pairs = read_form(query)
    except FormatError:
        return ""
    return next((value for name, value in pairs if name.lower() == FORMAT_PARAMETER), "")


def _without_format(pairs: list[tuple[str, str]]) -> list[tuple[str, str]]:
    return [(name, value) for name, value in pairs if name.lower() != FORMAT_PARAMETER]


def _charset(parts: PostParts) -> str:
    charset: str = parse_options_header(parts.content_type)[1].get("charset", "")
    return charset


def _json(body: bytes) -> Any:
    try:
        return decode_json(body)
    except JsonError as error:
        path = "" if error.position is None else f"byte {error.position}"
        raise FormatError(error.code, error.message, path, error.hint) from None


def _wrong_type(content_type: str) -> FormatError:
    kind = media_type(content_type)
    shown = f"not {shortened(kind)!r}" if kind else "and name it in Content-Type"
    text = f"Send JSON, XML, a form or multipart/form-data, {shown}."
    return FormatError("wrong_content_type", text)
