"""What is sent: the lead in the buyer's format, and the same as people may read it."""

from collections.abc import Callable, Mapping, Sequence
from typing import Final
from urllib.parse import urlencode
from xml.sax.saxutils import escape

import msgspec
from leadexec import ConfigurationError, Escape, Fault, InvalidValueError, Outgoing, Prepared, Template
from lxml import etree

from leadexec_delivery_webhook.mask import Mask
from leadexec_delivery_webhook.settings import ContentType, Header, HttpMethod, WebhookSettings
from leadexec_delivery_webhook.url import UrlTemplate, url_faults, with_query

IDEMPOTENCY_KEY: Final = "Idempotency-Key"
_TYPES: Final[Mapping[ContentType, str]] = {
    ContentType.JSON: "application/json",
    ContentType.XML: "application/xml; charset=utf-8",
    ContentType.FORM: "application/x-www-form-urlencoded",
}
_ESCAPES: Final[Mapping[ContentType, Escape]] = {
    ContentType.JSON: Escape.JSON,
    ContentType.XML: Escape.XML,
    ContentType.FORM: Escape.URL,
    ContentType.QUERY: Escape.URL,
}
_RESERVED: Final = frozenset(
    ("host", "content-length", "transfer-encoding", "connection", "upgrade", "te", "expect")
)
_CONTROL: Final = {code: None for code in (*range(9), 11, 12, *range(14, 32), 0xFFFE, 0xFFFF)}
"""What XML cannot hold at all."""
_LINE_ENDS: Final = {code: " " for code in (*range(32), 127)}


class WebhookRequest(Prepared, kw_only=True):
    """A rendered request; ``request`` is the same with its secrets masked."""

    method: str
    url: str
    headers: dict[str, str]
    content: bytes
    values: Sequence[str]
    """The lead's values in it: an answer that repeats them must not be misread."""


class Call(msgspec.Struct, kw_only=True, frozen=True):
    """One HTTP request of a delivery: the lead itself, or a token."""

    method: str
    url: str
    headers: Mapping[str, str]
    content: bytes = b""

    def with_header(self, name: str, value: str) -> "Call":
        """Return the same call with one more header."""
        return msgspec.structs.replace(self, headers={**self.headers, name: value})


class Renderer:
    """Renders requests by one configured webhook's settings."""

    def __init__(self, settings: WebhookSettings, *, production: bool, mask: Mask) -> None:
        """Compile ``settings``; ``request_faults`` found nothing wrong with them."""
        self._settings = settings
        self._mask = mask
        self._url = UrlTemplate(settings.url if production else settings.testing_url)
        self._headers = [(header.name, _value_of(header)) for header in settings.headers]
        self._secrets = {secret.name: secret.value.reveal() for secret in settings.secrets}
        self._body = _body_of(settings)
        self._type = _TYPES.get(settings.content_type)

    def render(self, outgoing: Outgoing, shown: Mapping[str, str]) -> WebhookRequest:
        """Return the request for ``outgoing``.

        Tags are system tags, lead fields and the mapped fields, of which the latter win, so that
        value mappings hold; then secrets.

        Args:
            outgoing: What is to be sent.
            shown: Headers that are added later, as they are shown.

        Raises:
            InvalidValueError: ``bad_xml_name``.
        """
        values = {**outgoing.tags, **outgoing.fields, **self._secrets}
        url, text = self._url.render(values), self._body(values, outgoing.fields)
        if self._settings.content_type is ContentType.QUERY:
            url, text = with_query(url, text), ""
        headers = {"Content-Type": self._type} if self._type else {}
        for name, template in self._headers:
            if name.lower() == "content-type":
                headers.pop("Content-Type", None)
            headers[name] = template.render(values).translate(_LINE_ENDS).strip()
        content = text.encode("utf-8", "replace")
        call = Call(
            method=self._settings.method.value,
            url=url,
            headers={**headers, **shown},
            content=content,
        )
        return WebhookRequest(
            request=self._mask.over(as_text(call)),
            method=call.method,
            url=url,
            headers=headers,
            content=content,
            values=tuple({value for value in outgoing.fields.values() if len(value) > 1}),
        )


def as_text(call: Call) -> str:
    """Return ``call`` as a person reads it: request line, headers, body."""
    head = "\n".join(f"{name}: {value}" for name, value in call.headers.items())
    body = call.content.decode("utf-8", "replace")
    return f"{call.method} {call.url}\n{head}" + (f"\n\n{body}" if body else "")


def request_faults(settings: WebhookSettings, *, production: bool, authorised: bool) -> list[Fault]:
    """Return everything that is wrong with what ``settings`` say of the request."""
    faults = url_faults(settings.url, "url")
    if settings.testing_url:
        faults += url_faults(settings.testing_url, "testing_url")
    elif not production:
        message = "The environment is Testing: give the URL that leads are sent to meanwhile."
        faults.append(Fault(code="testing_url_missing", path="testing_url", message=message))
    bodiless = settings.method in (HttpMethod.GET, HttpMethod.DELETE)
    if bodiless and settings.content_type is not ContentType.QUERY:
        message = f"{settings.method} carries no body: choose the content type query."
        faults.append(Fault(code="no_body", path="content_type", message=message))
    faults += _header_faults(settings.headers, authorised=authorised)
    faults += _secret_faults(settings)
    return faults + _body_faults(settings)


def _header_faults(headers: Sequence[Header], *, authorised: bool) -> list[Fault]:
    faults = []
    for index, header in enumerate(headers):
        name, path = header.name.lower(), f"headers[{index}]"
        if name in _RESERVED or name == IDEMPOTENCY_KEY.lower():
            message = f"{header.name} is set by the system."
            faults.append(Fault(code="reserved_header", path=f"{path}.name", message=message))
        if name == "authorization" and authorised:
            message = "The authentication sets this header."
            faults.append(Fault(code="reserved_header", path=f"{path}.name", message=message))
        if header.value and header.secret is not None:
            message = "A header has a value or a secret value, not both."
            faults.append(Fault(code="two_values", path=path, message=message))
    return faults


def _secret_faults(settings: WebhookSettings) -> list[Fault]:
    names = [secret.name for secret in settings.secrets]
    return [
        Fault(
            code="name_taken",
            path=f"secrets[{index}].name",
            message=f"There are two secrets called {name}.",
        )
        for index, name in enumerate(names)
        if name in names[:index]
    ]


def _body_faults(settings: WebhookSettings) -> list[Fault]:
    """Return whether the body, its tags filled in, is what its content type says."""
    if not settings.body:
        return []
    template = Template(settings.body)
    filled = template.render(dict.fromkeys(template.tags, "1"))
    try:
        if settings.content_type is ContentType.JSON:
            msgspec.json.decode(filled)
        if settings.content_type is ContentType.XML:
            parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False)
            etree.fromstring(filled.encode(), parser)
    except (msgspec.DecodeError, etree.XMLSyntaxError, RecursionError) as error:
        message = f"With its tags filled in, the body is no {settings.content_type.upper()}: {error}"
        return [Fault(code="bad_body", path="body", message=message)]
    return []


def _value_of(header: Header) -> Template:
    if header.secret is None:
        return Template(header.value)
    return Template("{{secret}}") if False else _Fixed(header.secret.reveal())
