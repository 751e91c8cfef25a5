"""The judge that comes with the plugin: rules, not a model."""

import math
from collections.abc import Iterator, Mapping
from typing import ClassVar, Final

from leadexec import LeadTypeInfo, SystemField, Value
from leadexec_validate_ai.contact_signs import email_signs, phone_signs
from leadexec_validate_ai.judge import Judge, Judgement
from leadexec_validate_ai.nonsense import nonsense
from leadexec_validate_ai.person_signs import NAMES, name_signs, person_signs
from leadexec_validate_ai.sign import Shown, Sign
from leadexec_validate_ai.told import LONGEST

_PHONES: Final = (SystemField.PRIMARY_PHONE, SystemField.ALTERNATE_PHONE)
JUDGED: Final = frozenset(
    (
        *NAMES,
        *_PHONES,
        SystemField.EMAIL,
        SystemField.ADDRESS,
        SystemField.CITY,
        SystemField.COMMENTS,
    )
)
"""The fields that the rules know something about, by what they mean to the system."""


class RulesJudge(Judge):
    """Judges by fixed rules: no model, no network, the same answer every time.

    Every sign that speaks against a lead has a weight; the score is the product of what they
    leave: one sign of 0.6 leaves 0.4, two leave 0.16, none leaves 1. The question is not read.
    Fields are judged by what the lead type says they mean; those without a meaning are looked at
    for nonsense only.
    """

    title: ClassVar[str] = "rules, not a model"

    def __init__(self, lead_type: LeadTypeInfo) -> None:
        """Judge leads of ``lead_type``."""
        self._known = lead_type.fields

    async def judge(self, fields: Mapping[str, Value], question: str) -> Judgement:
        """Return the judgement by all rules; it is always there."""
        signs = sorted(self._signs(fields), key=lambda sign: -sign.weight)
        left = math.prod(1 - sign.weight for sign in signs)
        reasons = tuple(f"{sign.sentence} (−{sign.weight:g})" for sign in signs)
        return Judgement(score=round(left, 4), reasons=reasons)

    def _signs(self, fields: Mapping[str, Value]) -> Iterator[Sign]:
        shown = [
            Shown(label=info.description, text=text, system=info.system)
            for name, value in fields.items()
            if (info := self._known.get(name)) and (text := _text(value)[:LONGEST])
        ]
        for one in shown:
            if one.system in _PHONES:
                yield from phone_signs(one)
            elif one.system is SystemField.EMAIL:
                yield from email_signs(one)
            else:
                if one.system in NAMES:
                    yield from name_signs(one)
                if (found := nonsense(one)) is not None:
                    yield found
        yield from person_signs(shown)


def _text(value: Value) -> str:
    match value:
        case bool():
            return ""
        case str() | int():
            return str(value).strip()
        case list():
            return " ".join(filter(None, map(_text, value)))
        case _:
            return ""
