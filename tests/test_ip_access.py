from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadexec.errors import ConfigurationError
from leadexec.ip_access import AccessList, AddressSet, client_address

Address = IPv4Address | IPv6Address

small_v4 = st.integers(0, 40).map(lambda n: IPv4Address(0x0A000000 + n))
edge_v4 = st.sampled_from([0, 1, 2**32 - 2, 2**32 - 1]).map(IPv4Address)
small_v6 = st.integers(0, 40).map(lambda n: IPv6Address((0x20010DB8 << 96) + n))
# Just before, and just after, the block that stands for IPv4.
edge_v6 = st.sampled_from([0, 1, 0xFFFF0000_0000 - 1, 0x10000_0000_0000, 2**128 - 1]).map(
    IPv6Address
)
v4 = small_v4 | edge_v4 | st.ip_addresses(v=4)
v6 = small_v6 | edge_v6 | st.ip_addresses(v=6)


def plain(address: Address) -> Address:
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return mapped or address


@st.composite
def spelled(draw: st.DrawFn, address: Address) -> str:
    """Write an IPv4 address as such or as IPv6, an IPv6 address in any usual way."""
    if isinstance(address, IPv4Address):
        mapped = f"::ffff:{int(address) >> 16:x}:{int(address) & 0xFFFF:x}"
        return draw(
            st.sampled_from([str(address), f"::ffff:{address}", f"::FFFF:{address}", mapped])
        )
    return draw(st.sampled_from([str(address), address.exploded, address.exploded.upper()]))


@st.composite
def rules(draw: st.DrawFn) -> tuple[str, Address, Address]:
    """Return a rule's text with the first and last address that it means."""
    addresses = draw(st.sampled_from([v4, v6.filter(lambda one: one.ipv4_mapped is None)]))
    first, last = sorted((draw(addresses), draw(addresses)), key=int)
    kind = draw(st.sampled_from(["one", "range", "network"]))
    if kind == "one":
        return draw(spelled(first)), first, first
    if kind == "range":
        blank = draw(st.sampled_from(["", " "]))
        return f"{draw(spelled(first))}{blank}-{blank}{draw(spelled(last))}", first, last
    bits = first.max_prefixlen
    network = ip_network(f"{first}/{draw(st.integers(0, bits))}", strict=False)
    text = str(network)
    if isinstance(network.network_address, IPv4Address) and draw(st.booleans()):
        text = f"::ffff:{network.network_address}/{network.prefixlen + 96}"
    return text, network[0], network[-1]


def says(listed: list[tuple[str, Address, Address]], address: Address) -> bool:
    return any(
        first.version == address.version and int(first) <= int(address) <= int(last)
        for _, first, last in listed
    )


@given(st.lists(rules(), max_size=6), st.lists(rules(), max_size=6), st.data())
def test_it_decides_as_looking_at_every_rule_does(
    allow: list[tuple[str, Address, Address]],
    deny: list[tuple[str, Address, Address]],
    data: st.DataObject,
) -> None:
    ends = [address for _, *both in allow + deny for address in both]
    near = st.sampled_from(ends) if ends else v4
    address = plain(data.draw(v4 | v6 | near))
    access = AccessList([text for text, *_ in allow], [text for text, *_ in deny])

    reason = access.admits(data.draw(spelled(address)))

    if says(deny, address):
        expected = "ip_denied"
    elif allow and not says(allow, address):
        expected = "ip_not_allowed"
    else:
        expected = ""
    assert (reason.code if reason else "") == expected


def test_hundreds_of_rules_that_touch_overlap_and_stand_apart_decide_right() -> None:
    rules = [f"10.0.{n}.0-10.0.{n + 1}.5" for n in range(0, 240, 3)]
    rules += [f"2001:db8:{n:x}::/48" for n in range(200)]
    access = AccessList(allow=rules)

    asked = ("10.0.0.0", "10.0.1.5", "10.0.1.6", "10.0.238.5", "10.0.239.0", "2001:db8:c7::1")
    assert [access.admits(ip) is None for ip in asked] == [True, True, False, True, False, True]
    assert access.admits("2001:db8:c8::1") is not None


