"""What a campaign says about profanity, and what is wrong with it."""

import enum
from collections.abc import Iterator
from typing import Annotated

from msgspec import Meta, Struct

from leadexec import Fault, FieldKind, LeadTypeInfo
from leadexec_validate_profanity.entries import Language, words_of
from leadexec_validate_profanity.folding import fold
from leadexec_validate_profanity.leetspeak import is_coded

Phrase = Annotated[str, Meta(min_length=1, max_length=100)]


class OnHit(enum.StrEnum):
    """What becomes of a lead with profanity in it."""

    REJECT = "reject"
    HOLD = "hold"


class ProfanitySettings(Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """Where profanity is looked for, what counts as such, and what follows."""

    fields: Annotated[
        tuple[str, ...],
        Meta(
            title="Fields",
            description="The lead fields to look into: text fields, and fields of several values. "
            "None: all text fields of the lead type.",
            max_length=500,
            examples=[["FirstName", "LastName", "Comments"]],
        ),
    ] = ()
    languages: Annotated[
        tuple[Language, ...],
        Meta(
            title="Languages",
            description="The lists to look up. One word may be profane in one language and a name "
            "in another: choose those in which your leads are written.",
        ),
    ] = (Language.EN,)
    words: Annotated[
        tuple[Phrase, ...],
        Meta(
            title="Own words",
            description="Words and phrases that are not accepted either, written in letters.",
            max_length=1000,
            examples=[["lousy", "rip off"]],
        ),
    ] = ()
    allowed: Annotated[
        tuple[Phrase, ...],
        Meta(
            title="Allowed words",
            description="Words and phrases that are always accepted: surnames, places, brands.",
            max_length=1000,
            examples=[["Wanker", "Lake Twatt"]],
        ),
    ] = ()
    leetspeak: Annotated[
        bool,
        Meta(
            title="Read digits and symbols as letters",
            description="Also find words in which digits and symbols stand for letters, or stars "
            "hide them.",
        ),
    ] = True
    on_hit: Annotated[
        OnHit,
        Meta(
            title="On profanity",
            description="Reject the lead, or hold it for quality control.",
        ),
    ] = OnHit.REJECT


_LOOKED_INTO = (FieldKind.TEXT, FieldKind.LIST)


def fields_of(settings: ProfanitySettings, lead_type: LeadTypeInfo) -> tuple[str, ...]:
    """Return the names of the fields to look into, each once."""
    texts = (f.name for f in lead_type.fields.values() if f.kind is FieldKind.TEXT)
    return tuple(dict.fromkeys(settings.fields or texts))


def faults_of(settings: ProfanitySettings, lead_type: LeadTypeInfo) -> Iterator[Fault]:
    """Yield everything that is wrong with ``settings`` for a campaign of ``lead_type``."""
    yield from _field_faults(settings, lead_type)
    if not settings.languages and not settings.words:
        yield Fault(
            code="nothing_to_look_for",
            path="languages",
            message="Choose a language, or give own words.",
        )
    for path, phrases in (("words", settings.words), ("allowed", settings.allowed)):
        for place, phrase in enumerate(phrases):
            if not words_of(phrase):
                yield Fault(
                    code="no_letters",
                    path=f"{path}[{place}]",
                    message="Give a word: letters; digits and symbols alone are not looked up.",
                )
    allowed = {words_of(phrase) for phrase in settings.allowed}
    for place, phrase in enumerate(settings.words):
        if any(map(is_coded, fold(phrase).split())):
            yield Fault(
                code="not_in_letters",
                path=f"words[{place}]",
                message="Write the word in letters; with digits and symbols it is then found, too.",
            )
        elif words_of(phrase) and words_of(phrase) in allowed:
            yield Fault(
                code="word_both_ways",
                path=f"words[{place}]",
                message="The same word is among the allowed words. Keep it in one of the two.",
            )


def _field_faults(settings: ProfanitySettings, lead_type: LeadTypeInfo) -> Iterator[Fault]:
    if not fields_of(settings, lead_type):
        yield Fault(
            code="no_text_fields",
            path="fields",
            message=f"Lead type {lead_type.name} has no text field to look into.",
        )
    for place, name in enumerate(settings.fields):
        known = lead_type.fields.get(name)
        if known is None:
            yield Fault(
                code="unknown_field",
                path=f"fields[{place}]",
                message=f"Lead type {lead_type.name} has no field {name}.",
            )
        elif known.kind not in _LOOKED_INTO:
            yield Fault(
                code="not_a_text_field",
                path=f"fields[{place}]",
                message=f"{name} holds no text but a {known.kind}; name text fields.",
            )
