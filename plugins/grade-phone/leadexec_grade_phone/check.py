"""The check itself."""

import re
from typing import Annotated, ClassVar, Final

from msgspec import Meta, Struct

from leadexec import (
    Answer,
    GradingCheck,
    GradingContext,
    Lead,
    PhoneFacts,
    PhoneQuestion,
    Score,
    SystemField,
    Value,
)

_SHAPE: Final = re.compile(r"\+?[0-9 ().\u00a0\u2010-\u2015\u2212/-]{7,40}", re.ASCII)
_FIELDS: Final = (SystemField.PRIMARY_PHONE, SystemField.ALTERNATE_PHONE)


class PhoneSettings(Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """When a phone number is good enough, and how long is waited to know it."""

    possible_is_enough: Annotated[
        bool,
        Meta(
            title="A possible number is enough",
            description="Where nobody knows whether a number is registered, one that can exist "
            "under its numbering plan passes. Only a provider with line data knows more.",
        ),
    ] = True
    seconds: Annotated[
        float,
        Meta(
            title="Patience",
            description="Seconds the provider of phone facts may take; all checks of a lead "
            "together have three.",
            gt=0,
            le=2.5,
        ),
    ] = 2.0


class PhoneRegistered(GradingCheck[PhoneSettings]):
    """Passes when the lead's phone number is registered to somebody (``GR1`` phone registered).

    Asked is the lookup for phone numbers about the field that means Primary phone; where it is
    empty, about the Alternate phone.
    """

    key: ClassVar[str] = "phone"
    title: ClassVar[str] = "Phone registered"
    order: ClassVar[int] = 20

    async def grade(self, lead: Lead, context: GradingContext) -> Score:
        """Return whether the number is registered; the number is not shown."""
        names = [name for field in _FIELDS if (name := context.lead_type.named(field))]
        if not names:
            return _failed(f"No field of lead type {context.lead_type.id} means a phone.")
        text = next((text for name in names if (text := _text(lead.fields.get(name)))), "")
        if not text:
            return _failed("There is no phone number.")
        number = number_in(text)
        if not number:
            return _failed("The phone number is not written as one.")
        question = PhoneQuestion(number=number)
        return self._score(await self.services.lookups.ask(question, seconds=self.settings.seconds))

    def _score(self, answer: Answer[PhoneFacts]) -> Score:
        facts = answer.facts
        if facts is None:
            return _failed(_nothing_known(answer))
        if facts.registered is not None:
            state = "registered" if facts.registered else "not registered"
            return Score(passed=facts.registered, detail=f"The phone number is {state}.")
        if facts.possible is None:
            return _failed("Not known whether the phone number is registered, or can exist.")
        if not facts.possible:
            return _failed("The phone number cannot exist.")
        told = "Not known whether the phone number is registered; such a number can exist."
        return Score(passed=self.settings.possible_is_enough, detail=told)


def number_in(text: str) -> str:
    """Return the number as a ``PhoneQuestion`` has it; empty when ``text`` is none.

    Ten digits for the US and Canada, else E.164 with its plus.
    """
    text = text.strip()
    if not _SHAPE.fullmatch(text):
        return ""
    digits = re.sub(r"[^0-9]", "", text)
    if text.startswith("+") and not digits.startswith("1"):
        return f"+{digits}" if 7 <= len(digits) <= 15 and digits[0] != "0" else ""
    if len(digits) == 11 and digits[0] == "1":
        return digits[1:]
    return digits if len(digits) == 10 and not text.startswith("+") else ""


def _nothing_known(answer: Answer[PhoneFacts]) -> str:
    # What a provider raised may name the number: it stands with the plugin's faults, not here.
    if not answer.provider:
        return "Not known: no provider answers questions about phone numbers."
    if answer.problem:
        return "Not known: the provider of phone facts could not be asked."
    return "Not known: the provider of phone facts knows nothing of the number."


def _failed(detail: str) -> Score:
    return Score(passed=False, detail=detail)


def _text(value: Value) -> str:
    match value:
        case str():
            return value.strip()
        case int() if not isinstance(value, bool):
            return str(value)
        case _:
            return ""
