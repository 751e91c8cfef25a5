"""Which form a request has, told by its method and content type."""

import enum
from typing import Final

FORM_TYPE: Final = "application/x-www-form-urlencoded"
_NO_BODY: Final = frozenset({"GET", "HEAD"})


class PostForm(enum.StrEnum):
    """The forms of ``RC1``."""

    JSON = "json"
    FORM = "form"
    MULTIPART = "multipart"
    XML = "xml"
    QUERY = "query"
    """Everything stands in the query string."""


def post_form(method: str, content_type: str, *, has_body: bool) -> PostForm | None:
    """Return the form of a request, or None for a content type that is not taken.

    Args:
        method: In upper case; a GET is read from its query string, whatever else it carries.
        content_type: The whole header, or empty.
        has_body: Without a body and a content type, the query string is the post.
    """
    kind = media_type(content_type)
    if method in _NO_BODY or not (has_body or kind):
        return PostForm.QUERY
    if kind == "application/json" or kind.endswith("+json"):
        return PostForm.JSON
    if kind in ("application/xml", "text/xml") or kind.endswith("+xml"):
        return PostForm.XML
    return {FORM_TYPE: PostForm.FORM, "multipart/form-data": PostForm.MULTIPART}.get(kind)


def media_type(content_type: str) -> str:
    """Return the type in lower case without its parameters."""
    return content_type.partition(";")[0].strip().lower()
