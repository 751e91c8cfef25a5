"""The check that appends city and state."""

from typing import Any, ClassVar

import msgspec

from leadexec import (
    ConfigurationError,
    Lead,
    Pass,
    PlaceFacts,
    PlaceQuestion,
    Stage,
    Validator,
    ValidatorSetup,
    Verdict,
)
from leadexec_enrich_city_state.postal import (
    canadian_code,
    country_by_shape,
    country_code,
    zip_code,
)
from leadexec_enrich_city_state.settings import CityStateSettings, Overwrite, faults_of, names_in

_PLUGIN = "enrich-city-state"


class AppendCityState(Validator[CityStateSettings]):
    """Fills the lead's city and state from its postal code and country (``LS10``).

    It never rejects or holds a lead: what is not known stays as it was posted, and the process log
    says so. What was found and what was replaced is kept in the lead's facts.
    """

    key: ClassVar[str] = "append-city-state"
    title: ClassVar[str] = "Append city and state"
    stage: ClassVar[Stage] = Stage.ENRICHMENT

    def __init__(self, settings: CityStateSettings, setup: ValidatorSetup) -> None:
        """Find the fields; raise ``ConfigurationError`` with every fault."""
        super().__init__(settings, setup)
        faults = list(faults_of(setup.lead_type))
        if faults:
            raise ConfigurationError(faults)
        self._names = names_in(setup.lead_type)

    def reads(self) -> frozenset[str]:
        """Return the fields for postal code, country, city and state."""
        names = self._names
        return frozenset(filter(None, (names.zip, names.country, names.city, names.state)))

    async def check(self, lead: Lead) -> Verdict:
        """Return ``Pass``; its detail says what was done."""
        if self.settings.overwrite is Overwrite.NEVER and not any(
            _text(lead, name) == "" for name in (self._names.city, self._names.state) if name
        ):
            return Pass(detail="City and state are there already.")
        question = self._question(lead)
        if question is None:
            return Pass(detail="No postal code of a known country; nothing was appended.")
        answer = await self.setup.services.lookups.ask(question, seconds=self.settings.seconds)
        where = f"postal code {question.postal_code}, {question.country}"
        if answer.problem:
            reason = f"The place of {where} could not be asked: {answer.problem}"
            return Pass(detail=f"{reason}; the lead goes on.")
        if not isinstance(answer.facts, PlaceFacts):
            return Pass(detail=f"No place is known for {where}; the lead goes on.")
        found = {k: v for k, v in msgspec.to_builtins(answer.facts).items() if v is not None}
        known: dict[str, Any] = {"provider": answer.provider, "found": found}
        done = self._fill(lead, answer.facts, known)
        lead.facts[_PLUGIN] = known
        return Pass(detail=f"From {where}: {', '.join(done)}.")

    def _question(self, lead: Lead) -> PlaceQuestion | None:
        code, said = _text(lead, self._names.zip), _text(lead, self._names.country)
        if not said:
            country = country_by_shape(code) if self.settings.guess_country else ""
        else:
            country = country_code(said)
        # One way of writing each, so that equal places make equal questions.
        code = zip_code(code) or canadian_code(code)
        return PlaceQuestion(postal_code=code, country=country) if code and country else None

    def _fill(self, lead: Lead, facts: PlaceFacts, known: dict[str, Any]) -> list[str]:
        """Amend the lead; note in ``known`` what was filled or replaced, and return it as words."""
        done: list[str] = []
        for name, new in ((self._names.city, facts.city), (self._names.state, facts.state)):
            if name is None:
                continue
            old, shown = _text(lead, name), self.setup.lead_type.fields[name].description
            if new is None:
                done.append(f"{shown} is not known")
            elif not old:
                lead.fields[name] = new
                known.setdefault("filled", {})[name] = new
                done.append(f"{shown} set to {new}")
            elif old.casefold() == new.casefold():
                done.append(f"{shown} agrees")
            elif self.settings.overwrite is Overwrite.WHEN_DIFFERENT:
                lead.fields[name] = new
                known.setdefault("replaced", {})[name] = {"posted": old, "now": new}
                done.append(f"{shown} changed from {old} to {new}")
            else:
                done.append(f"{shown} kept, though {new} was found")
        return done


def _text(lead: Lead, name: str | None) -> str:
    value = lead.fields.get(name) if name else None
    return "" if value is None else str(value).strip()
