"""What a campaign says about consent, and what is wrong with it."""

import enum
from collections.abc import Iterator
from typing import Annotated, Final

from msgspec import Meta, Struct

from leadexec import Fault, LeadTypeInfo, SystemField
from leadexec_tcpa.texts import GENERAL_TEXT, ONE_TO_ONE_TEXT, SELLERS, fold, named


class ConsentForm(enum.StrEnum):
    """To whom consent is given. Neither form is more valid than the other here."""

    GENERAL = "general"
    ONE_TO_ONE = "one_to_one"


class Counts(enum.StrEnum):
    """What in the consent field counts as consent."""

    YES = "yes"
    TEXT = "text"
    URL = "url"


class OnMissing(enum.StrEnum):
    """What becomes of a lead without the consent that is asked for."""

    REJECT = "reject"
    HOLD = "hold"
    NOTE = "note"


class Seller(Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """Somebody to whom consent is given by name."""

    name: Annotated[
        str,
        Meta(
            title="Name",
            description="As the form shows it and the sellers field holds it.",
            min_length=1,
            max_length=200,
        ),
    ]
    delivery_accounts: Annotated[
        tuple[int, ...],
        Meta(
            title="Delivery accounts",
            description="Ids of this seller's. As soon as one seller has any, a lead only goes to "
            "those of the sellers it names.",
            max_length=1000,
        ),
    ] = ()


class TcpaSettings(Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """Which consent a campaign's leads need, where it stands, and what is found out besides."""

    notification_email: Annotated[
        str,
        Meta(
            title="Notification email",
            description="Who is told about consent on this campaign.",
            max_length=254,
            pattern=r"^[^@\s]+@[^@\s]+\.[^@\s]+$",
            examples=["compliance@example.com"],
        ),
    ]
    consent_form: Annotated[
        ConsentForm,
        Meta(
            title="Consent form",
            description="general: one consent for whoever gets the lead. one_to_one: consent is "
            "given to sellers by name.",
        ),
    ] = ConsentForm.GENERAL
    consent_text: Annotated[
        str,
        Meta(
            title="Consent text",
            description="What the visitor agrees to, as the form shows it. Blank: the product's "
            "own. In a one_to_one text, {sellers} stands for the sellers' names.",
            max_length=4000,
        ),
    ] = ""
    sellers: Annotated[
        tuple[Seller, ...],
        Meta(title="Sellers", description="To whom one_to_one consent is given.", max_length=100),
    ] = ()
    sellers_field: Annotated[
        str,
        Meta(
            title="Sellers field",
            description="The lead field with the names of the sellers the visitor chose, "
            "separated by commas or semicolons. Blank: consent is given to all of them.",
        ),
    ] = ""
    consent_field: Annotated[
        str,
        Meta(
            title="Consent field",
            description="The lead field that says whether consent was given. Blank: the one with "
            "the Consent system field.",
        ),
    ] = ""
    counts_as_consent: Annotated[
        tuple[Counts, ...],
        Meta(
            title="What counts as consent",
            description="yes: yes, true, 1 or on. text: the field holds the consent text. url: it "
            "holds the address of a record of the consent. An empty field never counts.",
            min_length=1,
        ),
    ] = (Counts.YES, Counts.TEXT)
    consent_text_field: Annotated[
        str,
        Meta(
            title="Consent text field",
            description="The lead field with the text the form showed, word for word. Blank: the "
            "form does not post it.",
        ),
    ] = ""
    text_must_match: Annotated[
        bool,
        Meta(
            title="Require the consent text to match",
            description="The text that was posted must be the campaign's, whatever its case, "
            "blanks and punctuation.",
        ),
    ] = False
    token_required: Annotated[
        bool,
        Meta(
            title="Require a Lead-ID or TrustedForm token",
            description="The lead must bring one in the field with that system field. Its shape "
            "is checked; its issuer is not asked.",
        ),
    ] = False
    on_missing: Annotated[
        OnMissing,
        Meta(
            title="Lead without consent",
            description="reject: back to the source. hold: quality control decides. note: it "
            "goes on, and is marked as not compliant.",
        ),
    ] = OnMissing.REJECT
    mobile_check: Annotated[
        bool,
        Meta(
            title="Mobile check",
            description="Find out whether the primary phone is a mobile number, and note it.",
        ),
    ] = False
    locate_ip: Annotated[
        bool,
        Meta(title="Locate IP", description="Find out where the visitor's IP is, and note it."),
    ] = False
    user_agent_field: Annotated[
        str,
        Meta(
            title="User agent field",
            description="The lead field with the visitor's browser, to be kept as evidence. "
            "Blank: the form does not post it.",
        ),
    ] = ""


_NAMED: Final = ("consent_field", "consent_text_field", "sellers_field", "user_agent_field")


def text_of(settings: TcpaSettings) -> str:
    """Return the text visitors agree to, with the place for sellers' names still open."""
    own = settings.consent_text.strip()
    if own:
        return own
    one_to_one = settings.consent_form is ConsentForm.ONE_TO_ONE
    return ONE_TO_ONE_TEXT if one_to_one else GENERAL_TEXT


def faults_of(settings: TcpaSettings, lead_type: LeadTypeInfo) -> Iterator[Fault]:
    """Yield everything that is wrong with ``settings`` for leads of ``lead_type``."""
    for setting in _NAMED:
        name = getattr(settings, setting)
        if name and name not in lead_type.fields:
            message = f"{lead_type.name} has no field {name!r}."
            yield Fault(code="unknown_field", path=setting, message=message)
    yield from _missing_meanings(settings, lead_type)
    if settings.text_must_match and not (
        settings.consent_text_field or Counts.TEXT in settings.counts_as_consent
    ):
        message = "Name the field with the text that was shown, or let a text count as consent."
        yield Fault(code="no_text_to_match", path="text_must_match", message=message)
    yield from _seller_faults(settings)


def _missing_meanings(settings: TcpaSettings, lead_type: LeadTypeInfo) -> Iterator[Fault]:
    wanted = (
        (not settings.consent_field, "consent_field", SystemField.CONSENT, "Consent"),
        (settings.mobile_check, "mobile_check", SystemField.PRIMARY_PHONE, "Primary Phone"),
        (
            settings.token_required,
            "token_required",
            SystemField.CONSENT_TOKEN,
            "Lead-ID/TrustedForm token",
        ),
    )
    for needed, path, system, title in wanted:
        if needed and lead_type.named(system) is None:
            message = f"No field of {lead_type.name} has the system field {title}: give it one."
            yield Fault(code="system_field_missing", path=path, message=message)


def _seller_faults(settings: TcpaSettings) -> Iterator[Fault]:
    if settings.consent_form is ConsentForm.GENERAL:
        if settings.sellers or settings.sellers_field or SELLERS in settings.consent_text:
            message = "General consent names no sellers; choose the form one_to_one for that."
            yield Fault(code="sellers_in_general_consent", path="consent_form", message=message)
        return
    if not settings.sellers:
        message = "One-to-one consent is given to sellers by name: list at least one."
        yield Fault(code="sellers_missing", path="sellers", message=message)
    shown = fold(named(text_of(settings), [seller.name for seller in settings.sellers]))
    known: set[str] = set()
    for index, seller in enumerate(settings.sellers):
        name = fold(seller.name)
        path = f"sellers[{index}].name"
        if name in known or not name:
            message = f"{seller.name!r} is listed twice, or has no letters."
            yield Fault(code="seller_twice", path=path, message=message)
        elif f" {name} " not in f" {shown} ":
            message = f"The consent text does not name {seller.name!r}; write {SELLERS} into it."
            yield Fault(code="seller_not_named", path=path, message=message)
        known.add(name)
