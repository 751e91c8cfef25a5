"""The check itself."""

import unicodedata
from typing import Annotated, ClassVar, Final

from msgspec import Meta, Struct

from leadexec import GradingCheck, GradingContext, Lead, Score, Services, SystemField, Value

LONGEST: Final = 10_000
"""Characters that are looked at."""


class CommentsSettings(Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """What counts as comments."""

    minimum_length: Annotated[
        int,
        Meta(
            title="Minimum length",
            description="So many letters and digits must be there; blanks and punctuation do not "
            "count.",
            ge=1,
            le=1000,
            examples=[10],
        ),
    ] = 3
    placeholders: Annotated[
        tuple[Annotated[str, Meta(min_length=1, max_length=100)], ...],
        Meta(
            title="Placeholders",
            description="Texts that stand for no comment; case, blanks and punctuation do not "
            "matter.",
            max_length=1000,
            examples=[["none", "n/a"]],
        ),
    ] = ("n/a", "none", "nil", "null", "no comment", "no comments", "not applicable", "undefined")


class CommentsPresent(GradingCheck[CommentsSettings]):
    """Passes when the lead has comments that say something (``GR1`` comments present).

    The comments are the field that means Comments. Punctuation alone, one character over and over,
    and placeholders such as "n/a" are no comments.
    """

    key: ClassVar[str] = "comments"
    title: ClassVar[str] = "Comments present"
    order: ClassVar[int] = 50

    def __init__(self, settings: CommentsSettings, services: Services) -> None:
        """Prepare the placeholders."""
        super().__init__(settings, services)
        self._placeholders = frozenset(_letters(text) for text in settings.placeholders) - {""}

    async def grade(self, lead: Lead, context: GradingContext) -> Score:
        """Return whether there are comments; they are not shown."""
        name = context.lead_type.named(SystemField.COMMENTS)
        if name is None:
            told = f"No field of lead type {context.lead_type.id} means Comments."
            return Score(passed=False, detail=told)
        text = _text(lead.fields.get(name))
        letters = _letters(text)
        problem = self._problem(text, letters)
        if problem:
            return Score(passed=False, detail=problem)
        told = f"There are comments of {_counted(len(letters))}."
        return Score(passed=True, detail=told)

    def _problem(self, text: str, letters: str) -> str:
        """Return why ``text`` is no comment; empty when it is one."""
        least = self.settings.minimum_length
        found = (
            (not text.strip(), "There are no comments."),
            (not letters, "The comments are nothing but punctuation."),
            (letters in self._placeholders, "The comments are a placeholder."),
            (
                len(letters) > 1 and len(set(letters)) == 1,
                "The comments are one character over and over.",
            ),
            (
                len(letters) < least,
                f"The comments are too short: {_counted(len(letters))}, at least {least} needed.",
            ),
        )
        return next((problem for is_so, problem in found if is_so), "")


def _counted(letters: int) -> str:
    return f"{letters} letters and digits" if letters != 1 else "1 letter or digit"


def _text(value: Value) -> str:
    match value:
        case None | bool() | dict():
            return ""
        case str():
            return value[:LONGEST]
        case list():
            return " ".join(item[:LONGEST] for item in value[:100] if isinstance(item, str))
        case _:
            return str(value)[:LONGEST]


def _letters(text: str) -> str:
    """Return the letters and digits of ``text``, so that texts compare as they are read."""
    plain = unicodedata.normalize("NFKC", text).casefold()
    return "".join(filter(str.isalnum, plain))
