from collections.abc import Mapping
from typing import Any

import pytest
from leadexec_grade_email.mx import MxLookup
from leadexec_grade_email.offline import OfflineEmailLookup

from leadexec import ConfigurationError, EmailFacts, EmailQuestion, UnavailableError
from leadexec.testing import ComponentContract, fake_services
from leadexec.testing.contract import decoded

pytestmark = pytest.mark.anyio


def offline(**settings: Any) -> OfflineEmailLookup:
    return OfflineEmailLookup(decoded(OfflineEmailLookup.Settings, settings), fake_services())


def mx(**settings: Any) -> MxLookup:
    return MxLookup(decoded(MxLookup.Settings, settings), fake_services())


async def known(lookup: OfflineEmailLookup | MxLookup, address: str) -> EmailFacts:
    return await lookup.look_up(EmailQuestion(address=address))


class TestOfflineConformance(ComponentContract):
    component = OfflineEmailLookup
    examples = ({}, {"disposable": ["throw.example"], "not_disposable": ["yopmail.com"]})
    bad_settings = ({"disposable": ["@"]}, {"disposable": ["com"]}, {"not_disposable": "a.b"})

    def make(self, settings: Mapping[str, Any]) -> OfflineEmailLookup:
        return offline(**settings)


class TestMxConformance(ComponentContract):
    component = MxLookup
    examples = ({}, {"nameservers": ["192.0.2.53", "2001:db8::53"], "port": 5353, "timeout": 1})
    bad_settings = (
        {"nameservers": ["ns.example.com", "1.2.3"]},
        {"port": 0},
        {"timeout": 0},
        {"disposable": [""]},
    )

    def make(self, settings: Mapping[str, Any]) -> MxLookup:
        return mx(**settings)


def asking(server: Any, **settings: Any) -> MxLookup:
    return mx(**{"nameservers": ["127.0.0.1"], "port": server.port, "timeout": 5.0, **settings})


@pytest.mark.parametrize("address", ["ada@byron.org", "Ada+leads@mail.byron.org", "ädä@bücher.de"])
async def test_of_an_address_in_the_right_form_it_is_not_known_whether_mail_arrives(
    address: str,
) -> None:
    assert await known(offline(), address) == EmailFacts(disposable=False)


@pytest.mark.parametrize(
    "address",
    [
        *("", "ada", "ada@", "@byron.org", "ada byron@byron.org", "ada@byron", "a..b@byron.org"),
        *("ada@byron..org", "ada@-byron.org", "ada@byron.org\n", "ada@[127.0.0.1]", "\0@b.org"),
        *("ada@byron.test", "ada@localhost", "ada@host.local", "ada@example.com"),
        *("ada@mail.example.org", "ada@host.example", f"{'a' * 65}@byron.org", "a" * 10_000),
    ],
)
async def test_mail_cannot_arrive_where_the_form_is_wrong_or_the_domain_set_aside(
    address: str,
) -> None:
    assert await known(offline(), address) == EmailFacts(deliverable=False)


@pytest.mark.parametrize("address", ["x@mailinator.com", "x@MAILINATOR.com", "x@a.b.yopmail.com"])
async def test_domains_that_lend_mailboxes_are_known_with_their_subdomains(address: str) -> None:
    assert await known(offline(), address) == EmailFacts(disposable=True)


async def test_a_domain_that_only_ends_alike_is_not_disposable() -> None:
    assert await known(offline(), "x@notmailinator.com") == EmailFacts(disposable=False)


async def test_the_operator_adds_domains_and_takes_some_away() -> None:
    lookup = offline(disposable=["Byron.org"], not_disposable=["mailinator.com"])
    assert (await known(lookup, "ada@byron.org")).disposable
    assert not (await known(lookup, "x@mailinator.com")).disposable
    assert (await known(lookup, "x@yopmail.com")).disposable


async def test_a_domain_with_a_mail_exchanger_takes_mail(server: Any) -> None:
    server.tell("byron.org", MX="10 mail.byron.org.")
    facts = await known(asking(server), "Ada@Byron.org")
    assert facts == EmailFacts(deliverable=True, disposable=False)
    assert server.asked == [("byron.org", "MX")]


@pytest.mark.parametrize("records", [{"A": "192.0.2.1"}, {"AAAA": "2001:db8::1"}])
async def test_without_an_exchanger_mail_goes_to_the_domains_own_address(
    server: Any, records: dict[str, str]
) -> None:
    server.tell("byron.org", **records)
    assert (await known(asking(server), "ada@byron.org")).deliverable is True


async def test_a_domain_with_neither_takes_no_mail(server: Any) -> None:
    server.tell("byron.org", TXT='"hello"')
    assert (await known(asking(server), "ada@byron.org")).deliverable is False


async def test_a_domain_that_says_it_takes_none_takes_none(server: Any) -> None:
    server.tell("byron.org", MX="0 .", A="192.0.2.1")
    assert (await known(asking(server), "ada@byron.org")).deliverable is False


async def test_a_domain_that_does_not_exist_takes_no_mail(server: Any) -> None:
    assert (await known(asking(server), "ada@nobody.org")).deliverable is False


async def test_an_international_domain_is_asked_for_in_ascii(server: Any) -> None:
    server.tell("xn--bcher-kva.de", MX="10 mail.byron.org.")
    assert (await known(asking(server), "ada@bücher.de")).deliverable is True


async def test_a_disposable_domain_that_takes_mail_is_told_as_both(server: Any) -> None:
    server.tell("yopmail.com", MX="10 mail.yopmail.com.")
    facts = await known(asking(server), "x@yopmail.com")
    assert facts == EmailFacts(deliverable=True, disposable=True)


async def test_nobody_is_asked_about_what_is_no_address(server: Any) -> None:
    assert await known(asking(server), "ada@") == EmailFacts(deliverable=False)
    assert server.asked == []


async def test_a_dns_that_fails_is_no_answer(server: Any) -> None:
    server.failing = True
    with pytest.raises(UnavailableError) as caught:
        await known(asking(server), "ada@byron.org")
    assert caught.value.code == "dns_failed"
    assert "ada" not in str(caught.value)


async def test_a_dns_that_is_silent_is_given_up(server: Any) -> None:
    server.silent = True
    with pytest.raises(UnavailableError):
        await known(asking(server, timeout=0.05), "ada@byron.org")


async def test_it_answers_again_when_the_dns_is_back(server: Any) -> None:
    server.tell("byron.org", MX="10 mail.byron.org.")
    lookup = asking(server)
    server.failing = True
    with pytest.raises(UnavailableError):
        await known(lookup, "ada@byron.org")
    server.failing = False
    assert (await known(lookup, "ada@byron.org")).deliverable is True


def test_every_name_server_that_is_no_ip_address_is_told() -> None:
    with pytest.raises(ConfigurationError) as caught:
        mx(nameservers=["ns.byron.org", "192.0.2.53", ""])
    assert [(fault.code, fault.path) for fault in caught.value.faults] == [
        ("not_an_ip_address", "nameservers[0]"),
        ("not_an_ip_address", "nameservers[2]"),
    ]


def test_only_the_one_that_asks_nobody_is_used_unasked() -> None:
    assert OfflineEmailLookup.offline
    assert not MxLookup.offline
