"""What is sent: the lead in the buyer's format, and the same as people may read it."""

from collections.abc import Mapping, Sequence
from typing import Final

import msgspec

from leadexec import Outgoing, Prepared, Template
from leadexec_delivery_webhook.body import BodyRenderer
from leadexec_delivery_webhook.mask import Mask
from leadexec_delivery_webhook.settings import ContentType, Header, RequestSettings
from leadexec_delivery_webhook.url import UrlTemplate, with_query

_TYPES: Final[Mapping[ContentType, str]] = {
    ContentType.JSON: "application/json",
    ContentType.XML: "application/xml; charset=utf-8",
    ContentType.FORM: "application/x-www-form-urlencoded",
}
_LINE_ENDS: Final = dict.fromkeys((*range(32), 127), " ")
"""What would end a header and begin another."""


class WebhookRequest(Prepared, kw_only=True):
    """A rendered request; ``request`` is the same with its secrets masked."""

    method: str
    url: str
    headers: dict[str, str]
    content: bytes
    values: Sequence[str]
    """The lead's values in it: an answer that repeats them must not be misread."""

    @property
    def text(self) -> str:
        """The body as text: an answer may repeat it."""
        return self.content.decode("utf-8", "replace")


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
    """Renders requests by one set of request settings."""

    def __init__(self, settings: RequestSettings, *, production: bool, mask: Mask) -> None:
        """Compile ``settings``, in which ``request_faults`` found nothing wrong."""
        self._method = settings.method.value
        self._in_query = settings.content_type is ContentType.QUERY
        self._mask = mask
        self._url = UrlTemplate(settings.url if production else settings.testing_url)
        self._body = BodyRenderer(settings)
        self._headers = [(header.name, _template_of(header)) for header in settings.headers]
        self._fixed = {h.name: h.secret.reveal() for h in settings.headers if h.secret is not None}
        self._secrets = {secret.name: secret.value.reveal() for secret in settings.secrets}
        given = {header.name.lower() for header in settings.headers}
        standard = _TYPES.get(settings.content_type)
        self._type = {"Content-Type": standard} if standard and "content-type" not in given else {}
        templates = [template for _, template in self._headers]
        tags = self._url.tags.union(self._body.tags, *(template.tags for template in templates))
        self._tags = tags - self._secrets.keys()

    def render(self, outgoing: Outgoing, shown: Mapping[str, str]) -> WebhookRequest:
        """Return the request for ``outgoing``.

        Tags are system tags, lead fields and mapped fields, of which the latter win, so that value
        mappings hold; then secrets.

        Args:
            outgoing: What is to be sent.
            shown: Headers that are added when it is sent, as they may be shown.

        Raises:
            InvalidValueError: ``bad_xml_name``, when a mapped field has no name for XML.
        """
        values = {**outgoing.tags, **outgoing.fields, **self._secrets}
        url, text = self._url.render(values), self._body.render(values, outgoing.fields)
        if self._in_query:
            url, text = with_query(url, text), ""
        headers = dict(self._type)
        for name, template in self._headers:
            value = self._fixed.get(name) or template.render(values)
            headers[name] = value.translate(_LINE_ENDS).strip()
        content = text.encode("utf-8", "replace")
        call = Call(method=self._method, url=url, headers={**headers, **shown}, content=content)
        return WebhookRequest(
            request=self._mask.over(as_text(call)),
            method=call.method,
            url=url,
            headers=headers,
            content=content,
            values=self._sent(outgoing, values),
        )

    def _sent(self, outgoing: Outgoing, values: Mapping[str, str]) -> tuple[str, ...]:
        used = {values.get(tag, "") for tag in self._tags}
        return tuple(sorted(value for value in used.union(outgoing.fields.values()) if value))


def as_text(call: Call) -> str:
    """Return ``call`` as a person reads it: request line, headers, body."""
    head = "".join(f"\n{name}: {value}" for name, value in call.headers.items())
    body = call.content.decode("utf-8", "replace")
    return f"{call.method} {call.url}{head}" + (f"\n\n{body}" if body else "")


def _template_of(header: Header) -> Template:
    return Template(header.value)
