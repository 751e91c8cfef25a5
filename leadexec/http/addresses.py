"""Which addresses the outbound client may connect to.

Users configure URLs, and whoever owns a name decides what it resolves to; so what is judged is the
very address of a connection, never a name. The lists follow the IANA special-purpose address
registries (RFC 6890 and its updates).
"""

from collections.abc import Iterator, Sequence
from ipaddress import (
    IPv4Address,
    IPv4Network,
    IPv6Address,
    IPv6Network,
    ip_address,
)
from typing import Final, TypeAlias

Network: TypeAlias = IPv4Network | IPv6Network
Address: TypeAlias = IPv4Address | IPv6Address

_REFUSED_V4: Final = tuple(
    (IPv4Network(block), what)
    for block, what in (
        ("0.0.0.0/8", "unspecified"),
        ("10.0.0.0/8", "private"),
        ("100.64.0.0/10", "shared by carriers"),
        ("127.0.0.0/8", "loopback"),
        ("168.63.129.16/32", "cloud metadata"),
        ("169.254.0.0/16", "link-local"),
        ("172.16.0.0/12", "private"),
        ("192.0.0.0/24", "reserved"),
        ("192.0.2.0/24", "documentation"),
        ("192.88.99.0/24", "reserved"),
        ("192.168.0.0/16", "private"),
        ("198.18.0.0/15", "benchmarking"),
        ("198.51.100.0/24", "documentation"),
        ("203.0.113.0/24", "documentation"),
        ("224.0.0.0/4", "multicast"),
        ("240.0.0.0/4", "reserved"),
    )
)
_REFUSED_V6: Final = tuple(
    (IPv6Network(block), what)
    for block, what in (
        ("::/128", "unspecified"),
        ("::1/128", "loopback"),
        ("fc00::/7", "private"),
        ("fe80::/10", "link-local"),
        ("ff00::/8", "multicast"),
        ("2001::/23", "reserved"),
        ("2001:db8::/32", "documentation"),
        ("3fff::/20", "documentation"),
    )
)
_GLOBAL_V6: Final = IPv6Network("2000::/3")
_EMBEDDING: Final = (
    # Network, and by how many bits the IPv4 address inside is shifted.
    (IPv6Network("::ffff:0:0/96"), 0),
    (IPv6Network("::ffff:0:0:0/96"), 0),
    (IPv6Network("64:ff9b::/96"), 0),
    (IPv6Network("2002::/16"), 80),
)


def refusal(address: str, allow: Sequence[Network] = ()) -> str | None:
    """Return why ``address`` must not be connected to, or None if it may.

    Args:
        address: An IPv4 or IPv6 address; an IPv6 zone (``fe80::1%eth0``) is ignored.
        allow: Networks of the operator's own choice; whatever lies inside may be connected to.

    An IPv6 address that carries an IPv4 address (mapped, translated, NAT64, 6to4) is judged by
    what it carries.
    """
    try:
        whole = ip_address(address.partition("%")[0])
    except ValueError:
        return "not an address"
    for judged in (whole, *_embedded(whole)):
        if any(judged.version == network.version and judged in network for network in allow):
            return None
    return next((what for judged in (whole, *_embedded(whole)) if (what := _kind(judged))), None)


def _kind(address: Address) -> str | None:
    """Return what is special about ``address``, or None if it is an ordinary one."""
    if isinstance(address, IPv4Address):
        return next((what for block, what in _REFUSED_V4 if address in block), None)
    if any(_embedded(address)):
        return None
    what = next((what for block, what in _REFUSED_V6 if address in block), None)
    return what or (None if address in _GLOBAL_V6 else "reserved")


def _embedded(address: Address) -> Iterator[IPv4Address]:
    if isinstance(address, IPv4Address):
        return
    for block, shift in _EMBEDDING:
        if address in block:
            yield IPv4Address((int(address) >> shift) & 0xFFFF_FFFF)
