"""What of a lead goes into its ping: the named fields, and nothing else.

A buyer that does not get the lead must not get the person. So a ping is rendered from texts among
which there is nothing of the lead but what the settings name, and without any names only what says
no more than where somebody lives roughly. A field of the operator's own may hold anything, a social
security number or a second phone, whatever its kind: it goes out where it is named.
"""

import hashlib
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Final

import msgspec

from leadexec import (
    ConfigurationError,
    Fault,
    LeadFieldInfo,
    LeadTypeInfo,
    Outgoing,
    SystemField,
    Template,
)
from leadexec_delivery_pingpost.settings import Hash, PingField, PingSettings

IMPERSONAL: Final = frozenset(
    (
        SystemField.CITY,
        SystemField.STATE,
        SystemField.ZIP,
        SystemField.COUNTRY,
        SystemField.IS_MOBILE,
    )
)
"""The meanings of the fields that a ping carries when its settings name none."""
_PHONES: Final = frozenset((SystemField.PRIMARY_PHONE, SystemField.ALTERNATE_PHONE))
_TAG_SOURCE: Final = re.compile(r"\[(\w+)\]", re.ASCII)
_NO_DIGIT: Final = re.compile(r"[^0-9]+")


class PingFields:
    """The fields of one configured ping, for the leads of one type."""

    def __init__(self, settings: PingSettings, lead_type: LeadTypeInfo) -> None:
        """Compile ``settings``.

        Raises:
            ConfigurationError: With everything that is wrong with the fields and the tags that
                name them; paths start at ``settings``.
        """
        faults = list(_faults(settings, lead_type))
        if faults:
            raise ConfigurationError(faults)
        self._lead_fields = frozenset(lead_type.fields)
        self._steps = [
            (field.to, _step(field, lead_type.fields.get(field.source)))
            for field in settings.fields
        ]
        self._unnamed = () if settings.fields else _impersonal(lead_type)

    def of(self, outgoing: Outgoing) -> Outgoing:
        """Return ``outgoing`` with the ping's fields and the system tags as all there is to send.

        The lead itself is still in it: render from ``fields`` and ``tags``.
        """
        lead = self._lead_fields | outgoing.lead.fields.keys()
        tags = {name: text for name, text in outgoing.tags.items() if name not in lead}
        texts = {name: text for name, text in outgoing.tags.items() if name in lead}
        fields = {name: texts[name] for name in self._unnamed if name in texts}
        fields.update((to, take(texts, tags)) for to, take in self._steps)
        return msgspec.structs.replace(outgoing, fields=fields, tags=tags)


def digest(text: str, kind: Hash, *, phone: bool = False) -> str:
    """Return the hash of ``text`` in lower case hexadecimal; empty for an empty text.

    Args:
        text: Is trimmed and put into lower case first.
        kind: Which hash; ``none`` returns ``text`` as it is.
        phone: Hash the digits alone, without the 1 before a US or Canadian number.
    """
    if kind is Hash.NONE:
        return text
    plain = text.strip().lower()
    if phone:
        digits = _NO_DIGIT.sub("", plain)
        plain = digits[1:] if len(digits) == 11 and digits.startswith("1") else digits
    if not plain:
        return ""
    # Buyers ask for MD5 and SHA-1; they recognise values, they protect nothing.
    return hashlib.new(
        kind.value, plain.encode("utf-8", "replace"), usedforsecurity=False
    ).hexdigest()


def _faults(settings: PingSettings, lead_type: LeadTypeInfo) -> Iterator[Fault]:
    names = [field.to for field in settings.fields]
    for index, field in enumerate(settings.fields):
        path = f"fields[{index}]"
        if field.to in names[:index]:
            message = f"There are two fields called {field.to}."
            yield Fault(code="name_taken", path=f"{path}.to", message=message)
        if not field.source and not field.static:
            message = "Say what is sent: a lead field, a system tag in brackets, or a fixed text."
            yield Fault(code="source_missing", path=f"{path}.source", message=message)
        elif field.source and not _is_known(field.source, lead_type):
            message = f"{lead_type.name} has no field {field.source!r}."
            yield Fault(code="unknown_field", path=f"{path}.source", message=message)
    yield from _tag_faults(settings, lead_type)


def _tag_faults(settings: PingSettings, lead_type: LeadTypeInfo) -> Iterator[Fault]:
    """Yield the tags that name a lead field which the ping does not carry."""
    fields = [field.to for field in settings.fields] or _impersonal(lead_type)
    known = {*fields, *(secret.name for secret in settings.secrets)}
    kept_out = {name.lower() for name in lead_type.fields}
    for path, text in _templates(settings):
        for tag in sorted(Template(text).tags - known):
            if tag.lower() in kept_out:
                message = f"The ping has no field {tag!r}: only what its fields name is sent."
                yield Fault(code="not_in_ping", path=path, message=message)


def _impersonal(lead_type: LeadTypeInfo) -> tuple[str, ...]:
    return tuple(name for name, field in lead_type.fields.items() if field.system in IMPERSONAL)


def _is_known(source: str, lead_type: LeadTypeInfo) -> bool:
    return source in lead_type.fields or _TAG_SOURCE.fullmatch(source) is not None


def _step(
    field: PingField, info: LeadFieldInfo | None
) -> Callable[[Mapping[str, str], Mapping[str, str]], str]:
    """Return the function from (lead field texts, system tags) to what ``field`` sends."""
    tag = _TAG_SOURCE.fullmatch(field.source) if info is None else None
    phone = info is not None and info.system in _PHONES

    def take(texts: Mapping[str, str], tags: Mapping[str, str]) -> str:
        found = tags.get(tag[1], "") if tag else texts.get(field.source, "")
        text = found or field.static
        sent = field.values.get(text, text)
        return digest(sent, field.hashed, phone=phone) if found else sent

    return take


def _templates(settings: PingSettings) -> Iterator[tuple[str, str]]:
    """Yield path and text of whatever may hold tags."""
    yield "url", settings.url
    yield "testing_url", settings.testing_url
    yield "body", settings.body
    for index, header in enumerate(settings.headers):
        yield f"headers[{index}].value", header.value
