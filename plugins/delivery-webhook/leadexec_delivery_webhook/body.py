"""The body of a request: by the operator's template, or made of the mapped fields."""

import re
from collections.abc import Mapping
from typing import Final
from urllib.parse import urlencode
from xml.sax.saxutils import escape

import msgspec
from lxml import etree

from leadexec import Escape, Fault, InvalidValueError, Template
from leadexec_delivery_webhook.settings import ContentType, RequestSettings

_ESCAPES: Final[Mapping[ContentType, Escape]] = {
    ContentType.JSON: Escape.JSON,
    ContentType.XML: Escape.XML,
    ContentType.FORM: Escape.URL,
    ContentType.QUERY: Escape.URL,
}
_NOT_XML: Final = dict.fromkeys((*range(9), 11, 12, *range(14, 32), 65534, 65535))
"""Characters that XML cannot hold at all, escaped or not."""
_XML_NAME: Final = re.compile(r"[^\W\d][\w.-]*")


class BodyRenderer:
    """Renders the body of a request by one webhook's settings."""

    def __init__(self, settings: RequestSettings) -> None:
        """Compile ``settings``, in which ``body_faults`` found nothing wrong."""
        self._type = settings.content_type
        self._root = settings.xml_root
        escape_ = _ESCAPES[settings.content_type]
        self._template = Template(settings.body, escape_) if settings.body else None
        self.tags: frozenset[str] = self._template.tags if self._template else frozenset()
        """The names that the template refers to."""

    def render(self, values: Mapping[str, str], fields: Mapping[str, str]) -> str:
        """Return the template filled with ``values``, or without one the mapped ``fields``.

        Raises:
            InvalidValueError: ``bad_xml_name``.
        """
        if self._template is None:
            return self._written(fields)
        if self._type is ContentType.XML:
            values = {tag: values.get(tag, "").translate(_NOT_XML) for tag in self.tags}
        return self._template.render(values)

    def _written(self, fields: Mapping[str, str]) -> str:
        match self._type:
            case ContentType.JSON:
                return msgspec.json.encode(fields).decode()
            case ContentType.XML:
                return _xml(self._root, fields)
            case ContentType.FORM | ContentType.QUERY:
                return urlencode(fields)


def body_faults(settings: RequestSettings) -> list[Fault]:
    """Return whether the body, its tags filled in, is what its content type says."""
    template = Template(settings.body)
    filled = template.render(dict.fromkeys(template.tags, "1"))
    try:
        match settings.content_type:
            case ContentType.JSON if settings.body:
                msgspec.json.decode(filled)
            case ContentType.XML if settings.body:
                parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False)
                etree.fromstring(filled.encode(), parser)
    except (msgspec.DecodeError, etree.XMLSyntaxError, RecursionError) as error:
        message = f"With tags filled in, the body is no {settings.content_type.upper()}: {error}."
        return [Fault(code="bad_body", path="body", message=message)]
    return []


def _xml(root: str, fields: Mapping[str, str]) -> str:
    elements = "".join(
        f"<{_name(name)}>{escape(text.translate(_NOT_XML))}</{name}>"
        for name, text in fields.items()
    )
    return f'<?xml version="1.0" encoding="UTF-8"?><{root}>{elements}</{root}>'


def _name(name: str) -> str:
    if not _XML_NAME.fullmatch(name):
        message = f"'{name}' cannot be the name of an XML element; map it to another name."
        raise InvalidValueError("bad_xml_name", message)
    return name
