"""The lookup that asks the DNS whether a domain takes mail."""

import asyncio
from ipaddress import ip_address
from typing import Annotated, ClassVar

from msgspec import Meta

from leadexec import (
    ConfigurationError,
    EmailFacts,
    EmailQuestion,
    Fault,
    Lookup,
    Question,
    Services,
)
from leadexec_grade_email.domains import DisposableDomains, domain_of
from leadexec_grade_email.offline import OfflineEmailSettings
from leadexec_grade_email.resolver import MailResolver


class MxSettings(OfflineEmailSettings, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """Whom the DNS is asked through, and for how long."""

    nameservers: Annotated[
        tuple[str, ...],
        Meta(
            title="Name servers",
            description="IP addresses of the servers to ask; none: those of the system.",
            max_length=10,
            examples=[["192.0.2.53"]],
        ),
    ] = ()
    port: Annotated[
        int, Meta(title="Port", description="Of the name servers named here", ge=1, le=65_535)
    ] = 53
    timeout: Annotated[
        float,
        Meta(title="Timeout", description="Seconds for all questions of one look-up", gt=0, le=30),
    ] = 5.0


class MxLookup(Lookup[MxSettings, EmailQuestion, EmailFacts]):
    """Tells whether the domain of an email address takes mail (RFC 5321, 5.1; RFC 7505).

    ``deliverable`` is True when the domain has a mail exchanger, or without one an IP address.
    Whether the mailbox exists is not asked: servers seldom answer that truly. It asks outside, so
    it is used only where ``[lookups] email`` names it.
    """

    key: ClassVar[str] = "mx"
    title: ClassVar[str] = "Mail exchangers (DNS)"
    asks: ClassVar[type[Question]] = EmailQuestion
    offline: ClassVar[bool] = False
    keep_seconds: ClassVar[float] = 14_400.0

    def __init__(self, settings: MxSettings, services: Services) -> None:
        """Prepare; raise ``ConfigurationError`` for every name server that is no IP address."""
        super().__init__(settings, services)
        faults = [
            Fault(
                code="not_an_ip_address",
                path=f"nameservers[{place}]",
                message=f"{text[:100]!r} is no IP address.",
            )
            for place, text in enumerate(settings.nameservers)
            if not _is_address(text)
        ]
        if faults:
            raise ConfigurationError(faults)
        self._disposable = DisposableDomains(settings.disposable, settings.not_disposable)
        self._resolver: MailResolver | None = None

    async def look_up(self, question: EmailQuestion) -> EmailFacts:
        """Return whether the domain takes mail.

        Raises:
            UnavailableError: The DNS does not answer, or not in time.
        """
        domain = domain_of(question.address)
        if not domain:
            return EmailFacts(deliverable=False)
        if self._resolver is None:
            # Here, not at start: the system may have no name server, and nobody may ever ask.
            self._resolver = await asyncio.to_thread(self._opened)
        takes_mail = await self._resolver.takes_mail(domain)
        return EmailFacts(deliverable=takes_mail, disposable=domain in self._disposable)

    def _opened(self) -> MailResolver:
        settings = self.settings
        return MailResolver(settings.nameservers, settings.port, settings.timeout)


# As in ``offline``: of several type arguments the last one is taken for the settings.
MxLookup.Settings = MxSettings


def _is_address(text: str) -> bool:
    try:
        ip_address(text)
    except ValueError:
        return False
    return True
