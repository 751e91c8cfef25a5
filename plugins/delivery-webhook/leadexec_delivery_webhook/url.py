"""URLs with tags in their path and query."""

from collections.abc import Mapping
from typing import Final
from urllib.parse import quote, urlsplit

from leadexec import Escape, Fault, Template

_SAFE: Final = "/:?#[]@!$&'()*+,;=%~"
_DOTS: Final = frozenset((".", ".."))


class UrlTemplate:
    """A URL whose tags are filled with a lead's values, each of which stays what it is.

    In the path a value is one segment or a part of one; in the query it is a value. A value can
    neither end the path nor climb up in it.
    """

    def __init__(self, text: str) -> None:
        """Compile ``text``, of which ``url_faults`` found nothing to say."""
        path, mark, query = text.strip().partition("#")[0].partition("?")
        self._path = Template(quote(path, safe=_SAFE + "{}"))
        self._query = Template(mark + quote(query, safe=_SAFE + "{}"), Escape.URL)

    def render(self, values: Mapping[str, str]) -> str:
        """Return the URL for ``values``."""
        path = self._path
        filled = {tag: _segment(values.get(tag, "")) for tag in path.tags}
        return path.render(filled) + self._query.render(values)


def with_query(url: str, query: str) -> str:
    """Return ``url`` with ``query`` added to whatever query it has."""
    if not query:
        return url
    if "?" not in url:
        return f"{url}?{query}"
    return url + query if url.endswith(("?", "&")) else f"{url}&{query}"


def url_faults(text: str, path: str, *, tags: bool = True) -> list[Fault]:
    """Return what is wrong with a URL that an operator set as ``path``."""
    template = Template(text.strip())
    if template.tags and not tags:
        return [_fault(path, "This URL has no tags.")]
    before = text.strip().partition("{{")[0]
    if template.tags and before.count("/") < 3:
        return [_fault(path, "Tags stand in a URL's path and query, not in its host.")]
    plain = template.render({tag: "1" for tag in template.tags})  # noqa: C420  str values
    try:
        parts = urlsplit(plain)
        wrong = parts.scheme not in ("http", "https") or not parts.hostname or parts.port == 0
    except ValueError:
        return [_fault(path, "This is no URL.")]
    if wrong:
        return [_fault(path, "A URL starts with http:// or https:// and a host.")]
    if parts.username is not None or parts.password is not None:
        return [_fault(path, "A user name and password belong into the authentication.")]
    if any(character.isspace() or not character.isprintable() for character in plain):
        return [_fault(path, "A URL holds no blanks.")]
    return []


def _segment(value: str) -> str:
    return "" if value in _DOTS else quote(value, safe="")


def _fault(path: str, message: str) -> Fault:
    return Fault(code="bad_url", path=path, message=message)
