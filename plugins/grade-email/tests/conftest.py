"""A DNS server on a port of its own that knows what a test tells it."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import dns.flags
import dns.message
import dns.rcode
import dns.rdatatype
import dns.rrset
import pytest


class NameServer(asyncio.DatagramProtocol):
    """Answers by UDP; a domain it was not told of does not exist."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, str]] = []
        self.silent = False
        self.failing = False
        self.port = 0
        self._known: dict[str, dict[str, tuple[str, ...]]] = {}
        self._transport: Any = None

    def tell(self, domain: str, **records: str) -> None:
        """Know ``domain`` with its records, by kind; without any it exists all the same."""
        known = self._known.setdefault(f"{domain}.", {})
        known.update({kind: (text,) for kind, text in records.items()})

    def connection_made(self, transport: Any) -> None:
        self._transport = transport
        self.port = transport.get_extra_info("sockname")[1]

    def datagram_received(self, data: bytes, addr: Any) -> None:
        query = dns.message.from_wire(data)
        (question,) = query.question
        name, kind = question.name.to_text().lower(), dns.rdatatype.to_text(question.rdtype)
        self.asked.append((name.rstrip("."), kind))
        if self.silent:
            return
        answer = dns.message.make_response(query)
        answer.flags |= dns.flags.RA
        if self.failing:
            answer.set_rcode(dns.rcode.SERVFAIL)
        elif name not in self._known:
            answer.set_rcode(dns.rcode.NXDOMAIN)
        elif kind in self._known[name]:
            records = self._known[name][kind]
            answer.answer.append(dns.rrset.from_text(question.name, 60, "IN", kind, *records))
        self._transport.sendto(answer.to_wire(), addr)


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
async def server(anyio_backend: str) -> AsyncIterator[NameServer]:
    """A name server on the loopback address."""
    loop = asyncio.get_running_loop()
    transport, server = await loop.create_datagram_endpoint(NameServer, ("127.0.0.1", 0))
    try:
        yield server
    finally:
        transport.close()
