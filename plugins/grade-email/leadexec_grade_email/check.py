"""The check itself."""

from typing import Annotated, ClassVar

from msgspec import Meta, Struct

from leadexec import (
    Answer,
    EmailFacts,
    EmailQuestion,
    GradingCheck,
    GradingContext,
    Lead,
    Score,
    SystemField,
)


class EmailSettings(Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """When an email address is good enough, and how long is waited to know it."""

    unknown_passes: Annotated[
        bool,
        Meta(
            title="The right form is enough",
            description="Where nobody knows whether mail arrives, an address passes in which "
            "nothing wrong was found. Only a provider that asks outside knows more.",
        ),
    ] = True
    disposable_passes: Annotated[
        bool,
        Meta(
            title="Disposable addresses pass",
            description="Addresses of services that lend mailboxes for minutes count like others.",
        ),
    ] = False
    seconds: Annotated[
        float,
        Meta(
            title="Patience",
            description="Seconds the provider of email facts may take; all checks of a lead "
            "together have three.",
            gt=0,
            le=2.5,
        ),
    ] = 2.0


class EmailDeliverable(GradingCheck[EmailSettings]):
    """Passes when mail arrives at the lead's email address (``GR1`` email deliverable).

    Asked is the lookup for email addresses about the field that means Email.
    """

    key: ClassVar[str] = "email"
    title: ClassVar[str] = "Email deliverable"
    order: ClassVar[int] = 30

    async def grade(self, lead: Lead, context: GradingContext) -> Score:
        """Return whether mail arrives; the address is not shown."""
        name = context.lead_type.named(SystemField.EMAIL)
        if name is None:
            return _failed(f"No field of lead type {context.lead_type.id} means Email.")
        value = lead.fields.get(name)
        address = value.strip() if isinstance(value, str) else ""
        if not address:
            return _failed("There is no email address.")
        answer: Answer[EmailFacts] = await self.services.lookups.ask(
            EmailQuestion(address=address), seconds=self.settings.seconds
        )
        if answer.facts is None:
            return _failed(_nothing_known(answer))
        return self._score(answer.facts)

    def _score(self, facts: EmailFacts) -> Score:
        if facts.deliverable is False:
            return _failed("Mail does not arrive at the email address.")
        if facts.disposable and not self.settings.disposable_passes:
            return _failed("The email address is a disposable one.")
        if facts.deliverable:
            return Score(passed=True, detail="Mail arrives at the email address.")
        told = "Whether mail arrives is not known offline: only the form was checked."
        return Score(passed=self.settings.unknown_passes, detail=told)


def _nothing_known(answer: Answer[EmailFacts]) -> str:
    # What a provider raised may name the address: it stands with the plugin's faults, not here.
    if not answer.provider:
        return "Not known: no provider answers questions about email addresses."
    if answer.problem:
        return "Not known: the provider of email facts could not be asked."
    return "Not known: the provider of email facts knows nothing of the address."


def _failed(detail: str) -> Score:
    return Score(passed=False, detail=detail)
