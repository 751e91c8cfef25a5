"""URLs with tags in their path and query."""

import re
from collections.abc import Mapping
from typing import Final
from urllib.parse import quote, urlsplit

from leadexec import Escape, Fault, Template

_SAFE: Final = "/:?#[]@!$&'()*+,;=%~"
_TAG: Final = re.compile(r"\{\{\s*(\w+)\s*\}\}")
_FIXED_HOST: Final = re.compile(r"https?://[^/?#{}]+[/?]", re.IGNORECASE)
_DOTS: Final = frozenset((".", ".."))


class UrlTemplate:
    """A URL whose tags are filled with a lead's values, each of which stays what it is.

    In the path a value is one segment or a part of one; in the query it is a value. A value can
    neither end the path nor climb up in it.
    """

    def __init__(self, text: str) -> None:
        """Compile ``text``, of which ``url_faults`` found nothing to say."""
        tidy = _TAG.sub(r"{{\1}}", text.strip())  # escaping would spoil the blanks inside a tag
        path, mark, query = tidy.partition("#")[0].partition("?")
        self._path = Template(quote(path, safe=_SAFE + "{}"))
        self._query = Template(mark + quote(query, safe=_SAFE + "{}"), Escape.URL)
        self.tags: frozenset[str] = self._path.tags | self._query.tags
        """The names that the URL refers to."""

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


def browser_link(text: str | None) -> str:
    """Return ``text`` if a browser may be sent there, else nothing."""
    link = (text or "").strip()
    plain = link.isprintable() and not any(character in link for character in " <>\"'\\")
    return link if plain and link.lower().startswith(("https://", "http://")) else ""


def url_faults(text: str, path: str, *, tags: bool = True) -> list[Fault]:
    """Return what is wrong with a URL that an operator set as ``path``."""
    problem = _problem(text.strip(), tags=tags)
    return [Fault(code="bad_url", path=path, message=problem)] if problem else []


def _problem(text: str, *, tags: bool) -> str | None:
    template = Template(text)
    if template.tags and not (tags and _FIXED_HOST.match(text)):
        return "Tags stand in a URL's path and query only." if tags else "This URL has no tags."
    plain = template.render(dict.fromkeys(template.tags, "1"))
    try:
        parts = urlsplit(plain)
        known = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
    except ValueError:
        known = False
    if not known or any(character.isspace() for character in plain):
        return "A URL starts with http:// or https:// and a host, and holds no blanks."
    if "@" in parts.netloc:
        return "A user name and password belong into the authentication."
    return None


def _segment(value: str) -> str:
    return "" if value in _DOTS else quote(value, safe="")
