"""Text, phone numbers and email addresses."""

import email_validator
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from leadexec_fields.contact import EmailSettings, EmailType, PhoneType
from leadexec_fields.text import TextSettings, TextType

from leadexec import FieldSetup, InvalidValueError
from leadexec.testing import FieldTypeContract

SETUP = FieldSetup(name="Field", description="The field")


class TestText(FieldTypeContract):
    field_type = TextType
    valid = {
        " Ann ": ("Ann", "Ann"),
        "e\u0301": ("é", "é"),
        "a\u00a0b\u200b": ("a b", "a b"),
        "one\r\ntwo\tthree": ("one two three", "one two three"),
        "\u202egnp.exe": ("gnp.exe", "gnp.exe"),
        "👩\u200d👧": ("👩\u200d👧", "👩\u200d👧"),
        5: ("5", "5"),
        2.5: ("2.5", "2.5"),
        1e6: ("1000000", "1000000"),
        True: ("true", "true"),
        ("x" * 10_000): ("x" * 10_000, "x" * 10_000),
    }
    invalid = [
        ("a\x00b", "control_character"),
        ("\x1b[31m", "control_character"),
        ("\ud800", "not_unicode"),
        ("\u200b\u00a0", "blank"),
        ("x" * 10_001, "too_long"),
        (10**400, "too_long"),
        (float("nan"), "not_text"),
        (["a", "b"], "several_values"),
        ({"a": 1}, "not_text"),
    ]
    invalid_settings = (({"min_length": 5, "max_length": 2}, {"min_length": "empty_range"}),)


class TestTextOfSeveralLines(FieldTypeContract):
    field_type = TextType
    settings = {"multiline": True, "min_length": 3, "max_length": 20}
    valid = {
        "one\r\ntwo\u2028three\tx\n": ("one\ntwo\nthree\tx", "one\ntwo\nthree\tx"),
        "e\u0301" * 20: ("é" * 20, "é" * 20),
    }
    invalid = {"ab": "too_short", "x" * 21: "too_long", "x" * 90: "too_long"}


class TestTextWithADelimiter(FieldTypeContract):
    field_type = TextType
    setup = FieldSetup(name="Colours", description="Colours", delimiter="|")
    valid = [(["red", "blue"], ("red|blue", "red|blue")), (["red"], ("red", "red"))]
    invalid = [([], "several_values"), ([["red"], "blue"], "not_text")]


class TestPhone(FieldTypeContract):
    field_type = PhoneType
    valid = {
        "4805550123": ("4805550123", "(480) 555-0123"),
        "(480) 555-0123": ("4805550123", "(480) 555-0123"),
        "+1 480.555.0123": ("4805550123", "(480) 555-0123"),
        "1-480-555-0123": ("4805550123", "(480) 555-0123"),
        "tel:+14805550123": ("4805550123", "(480) 555-0123"),
        "480\u2013555\u20130123": ("4805550123", "(480) 555-0123"),
        "48 05 55 01 23": ("4805550123", "(480) 555-0123"),
        "480-555-0123 ext. 12": ("4805550123", "(480) 555-0123"),
        "480-555-0123x12": ("4805550123", "(480) 555-0123"),
        4805550123: ("4805550123", "(480) 555-0123"),
        14805550123: ("4805550123", "(480) 555-0123"),
    }
    invalid = [
        ("480555012", "wrong_length"),
        ("480555012345", "wrong_length"),
        ("180-555-0123", "no_such_number"),
        ("480-155-0123", "no_such_number"),
        ("911-555-0123", "service_code"),
        ("212-911-4567", "service_code"),
        ("+44 20 7946 0958", "foreign_number"),
        ("876-555-0123", "foreign_number"),
        ("1-800-FLOWERS", "not_a_phone_number"),
        ("\uff14\uff18\uff10\uff15\uff15\uff15\uff10\uff11\uff12\uff13", "not_a_phone_number"),
        (4805550123.0, "not_a_phone_number"),
        (True, "not_a_phone_number"),
        ("4805550123 " * 100, "too_long"),
    ]


class TestPhoneOfTheWholePlan(FieldTypeContract):
    field_type = PhoneType
    settings = {"all_countries": True, "extension": False}
    valid = {"876-555-0123": ("8765550123", "(876) 555-0123")}
    invalid = {"480-555-0123 x12": "extension"}


class TestEmail(FieldTypeContract):
    field_type = EmailType
    valid = {
        " Ann.Lee+x@Example.COM ": ("ann.lee+x@example.com", "ann.lee+x@example.com"),
        "o'brien@example.com": ("o'brien@example.com", "o'brien@example.com"),
        "ann@bücher.example": ("ann@xn--bcher-kva.example", "ann@xn--bcher-kva.example"),
    }
    invalid = [
        ("ann", "not_an_email"),
        ("ann@example", "not_an_email"),
        ("ann@@example.com", "not_an_email"),
        ("ann@x.test", "not_an_email"),
        ("Ann <ann@example.com>", "not_an_email"),
        ("a..b@example.com", "not_an_email"),
        ("zoë@example.com", "not_an_email"),
        ("x" * 65 + "@example.com", "not_an_email"),
        ("x" * 2000 + "@example.com", "too_long"),
        (5, "not_an_email"),
    ]


class TestEmailAsItIsWritten(FieldTypeContract):
    field_type = EmailType
    settings = {"lower_case": False, "international": True}
    valid = {
        "Ann@Example.COM": ("Ann@example.com", "Ann@example.com"),
        "Zoë@example.com": ("Zoë@example.com", "Zoë@example.com"),
    }


_PARTS = st.text("abcXYZ019._+-", min_size=1, max_size=12)
_DOMAINS = st.lists(
    st.text("abcXYZ019-", min_size=1, max_size=6)
    | st.sampled_from(["test", "local", "com", "xn--bcher-kva", "x" * 63, "x" * 64]),
    min_size=1,
    max_size=6,
).map(".".join)


@settings(max_examples=500, deadline=None, database=None, derandomize=True)
@given(mailbox=_PARTS | st.just("x" * 65), domain=_DOMAINS)
def test_usual_addresses_are_judged_as_email_validator_judges_them(
    mailbox: str, domain: str
) -> None:
    field = EmailType(EmailSettings(lower_case=False), SETUP)
    address = f"{mailbox}@{domain}"
    try:
        found = email_validator.validate_email(
            address, check_deliverability=False, allow_smtputf8=False, strict=True
        )
        expected: str | None = f"{found.local_part}@{found.ascii_domain}"
    except email_validator.EmailNotValidError:
        expected = None

    try:
        read: object = field.parse(address)
    except InvalidValueError:
        read = None

    assert read == expected


@given(text=st.text(st.characters(), max_size=50))
@settings(max_examples=300, deadline=None, database=None, derandomize=True)
def test_text_never_keeps_what_cannot_be_stored_or_seen(text: str) -> None:
    field = TextType(TextSettings(), SETUP)
    try:
        value = str(field.parse(text))
    except InvalidValueError:
        return

    value.encode()
    assert value == value.strip() != ""
    assert not any(sign in value for sign in "\x00\n\r\t\u200b\u202e\ufeff\u00a0")


def test_a_refusal_names_the_field_as_people_know_it() -> None:
    field = TextType(TextSettings(), FieldSetup(name="FName", description="First name"))

    with pytest.raises(InvalidValueError, match=r"^First name holds the control character U\+0000"):
        field.parse("\x00")
