"""Reading what a platform posts: JSON, XML, a form or a query, as one flat table of texts."""

from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import parse_qsl
from xml.parsers import expat

import msgspec

from leadexec_simulator.buyer import Format


class UnreadableError(Exception):
    """A post whose body is not what its content type says."""


def posted_format(content_type: str) -> Format | None:
    """Return the format that a ``Content-Type`` header names, or None."""
    kind = content_type.partition(";")[0].strip().lower()
    if kind.endswith(("/json", "+json")):
        return Format.JSON
    if kind.endswith(("/xml", "+xml")):
        return Format.XML
    if kind == "application/x-www-form-urlencoded":
        return Format.FORM
    return Format.PLAIN if kind.startswith("text/") else None


def read_fields(body: bytes, kind: Format | None, query: bytes) -> Mapping[str, str]:
    """Return the posted names and values; of a nested document, the leaves under their own names.

    Raises:
        UnreadableError: The body is not of ``kind``.
    """
    fields = dict(parse_qsl(query.decode("latin-1"), keep_blank_values=True))
    try:
        match kind:
            case Format.JSON:
                fields.update(_leaves("", msgspec.json.decode(body)))
            case Format.XML:
                fields.update(_elements(body))
            case Format.FORM:
                fields.update(parse_qsl(body.decode(), keep_blank_values=True))
            case _:
                pass
    except (msgspec.MsgspecError, UnicodeDecodeError, expat.ExpatError, RecursionError) as error:
        raise UnreadableError(str(error)) from None
    return fields


def _leaves(name: str, value: Any) -> Iterator[tuple[str, str]]:
    if isinstance(value, dict):
        for key, item in value.items():
            yield from _leaves(str(key), item)
    elif isinstance(value, list):
        for item in value:
            yield from _leaves(name, item)
    elif value is not None and name:
        yield name, value if isinstance(value, str) else msgspec.json.encode(value).decode()


def _elements(body: bytes) -> Mapping[str, str]:
    """Return element name → text; entities are not declared here, so none can be expanded."""
    found: dict[str, str] = {}
    path: list[list[str]] = []
    parser = expat.ParserCreate()

    def refuse(*_: object) -> None:
        raise UnreadableError("The document declares entities.")

    def characters(text: str) -> None:
        path[-1].append(text)

    def end(name: str) -> None:
        if text := "".join(path.pop()).strip():
            found[name.rpartition(":")[2]] = text

    parser.EntityDeclHandler = refuse
    parser.StartElementHandler = lambda *_: path.append([])
    parser.CharacterDataHandler = characters
    parser.EndElementHandler = end
    parser.Parse(body, True)
    return found
