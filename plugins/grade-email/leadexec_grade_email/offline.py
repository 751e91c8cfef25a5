"""The lookup that knows how email addresses are written, and asks nobody."""

from typing import Annotated, ClassVar

from msgspec import Meta, Struct

from leadexec import EmailFacts, EmailQuestion, Lookup, Question, Services
from leadexec_grade_email.domains import DisposableDomains, DomainList, domain_of


class OfflineEmailSettings(Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """Which domains are disposable."""

    disposable: Annotated[
        DomainList,
        Meta(
            title="More disposable domains",
            description="Beside those that come with the plugin; subdomains count, too.",
            examples=[["mailbox.invalid"]],
        ),
    ] = ()
    not_disposable: Annotated[
        DomainList,
        Meta(
            title="Not disposable",
            description="Domains that come with the plugin but count like any other here.",
        ),
    ] = ()


class OfflineEmailLookup(Lookup[OfflineEmailSettings, EmailQuestion, EmailFacts]):
    """Tells from an email address alone whether mail cannot arrive, and whether it is disposable.

    Mail cannot arrive where the address has not the form of one, or its domain is set aside for
    tests, examples or local use. Whether mail does arrive it does not know: ``deliverable`` is then
    None.
    """

    key: ClassVar[str] = "email"
    title: ClassVar[str] = "Email form and disposable domains"
    asks: ClassVar[type[Question]] = EmailQuestion
    offline: ClassVar[bool] = True
    quick: ClassVar[bool] = True

    def __init__(self, settings: OfflineEmailSettings, services: Services) -> None:
        """Prepare the list of disposable domains."""
        super().__init__(settings, services)
        self._disposable = DisposableDomains(settings.disposable, settings.not_disposable)

    async def look_up(self, question: EmailQuestion) -> EmailFacts:
        """Return what the address tells."""
        domain = domain_of(question.address)
        if not domain:
            return EmailFacts(deliverable=False)
        return EmailFacts(disposable=domain in self._disposable)


# Said here, as of several type arguments the last one, the facts, is taken for the settings.
OfflineEmailLookup.Settings = OfflineEmailSettings