@pytest.mark.parametrize(
    ("allow", "deny", "ip", "code"),
    [
        ((), (), "203.0.113.9", ""),
        ((), (), "", ""),
        (("203.0.113.0/24",), (), "203.0.113.9", ""),
        (("203.0.113.0/24",), (), "198.51.100.1", "ip_not_allowed"),
        ((), ("203.0.113.9",), "203.0.113.9", "ip_denied"),
        ((), ("203.0.113.9",), "::ffff:203.0.113.9", "ip_denied"),
        ((), ("::ffff:203.0.113.9",), "203.0.113.9", "ip_denied"),
        ((), ("::ffff:203.0.113.0/120",), "203.0.113.9", "ip_denied"),
        (("203.0.113.0/24",), ("203.0.113.9",), "203.0.113.9", "ip_denied"),
        (("0.0.0.0/0",), (), "2001:db8::1", "ip_not_allowed"),
        (("::/0",), (), "203.0.113.9", "ip_not_allowed"),
        (("::fffe:0:0/95",), (), "203.0.113.9", "ip_not_allowed"),
        (("::/80",), (), "203.0.113.9", "ip_not_allowed"),
        (("::/80",), (), "::1", ""),
        (("::ffff:0:0/96",), (), "203.0.113.9", ""),
        ((" 203.0.113.9 ",), (), "203.0.113.9", ""),
        (("203.0.113.9",), (), "", "ip_not_allowed"),
        ((), ("203.0.113.9",), "testclient", "ip_denied"),
        (("fe80::/10",), (), "fe80::1%eth0", "ip_not_allowed"),
        (("0.0.0.0/0",), (), "203.0.113.09", "ip_not_allowed"),
        (("0.0.0.0/0",), (), "203.0.113.9:80", "ip_not_allowed"),
        (("0.0.0.0/0",), (), "203.0.113.9\0", "ip_not_allowed"),
        (("0.0.0.0/0",), (), "3405803785", "ip_not_allowed"),
        (("0.0.0.0/0",), (), "٢٠٣.0.113.9", "ip_not_allowed"),
        (("0.0.0.0/0",), (), "\ud800", "ip_not_allowed"),
    ],
)
def test_any_allow_lets_in_only_those_and_deny_wins(
    allow: tuple[str, ...], deny: tuple[str, ...], ip: str, code: str
) -> None:
    reason = AccessList(allow, deny).admits(ip)

    assert (reason.code if reason else "") == code
    assert reason is None or reason.message.endswith(".")


@given(st.text("0123456789abcdefF:.%/- g\0", max_size=24) | v4.map(str) | v6.map(str))
def test_what_is_an_address_is_told_as_the_standard_library_tells_it(text: str) -> None:
    everything = AccessList(allow=["0.0.0.0/0", "::/0"])
    try:
        expected = "%" not in text and bool(ip_address(text))
    except ValueError:
        expected = False

    assert (everything.admits(text) is None) == expected


@pytest.mark.parametrize(
    ("rule", "code"),
    [
        ("", "bad_address"),
        ("-", "bad_address"),
        ("10.0.0", "bad_address"),
        ("10.0.0.*", "bad_address"),
        ("10.0.0.01", "bad_address"),
        ("10.0.0.1:80", "bad_address"),
        ("[::1]", "bad_address"),
        ("example.com", "bad_address"),
        ("fe80::1%eth0", "bad_address"),
        ("fe80::%eth0/64", "bad_address"),
        ("10.0.0.1-", "bad_address"),
        ("10.0.0.1-9", "bad_address"),
        ("10.0.0.1-10.0.0.2-10.0.0.3", "bad_address"),
        ("10.0.0.9-10.0.0.1", "bad_range"),
        ("10.0.0.1-2001:db8::1", "bad_range"),
        ("::1-::ffff:10.0.0.1", "bad_range"),
        ("10.0.0.0/33", "bad_network"),
        ("10.0.0.0/", "bad_network"),
        ("10.0.0.0/255.0.0.0", "bad_network"),
        ("10.0.0.0/-1", "bad_network"),
        ("10.0.0.0/٨", "bad_network"),
        ("10.0.0.1/8", "bad_network"),
        ("2001:db8::1/32", "bad_network"),
        ("2001:db8::/129", "bad_network"),
        ("10.0.0.0/8-10.1.0.0/16", "bad_network"),
        ("1" * 10_000, "bad_address"),
    ],
)
def test_a_rule_that_could_be_misread_is_refused(rule: str, code: str) -> None:
    with pytest.raises(ConfigurationError) as refused:
        AccessList(allow=[rule])

    assert [(fault.code, fault.path) for fault in refused.value.faults] == [(code, "allow[0]")]
    assert len(str(refused.value)) < 400


def test_every_faulty_rule_of_both_lists_is_told_at_once() -> None:
    with pytest.raises(ConfigurationError) as refused:
        AccessList(["10.0.0.1", "x"], ["10.0.0.1/8", "10.0.0.1", "y-z"])

    assert [fault.path for fault in refused.value.faults] == ["allow[1]", "deny[0]", "deny[2]"]
    assert "10.0.0.0/8" in str(refused.value)


@given(st.text("0123456789abf:./-% ", max_size=30) | st.text(max_size=30))
def test_any_rule_is_compiled_or_refused_as_a_configuration(rule: str) -> None:
    paths = []
    try:
        AddressSet([rule])
    except ConfigurationError as error:
        paths = [fault.path for fault in error.faults]
    assert paths in ([], ["rules[0]"])


PROXIES = AddressSet(["10.0.0.0/8", "fd00::/8"])


