"""Whose an email address or a phone number is: how both are spelt in fields and in posts. Pure."""

import re
from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any, Final
from urllib.parse import unquote_plus

import msgspec

from leadexec.catalog.compiled import CompiledLeadType
from leadexec.contracts.erasure import Person
from leadexec.contracts.lead import SystemField
from leadexec.errors import ConfigurationError, Fault, InvalidValueError

_CONTACTS: Final = frozenset(
    {SystemField.EMAIL, SystemField.PRIMARY_PHONE, SystemField.ALTERNATE_PHONE}
)
_EMAIL: Final = re.compile(r"[^@\s]{1,64}@[^@\s]{1,253}")
_PHONE: Final = re.compile(r"\+?[0-9 ()./\u2010-\u2015-]{7,40}")
_BETWEEN: Final = r"[ ()./\u2010-\u2015-]{0,3}"
"""What may stand between two digits of a number."""
_FEWEST, _MOST = 7, 15
"""Digits of a phone number (E.164)."""


class Wanted(msgspec.Struct, kw_only=True, frozen=True):
    """The spellings by which somebody is known."""

    emails: frozenset[str] = frozenset()
    """Case folded."""
    phones: frozenset[str] = frozenset()
    """Digits only."""

    def agrees(self, value: Any) -> bool:
        """Tell whether a field's value, or anything in it, is one of these."""
        match value:
            case str():
                return value.strip().casefold() in self.emails or digits_of(value) in self.phones
            case bool() | None:
                return False
            case int() | Decimal():
                return str(value) in self.phones
            case list():
                return any(self.agrees(item) for item in value)
            case dict():
                return any(self.agrees(item) for item in value.values())
            case _:
                return False

    def stands_in(self, path: str, body: bytes) -> bool:
        """Tell whether one of these stands anywhere in a post, however it is encoded."""
        patterns = [*map(_email_in_text, self.emails), *map(_phone_in_text, self.phones)]
        return any(pattern.search(text) for text in _readings(path, body) for pattern in patterns)


def wanted_of(person: Person, lead_types: Mapping[int, CompiledLeadType]) -> Wanted:
    """Return the spellings of a person's email and phone, also as lead types normalise them.

    Raises:
        ConfigurationError: ``nobody_named``, ``not_an_email``, ``not_a_phone_number``.
    """
    faults = list(_faults(person))
    if faults:
        raise ConfigurationError(faults)
    emails, phones = {person.email.strip().casefold()}, {digits_of(person.phone)}
    for raw, found in ((person.email, emails), (person.phone, phones)):
        for parsed in _normalised(raw, lead_types):
            found.add(parsed.casefold() if found is emails else digits_of(parsed))
    phones |= {phone[1:] for phone in phones if len(phone) == 11 and phone[0] == "1"}
    phones |= {f"1{phone}" for phone in phones if len(phone) == 10}
    return Wanted(
        emails=frozenset(email for email in emails if _EMAIL.fullmatch(email)),
        phones=frozenset(phones - {""}),
    )


def digits_of(text: str) -> str:
    """Return the digits of a phone number; of anything else nothing."""
    plain = text.strip().removeprefix("tel:")
    if not _PHONE.fullmatch(plain):
        return ""
    digits = "".join(c for c in plain if c in "0123456789")
    return digits if _FEWEST <= len(digits) <= _MOST else ""


def _faults(person: Person) -> Iterator[Fault]:
    if not (person.email.strip() or person.phone.strip() or person.leads):
        message = "Name somebody: an email address, a phone number, or the uids of leads."
        yield Fault(code="nobody_named", path="", message=message)
    if person.email.strip() and not _EMAIL.fullmatch(person.email.strip()):
        message = "Write a whole email address, such as ann@example.com."
        yield Fault(code="not_an_email", path="email", message=message)
    if person.phone.strip() and not digits_of(person.phone):
        message = "Write a phone number of 7 to 15 digits."
        yield Fault(code="not_a_phone_number", path="phone", message=message)


def _normalised(raw: str, lead_types: Mapping[int, CompiledLeadType]) -> Iterator[str]:
    """Yield what the fields that hold contacts would have made of ``raw``."""
    for lead_type in lead_types.values() if raw.strip() else ():
        for field in lead_type.plain:
            info = lead_type.info.fields[field.name]
            if field.type is None or not (info.system in _CONTACTS or info.duplicate_check):
                continue
            try:
                value = field.type.parse(raw)
            except InvalidValueError:
                continue
            except Exception:  # noqa: BLE001, S112  a plugin's type is isolated: it has no say here
                continue
            if isinstance(value, str):
                yield value


def _email_in_text(email: str) -> re.Pattern[str]:
    return re.compile(rf"(?<![\w.+-]){re.escape(email)}(?![\w-]|\.\w)")


def _phone_in_text(digits: str) -> re.Pattern[str]:
    return re.compile(rf"(?<![0-9]){_BETWEEN.join(digits)}(?![0-9])")


def _readings(path: str, body: bytes) -> Iterator[str]:
    raw = body.decode("utf-8", "replace")
    for text in {path, raw}:
        yield text.casefold()
        if "%" in text or "+" in text:
            yield unquote_plus(text).casefold()
    if "\\" in raw:
        try:  # escapes such as \u0040
            yield msgspec.json.encode(msgspec.json.decode(body)).decode().casefold()
        except (msgspec.DecodeError, UnicodeError, RecursionError):
            return
