"""Phone numbers of the United States and Canada, and email addresses."""

import re
from typing import Annotated, ClassVar, Final

import email_validator
from msgspec import Meta, Struct

from leadexec import FieldKind, FieldType, InvalidValueError, RawValue, Value
from leadexec_fields.text import clean, scalar_text

_PHONE: Final = re.compile(
    r" *(?:\+?1[ .-]*)?\(?([2-9][0-9]{2})\)?[ ./-]*([2-9][0-9]{2})[ .-]*([0-9]{4}) *"
)
_EXTENSION: Final = re.compile(r"[ ,;]*(?:extension|ext\.?|x|#)[ .:]*[0-9]{1,7}$", re.IGNORECASE)
_PUNCTUATION: Final = dict.fromkeys(map(ord, " ().-/\u2010\u2011\u2012\u2013\u2014\u2212"))
_LONGEST_PHONE: Final = 60
# fmt: off
_ELSEWHERE: Final = frozenset({
    "242", "246", "264", "268", "284", "345", "441", "473", "649", "658", "664", "721", "758",
    "767", "784", "809", "829", "849", "868", "869", "876",
})
# fmt: on
"""Area codes of the plan outside the United States, its territories and Canada (NANPA)."""


class PhoneSettings(Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """Which numbers are taken."""

    extension: Annotated[
        bool,
        Meta(
            title="Ignore extensions",
            description="Cut off 'ext. 12', 'x12', '#12'; otherwise such numbers are refused.",
        ),
    ] = True
    all_countries: Annotated[
        bool,
        Meta(
            title="All countries of the plan",
            description="Also take the Caribbean and Bermuda, which share the +1.",
        ),
    ] = False


class PhoneType(FieldType[PhoneSettings]):
    """A phone number of ten digits, shown as ``(000) 000-0000`` (``LT4`` US/Canada Phone).

    The shape is the North American Numbering Plan's: area code and exchange begin with 2 to 9 and
    are no service codes (211 to 911). libphonenumber is not used, as it takes 911 for an exchange.
    """

    key: ClassVar[str] = "phone"
    title: ClassVar[str] = "US/Canada phone number"
    kind: ClassVar[FieldKind] = FieldKind.TEXT

    def parse(self, raw: RawValue) -> Value:
        """Return ten digits, whatever the punctuation and with or without +1."""
        if type(raw) is str and len(raw) <= _LONGEST_PHONE:
            found = _PHONE.fullmatch(raw)
            area, exchange, line = found.groups() if found else self._taken_apart(raw)
        else:
            area, exchange, line = self._taken_apart(raw)
        if area[1:] == "11" or exchange[1:] == "11":
            raise self.refuse("service_code", "has a service code, such as 911, within.")
        if area in _ELSEWHERE and not self.settings.all_countries:
            raise self.refuse("foreign_number", f"has an area code ({area}) outside US and Canada.")
        return area + exchange + line

    def format(self, value: Value) -> str:
        """Return ``(480) 555-0123``."""
        text = str(value)
        return f"({text[:3]}) {text[3:6]}-{text[6:]}" if len(text) == 10 else text

    def sample(self) -> str:
        """Return a number set aside for examples."""
        return "(480) 555-0123"

    def _taken_apart(self, raw: RawValue) -> tuple[str, str, str]:
        """Read what is not written in one of the usual ways, or say what is wrong with it."""
        if isinstance(raw, bool | float):
            raise self.refuse("not_a_phone_number", "must be a phone number of ten digits.")
        text = clean(self, scalar_text(self, raw), _LONGEST_PHONE).removeprefix("tel:")
        if found := _EXTENSION.search(text):
            if not self.settings.extension:
                raise self.refuse("extension", "must be a number without extension.")
            text = text[: found.start()]
        digits = text.translate(_PUNCTUATION)
        abroad = digits.startswith("+") and not digits.startswith("+1")
        digits = digits.removeprefix("+")
        if not (digits.isascii() and digits.isdigit()):
            raise self.refuse("not_a_phone_number", "must be a phone number of ten digits.")
        if abroad:
            raise self.refuse("foreign_number", "must be a number of the US or Canada (+1).")
        if len(digits) == 11 and digits[0] == "1":
            digits = digits[1:]
        if len(digits) != 10:
            raise self.refuse("wrong_length", f"must have ten digits, not {len(digits)}.")
        if digits[0] in "01" or digits[3] in "01":
            raise self.refuse("no_such_number", "has an area code or exchange that cannot exist.")
        return digits[:3], digits[3:6], digits[6:]


_USUAL_EMAIL: Final = re.compile(
    r"[A-Za-z0-9_+-]+(?:\.[A-Za-z0-9_+-]+)*"
    r"@(?:[a-z0-9](?:[a-z0-9]|-(?=[a-z0-9])){0,62}\.){1,4}[a-z]{2,24}",
)
_SPECIAL_ENDS: Final = tuple(f".{name}" for name in email_validator.SPECIAL_USE_DOMAIN_NAMES)
_LONGEST_EMAIL: Final = 254
_LONGEST_MAILBOX: Final = 64


class EmailSettings(Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """How addresses are read and written."""

    lower_case: Annotated[
        bool,
        Meta(
            title="Lower case",
            description="Write the part before the @ in lower case, too; the domain always is.",
        ),
    ] = True
    international: Annotated[
        bool,
        Meta(
            title="International mailboxes",
            description="Take other than ASCII letters before the @ (RFC 6531).",
        ),
    ] = False


class EmailType(FieldType[EmailSettings]):
    """An email address that could exist; whether it does is not asked here (``LT4`` Email).

    Checked by email-validator without any look-up; international domains are held in their ASCII
    form. The usual addresses are recognised beforehand, with the same result (a test compares).
    """

    key: ClassVar[str] = "email"
    title: ClassVar[str] = "Email"
    kind: ClassVar[FieldKind] = FieldKind.TEXT

    def parse(self, raw: RawValue) -> Value:
        """Return the address, normalised."""
        if not isinstance(raw, str):
            raise self._no_address("must be an email address such as ann@example.com.")
        address = self._usual(raw) or self._validated(raw)
        if not self.settings.lower_case:
            return address
        mailbox, at, domain = address.rpartition("@")
        return mailbox.lower() + at + domain

    def format(self, value: Value) -> str:
        """Return the address."""
        return str(value)

    def sample(self) -> str:
        """Return an address set aside for examples."""
        return "ann@example.com"

    def _usual(self, raw: str) -> str | None:
        if len(raw) > _LONGEST_EMAIL:
            return None
        mailbox, _, domain = raw.strip().partition("@")
        domain = domain.lower()
        if len(mailbox) > _LONGEST_MAILBOX or "--" in domain or domain.endswith(_SPECIAL_ENDS):
            return None
        address = f"{mailbox}@{domain}"
        return address if _USUAL_EMAIL.fullmatch(address) else None

    def _validated(self, raw: str) -> str:
        text = clean(self, raw, _LONGEST_EMAIL)
        try:
            found = email_validator.validate_email(
                text,
                check_deliverability=False,
                strict=True,
                allow_smtputf8=self.settings.international,
            )
        except email_validator.EmailNotValidError as error:
            raise self._no_address(f"is not an email address. {error}") from None
        address = f"{found.local_part}@{found.ascii_domain}"
        if len(address) > _LONGEST_EMAIL:
            raise self._no_address("is longer than an email address can be.")
        return address

    def _no_address(self, problem: str) -> InvalidValueError:
        return self.refuse("not_an_email", problem)
