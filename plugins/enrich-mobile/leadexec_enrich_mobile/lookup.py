"""What can be read off a phone number alone, by the numbering plan of its country."""

import re
from collections.abc import Mapping
from typing import ClassVar, Final

import phonenumbers
from phonenumbers import PhoneNumber, PhoneNumberType

from leadexec import Lookup, NoSettings, PhoneFacts, PhoneQuestion

_TEN: Final = re.compile(r"[0-9]{10}")
_E164: Final = re.compile(r"\+[1-9][0-9]{3,14}")
_NORTH_AMERICA: Final = 1
"""The country code that the US, Canada and twenty others share."""
_SERVICE_EXCHANGE: Final = re.compile(r"[0-9]{3}[2-9]11[0-9]{4}")
"""N11 as an exchange (212-911-4567): not assigned, but taken for granted by the library."""
_WORLDWIDE: Final = "001"
_MOBILE: Final[Mapping[int, bool]] = {
    PhoneNumberType.MOBILE: True,
    PhoneNumberType.FIXED_LINE: False,
    PhoneNumberType.TOLL_FREE: False,
    PhoneNumberType.PREMIUM_RATE: False,
    PhoneNumberType.SHARED_COST: False,
    PhoneNumberType.VOIP: False,
    PhoneNumberType.PAGER: False,
    PhoneNumberType.UAN: False,
    PhoneNumberType.VOICEMAIL: False,
}
"""Whether the type is a mobile line; those not named here may be either."""
_OF_A_PLACE: Final = frozenset(
    {
        PhoneNumberType.MOBILE,
        PhoneNumberType.FIXED_LINE,
        PhoneNumberType.FIXED_LINE_OR_MOBILE,
    }
)


class NumberingPlan(Lookup[NoSettings, PhoneQuestion, PhoneFacts]):
    """What the numbering plans say of a phone number (``LS10``).

    Whether such a number can exist, its country, and whether it is a mobile number. In the United
    States and Canada mobile and fixed lines share their ranges, and numbers move between them with
    their owners: there ``mobile`` is not known, except that toll-free and premium numbers are no
    mobiles. Who has the number, and whether anybody has it, no plan says.
    """

    key: ClassVar[str] = "numbering-plan"
    title: ClassVar[str] = "Numbering plans of all countries"
    asks: ClassVar[type[PhoneQuestion]] = PhoneQuestion
    offline: ClassVar[bool] = True
    quick: ClassVar[bool] = True

    async def look_up(self, question: PhoneQuestion) -> PhoneFacts | None:
        """Return what the plan says; None when ``number`` is not written as a number."""
        text = f"+1{question.number}" if _TEN.fullmatch(question.number) else question.number
        if not _E164.fullmatch(text):
            return None
        number = _parsed(text)
        if number is None or not _can_exist(number):
            return PhoneFacts(possible=False)
        kind = phonenumbers.number_type(number)
        return PhoneFacts(possible=True, mobile=_MOBILE.get(kind), region=_region(number, kind))


def _parsed(text: str) -> PhoneNumber | None:
    try:
        return phonenumbers.parse(text)
    except phonenumbers.NumberParseException:  # no country has that code
        return None


def _can_exist(number: PhoneNumber) -> bool:
    if not phonenumbers.is_valid_number(number):
        return False
    national = phonenumbers.national_significant_number(number)
    return number.country_code != _NORTH_AMERICA or not _SERVICE_EXCHANGE.fullmatch(national)


def _region(number: PhoneNumber, kind: int) -> str | None:
    if number.country_code == _NORTH_AMERICA and kind not in _OF_A_PLACE:
        return None  # toll-free and the like belong to all of North America
    region = phonenumbers.region_code_for_number(number)
    return None if region == _WORLDWIDE else region
