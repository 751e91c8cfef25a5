"""Asking the DNS where the mail of a domain goes."""

import asyncio
from collections.abc import Sequence
from typing import Final

import dns.asyncresolver
import dns.exception
import dns.name
import dns.resolver

from leadexec import UnavailableError

_NOWHERE: Final = dns.name.root
"""The exchanger of a domain that says that it takes no mail (RFC 7505)."""
_NO_DOMAIN: Final = (dns.resolver.NXDOMAIN, dns.resolver.YXDOMAIN, dns.name.LabelTooLong)


class MailResolver:
    """Knows from the DNS which domains take mail."""

    def __init__(self, nameservers: Sequence[str], port: int, timeout: float) -> None:
        """Ask ``nameservers`` at ``port``, or those of the system, within ``timeout`` seconds.

        Raises:
            UnavailableError: ``no_name_server``: none is named, and the system has none.
        """
        try:
            self._resolver = dns.asyncresolver.Resolver(configure=not nameservers)
        except dns.resolver.NoResolverConfiguration as error:
            message = "The system has no name server; name one in the settings of the lookup 'mx'."
            raise UnavailableError("no_name_server", message) from error
        if nameservers:
            self._resolver.nameservers = list(nameservers)
            self._resolver.port = port
        self._timeout = timeout

    async def takes_mail(self, domain: str) -> bool:
        """Return whether ``domain`` has a mail exchanger, or without one an IP address.

        Raises:
            UnavailableError: ``dns_failed``: no name server answers, or not in time.
        """
        try:
            async with asyncio.timeout(self._timeout):
                return await self._takes_mail(dns.name.from_text(domain))
        except _NO_DOMAIN:
            return False
        except (dns.exception.DNSException, OSError) as error:
            message = f"The DNS does not tell where mail goes ({type(error).__name__})."
            raise UnavailableError("dns_failed", message) from error

    async def _takes_mail(self, domain: dns.name.Name) -> bool:
        try:
            found = await self._resolver.resolve(domain, "MX", search=False)
        except dns.resolver.NoAnswer:
            # Without an exchanger mail goes to the domain itself (RFC 5321, 5.1).
            return await self._has(domain, "A") or await self._has(domain, "AAAA")
        return any(record.exchange != _NOWHERE for record in found)

    async def _has(self, domain: dns.name.Name, kind: str) -> bool:
        try:
            return bool(await self._resolver.resolve(domain, kind, search=False))
        except dns.resolver.NoAnswer:
            return False
