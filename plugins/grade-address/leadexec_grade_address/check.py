"""The check itself."""

from typing import Annotated, ClassVar

from msgspec import Meta, Struct

from leadexec import AddressFacts, Answer, GradingCheck, GradingContext, Lead, Score, SystemField
from leadexec_grade_address.postal import is_complete, question_about


class AddressSettings(Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """When an address is good enough, and how long is waited to know it."""

    unknown_passes: Annotated[
        bool,
        Meta(
            title="A complete address is enough",
            description="Where nobody knows whether mail arrives, an address passes that the "
            "provider could bring into complete standard form. Only one with postal data knows "
            "more.",
        ),
    ] = True
    seconds: Annotated[
        float,
        Meta(
            title="Patience",
            description="Seconds the provider of address facts may take; all checks of a lead "
            "together have three.",
            gt=0,
            le=2.5,
        ),
    ] = 2.0


class AddressDeliverable(GradingCheck[AddressSettings]):
    """Passes when mail arrives at the lead's address (``GR1`` address deliverable).

    Asked is the lookup for postal addresses about the fields that mean Address, Address 2, City,
    State, Zip and Country. Without a country the United States are meant, or Canada where the
    postal code is a Canadian one.
    """

    key: ClassVar[str] = "address"
    title: ClassVar[str] = "Address deliverable"
    order: ClassVar[int] = 10

    async def grade(self, lead: Lead, context: GradingContext) -> Score:
        """Return whether mail arrives there; the address is not shown."""
        lead_type = context.lead_type
        if lead_type.named(SystemField.ADDRESS) is None:
            return _failed(f"No field of lead type {lead_type.id} means Address.")
        question = question_about(lead, lead_type)
        if not question.address:
            return _failed("There is no address.")
        answer: Answer[AddressFacts] = await self.services.lookups.ask(
            question, seconds=self.settings.seconds
        )
        if answer.facts is None:
            return _failed(_nothing_known(answer))
        return self._score(answer.facts, question.country)

    def _score(self, facts: AddressFacts, country: str) -> Score:
        if facts.deliverable is not None:
            state = "arrives" if facts.deliverable else "does not arrive"
            return Score(passed=facts.deliverable, detail=f"Mail {state} at the address.")
        told = "Whether mail arrives is not known offline: only the form was checked"
        if not is_complete(facts, country):
            return _failed(f"{told}, and the address is not complete.")
        detail = f"{told}, and it is complete."
        return Score(passed=self.settings.unknown_passes, detail=detail)


def _nothing_known(answer: Answer[AddressFacts]) -> str:
    # What a provider raised may name the address: it stands with the plugin's faults, not here.
    if not answer.provider:
        return "Not known: no provider answers questions about postal addresses."
    if answer.problem:
        return "Not known: the provider of address facts could not be asked."
    return "Not known: the provider of address facts cannot make an address of it."


def _failed(detail: str) -> Score:
    return Score(passed=False, detail=detail)