@pytest.mark.parametrize(
    ("peer", "forwarded_for", "forwarded", "expected"),
    [
        ("203.0.113.9", "", "", "203.0.113.9"),
        ("203.0.113.9", "1.2.3.4", "for=1.2.3.4", "203.0.113.9"),
        ("::ffff:203.0.113.9", "1.2.3.4", "", "203.0.113.9"),
        ("2001:DB8:0::1", "1.2.3.4", "", "2001:db8::1"),
        ("", "1.2.3.4", "", ""),
        ("testclient", "1.2.3.4", "", "testclient"),
        ("fe80::1%eth0", "1.2.3.4", "", "fe80::1%eth0"),
        ("10.0.0.1", "", "", "10.0.0.1"),
        ("10.0.0.1", "203.0.113.9", "", "203.0.113.9"),
        ("::ffff:10.0.0.1", "203.0.113.9", "", "203.0.113.9"),
        ("10.0.0.1", "1.2.3.4, 203.0.113.9", "", "203.0.113.9"),
        ("10.0.0.1", "1.2.3.4,203.0.113.9 , 10.0.0.2,fd00::5", "", "203.0.113.9"),
        ("10.0.0.1", "203.0.113.9:4711", "", "203.0.113.9"),
        ("10.0.0.1", "[2001:db8::1]:443", "", "2001:db8::1"),
        ("10.0.0.1", "[2001:db8::1]", "", "2001:db8::1"),
        ("10.0.0.1", "::ffff:203.0.113.9", "", "203.0.113.9"),
        ("10.0.0.1", "10.0.0.3, 10.0.0.2", "", "10.0.0.3"),
        ("10.0.0.1", "1.2.3.4, unknown, 10.0.0.2", "", "10.0.0.2"),
        ("10.0.0.1", "1.2.3.4, ", "", "10.0.0.1"),
        ("10.0.0.1", "1.2.3.4, <script>", "", "10.0.0.1"),
        ("10.0.0.1", "203.0.113.9", "for=1.2.3.4", "203.0.113.9"),
        ("10.0.0.1", "", "for=203.0.113.9", "203.0.113.9"),
        ("10.0.0.1", "", "For=203.0.113.9;proto=https;by=10.0.0.1", "203.0.113.9"),
        ("10.0.0.1", "", 'proto=https; for="203.0.113.9:80"', "203.0.113.9"),
        ("10.0.0.1", "", 'for=1.2.3.4, for="[2001:db8::1]:80", for=10.0.0.2', "2001:db8::1"),
        ("10.0.0.1", "", "for=1.2.3.4, for=_hidden, for=10.0.0.2", "10.0.0.2"),
        ("10.0.0.1", "", "for=1.2.3.4, proto=https", "10.0.0.1"),
        ("10.0.0.1", "", "for=1.2.3.4;for=5.6.7.8", "10.0.0.1"),
        ("10.0.0.1", "", 'for="1.2.3.4', "10.0.0.1"),
        ("10.0.0.1", "", 'for=203.0.113.9;host="a,for=1.2.3.4;x="', "203.0.113.9"),
    ],
)
def test_the_sender_is_the_furthest_hop_that_trusted_proxies_tell(
    peer: str, forwarded_for: str, forwarded: str, expected: str
) -> None:
    assert client_address(peer, forwarded_for, forwarded, PROXIES) == expected


def test_without_trusted_proxies_no_header_is_believed() -> None:
    none = AddressSet()

    assert client_address("10.0.0.1", "1.2.3.4", "for=1.2.3.4", none) == "10.0.0.1"
    assert client_address("::ffff:10.0.0.1", "1.2.3.4", "", none) == "10.0.0.1"


def test_a_chain_without_end_is_walked_only_so_far() -> None:
    proxies = ", ".join(["10.0.0.2"] * 100)

    assert client_address("10.0.0.1", f"1.2.3.4, {proxies}", "", PROXIES) == "10.0.0.2"


headers = st.text('forFOR=";,\\ 1.2.3:[]_-x', max_size=40) | st.text(max_size=40)


@given(headers)
def test_a_sender_cannot_hide_behind_what_it_writes_itself(header: str) -> None:
    quoted = header.replace("\\", "\\\\").replace('"', '\\"')
    element = f'for=203.0.113.9;host="{quoted}"'

    seen = [
        client_address("10.0.0.1", f"{header}, 203.0.113.9", header, PROXIES),
        client_address("10.0.0.1", "", f"{header}, for=203.0.113.9", PROXIES),
        client_address("10.0.0.1", "", f"{header}, {element}, for=10.0.0.2", PROXIES),
    ]

    assert seen == ["203.0.113.9"] * 3


@given(headers, headers, headers)
def test_headers_never_raise(peer: str, forwarded_for: str, forwarded: str) -> None:
    assert client_address(peer, forwarded_for, forwarded, PROXIES) == peer or ":" in peer
    assert isinstance(client_address("10.0.0.1", forwarded_for, forwarded, PROXIES), str)
    assert isinstance(client_address("10.0.0.1", "", forwarded, PROXIES), str)
