"""Which addresses the outbound client may connect to."""

from ipaddress import ip_network

import pytest

from leadexec.http.addresses import refusal


@pytest.mark.parametrize(
    "address",
    [
        *("0.0.0.0", "10.1.2.3", "100.64.0.1", "127.0.0.1", "127.255.255.255", "169.254.169.254"),
        *("172.16.0.1", "172.31.255.255", "192.168.1.1", "192.0.0.192", "192.0.2.1", "198.18.0.1"),
        *("224.0.0.1", "239.255.255.255", "240.0.0.1", "255.255.255.255", "168.63.129.16"),
        *("100.100.100.200", "203.0.113.9", "198.51.100.1", "192.88.99.1"),
        *("::", "::1", "fc00::1", "fd00:ec2::254", "fe80::1", "fe80::1%eth0", "ff02::1"),
        *("::ffff:127.0.0.1", "::ffff:10.0.0.1", "64:ff9b::7f00:1", "64:ff9b::a9fe:a9fe"),
        *("64:ff9b:1::1", "2002:7f00:1::", "2002:c0a8:101::1", "2001:db8::1", "2001::1"),
        *("fec0::1", "::127.0.0.1", "::ffff:0:127.0.0.1", "5f00::1", "3fff::1", "not an address"),
    ],
)
def test_addresses_that_are_not_public_are_refused(address: str) -> None:
    assert refusal(address)


@pytest.mark.parametrize(
    "address",
    ["8.8.8.8", "1.1.1.1", "172.32.0.1", "100.128.0.1", "2606:4700::1111", "64:ff9b::808:808"],
)
def test_public_addresses_pass(address: str) -> None:
    assert refusal(address) is None


def test_allowed_networks_pass_in_every_spelling_and_open_nothing_else() -> None:
    allow = (ip_network("10.1.0.0/16"), ip_network("fd00::/8"))
    passed = ("10.1.2.3", "::ffff:10.1.2.3", "fd00::5", "8.8.8.8")
    assert [refusal(address, allow) for address in passed] == [None] * 4
    assert all(refusal(address, allow) for address in ("10.2.0.1", "127.0.0.1", "fe80::1", "::1"))
