"""The check itself."""

import asyncio
import itertools
from collections.abc import Iterable, Iterator, Mapping
from typing import ClassVar, Final

from leadexec import (
    ConfigurationError,
    Hold,
    Lead,
    Pass,
    Reject,
    Stage,
    Validator,
    ValidatorSetup,
    Value,
    Verdict,
)
from leadexec_validate_profanity.entries import Entry, entries, listed, mistaken, words_of
from leadexec_validate_profanity.matcher import Matcher
from leadexec_validate_profanity.settings import OnHit, ProfanitySettings, faults_of, fields_of

_AT_ONCE: Final = 4_000
"""Characters that are looked through on the event loop; more go to a thread."""


class Profanity(Validator[ProfanitySettings]):
    """Refuses a lead with profanity in its text fields (``LT6``).

    Words are looked up whole, so that a place such as Scunthorpe is none. Case, accents, invisible
    characters, look-alike letters of other scripts, stretched letters and letters written one by
    one make no difference. The message names the fields and never the word: it goes back to the
    source, and from there perhaps to a web page. Which entry of which list was found is kept with
    the lead, in ``lead.facts``.
    """

    key: ClassVar[str] = "profanity"
    title: ClassVar[str] = "Profanity filter"
    stage: ClassVar[Stage] = Stage.FIELDS

    def __init__(self, settings: ProfanitySettings, setup: ValidatorSetup) -> None:
        """Compile the lists; raise ``ConfigurationError`` with every fault."""
        super().__init__(settings, setup)
        faults = list(faults_of(settings, setup.lead_type))
        if faults:
            raise ConfigurationError(faults)
        self._fields = fields_of(settings, setup.lead_type)
        own = tuple(entries("own", settings.words))
        lists = (listed(language) for language in dict.fromkeys(settings.languages))
        wanted = {entry.words for entry in own}
        harmless = (word for word in mistaken() if words_of(word) not in wanted)
        self._matcher = Matcher(
            itertools.chain(own, *lists),
            (*settings.allowed, *harmless),
            leetspeak=settings.leetspeak,
        )

    def reads(self) -> frozenset[str]:
        """Return the fields that are looked into."""
        return frozenset(self._fields)

    async def check(self, lead: Lead) -> Verdict:
        """Return the verdict on the words of ``lead``."""
        texts = {name: tuple(_texts(lead.fields.get(name))) for name in self._fields}
        length = sum(len(text) for found in texts.values() for text in found)
        if length > _AT_ONCE:
            hits = await asyncio.to_thread(self._hits, texts)
        else:
            hits = self._hits(texts)
        if not hits:
            return Pass()
        lead.facts["validate-profanity"] = {
            name: {"entry": entry.name, "words": " ".join(entry.words)}
            for name, entry in hits.items()
        }
        return self._refusal(hits)

    def _hits(self, texts: Mapping[str, tuple[str, ...]]) -> dict[str, Entry]:
        """Return the first entry found in each field that has one."""
        found: dict[str, Entry] = {}
        for name, values in texts.items():
            entry = next(filter(None, map(self._matcher.find, values)), None)
            if entry is not None:
                found[name] = entry
        return found

    def _refusal(self, hits: Iterable[str]) -> Verdict:
        known = self.setup.lead_type.fields
        names = [known[name].description for name in hits]
        fields = " and ".join([", ".join(names[:-1]), names[-1]] if names[1:] else names)
        message = f"Not accepted because of profanity: {fields}."
        if self.settings.on_hit is OnHit.HOLD:
            return Hold(code="profanity", message=message)
        return Reject(code="profanity", message=message)


def _texts(value: Value) -> Iterator[str]:
    match value:
        case str():
            yield value
        case list():
            for item in value:
                yield from _texts(item)
        case dict():
            for item in value.values():
                yield from _texts(item)
